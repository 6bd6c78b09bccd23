from pathlib import Path

import duckdb
import numpy as np
import pytest

from jobs.errors import InputError
from jobs.evaluation.holdout import dependent_rows, read_holdout


def keys(folder: Path, column: str) -> Path:
    path = folder / "keys.parquet"
    duckdb.execute(f"COPY (SELECT row, {column} FROM range(4) AS rows(row)) TO '{path}' (FORMAT parquet)")
    return path


def test_groups_are_numbered_without_gaps(tmp_path: Path) -> None:
    path = keys(tmp_path, "'g' || (row // 2) * 5 AS group_key")
    with duckdb.connect() as connection:
        assert list(read_holdout(connection, path, "ranking")["groups"]) == [0, 0, 1, 1]


@pytest.mark.parametrize(("task", "groups"), [("regression", None), ("ranking", [0, 0, 1, 1])])
def test_rows_that_the_split_keeps_together_are_a_unit(
    tmp_path: Path, task: str, groups: list[int] | None
) -> None:
    columns = "CASE WHEN row < 2 THEN 'p' END AS split_group, 'g' || row // 2 AS group_key"
    with duckdb.connect() as connection:
        found = read_holdout(connection, keys(tmp_path, columns), task)
    assert list(found["units"]) == [0, 0, 1, 2]
    assert (list(found["groups"]) if "groups" in found else None) == groups


def test_dependent_rows_are_told() -> None:
    (note,) = dependent_rows(np.array([0, 0, 1]), {"split": {"group": "patient"}})
    assert note.startswith("Rows with the same 'patient' depend on each other") and "2 groups" in note
    assert dependent_rows(None, None) == []


def test_most_tasks_need_nothing(tmp_path: Path) -> None:
    with duckdb.connect() as connection:
        assert read_holdout(connection, keys(tmp_path, "1 AS one"), "regression") == {}


def test_missing_features_are_one_sentence(tmp_path: Path) -> None:
    with (
        duckdb.connect() as connection,
        pytest.raises(InputError, match="the features job writes it; run it again"),
    ):
        read_holdout(connection, keys(tmp_path, "1 AS one"), "cluster")
