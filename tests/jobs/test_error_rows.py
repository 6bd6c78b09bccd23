"""Raw values of holdout rows: written by the features job, read by the evaluate and the monitor job."""

from pathlib import Path

import duckdb
import numpy as np
import pytest

from jobs import error_rows
from jobs.database import copy_to
from jobs.error_rows import inputs_query, modelled_columns
from jobs.error_values import read_inputs, values_of
from jobs.serving.program import Program
from tests.jobs.columns import relation

PROGRAM = Program(
    columns={"x": "number", "n": "integer", "kind": "category", "flag": "boolean", "at": "timestamp"},
    steps=(),
)


def holdout(connection: duckdb.DuckDBPyConnection, rows: int) -> None:
    numbers = range(rows)
    relation(
        connection,
        "holdout",
        {
            "x": [None if n % 5 == 0 else n / 2 for n in numbers],
            "n": [*numbers],
            "kind": [None if n % 3 == 0 else f"k{n % 4}" for n in numbers],
            "flag": [n % 2 == 0 for n in numbers],
            "at": [f"2024-01-01T00:{n % 60:02d}:00" for n in numbers],
        },
    )


def test_values_come_back_with_the_numbers_of_their_rows(tmp_path: Path) -> None:
    with duckdb.connect() as connection:
        holdout(connection, 12)
        copy_to(connection, inputs_query(PROGRAM, "holdout", "raw.n DESC", 12), tmp_path / "inputs.parquet")
        rows, values = read_inputs(connection, tmp_path / "inputs.parquet")
    assert rows.tolist() == [*range(12)]
    # The records are in descending order of n.
    assert values["n"].tolist() == [float(n) for n in reversed(range(12))]
    assert set(values) == {"x", "n", "kind", "flag"}
    assert np.isnan(values["x"][[1, 6, 11]]).all() and values["x"][0] == 5.5
    assert values["kind"].tolist()[:3] == ["k3", "k2", None]
    assert values["flag"].tolist()[:2] == [0.0, 1.0]


def test_of_many_rows_some_are_written_evenly(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(error_rows, "MAX_ROWS", 5)
    with duckdb.connect() as connection:
        holdout(connection, 12)
        copy_to(connection, inputs_query(PROGRAM, "holdout", "raw.n", 12), tmp_path / "inputs.parquet")
        rows, _ = read_inputs(connection, tmp_path / "inputs.parquet")
    assert rows.tolist() == [0, 3, 6, 9]


def test_no_rows_have_values_of_the_same_kind() -> None:
    with duckdb.connect() as connection:
        holdout(connection, 2)
        kinds = modelled_columns(PROGRAM.columns)
        values, (numbers,) = values_of(connection, "FROM holdout WHERE false", kinds, also=["n + 1"])
    assert {name: len(column) for name, column in values.items()} == dict.fromkeys(kinds, 0)
    assert len(numbers) == 0 and values["x"].dtype.kind == "f"
