import json
from dataclasses import replace
from datetime import datetime
from pathlib import Path

import pytest

from jobs.errors import InputError
from jobs.serving.program import OTHER, Program, Step, shown

PROGRAM = Program(
    columns={"amount": "number", "kind": "category", "at": "timestamp"},
    steps=(
        Step(feature="amount", column="amount", kind="number", fill=2.5),
        Step(feature="kind", column="kind", kind="category", fill=9.0, values={"a": 1.0, "日本": 2.0}),
        Step(feature="at_hour", column="at", kind="calendar", fill=-1.0, part="hour"),
    ),
    origin={"model": "m"},
)


def test_a_program_reads_columns_by_other_names() -> None:
    steps = tuple(Step(feature=name, column=name, kind="number", fill=-1.0) for name in ("a", "b"))
    program = Program(columns={"a": "number", "b": "number"}, steps=steps).reading({"a": "old a"})
    assert program.columns == {"old a": "number", "b": "number"}
    assert [step.feature for step in program.steps] == ["a", "b"]
    assert program.prepare({"old a": 1.0, "a": 9.0, "b": 2.0}) == [1.0, 2.0]


def test_a_category_given_as_a_number_is_the_one_that_was_staged() -> None:
    codes = {"1": 1.0, "true": 2.0, "0.5": 3.0}
    step = Step(feature="c", column="c", kind="category", fill=-1.0, values=codes)
    program = Program(columns={"c": "category"}, steps=(step,))
    given = [1, 1.0, "1", True, 0.5, "1.0", "True", "01", None]
    assert [program.prepare({"c": value})[0] for value in given] == [1, 1, 1, 2, 3, 1, 2, OTHER, -1]


def test_a_program_is_read_from_its_folder(tmp_path: Path) -> None:
    (tmp_path / "program.json").write_text(PROGRAM.to_json(), encoding="utf-8")
    assert Program.read(tmp_path) == Program.read(tmp_path / "program.json") == PROGRAM
    assert [step.feature for step in PROGRAM.steps] == ["amount", "kind", "at_hour"]
    with pytest.raises(InputError, match="output of the features job"):
        Program.read(tmp_path / "nothing")


def test_a_program_of_an_unknown_release_is_refused() -> None:
    with pytest.raises(InputError, match="schema_version=99"):
        Program.from_document({"schema_version": 99})


def test_the_document_is_the_program() -> None:
    assert Program.from_document(json.loads(PROGRAM.to_json())) == PROGRAM


def test_a_document_of_before_formats_were_kept_is_of_csv_files() -> None:
    document = json.loads(PROGRAM.to_json())
    del document["format"]
    assert Program.from_document(document).format == "csv"


def test_a_json_row_is_read_by_the_declared_types() -> None:
    typed = PROGRAM.typed({"amount": "1.5", "kind": "日本", "at": "2024-05-17T08:30:00+02:00", "more": [1]})
    assert typed == {"amount": 1.5, "kind": "日本", "at": datetime(2024, 5, 17, 6, 30)}
    assert PROGRAM.prepare(typed) == [1.5, 2.0, 6.0]
    assert PROGRAM.prepare(PROGRAM.typed({})) == PROGRAM.prepare({}) == [2.5, 9.0, -1.0]


def test_classes_travel_with_the_program_and_others_have_none() -> None:
    assert "classes" not in json.loads(PROGRAM.to_json())
    program = replace(PROGRAM, classes=("b", "a", "c"))
    assert json.loads(program.to_json())["classes"] == ["b", "a", "c"]
    assert Program.from_document(json.loads(program.to_json())) == program


def test_a_value_that_does_not_fit_is_named_with_its_column() -> None:
    with pytest.raises(
        ValueError, match=r"^column 'amount': \"far\" is no number: give a JSON number, or null"
    ):
        PROGRAM.typed({"amount": "far"})


def test_a_long_value_is_shown_in_part() -> None:
    assert shown("a\nb") == '"a\\nb"'
    assert len(shown("x" * 5000)) < 50
