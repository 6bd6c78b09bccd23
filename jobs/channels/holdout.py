"""The holdout's records, which models are asked about, and its keys, as evaluations read them."""

from pathlib import Path

import duckdb

from jobs.channels.examples import TABLE
from jobs.database import copy_to, literal
from mdlc_constructs.settings.payloads.channels import ChannelsSection

RECORDS, KEYS = "holdout/holdout.jsonl", "holdout_keys/keys.parquet"


def write_holdout(connection: duckdb.DuckDBPyConnection, section: ChannelsSection, split: Path) -> int:
    """Write records and keys of the holdout; returns the number of records.

    A record asks for the probabilities of all classes, as BlazingText takes it:
    https://docs.aws.amazon.com/sagemaker/latest/dg/blazingtext.html#blazingtext-data-formats-inference
    """
    rows = (
        f"SELECT row_number() OVER (ORDER BY file, place) - 1 AS row, file, place, class, text FROM {TABLE} "
        f"WHERE channel = {literal(section.holdout)} AND problem = ''"
    )
    connection.execute(f"CREATE TEMP TABLE holdout AS {rows}")
    classes = ", ".join(map(literal, section.classes))
    records = split / RECORDS
    records.parent.mkdir(parents=True, exist_ok=True)
    connection.execute(
        f"COPY (SELECT text AS source, {len(section.classes)} AS k FROM holdout ORDER BY row) "
        f"TO {literal(str(records))} (FORMAT json)"
    )
    copy_to(
        connection,
        "SELECT row, file || '#' || place AS row_key, NULL::VARCHAR AS entity, "
        "NULL::TIMESTAMP AS event_time, "
        f"CAST(list_position([{classes}], class) - 1 AS DOUBLE) AS label FROM holdout ORDER BY row",
        split / KEYS,
    )
    row = connection.execute("SELECT count(*) FROM holdout").fetchone()
    return int(row[0]) if row else 0
