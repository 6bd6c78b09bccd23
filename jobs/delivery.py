"""Writes the rows of a checked batch for delivery to clients: JSON Lines files of about equal length.

The state machine calls a function for each file, by its number: ``<number>.jsonl``, from 0.
"""

from collections.abc import Sequence
from pathlib import Path

import duckdb

from jobs.answers import AnswerShape
from jobs.database import literal, parquet, single
from jobs.errors import PlanError
from jobs.plan import Plan
from jobs.roles import pointer
from mdlc_constructs.settings.payloads.tasks import TASK_COLUMNS

ROWS_PER_FILE = 10_000
"""A function that writes a few hundred items per second needs half a minute, a tenth of its timeout."""

MAX_FILES = 2_000
"""A call adds seven events to the execution history, whose quota is 25,000; the rest is for retries."""

_MOMENT = "'%Y-%m-%dT%H:%M:%S.%fZ'"
"""With all six digits, so that texts sort like their times."""


def write(
    connection: duckdb.DuckDBPyConnection, plan: Plan, parts: Sequence[Path], folder: Path
) -> dict[str, int]:
    """Write the rows of the parts to the folder; returns the numbers of files and rows.

    For delivery to a DynamoDB table, rows have their ``key``. Only the latest event of each key is written,
    and rows without a key are left out.

    Raises:
        PlanError: when the plan's key is not in the prediction records.
    """
    rows = parquet(*parts)
    key = _key(plan)
    query = (
        f"SELECT * FROM {rows}"
        if key is None
        else (
            f"SELECT *, {key} AS key FROM {rows} WHERE coalesce({key}, '') <> '' "
            "QUALIFY row_number() OVER (PARTITION BY key ORDER BY event_time DESC, inference_id) = 1"
        )
    )
    connection.execute(
        "CREATE OR REPLACE TEMP TABLE delivered AS "
        f"SELECT *, row_number() OVER () - 1 AS number FROM ({query})"
    )
    total = int(str(single(connection, "SELECT count(*) FROM delivered")[0]))
    length = max(ROWS_PER_FILE, -(-total // MAX_FILES))
    files = -(-total // length)
    for file in range(files):
        within = f"number >= {file * length} AND number < {(file + 1) * length}"
        path = literal(str(folder / f"{file}.jsonl"))
        connection.execute(
            f"COPY ({_selected(plan, key)} WHERE {within} ORDER BY number) TO {path} (FORMAT json)"
        )
    return {"delivery_files": files, "delivery_rows": total}


def _selected(plan: Plan, key: str | None) -> str:
    first = "" if key is None else "key, "
    return (
        f"SELECT {first}inference_id, row_key, entity, strftime(event_time, {_MOMENT}) AS event_time, score, "
        f"strftime(predicted_at, {_MOMENT}) AS predicted_at, model_package_version{_of_task(plan)} "
        "FROM delivered"
    )


def _of_task(plan: Plan) -> str:
    """The selected columns that only the task has; numbers that have names as an object by these."""
    shape, columns = AnswerShape.of(plan.dataset), ""
    for name in TASK_COLUMNS.get(shape.task, ()):
        value = name
        if name == shape.published and shape.several:
            members = ", ".join(
                f"{literal(member)}, {name}[{place}]" for place, member in enumerate(shape.names, start=1)
            )
            value = f"json_object({members}) AS {name}"
        columns += f", {value}"
    return columns


def _key(plan: Plan) -> str | None:
    """The SQL expression of the key of a row's item; None when rows are not delivered to a table."""
    if plan.delivery is None or plan.delivery.to != "table":
        return None
    name, dataset = plan.delivery.key, plan.dataset
    if name == "row_key" or (name,) == dataset.row_key:
        return "row_key"
    if name == dataset.entity:
        return "entity"
    if name in dataset.row_key:
        # A row key of several columns is a JSON object of texts.
        return f"json_extract_string(row_key, {literal(pointer(name))})"
    raise PlanError(
        f"delivery.key={name!r}: give row_key, the dataset's entity or one of its row key columns."
    )
