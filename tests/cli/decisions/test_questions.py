from __future__ import annotations

import io
from pathlib import Path
from typing import Any

import pytest

from mdlc_cli.decisions import questions
from mdlc_cli.errors import CommandError
from tests.workflows.decision.settings import DECISIONS

SCHEMA = DECISIONS.request_schema()["properties"]["row"]
ROW: dict[str, Any] = {"distance": 100.5, "tail_number": "N1"}


@pytest.mark.parametrize(
    ("text", "rows"),
    [
        ('{"age": 3}', [{"age": 3}]),
        ('{\n  "age": 3\n}\n', [{"age": 3}]),
        ('{"age": 3}\n\n{"age": null}\n', [{"age": 3}, {"age": None}]),
        ('{"name": "a\u2028b"}', [{"name": "a\u2028b"}]),
    ],
)
def test_rows_are_read_from_an_argument_a_file_or_standard_input(
    text: str, rows: list[questions.Row], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "rows.jsonl"
    file.write_text(text, encoding="utf-8-sig")
    monkeypatch.setattr("sys.stdin", io.StringIO(text))
    assert questions.read(text) == questions.read(f"@{file}") == questions.read("@-") == rows


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "the row is empty: give a row, such as '{\"age\": 3}'"),
        ("age=3", "the row is no JSON (line 1, column 1: this is no JSON (Expecting value); mend it there)"),
        ("{'age': 3}", "the row is no JSON"),
        ('{"age": 3, "age": 4}', "the row is no JSON (The key 'age' stands twice in one object"),
        ('{"age": NaN}', "NaN is no number in JSON"),
        ("[3]", "the row is [3]: give a JSON object such as '{\"age\": 3}'"),
        ("{}", "the row has no columns"),
        ('{"age": [3]}', "the row has age=[3]: give a text, a number, true, false or null"),
        ('{"age": 3}\n{"age"', "line 2 of the row is no JSON"),
        ('{\n"age": x\n}', "the row is no JSON (line 2, column 8"),
        ("@nowhere.json", "nowhere.json cannot be read (No such file or directory): give a file of JSON"),
    ],
)
def test_what_is_no_row_is_refused_in_one_sentence(text: str, message: str) -> None:
    with pytest.raises(CommandError) as refused:
        questions.read(text)
    assert message in str(refused.value)


def test_a_file_that_is_no_text_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "rows.parquet"
    file.write_bytes(b"PAR1\xff\xfe")
    with pytest.raises(CommandError, match=r"rows.parquet cannot be read \(it is not UTF-8\)"):
        questions.read(f"@{file}")


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        ({"distanc": 3}, None),
        ({"Age": 3}, "the row has an unknown column 'Age': did you mean 'age'?"),
        (
            {"colour": 3},
            "the row has an unknown column 'colour': the columns are distance, tail_number",
        ),
        ({"distance": "far"}, 'the row has distance="far": give a number or null'),
        ({"distance": True}, "the row has distance=true: give a number or null"),
        ({"seats": 180.0}, "the row has seats=180.0: give a whole number without a decimal point or null"),
        ({"leased": 1}, "the row has leased=1: give true or false or null"),
        ({"carrier": 7}, "the row has carrier=7: give a text or null"),
        ({"tail_number": None}, "the row has tail_number=null: give a text"),
        ({"carrier": ["x" * 99]}, 'the row has carrier=["xxx'),
    ],
)
def test_a_row_is_checked_as_the_api_does(changed: dict[str, Any], message: str | None) -> None:
    row = {**ROW, **changed}
    with pytest.raises(CommandError) as refused:
        questions.check_values(row, SCHEMA, "the row")
    assert (message or "the columns are distance") in str(refused.value)


def test_a_row_lacks_what_is_required() -> None:
    with pytest.raises(CommandError) as refused:
        questions.check_values({"age": 3}, SCHEMA, "row 2")
    assert str(refused.value) == (
        "row 2 lacks distance, tail_number: give each a value, or null where it is missing"
    )
    with pytest.raises(CommandError, match="'distanc': did you mean 'distance'"):
        questions.check_values({"distanc": 3, "tail_number": "N1"}, SCHEMA, "row 1")
    questions.check_values({**ROW, "distance": None, "seats": 3, "leased": False}, SCHEMA, "row 1")


def test_an_endpoint_ignores_other_columns_and_a_slip_is_refused() -> None:
    columns = [f"column_{number}" for number in range(20)]
    assert questions.check_names({"column_1": 1, "id": 7}, columns, "the row") == ["id"]
    with pytest.raises(CommandError) as refused:
        questions.check_names({"id": 7}, columns, "the row")
    assert str(refused.value).endswith("column_10, column_11 and 8 more")
    with pytest.raises(CommandError, match="which the model does not read: did you mean 'column_2'"):
        questions.check_names({"column_1": 1, "colum_2": 7}, columns, "the row")


def test_rows_of_a_csv_file_are_texts_until_a_schema_says_more(tmp_path: Path) -> None:
    file = tmp_path / "rows.csv"
    file.write_text("distance,tail_number,old\n100.5,N1,x\n,7,\n", encoding="utf-8-sig")
    first, second = questions.read(f"@{file}")
    assert first == {"distance": "100.5", "tail_number": "N1", "old": "x"}
    assert questions.typed(first, SCHEMA) == {"distance": 100.5, "tail_number": "N1", "old": "x"}
    assert questions.typed(second, SCHEMA)["tail_number"] == "7", "a category of digits stays a text"
    assert questions.typed(second, SCHEMA)["distance"] is None
    assert questions.typed({"distance": "far"}, SCHEMA)["distance"] == "far"


def test_a_csv_file_without_rows_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "rows.csv"
    file.write_text("distance\n")
    with pytest.raises(CommandError, match=r"rows.csv holds no rows: give a header and at least one row"):
        questions.read(f"@{file}")
