"""Our side of `benchmarks.drift`, as a process: from two Parquet files to drift, by the jobs' own code.

    python -m benchmarks.drift_ours PART MEMORY BASELINE WINDOW RESULT

PART is `preset`, what Evidently's preset computes and nothing else; `all`, what the job computes; `baseline`,
its statistics alone; or `window`, `all` with a baseline counted before, as a monitor has it (by `baseline`,
in RESULT, which is overwritten).
"""

import json
import math
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from jobs.database import SqlConnection, connect, parquet
from jobs.statistics.baseline import statistics
from jobs.statistics.divergence import jensen_shannon, transport, transport_bound
from jobs.statistics.drift import drift
from jobs.statistics.window import Compared, compare_columns

MIN_DEVIATION = 0.001  # Evidently divides by no less


def main(arguments: Sequence[str]) -> None:
    part, memory, baseline, window, result = arguments
    with connect(memory) as (connection, _):
        for name, path in (("baseline", baseline), ("served", window)):
            connection.execute(f"CREATE VIEW {name} AS FROM {parquet(Path(path))}")
        if part == "window":
            document = json.loads(Path(result).read_text())
        else:
            document = statistics(connection, "baseline", _kinds(connection))
        if part == "preset":
            columns = compare_columns(connection, "served", document)
            changes: Any = dict(_preset(columns, document))
        elif part == "baseline":
            changes = document
        else:
            changes = drift(connection, "served", document).to_json()
    Path(result).write_text(json.dumps(changes))


def _kinds(connection: SqlConnection) -> dict[str, str]:
    described = connection.execute("DESCRIBE FROM baseline").fetchall()
    return {name: "category" if kind == "VARCHAR" else "number" for name, kind, *_ in described}


def _preset(columns: Sequence[Compared], document: Any) -> Iterator[tuple[str, dict[str, float]]]:
    for column, feature in zip(columns, document["features"], strict=True):
        if column.kind == "categories":
            yield column.name, _jensen_shannon(column)
        elif column.levels:
            deviation = max(feature["numerical_statistics"]["std_dev"], MIN_DEVIATION)
            distance = transport(*column.quantiles, column.levels)
            bound = transport_bound(*column.quantiles, column.levels)
            yield column.name, {"wasserstein": distance / deviation, "bound": bound / deviation}


def _jensen_shannon(column: Compared) -> dict[str, float]:
    """By natural logarithms, as Evidently's (ours are of two).

    Rare categories that are counted together hide at most what they would add had they nothing in common.
    """
    distance = jensen_shannon(column.cells) * math.sqrt(math.log(2))
    together = sum(side / rows for side, rows in zip(column.cells[-1], column.present, strict=True)) / 2
    bound = math.sqrt(distance**2 + together * math.log(2)) - distance
    return {"jensen_shannon": distance, "bound": bound}


if __name__ == "__main__":
    main(sys.argv[1:])
