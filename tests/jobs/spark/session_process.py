"""A real Spark session that answers over standard input and output; run by the Python of Spark's environment.

    python session_process.py SETTING=VALUE ...

A question is a pickled pair: ("view", (name, path)) or ("sql", text). An answer is ("rows", list of tuples)
or ("error", text).
"""

import os
import pickle
import sys
from typing import Any


def main() -> None:
    answers = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)  # whatever Spark says must not get into the answers
    from pyspark.sql import SparkSession

    from jobs.spark.connection import CONFIGURATION

    builder = SparkSession.builder.master("local[2]")
    for name, value in {**dict(line.split("=") for line in sys.argv[1:]), **CONFIGURATION}.items():
        builder = builder.config(name, value)
    session = builder.getOrCreate()
    while True:
        try:
            kind, content = pickle.load(sys.stdin.buffer)
        except EOFError:
            break
        pickle.dump(_answer(session, kind, content), answers)
        answers.flush()
    session.stop()


def _answer(session: Any, kind: str, content: Any) -> tuple[str, Any]:
    try:
        if kind == "view":
            name, path = content
            session.read.parquet(path).createOrReplaceTempView(name)
            return "rows", []
        return "rows", [tuple(row) for row in session.sql(content).collect()]
    except Exception as error:
        return "error", str(error)


if __name__ == "__main__":
    main()
