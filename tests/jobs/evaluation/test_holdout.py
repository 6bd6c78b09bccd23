from pathlib import Path

import duckdb
import pytest

from jobs.errors import InputError
from jobs.evaluation.holdout import read_holdout


def keys(folder: Path, column: str) -> Path:
    path = folder / "keys.parquet"
    duckdb.execute(f"COPY (SELECT row, {column} FROM range(4) AS rows(row)) TO '{path}' (FORMAT parquet)")
    return path


def test_groups_are_numbered_without_gaps(tmp_path: Path) -> None:
    path = keys(tmp_path, "'g' || (row // 2) * 5 AS group_key")
    with duckdb.connect() as connection:
        assert list(read_holdout(connection, path, "ranking")["groups"]) == [0, 0, 1, 1]


def test_most_tasks_need_nothing(tmp_path: Path) -> None:
    with duckdb.connect() as connection:
        assert read_holdout(connection, keys(tmp_path, "1 AS one"), "regression") == {}


def test_missing_features_are_one_sentence(tmp_path: Path) -> None:
    with (
        duckdb.connect() as connection,
        pytest.raises(InputError, match="the features job writes it; run it again"),
    ):
        read_holdout(connection, keys(tmp_path, "1 AS one"), "cluster")
