from __future__ import annotations

import io
import json
import os
import sys
import threading
from pathlib import Path
from typing import Any

import duckdb
import pytest

from jobs import spreadsheet
from mdlc_cli.aws.objects import StoredFile
from mdlc_cli.errors import CommandError
from mdlc_cli.predictions import parquet_export, prediction_files
from mdlc_cli.predictions.prediction_files import Records
from tests.cli.fakes import FakeTarget
from tests.cli.left_results import account

PARTS = tuple(
    StoredFile(uri=f"s3://bucket/predictions/b1/parts/part-0000{n}.parquet", name=f"part-0000{n}.parquet")
    for n in (0, 1)
)
RECORDS = Records(what="predictions of run b1", parts=PARTS, rows=2)


@pytest.fixture
def target(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> FakeTarget:
    return account(monkeypatch, tmp_path)


def left_over(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def test_parts_become_one_csv_file_for_people(target: FakeTarget, tmp_path: Path) -> None:
    folder = tmp_path / "new" / "folder"
    assert prediction_files.write(target, RECORDS, str(folder / "scores.csv")) == 2
    header, *rows = (folder / "scores.csv").read_text().splitlines()
    assert header == "inference_id,row_key,entity,score,predicted_at,model_package_version"
    assert rows == ["i0,k0,'=1+1,0.25,2026-02-05 00:00:00,2", "i1,k1,'=1+1,0.375,2026-02-05 00:00:00,2"]
    assert left_over(folder) == ["scores.csv"]


def test_lines_of_json_and_parquet_hold_the_very_values(target: FakeTarget, tmp_path: Path) -> None:
    folder = tmp_path / "out"
    prediction_files.write(target, RECORDS, str(folder / "scores.jsonl"))
    rows = [json.loads(line) for line in (folder / "scores.jsonl").read_text().splitlines()]
    assert [(row["entity"], row["score"]) for row in rows] == [("=1+1", 0.25), ("=1+1", 0.375)]
    prediction_files.write(target, RECORDS, str(folder / "scores.parquet"))
    read = duckdb.read_parquet(str(folder / "scores.parquet"))
    assert [row[0] for row in read.fetchall()] == ["i0", "i1"]
    assert read.columns[3] == "score" and left_over(folder) == ["scores.jsonl", "scores.parquet"]


def test_an_existing_file_is_replaced_when_all_is_written(target: FakeTarget, tmp_path: Path) -> None:
    file = tmp_path / "out" / "scores.csv"
    file.parent.mkdir()
    file.write_text("before")
    gone = Records(
        what="predictions", parts=(*PARTS, StoredFile(uri="s3://bucket/none.parquet", name="none"))
    )
    with pytest.raises(CommandError, match=r"s3://bucket/none.parquet does not exist \(any more\): score"):
        prediction_files.write(target, gone, str(file))
    assert file.read_text() == "before" and left_over(file.parent) == ["scores.csv"]
    prediction_files.write(target, RECORDS, str(file))
    assert file.read_text().startswith("inference_id")


@pytest.mark.parametrize("stop", [KeyboardInterrupt(), OSError(28, "No space left on device")])
def test_an_interruption_or_a_full_disk_leaves_no_half_file(
    monkeypatch: pytest.MonkeyPatch, target: FakeTarget, tmp_path: Path, stop: BaseException
) -> None:
    def fails(*arguments: Any) -> None:
        raise stop

    folder = tmp_path / "out"
    monkeypatch.setattr("shutil.copyfileobj", fails)
    with pytest.raises((KeyboardInterrupt, CommandError)) as caught:
        prediction_files.write(target, RECORDS, str(folder / "scores.csv"))
    if isinstance(stop, OSError):
        assert "scores.csv cannot be written (No space left on device): give another place" in str(
            caught.value
        )
    assert left_over(folder) == []


def test_too_few_rows_are_no_file(target: FakeTarget, tmp_path: Path) -> None:
    folder = tmp_path / "out"
    with pytest.raises(CommandError, match="have 2 rows and their manifest says 3: score again"):
        prediction_files.write(target, Records(what="x", parts=PARTS, rows=3), str(folder / "s.csv"))
    assert left_over(folder) == []


def test_standard_output_gets_csv(
    target: FakeTarget, capfdbinary: pytest.CaptureFixture[bytes], monkeypatch: pytest.MonkeyPatch
) -> None:
    stream = io.TextIOWrapper(io.BytesIO())
    monkeypatch.setattr(sys, "stdout", stream)
    prediction_files.write(target, RECORDS, "-")
    assert isinstance(stream.buffer, io.BytesIO)
    assert stream.buffer.getvalue().decode().splitlines()[1].startswith("i0,k0,'=1+1,0.25")


def test_a_named_pipe_is_written_to_and_not_replaced(target: FakeTarget, tmp_path: Path) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    read: list[str] = []
    reader = threading.Thread(target=lambda: read.append(pipe.read_text()))
    reader.start()
    prediction_files.write(target, RECORDS, str(pipe))
    reader.join(5)
    assert len(read[0].splitlines()) == 3 and pipe.is_fifo()


@pytest.mark.parametrize(
    ("name", "kind"),
    [("a.csv", "csv"), ("a.PARQUET", "parquet"), ("a.jsonl", "jsonl"), ("a.ndjson", "jsonl"), ("-", "csv"),
     ("scores", "csv")],
)  # fmt: skip
def test_the_end_of_a_name_says_the_format(name: str, kind: str) -> None:
    assert prediction_files.kind_of(name) == kind


def test_another_format_or_a_folder_is_refused(target: FakeTarget, tmp_path: Path) -> None:
    with pytest.raises(CommandError, match=r"--predictions a.xlsx names no format: end it in one of .csv"):
        prediction_files.kind_of("a.xlsx")
    with pytest.raises(CommandError, match=r"is a folder: give a file, such as .*rows.csv"):
        prediction_files.write(target, RECORDS, str(tmp_path))


@pytest.mark.parametrize(
    "text",
    ["=1", "+1", "-1", "+1e5", "-.5", "@a", "\ta", "\ra", "\uff1dx", "a=1", "", "-a", "- 1", "+", "007"],
)
def test_a_cell_is_escaped_by_the_rule_of_the_jobs(text: str) -> None:
    connection = duckdb.connect()
    connection.execute("CREATE TABLE texts AS SELECT $1::VARCHAR AS cell", [text])
    expected = connection.execute(f"SELECT {spreadsheet.text_cell('cell')} FROM texts").fetchone()
    column = parquet_export._column("cell", "VARCHAR", "csv")
    assert connection.execute(f"SELECT {column} FROM texts").fetchone() == expected
    header = parquet_export._column(f"{text}x", "DOUBLE", "csv").rpartition(" AS ")[2]
    assert header == f'"{spreadsheet.header_cell(f"{text}x")}"'


def test_what_is_no_number_is_missing(tmp_path: Path) -> None:
    connection = duckdb.connect()
    source = str(tmp_path / "a.parquet")
    connection.execute(
        f"COPY (SELECT 'nan'::DOUBLE AS a, 'inf'::DOUBLE AS b, encode('é') AS c) TO '{source}'"
    )
    for kind, text in (("csv", "a,b,c\n,inf,é\n"), ("jsonl", '{"a":null,"b":null,"c":"é"}\n')):
        to = tmp_path / f"it's.{kind}"
        assert parquet_export.export(connection, [source], str(to), kind, True) == 1
        assert to.read_text() == text
