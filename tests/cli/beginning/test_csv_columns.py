"""What a dataset's columns are is inferred from the head of a CSV file."""

from __future__ import annotations

import gzip
from pathlib import Path

import pytest

from mdlc_cli.beginning import csv_columns
from mdlc_cli.beginning.csv_columns import column_type
from mdlc_cli.errors import CommandError

TABLE = """\
shop,order_id,at,items,price,zip,note,returned
north,a-1,2026-05-01 10:00,3,2.50,01234,hello there,no
south,a-2,2026-05-02 11:30,1,,04321,call me,no
north,a-3,2026-05-03 12:00,2,7,01234,,yes
south,a-4,2026-05-04 12:00,2,7,01234,never mind,no
"""


def written(folder: Path, text: str = TABLE, name: str = "orders.csv") -> Path:
    path = folder / name
    path.write_bytes(gzip.compress(text.encode()) if name.endswith(".gz") else text.encode())
    return path


@pytest.mark.parametrize(
    ("values", "kind"),
    [
        (["1", "-2", "30"], "integer"),
        (["1", "2.5", "1e3"], "number"),
        (["true", "False"], "boolean"),
        (["2026-05-01", "2026-05-01T10:00:00Z", "2026-05-01 10:00:00+02:00"], "timestamp"),
        (["01234", "01234", "04321", "04321"], "category"),
        (["a", "b", "a", "b"], "category"),
        (["a", "b", "c", "d"], "text"),
        (["01.05.2026", "02.05.2026", "03.05.2026"], "text"),
        ([], "text"),
    ],
)
def test_a_type_fits_all_values(values: list[str], kind: str) -> None:
    assert column_type(values) == kind


@pytest.mark.parametrize(("name", "sign"), [("orders.csv", ","), ("orders.csv.gz", ","), ("orders.csv", ";")])
def test_roles_are_inferred(tmp_path: Path, name: str, sign: str) -> None:
    head = csv_columns.read_head(written(tmp_path, TABLE.replace(",", sign), name))
    roles = csv_columns.roles(head, label=None)
    assert (roles.label, roles.timestamp, roles.key) == ("returned", "at", "order_id")
    assert (roles.task, roles.positive, roles.delimiter) == ("binary", "yes", sign)
    assert roles.columns["returned"] == "category"
    assert roles.dataset().resolved_features == ("shop", "items", "price", "zip")


def test_a_time_and_a_key_need_not_be_there(tmp_path: Path) -> None:
    text = "size,left\n" + "".join(f"{number % 7}.5,{number % 2}\n" for number in range(40))
    roles = csv_columns.roles(csv_columns.read_head(written(tmp_path, text)), label="left")
    assert (roles.timestamp, roles.key) == (None, None)
    assert roles.dataset().resolved_features == ("size",)


def test_a_label_of_many_numbers_is_a_regression(tmp_path: Path) -> None:
    roles = csv_columns.roles(csv_columns.read_head(written(tmp_path)), label="items")
    assert (roles.task, roles.columns["items"]) == ("regression", "integer")
    assert "returned" in roles.dataset().resolved_features


@pytest.mark.parametrize(
    ("values", "task", "classes"),
    [
        (["red", "blue", "red", "blue", "green", "green"], "multiclass", ("blue", "green", "red")),
        (["10", "9", "3"] * 10, "multiclass", ("3", "9", "10")),
        (["10", "9", "3"] * 9, "regression", ()),
        ([str(number) for number in range(11)] * 10, "regression", ()),
        (["1.5", "2.5", "3.5"] * 10, "regression", ()),
        (["1.0", "10.0", "2.0"] * 50, "multiclass", ("1", "2", "10")),
        (["1.0", "2", "2.0", "3"] * 50, "multiclass", ("1", "2", "3")),
        (["0", "1.0", "1", "0.0"] * 5, "binary", ()),
        (["1.0", "2.0", "3.5"] * 50, "regression", ()),
    ],
)
def test_a_label_of_a_few_values_has_classes(
    tmp_path: Path, values: list[str], task: str, classes: tuple[str, ...]
) -> None:
    text = "size,kind\n" + "".join(f"{number % 7}.5,{value}\n" for number, value in enumerate(values))
    roles = csv_columns.roles(csv_columns.read_head(written(tmp_path, text)), label="kind")
    assert (roles.task, roles.classes) == (task, classes)
    assert roles.dataset().classes == classes


def test_the_rarer_value_counts_as_1_when_no_value_says_yes(tmp_path: Path) -> None:
    roles = csv_columns.roles(csv_columns.read_head(written(tmp_path)), label="zip")
    assert (roles.task, roles.positive) == ("binary", "04321")


