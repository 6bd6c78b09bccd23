from datetime import UTC, date, datetime, timedelta, timezone
from typing import Any

import pytest

from mdlc_constructs.settings.dataset import Dataset
from mdlc_constructs.settings.payloads.codec import encode
from mdlc_constructs.settings.payloads.split import SplitSection
from mdlc_constructs.settings.split import Split


def test_by_time_gives_adjoining_intervals() -> None:
    made = Split.by_time(validation_from=date(2013, 9, 1), holdout_from=date(2013, 10, 1))
    assert encode(made.to_plan())["intervals"] == {
        "train": {"start": None, "end": "2013-09-01T00:00:00"},
        "validation": {"start": "2013-09-01T00:00:00", "end": "2013-10-01T00:00:00"},
        "holdout": {"start": "2013-10-01T00:00:00", "end": None},
    }


def test_times_with_a_zone_become_utc() -> None:
    there = timezone(timedelta(hours=2))
    made = Split.by_time(
        validation_from=datetime(2013, 9, 1, 2, tzinfo=there), holdout_from=datetime(2013, 10, 1, tzinfo=UTC)
    )
    assert made.intervals is not None
    assert made.intervals["validation"] == ("2013-09-01T00:00:00", "2013-10-01T00:00:00")


def test_by_fraction_leaves_the_rest_to_training() -> None:
    made = Split.by_fraction(validation=0.1, holdout=0.2)
    assert made.to_plan() == SplitSection(fractions={"train": 0.7, "validation": 0.1, "holdout": 0.2})


def test_time_runs_forward() -> None:
    with pytest.raises(ValueError, match=r"holdout_from=.*must be after validation_from"):
        Split.by_time(validation_from=date(2013, 9, 1), holdout_from=date(2013, 9, 1))
    with pytest.raises(ValueError, match=r"holdout_to=.*must be after holdout_from"):
        Split.by_time(
            validation_from=date(2013, 8, 1), holdout_from=date(2013, 9, 1), holdout_to=date(2013, 1, 1)
        )


@pytest.mark.parametrize(("validation", "holdout"), [(0.0, 0.2), (0.1, 1.0), (0.5, 0.5), (0.9, 0.2)])
def test_shares_leave_something_to_train_on(validation: float, holdout: float) -> None:
    with pytest.raises(ValueError, match=r"validation=|holdout="):
        Split.by_fraction(validation=validation, holdout=holdout)


def test_a_split_is_made_one_way_or_the_other() -> None:
    with pytest.raises(ValueError, match="by_time"):
        Split()


def dataset(**changes: Any) -> Dataset:
    columns = {"x": "number", "part": "text", "patient": "text", "kind": "category"}
    return Dataset.csv("s3://some-bucket/a/", **{"label": "y", "columns": columns, **changes})


TIMED = {"timestamp": "at"}
RANKED = {"task": "ranking", "group": "patient"}
CLASSES = {"task": "multiclass", "classes": ("a", "b", "c")}
BY_TIME = Split.by_time(validation_from=date(2024, 1, 1), holdout_from=date(2024, 2, 1))


@pytest.mark.parametrize(
    ("roles", "expected"),
    [
        (TIMED, Split.by_fraction()),
        ({**TIMED, **RANKED}, Split.by_fraction(group="patient")),
        ({}, Split.random(stratify="y")),
        (CLASSES, Split.random(stratify="y")),
        ({"task": "regression"}, Split.random()),
        (RANKED, Split.random(group="patient")),
    ],
)
def test_the_usual_split_is_by_time_where_there_is_one(roles: dict[str, Any], expected: Split) -> None:
    assert Split.default_for(dataset(**roles)).of(dataset(**roles)) == expected


def test_a_rankings_group_is_the_splits() -> None:
    assert Split.by_column("part").of(dataset(**RANKED)).group == "patient"
    assert Split.random().of(dataset(**RANKED)).group == "patient"


def test_a_rankings_groups_are_not_scattered_by_strata() -> None:
    said = "split.stratify='kind': would scatter the rows of a group of 'patient'"
    with pytest.raises(ValueError, match=said):
        Split.random(stratify="kind").of(dataset(**RANKED))


def test_sections_of_splits_that_are_not_by_time() -> None:
    assert encode(Split.random(seed=7, group="patient").to_plan()) == {
        "intervals": None,
        "fractions": None,
        "window": {"start": None, "end": None},
        "random": {"shares": {"train": 0.7, "validation": 0.1, "holdout": 0.2}, "seed": 7, "stratify": None},
        "group": "patient",
    }
    assert encode(Split.by_column("part", holdout="test").to_plan())["column"] == {
        "name": "part",
        "values": {"train": "train", "validation": "validation", "holdout": "test"},
    }
    assert Split.by_prefix(train="fold1/").to_plan().prefixes == {
        "train": "fold1/", "validation": "validation/", "holdout": "holdout/",
    }  # fmt: skip


@pytest.mark.parametrize(
    ("split", "roles", "said"),
    [
        (BY_TIME, {}, "divide by Split.random"),
        (Split.by_fraction(), {}, "divide by Split.random"),
        (
            Split.by_column("prt"),
            {},
            "split.column='prt': no such column of the dataset; did you mean",
        ),
        (Split.random(group="id"), {}, "split.group='id'"),
        (Split.random(stratify="x"), {}, "split.stratify='x': is a number column of too many values"),
        (Split.by_column("kind"), {}, "declare the column 'text'"),
        (Split.random(group="kind"), {}, "training never sees the holdout's values of it"),
        (Split.by_column("y"), {}, "is the label"),
    ],
)
def test_a_split_needs_what_it_divides_by(split: Split, roles: dict[str, Any], said: str) -> None:
    with pytest.raises(ValueError, match="split") as refusal:
        split.of(dataset(**roles))
    assert said in str(refusal.value)


@pytest.mark.parametrize(
    ("make", "said"),
    [
        (lambda: Split.random(seed=-1), "seed=-1"),
        (lambda: Split.random(holdout=1.0), "holdout=1.0"),
        (lambda: Split.random(stratify="y", group="g"), "a group of 'g' moves as a whole"),
        (lambda: Split.random(stratify=""), "stratify=''"),
        (lambda: Split.by_fraction(group=""), "group=''"),
        (lambda: Split.by_column(""), "column=''"),
        (lambda: Split.by_column("part", train="holdout"), "is the value of train too"),
        (lambda: Split.by_column("part", train=""), "train=''"),
        (lambda: Split.by_prefix(train="a/", holdout="a/b/"), "files of train ('a/') would be in both"),
        (lambda: Split.by_prefix(train="s3://b/a/"), "below the dataset's URI"),
    ],
)
def test_what_no_split_can_be(make: Any, said: str) -> None:
    with pytest.raises(ValueError, match="=") as refusal:
        make()
    assert said in str(refusal.value)
