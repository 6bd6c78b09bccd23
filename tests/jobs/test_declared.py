import gzip
import io
import json
from dataclasses import replace
from pathlib import Path

import duckdb
import pytest

from jobs import declared
from jobs.declared import Request, check
from mdlc_constructs.settings.dataset import Dataset
from mdlc_constructs.settings.payloads.codec import encode
from mdlc_constructs.settings.payloads.dataset import CsvFormat, DatasetSection

DATASET = Dataset.csv(
    "s3://data/raw/",
    label="left",
    timestamp="day",
    row_key=("id",),
    columns={"plan": "category", "age": "integer", "spent": "number"},
).to_plan()
HEADER = "id,day,plan,age,spent,left\n"
GOOD = HEADER + "1,2026-01-01,basic,30,1.5,0\n2,2026-01-02,,,,1\n"


def problems(path: Path, *, dataset: DatasetSection = DATASET, label: bool = True) -> list[str]:
    (checked,) = check(Request(dataset=dataset, files=(str(path),), label=label), "256MB")
    return list(checked.problems)


def test_good_files_have_rows_and_no_problem(tmp_path: Path) -> None:
    plain, packed = tmp_path / "one[1].csv", tmp_path / "two.csv.gz"
    plain.write_text("\ufeff" + GOOD)
    packed.write_bytes(gzip.compress((GOOD + "3,2026-01-03,x,1,1,1\n").encode()))
    checked = check(Request(dataset=DATASET, files=(str(plain), str(packed)), label=True), "256MB")
    assert [(Path(each.file).name, each.rows, each.problems) for each in checked] == [
        ("one[1].csv", 2, ()),
        ("two.csv.gz", 3, ()),
    ]


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (b"", "data.csv holds no row: fill it first"),
        (HEADER, "data.csv holds no row: fill it first"),
        (
            GOOD.replace("age", "Aeg"),
            "data.csv has no column 'age'; it has id, day, plan, Aeg, spent, left: did you mean 'Aeg'?",
        ),
        (
            GOOD.replace("spent", "colour"),
            "data.csv has no column 'spent'; it has id, day, plan, age, colour, left: add it, or correct the "
            "dataset",
        ),
        (
            GOOD.replace(",left", ",churned"),
            "data.csv has no column 'left'; it has id, day, plan, age, spent, churned: add the label, or "
            "give rows to score with --for batch-inference",
        ),
        (GOOD.replace(",", ";"), "data.csv is not a CSV file: its first line is separated by ';'"),
        (b"PAR1....", "data.csv is not a CSV file: it is a Parquet file"),
        (b"PK\x03\x04", "data.csv is not a CSV file: it is a zip archive"),
        (
            gzip.compress(GOOD.encode(), mtime=0),
            "data.csv is not a CSV file: it is compressed by gzip (its name must end in .gz)",
        ),
        (b"\x00\x01", "data.csv is not a CSV file: it holds binary data"),
        (GOOD + "3,2026-01-03,x\n", "data.csv is not a CSV file: line 4 has 3 columns and the header 6"),
        (
            GOOD.encode() + b"3,2026-01-03,\xff,1,1,1\n",
            "data.csv is not a CSV file: line 4 is not UTF-8 text",
        ),
        (HEADER.replace("age", "plan") + "1,2,3,4,5,6\n", "it has the column 'plan' more than once"),
        ('"half', "data.csv is not a CSV file: its first line cannot be read"),
    ],
)
def test_a_file_that_cannot_be_read_is_one_sentence(
    content: str | bytes, sentence: str, tmp_path: Path
) -> None:
    path = tmp_path / "data.csv"
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    (problem,) = problems(path)
    assert sentence in problem


def test_a_wrong_value_is_named_with_its_line(tmp_path: Path) -> None:
    path = tmp_path / "data.csv"
    rows = '3,2026-01-03,"two\nlines",old,1.5,0\n4,2026-01-04,basic,older,"1,5",1\n5,4.1.2026,basic,1,1,1\n'
    path.write_text(GOOD + rows)
    assert problems(path) == [
        "data.csv, line 7: Column 'day' is declared timestamp but holds '4.1.2026'. Times are read as ISO "
        "8601, such as 2024-12-31 10:00:00: write them so, or say Dataset.csv(..., "
        "timestamp_format='%d.%m.%Y')",
        "data.csv, line 4: Column 'age' is declared integer but holds 'old' and 1 more such values",
        "data.csv, line 6: Column 'spent' is declared number but holds '1,5'. Decimals are read with a "
        "point, such as 1234.5: write them so",
    ]


def test_rows_to_score_need_no_label(tmp_path: Path) -> None:
    path = tmp_path / "data.csv"
    path.write_text("\n".join(line.rpartition(",")[0] for line in GOOD.splitlines()))
    assert problems(path, label=False) == []
    assert "has no column 'left'" in problems(path)[0]


def test_other_formats_are_read_as_they_are_declared(tmp_path: Path) -> None:
    german = replace(DATASET, csv=CsvFormat(delimiter=";", timestamp_format="%d.%m.%Y"))
    path = tmp_path / "data.csv"
    path.write_text("id;day;plan;age;spent;left\n1;31.12.2025;a;1;2;0\n2;32.12.2025;a;1;2;0\n")
    (problem,) = problems(path, dataset=german)
    assert problem.startswith("data.csv, line 3: Column 'day' is declared timestamp but holds '32.12.2025'")


def test_parquet_files_are_checked_by_column_and_type(tmp_path: Path) -> None:
    parquet = replace(DATASET, format="parquet")
    path = tmp_path / "data.parquet"
    columns = "'1' AS id, DATE '2026-01-01' AS day, 'a' AS plan, 'x' AS age, 1.5 AS spent"
    duckdb.connect().sql(f"SELECT {columns}, 1 AS left").write_parquet(str(path))
    assert problems(path, dataset=parquet) == [
        "data.parquet: Column 'age' is declared integer but holds 'x': correct them"
    ]
    duckdb.connect().sql(f"SELECT {columns} FROM range(0)").write_parquet(str(path))
    assert "has no column 'left'; it has id, day, plan, age, spent" in problems(path, dataset=parquet)[0]
    path.write_bytes(b"PAR1")
    assert problems(path, dataset=parquet) == [
        "data.parquet is not a Parquet file: its footer cannot be read"
    ]


def test_it_runs_as_a_program(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "data.csv"
    path.write_text(GOOD)
    request = Request(dataset=DATASET, files=(str(path),), label=True)
    monkeypatch.setattr("sys.stdin", io.StringIO(json.dumps(encode(request))))
    declared.main()
    assert json.loads(capsys.readouterr().out) == [{"file": str(path), "rows": 2, "problems": []}]


def test_columns_that_rows_are_divided_by_must_be_there_with_the_label(tmp_path: Path) -> None:
    path = tmp_path / "data.csv"
    path.write_text(GOOD)
    dataset = replace(DATASET, columns={**DATASET.columns, "part": "text"})
    request = Request(dataset=dataset, files=(str(path),), label=True, further=("part",))
    (checked,) = check(request, "256MB")
    assert checked.problems[0].startswith("data.csv has no column 'part'")
    (checked,) = check(replace(request, label=False), "256MB")
    assert not checked.problems
