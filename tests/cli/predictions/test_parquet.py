from __future__ import annotations

from pathlib import Path

import duckdb
import pytest

from mdlc_cli.errors import ToolFailedError
from mdlc_cli.predictions import parquet
from mdlc_cli.predictions.parquet_query import FILE, query
from mdlc_cli.tools import toolchain


def test_rows_are_found_by_text_in_an_environment_of_its_own(tmp_path: Path) -> None:
    paths = [tmp_path / f"part-{n}.parquet" for n in range(2)]
    for n, path in enumerate(paths):
        duckdb.connect().sql(
            f"SELECT 'id' || (i + {10 * n}) AS id, i AS x, TIMESTAMP '2026-01-01' AS at FROM range(10) t(i)"
        ).write_parquet(str(path))
    (row,) = parquet.rows(paths, {"id": "id13"})
    assert row == {"id": "id13", "x": 3, "at": "2026-01-01 00:00:00", FILE: str(paths[1])}
    assert parquet.rows(paths, {"id": "id99"}) == []


def test_the_environment_holds_what_the_jobs_lock_says_and_is_made_once() -> None:
    python = toolchain.table_python()
    assert python.is_file() and toolchain.table_python() == python
    installed = {path.name for path in (python.parent.parent / "lib").glob("*/site-packages/*")}
    assert "duckdb" in installed and "boto3" not in installed


def test_values_of_csv_stay_text_and_several_columns_must_all_hold(tmp_path: Path) -> None:
    path = tmp_path / "orders.csv"
    path.write_text('id,"shop ""a""",x\n007,n,1\n007,s,2\n')
    (row,) = query([str(path)], {"id": "007", 'shop "a"': "s"}, "csv")
    assert (row["id"], row["x"]) == ("007", "2")


def test_a_file_that_is_no_parquet_is_one_sentence(tmp_path: Path) -> None:
    path = tmp_path / "half.parquet"
    path.write_bytes(b"PAR1")
    with pytest.raises(ToolFailedError, match=r"half\.parquet cannot be searched: look whether") as caught:
        parquet.rows([path], {"id": "1"})
    assert "half.parquet" in caught.value.detail


def test_a_key_is_found_in_whichever_way_the_file_writes_it(tmp_path: Path) -> None:
    csv, parquet_file = tmp_path / "orders.csv", tmp_path / "orders.parquet"
    csv.write_text("id,filename,up\n100000.0,n,True\n")
    (row,) = query([str(csv)], {"id": "100000", "up": "true"}, "csv")
    assert row == {"id": "100000.0", "filename": "n", "up": "True", FILE: str(csv)}
    duckdb.connect().sql("SELECT encode('fré') AS id, 1 AS filename").write_parquet(str(parquet_file))
    (row,) = query([str(parquet_file)], {"id": "fré"}, "parquet")
    assert row == {"id": "fré", "filename": 1, FILE: str(parquet_file)}


@pytest.mark.parametrize("kind", ["csv", "parquet"])
def test_a_row_without_ids_is_found_by_its_number(tmp_path: Path, kind: str) -> None:
    path = tmp_path / f"rows.{kind}"
    connection = duckdb.connect()
    connection.execute(f"COPY (SELECT i AS x FROM range(5000) AS t(i)) TO '{path}' (FORMAT {kind})")
    (row,) = query([str(path)], {}, kind, 4321)
    assert str(row["x"]) == "4320"
    assert query([str(path)], {}, kind, 5001) == []
