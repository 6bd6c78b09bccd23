"""The answers of a transform job as arrays, for the jobs that compute metrics: the others have no numpy."""

import duckdb
import numpy as np

from jobs.answers import AnswerShape
from jobs.database import quote
from jobs.metrics.rows import Floats


def read_answers(
    connection: duckdb.DuckDBPyConnection, table: str, shape: AnswerShape
) -> tuple[Floats, Floats | None]:
    """The scores of answers without faults, and their numbers of shape (rows, k); None for one number."""
    if not shape.several:
        column = connection.execute(f"SELECT score FROM {quote(table)} ORDER BY row").fetchnumpy()["score"]
        return np.asarray(column, dtype=np.float64), None
    places = ", ".join(f"answer[{place + 1}]" for place in range(len(shape.names)))
    columns = connection.execute(f"SELECT score, {places} FROM {quote(table)} ORDER BY row").fetchnumpy()
    scores, *numbers = (np.asarray(column, dtype=np.float64) for column in columns.values())
    return scores, np.column_stack(numbers)