@pytest.mark.parametrize(
    ("text", "roles", "sentence"),
    [
        (
            TABLE,
            {"label": "retuned"},
            "orders.csv has no column 'retuned' (--label): did you mean 'returned'",
        ),
        (
            TABLE,
            {"label": "note"},
            "'note' has 3 values that are no numbers: predict a column with two values, with a few that",
        ),
        (TABLE, {"timestamp": "shop"}, "its values, such as 'north', are no times in ISO 8601"),
        (TABLE, {"timestamp": "when"}, "orders.csv has no column 'when' (--timestamp): choose one of shop"),
        ("at,left\n", {}, "holds no table: give a CSV file with a header line and rows below it"),
        ("", {}, "holds no table"),
        ("at,at\n1,2\n", {}, "has two columns named 'at': give each column its own name"),
        ("at,left\n1,2\n1\n", {}, "row 3 of"),
        ("at,left\n1,2\n\n1\n", {}, "row 4 of"),
        ("at,left\n\n", {}, "holds no table"),
        (
            "id,at,left\n" + "".join(f"k{n},2026-05-01,{n}\n" for n in (*range(5), "NA")),
            {"label": "left"},
            "'left' holds numbers and 'NA': leave missing values empty",
        ),
        (
            "id,at,left\na,2026-05-01,1\nb,NA,0\n",
            {"timestamp": "at"},
            "--timestamp at: its values, such as 'NA', are no times in ISO 8601",
        ),
        ("id,at,left\na,2026-05-01,1\nb,2026-05-02,1\n", {"label": "left"}, "'left' has one value only"),
        ("size,left\n" + "1.5,yes\n" * 9, {"label": "left"}, "'left' has one value only: predict a column"),
        ("size,left\n1,1\n2,1.0\n", {"label": "left"}, "'left' has one value only"),
        ("size,left\n1,\n2,\n", {"label": "left"}, "'left' has no value: predict a column"),
    ],
)
def test_what_cannot_be_used_is_one_sentence(
    tmp_path: Path, text: str, roles: dict[str, str], sentence: str
) -> None:
    path = written(tmp_path, text)
    with pytest.raises(CommandError) as error:
        csv_columns.roles(csv_columns.read_head(path), **{"label": None, **roles})
    assert sentence in str(error.value)
    assert "\n" not in str(error.value)


def test_a_file_that_is_no_text_or_not_there_is_refused(tmp_path: Path) -> None:
    (tmp_path / "data.csv").write_bytes(b"PAR1\xff\xfe\x00")
    for path, sentence in (
        (tmp_path / "data.csv", "cannot be read"),
        (tmp_path / "no.csv", "does not exist"),
    ):
        with pytest.raises(CommandError, match=sentence):
            csv_columns.read_head(path)


def test_a_dataset_that_the_library_refuses_is_one_sentence(tmp_path: Path) -> None:
    text = "id,at,left,Left\na,2026-05-01,1,0\nb,2026-05-02,0,1\n"
    roles = csv_columns.roles(csv_columns.read_head(written(tmp_path, text)), label="left")
    with pytest.raises(CommandError, match="differs from another column only by case"):
        roles.dataset()


def test_a_head_that_ends_within_a_quoted_value_is_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(csv_columns, "HEAD_ROWS", 4)
    rows = "".join(f'a{number},2026-05-01,"one\ntwo",{number % 2}\n' for number in range(9))
    head = csv_columns.read_head(written(tmp_path, f"id,at,note,left\n{rows}"))
    assert head.columns["id"] == ["a0"]
    assert head.columns["note"] == ["one\ntwo"]


def test_blank_lines_are_no_rows(tmp_path: Path) -> None:
    head = csv_columns.read_head(written(tmp_path, "id,at,left\na,2026-05-01,1\n\nb,2026-05-02,0\n  \n\n"))
    assert head.columns["id"] == ["a", "b"]


def test_a_column_of_numbers_and_some_text_is_named_when_nothing_else_can_be_learned_from(
    tmp_path: Path,
) -> None:
    numbers = "".join(f"k{n},2026-05-{n + 1:02},{n if n % 3 else 'NA'},{n % 2}\n" for n in range(9))
    head = csv_columns.read_head(written(tmp_path, f"id,at,size,left\n{numbers}"))
    roles = csv_columns.roles(head, label="left")
    assert csv_columns.mixed_columns(head, roles.others) == {"size": "NA"}
    with pytest.raises(CommandError) as error:
        csv_columns.check_features(head, roles)
    assert str(error.value) == (
        "orders.csv has no column to learn from: 'size' holds numbers and 'NA', so it is text (leave missing "
        "values empty): give one of numbers or of categories"
    )


def test_where_there_are_features_nothing_is_refused(tmp_path: Path) -> None:
    head = csv_columns.read_head(written(tmp_path))
    csv_columns.check_features(head, csv_columns.roles(head, label=None))
