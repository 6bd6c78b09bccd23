"""Our program in `benchmarks.drift`: computes drift from two Parquet files with the jobs' code.

    python -m benchmarks.drift_ours PART MEMORY BASELINE WINDOW RESULT

PART is `preset`: only what Evidently's preset computes; `all`: everything that the job computes; `baseline`:
only the baseline's statistics; or `window`: `all` with an existing baseline, as in monitoring. `window` reads
the result of `baseline` from RESULT and overwrites it.
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

MIN_DEVIATION = 0.001  # the minimum standard deviation that Evidently divides by


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
    """The Jensen-Shannon distance with natural logarithms, as Evidently's (ours has base 2), and its bound.

    Rare categories are counted together. The bound is what they would add if the samples shared none of them.
    """
    distance = jensen_shannon(column.cells) * math.sqrt(math.log(2))
    together = sum(side / rows for side, rows in zip(column.cells[-1], column.present, strict=True)) / 2
    bound = math.sqrt(distance**2 + together * math.log(2)) - distance
    return {"jensen_shannon": distance, "bound": bound}


if __name__ == "__main__":
    main(sys.argv[1:])
