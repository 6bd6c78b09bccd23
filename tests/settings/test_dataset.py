from collections.abc import Mapping
from dataclasses import FrozenInstanceError, replace
from typing import Any

import pytest

from mdlc_constructs.settings.dataset import Dataset
from mdlc_constructs.settings.payloads.codec import encode
from mdlc_constructs.settings.payloads.tasks import TASKS

URI = "s3://some-bucket/flights/"
COLUMNS = {
    "carrier": "category",
    "distance": "number",
    "dep_delay": "number",
    "note": "text",
    "seen": "timestamp",
}


def flights(**changes: Any) -> Dataset:
    roles: dict[str, Any] = {
        "label": "late",
        "timestamp": "at",
        "row_key": ("id",),
        "columns": COLUMNS,
        "known_after": ("dep_delay",),
        **changes,
    }
    return Dataset.csv(roles.pop("uri", URI), **roles)


def test_features_are_by_default_what_has_no_other_role() -> None:
    assert flights().resolved_features == ("carrier", "distance")


def test_roles_imply_types() -> None:
    columns = flights(entity="plane").columns
    assert (columns["late"], columns["at"], columns["id"], columns["plane"]) == (
        "integer",
        "timestamp",
        "text",
        "text",
    )
    assert flights(task="regression").columns["late"] == "number"


def test_the_plan_section_holds_what_jobs_read() -> None:
    plan = flights(calendar=("hour",), accepted_leaks=("distance",)).to_plan()
    assert encode(plan) == {
        "format": "csv",
        "label": "late",
        "timestamp": "at",
        "entity": None,
        "row_key": ["id"],
        "columns": {"late": "integer", "at": "timestamp", "id": "text", **COLUMNS},
        "known_after": ["dep_delay"],
        "features": ["carrier", "distance"],
        "calendar": ["hour"],
        "positive": "1",
        "task": "binary",
        "accepted_leaks": ["distance"],
        "csv": {"delimiter": ",", "timestamp_format": None},
        "uri": "",
    }


def test_parquet_differs_in_the_format_only() -> None:
    made = Dataset.parquet(URI, label="late", timestamp="at", row_key=("id",), columns=COLUMNS)
    assert made == replace(flights(known_after=()), format="parquet")


def test_a_token_may_stand_for_the_bucket() -> None:
    uri = "s3://${Token[TOKEN.42]}/flights/"
    assert flights(uri=uri).uri == uri


def test_a_dataset_does_not_change() -> None:
    field = "label"
    with pytest.raises(FrozenInstanceError):
        setattr(flights(), field, "other")


def test_a_misspelt_argument_is_a_type_error() -> None:
    with pytest.raises(TypeError, match="labl"):
        flights(labl="late")


@pytest.mark.parametrize(
    ("changes", "argument", "remedy"),
    [
        ({"uri": "s3://b/raw/"}, "uri", "'b' is no bucket's name"),
        ({"uri": "s3://some-bucket/flights"}, "uri", "closing slash"),
        ({"uri": "https://example.com/"}, "uri", "s3://bucket/prefix/"),
        ({"features": ("carrier", "dep_delay")}, "features='dep_delay'", "leave it out"),
        ({"features": ("late",)}, "features='late'", "is the label"),
        ({"features": ("carier",)}, "features='carier'", "did you mean 'carrier'"),
        ({"features": ("note",)}, "features='note'", "category"),
        ({"features": ("at",)}, "features='at'", "calendar"),
        ({"features": ()}, "features", "at least one"),
        ({"features": "carrier"}, "features='carrier'", "tuple"),
        ({"features": ("carrier", "carrier")}, "features='carrier'", "twice"),
        ({"known_after": ("dep_dlay",)}, "known_after='dep_dlay'", "did you mean 'dep_delay'"),
        ({"row_key": None}, "row_key", "leave it out"),
        ({"timestamp": None, "calendar": ("hour",)}, "calendar", "are parts of timestamp"),
        ({"row_key": "id"}, "row_key='id'", "tuple"),
        ({"columns": {"carrier": "categorie"}, "known_after": ()}, "categorie", "did you mean 'category'"),
        ({"columns": {**COLUMNS, "at": "text"}}, "timestamp='at'", "declare the column"),
        ({"columns": {**COLUMNS, "Carrier": "text"}}, "Carrier", "only by case"),
        ({"label": "at"}, "label='at'", "cannot also be"),
        ({"task": "regresion"}, "task='regresion'", "did you mean 'regression'"),
        ({"task": "regression", "columns": {**COLUMNS, "late": "category"}}, "label='late'", "number"),
        ({"task": ["binary"]}, "task=['binary']", "no such task"),
        ({"positive": 1}, "positive=1", "value as text: '1'."),
        ({"features": {"carrier"}}, "features=", "a set has no order; give a tuple of names."),
        ({"known_after": frozenset({"dep_delay"})}, "known_after=", "a set has no order"),
        ({"classes": {"a", "b"}}, "classes=['a', 'b']", "a set has no order"),
        ({"classes": (1, 2, 3)}, "classes=", "give each class as text, such as ('1', '2', '3')."),
        ({"classes": ("a", "b", "c\n")}, "classes='c", "a class cannot hold '\\n'"),
        ({"classes": ("a", "a", "c")}, "classes='a'", "name each class once"),
        ({"class_weights": {1: 2.0}}, "class_weights=1", "give the class as text: '1'."),
        ({"class_weights": ["1"]}, "class_weights=", "give each class its weight"),
        ({"positive": "other", "class_weights": {"other": 5.0}}, "positive='other'", "stand for both"),
        ({"task": "embedding"}, "label='late'", "an embedding task has no label; leave it out."),
        (
            {"task": "anomaly", "class_weights": {"1": 2.0}},
            "class_weights=",
            "an anomaly task has no classes",
        ),
        ({"calendar": ("hours",)}, "calendar='hours'", "did you mean 'hour'"),
        ({"accepted_leaks": ("dep_delay",)}, "accepted_leaks='dep_delay'", "no such feature"),
    ],
)
def test_what_cannot_be_meant_is_refused(changes: Mapping[str, Any], argument: str, remedy: str) -> None:
    with pytest.raises(ValueError, match="=") as error:
        flights(**changes)
    assert argument in str(error.value)
    assert remedy in str(error.value)


