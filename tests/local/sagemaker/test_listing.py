import datetime
from typing import Any

import pytest

from mdlc_local.errors import ApiError
from mdlc_local.sagemaker import listing
from mdlc_local.sagemaker.records import MODEL, TRAINING_JOB, Record

FIRST = datetime.datetime(2026, 1, 1, tzinfo=datetime.UTC)
JOBS: list[Record] = [
    {
        "TrainingJobName": f"job-{number:02}",
        "TrainingJobStatus": "Completed" if number % 2 else "Failed",
        "CreationTime": FIRST + datetime.timedelta(hours=number),
    }
    for number in range(25)
]


def names(request: dict[str, Any]) -> list[str]:
    return [record["TrainingJobName"] for record in listing.page(request, TRAINING_JOB, JOBS)[0]]


def test_pages_hold_everything_once() -> None:
    found: list[str] = []
    token = None
    for _ in range(3):
        records, token = listing.page({"NextToken": token}, TRAINING_JOB, JOBS)
        found += [record["TrainingJobName"] for record in records]
    assert token is None
    assert found == [record["TrainingJobName"] for record in JOBS]


def test_filters() -> None:
    assert names({"NameContains": "JOB-1", "MaxResults": 100}) == [
        f"job-{number}" for number in range(10, 20)
    ]
    assert len(names({"StatusEquals": "Failed", "MaxResults": 100})) == 13
    after = (FIRST + datetime.timedelta(hours=22)).timestamp()
    assert names({"CreationTimeAfter": after}) == ["job-23", "job-24"]
    assert names({"LastModifiedTimeBefore": FIRST.timestamp() + 1}) == ["job-00"]


def test_order() -> None:
    assert names({"SortBy": "Name", "SortOrder": "Descending", "MaxResults": 2}) == ["job-24", "job-23"]
    assert names({"SortBy": "Status", "MaxResults": 1}) == ["job-01"]
    models = [{"ModelName": name, "CreationTime": FIRST} for name in ("a", "b")]
    assert listing.page({}, MODEL, models)[0][0]["ModelName"] == "b"


def test_a_token_that_is_none_of_ours() -> None:
    with pytest.raises(ApiError, match="Invalid NextToken"):
        listing.page({"NextToken": "abc"}, TRAINING_JOB, JOBS)
