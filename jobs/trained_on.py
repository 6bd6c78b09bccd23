"""Writes the first part of a model's baseline: statistics and a sample of its raw training and holdout rows.

The features job writes it, because it has the rows; the evaluate job completes it (see `jobs.performance`).
"""

from pathlib import Path

import duckdb

from jobs.database import literal, quote
from jobs.folders import write_json
from jobs.reading import row_count
from jobs.statistics.exact import exact_statistics
from jobs.statistics.sampling import lot, sample_query
from mdlc_constructs.settings.payloads.dataset import DatasetSection

FOLDER = "baseline"
STATISTICS, SAMPLE = "statistics.json", "sample.parquet"
SAMPLE_ROWS = 10_000
SEED = 1
EDGE_ROWS = 500_000
"""The approximate number of rows of the sample for bucket edges, when all rows are too many."""


def write(
    connection: duckdb.DuckDBPyConnection, relation: str, dataset: DatasetSection, folder: Path
) -> dict[str, Path]:
    """Write statistics of the raw feature columns and a sample of rows; returns the files' paths by name.

    The sample has the dataset's timestamp, if any, and the raw feature columns. The same rows give the same
    bytes.
    """
    folder.mkdir(parents=True, exist_ok=True)
    columns = dataset.needed(label=True)
    every = max(1, row_count(connection, relation) // EDGE_ROWS)
    some = f"(FROM {quote(relation)} WHERE {lot(columns, SEED)} % {every} = 0)"
    # The history of the target is what a forecast is made from.
    names = [*dataset.features, *([str(dataset.label)] if dataset.forecast is not None else [])]
    kinds = {name: dataset.columns[name] for name in names}
    statistics_path = write_json(
        folder / STATISTICS, exact_statistics(connection, quote(relation), kinds, some=some)
    )
    time = [dataset.timestamp] if dataset.timestamp else []
    taken = list(dict.fromkeys([*time, *names]))
    query = sample_query(quote(relation), columns, taken=taken, rows=SAMPLE_ROWS, seed=SEED)
    sample = folder / SAMPLE
    connection.execute(f"COPY ({query}) TO {literal(str(sample))} (FORMAT parquet)")
    return {STATISTICS: statistics_path, SAMPLE: sample}