@pytest.mark.parametrize("name", ["", "\0", "a\nb", "a\rb", "\x1f", "\x7f", "a\x85b", "\ud800"])
@pytest.mark.parametrize("role", ["columns", "label", "timestamp", "row_key", "entity"])
def test_a_name_that_no_file_can_hold_is_refused_by_name(role: str, name: str) -> None:
    given: dict[str, Any] = {"columns": {**COLUMNS, name: "number"}, "row_key": (name,)}
    with pytest.raises(ValueError, match="column") as refused:
        flights(**{role: given.get(role, name)})
    assert repr(name) in str(refused.value)


@pytest.mark.parametrize("name", [" ", "a b", 'a"b', "a'b", "ä", "名前", "😀", "select", "_score", "a,b"])
def test_any_other_name_is_a_column(name: str) -> None:
    assert name in flights(columns={**COLUMNS, name: "number"}).resolved_features


def test_names_may_come_from_anything_with_an_order() -> None:
    names = {"carrier": 1, "distance": 2}
    for given in (names.keys(), iter(names), list(names)):
        assert flights(features=given).features == ("carrier", "distance")


def test_the_other_class_may_be_weighed_where_positive_has_another_name() -> None:
    assert flights(class_weights={"other": 5.0}).class_weights == {"other": 5.0}
    assert flights(positive="other").positive == "other"


NAMES = "name columns, as the header of the files has them."


@pytest.mark.parametrize(
    ("role", "value", "sentence"),
    [
        ("timestamp", "", f"timestamp='': {NAMES}"),
        ("label", None, "label=None: name the column to predict."),
        ("entity", 3, f"entity=3: {NAMES}"),
        ("row_key", 3, 'row_key=3: give a tuple of names, such as ("id",).'),
        ("row_key", (None,), f"row_key=None: {NAMES}"),
        ("known_after", None, "known_after=None: leave it out for none, or give a tuple of names."),
        ("features", (None,), f"features=None: {NAMES}"),
        ("columns", None, 'columns=None: give each column its type, such as {"age": "integer"}.'),
        ("task", None, f"task=None: no such task; choose one of {', '.join(sorted(TASKS))}."),
        ("uri", None, 'uri=None: give "s3://bucket/prefix/" with the closing slash.'),
    ],
)
def test_what_is_left_empty_is_one_sentence(role: str, value: object, sentence: str) -> None:
    roles: dict[str, Any] = {
        "label": "left", "timestamp": "day", "row_key": ("id",), "columns": {"age": "integer"},
        "uri": "s3://bucket/raw/", role: value,
    }  # fmt: skip
    with pytest.raises(ValueError, match=f"^{role}=") as refusal:
        Dataset(format="csv", **roles)
    assert str(refusal.value) == sentence
