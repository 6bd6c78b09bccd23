from __future__ import annotations

from typing import Any

import pytest

from mdlc_cli.versions import splits

BY_TIME = {
    "fractions": None,
    "window": {"start": None, "end": None},
    "intervals": {
        "train": {"start": None, "end": "2013-09-01T00:00:00"},
        "validation": {"start": "2013-09-01T00:00:00", "end": "2013-10-01T06:30:00"},
        "holdout": {"start": "2013-10-01T06:30:00", "end": None},
    },
}
FRACTIONS = {"intervals": None, "fractions": {"holdout": 0.15, "validation": 0.15, "train": 0.7}}
RESOLVED = {
    "intervals": {
        "train": {"start": None, "end": "2013-09-12T10:00:00"},
        "validation": {"start": "2013-09-12T10:00:00", "end": "2013-11-06T10:00:00"},
        "holdout": {"start": "2013-11-06T10:00:00", "end": None},
    },
    "rows": {"train": 2100, "validation": 450, "holdout": 450, "read": 3000, "left_out": 0},
}
IN_TIME = "train until 2013-09-01; validation 2013-09-01 to 2013-10-01 06:30; holdout from 2013-10-01 06:30"


@pytest.mark.parametrize(
    ("split", "resolved", "sentence"),
    [
        (BY_TIME, {}, f"by time: {IN_TIME}"),
        ({**BY_TIME, "group": "shop"}, {}, f"by time, groups of shop together: {IN_TIME}"),
        (
            {"random": {"shares": FRACTIONS["fractions"], "seed": 3, "stratify": "left"}},
            {"rows": {"train": 70, "validation": 15, "holdout": 15}},
            "at random 15/15/70, seed 3, equal shares of left: train 70% of the rows, at random (70 rows); "
            "validation 15% of the rows, at random (15 rows); holdout 15% of the rows, at random (15 rows)",
        ),
        (
            {"column": {"name": "part", "values": {"train": "a", "validation": "b", "holdout": "c"}}},
            {},
            "by column part: train part is a; validation part is b; holdout part is c",
        ),
        # Plans of earlier releases have the parts outside of `intervals`.
        (BY_TIME["intervals"], {}, f"by time: {IN_TIME}"),
        (
            FRACTIONS,
            {},
            "by fractions 70/15/15: "
            "train 70% of the rows; validation 15% of the rows; holdout 15% of the rows",
        ),
        (
            FRACTIONS,
            RESOLVED,
            "by fractions 70/15/15: train until 2013-09-12 10:00 (2,100 rows); "
            "validation 2013-09-12 10:00 to 2013-11-06 10:00 (450 rows); "
            "holdout from 2013-11-06 10:00 (450 rows)",
        ),
        ({}, {}, ""),
    ],
)
def test_a_split_is_said_with_what_it_came_to(split: Any, resolved: Any, sentence: str) -> None:
    assert splits.sentence(split, resolved) == sentence


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ({"start": "2013-09-01", "end": None}, "from 2013-09-01"),
        ({"start": None, "end": "2013-09-01T00:00:00Z"}, "until 2013-09-01"),
        ({"start": "2013-09-01T00:00:05Z", "end": "2013-09-02"}, "2013-09-01 00:00:05 to 2013-09-02"),
        ({"start": None, "end": None}, ""),
        (None, ""),
        ("2013", ""),
    ],
)  # fmt: skip
def test_an_interval_is_as_short_as_it_can_be(value: Any, text: str) -> None:
    assert splits.interval(value) == text


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("2026-02-04T12:00:00.000000+00:00", "2026-02-04 12:00:00 UTC"),
        ("2026-02-04 12:00:01.5", "2026-02-04 12:00:01 UTC"),
        ("2026-02-05", "2026-02-05"),
        ("2026-02-05T12:00:00+02:00", "2026-02-05T12:00:00+02:00"),
        ("", ""),
        (None, ""),
    ],
)
def test_a_moment_is_written_in_utc(text: Any, shown: str) -> None:
    assert splits.moment(text) == shown
