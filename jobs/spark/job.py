"""Drift statistics of Parquet files as a Spark job: what `spark-submit` runs.

    spark-submit --py-files jobs.zip,sqlglot.zip job.py --rows URI --baseline URI --output URI
    spark-submit --py-files jobs.zip,sqlglot.zip job.py --rows URI --kinds URI --output URI

The first writes the statistics of the rows and their drift against a baseline's ``statistics.json``. The
second writes a new baseline of the rows; KINDS is a JSON object of column names and kinds.
"""

import argparse
import json
import re
import sys
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from jobs.errors import InputError, JobError
from jobs.spark.connection import CONFIGURATION, SparkConnection
from jobs.statistics.baseline import constraints, statistics
from jobs.statistics.drift import drift

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

RELATION = "served"
KINDS = {"Fractional": "number", "Integral": "integer", "String": "category", "Unknown": "text"}
"""The kind of a column, by the baseline's ``inferred_type``."""


def main(arguments: Sequence[str]) -> int:
    """Run the job by its command line; returns 1 when the inputs are invalid, else 0."""
    options = parser().parse_args(arguments)
    from pyspark.sql import SparkSession

    builder = SparkSession.builder.appName("mdlc-drift")
    for name, value in CONFIGURATION.items():
        builder = builder.config(name, value)
    session = builder.getOrCreate()
    try:
        run(session, options.rows, options.output, baseline=options.baseline, kinds=options.kinds)
    except JobError as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    finally:
        session.stop()
    return 0


def parser() -> argparse.ArgumentParser:
    """The command line's parser."""
    command_line = argparse.ArgumentParser(
        prog="job.py", description="Drift statistics of Parquet files on Spark."
    )
    command_line.add_argument(
        "--rows", required=True, metavar="URI", help="Parquet files, or a folder of them"
    )
    command_line.add_argument(
        "--output", required=True, metavar="URI", help="the folder that documents go to"
    )
    command_line.add_argument("--baseline", metavar="URI", help="the statistics.json to compare with")
    command_line.add_argument(
        "--kinds", metavar="URI", help="JSON: columns' names and kinds, for a new baseline"
    )
    return command_line


def run(session: "SparkSession", rows: str, output: str, *, baseline: str | None, kinds: str | None) -> None:
    """Write statistics.json and constraints.json of the rows, and drift.json if there is a baseline.

    Raises:
        InputError: when both or neither of baseline and kinds are set.
    """
    if (baseline is None) == (kinds is None):
        raise InputError("Give --baseline to compare the rows with one, or --kinds to make a new one.")
    session.read.parquet(named(rows)).createOrReplaceTempView(RELATION)
    documents = compute_documents(
        SparkConnection(session),
        baseline=json.loads(_read(session, baseline)) if baseline else None,
        kinds=json.loads(_read(session, kinds)) if kinds else {},
    )
    for name, document in documents.items():
        _write(session, f"{output.rstrip('/')}/{name}", json.dumps(document, indent=1))


def compute_documents(
    connection: SparkConnection, *, baseline: Mapping[str, Any] | None, kinds: Mapping[str, str]
) -> dict[str, Any]:
    """The documents by name."""
    if baseline is not None:
        there = {
            str(name) for name, *_ in connection.execute(f"DESCRIBE SELECT * FROM {RELATION}").fetchall()
        }
        features = [feature for feature in baseline["features"] if feature["name"] in there]
        kinds = {feature["name"]: KINDS[feature["inferred_type"]] for feature in features}
    own = statistics(connection, RELATION, kinds)
    documents = {"statistics.json": own, "constraints.json": constraints(own)}
    if baseline is not None:
        documents["drift.json"] = drift(connection, RELATION, baseline).to_json()
    return documents


def _read(session: "SparkSession", uri: str) -> str:
    return str(session.read.text(named(uri), wholetext=True).collect()[0][0])


def named(uri: str) -> str:
    """The URI with its glob characters escaped, as Spark's readers treat paths as Hadoop glob patterns."""
    return re.sub(r"[*?\[\]{}\\]", r"\\\g<0>", uri)


def _write(session: "SparkSession", uri: str, text: str) -> None:
    """Write a text file with Spark's Hadoop file system."""
    jvm: Any = session.sparkContext._jvm
    path = jvm.org.apache.hadoop.fs.Path(uri)
    stream = path.getFileSystem(session.sparkContext._jsc.hadoopConfiguration()).create(path, True)
    try:
        stream.write(bytearray(text.encode()))
    finally:
        stream.close()


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
