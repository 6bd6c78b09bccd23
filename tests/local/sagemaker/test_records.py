from collections.abc import Iterator

import pytest

from mdlc_local.sagemaker import records
from mdlc_local.sagemaker.records import MODEL, MODEL_PACKAGE_GROUP, TRAINING_JOB
from mdlc_local.scopes import Scope

HERE = Scope("000000000000", "us-east-1")


@pytest.fixture(autouse=True)
def _empty() -> Iterator[None]:
    records.clear()
    yield
    records.clear()


def test_names_in_arns_are_lower_case() -> None:
    assert records.arn(TRAINING_JOB, "My-Job", HERE) == (
        "arn:aws:sagemaker:us-east-1:000000000000:training-job/my-job"
    )


def test_a_record_is_found_by_name_in_any_case_and_by_arn() -> None:
    arn = records.arn(MODEL_PACKAGE_GROUP, "Flights", HERE)
    record = {"ModelPackageGroupName": "Flights", "ModelPackageGroupArn": arn}
    records.table(MODEL_PACKAGE_GROUP, HERE)["flights"] = record
    assert records.find(MODEL_PACKAGE_GROUP, "FLIGHTS", HERE) is record
    assert records.find(MODEL_PACKAGE_GROUP, arn, HERE) is record
    assert records.by_arn(arn, HERE) is record
    assert records.by_arn(arn + "x", HERE) is None


def test_regions_and_kinds_are_apart() -> None:
    records.table(MODEL, HERE)["m"] = {"ModelName": "m", "ModelArn": "a"}
    assert records.find(MODEL, "m", Scope("000000000000", "eu-west-1")) is None
    assert records.find(TRAINING_JOB, "m", HERE) is None


def test_names_of_fields() -> None:
    assert (MODEL_PACKAGE_GROUP.name_field, MODEL_PACKAGE_GROUP.arn_field) == (
        "ModelPackageGroupName",
        "ModelPackageGroupArn",
    )
    assert MODEL_PACKAGE_GROUP.words == "model package group"
