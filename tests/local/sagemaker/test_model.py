import datetime

from mdlc_local import clock
from mdlc_local.json_api import shapes
from mdlc_local.sagemaker import model


def test_output_holds_what_the_shape_knows_and_json_values() -> None:
    shape = model.operation("DescribeModel").output_shape
    at = datetime.datetime(2026, 1, 2, tzinfo=datetime.UTC)
    value = {
        "ModelName": "m",
        "CreationTime": at,
        "ExecutionRoleArn": None,
        "_private": 1,
        "Containers": [{"Image": "i", "Environment": {"A": "b"}, "Odd": 1}],
    }
    assert shapes.outward(shape, value) == {
        "ModelName": "m",
        "CreationTime": at.timestamp(),
        "Containers": [{"Image": "i", "Environment": {"A": "b"}}],
    }


def test_moments_of_requests() -> None:
    at = datetime.datetime(2026, 1, 2, 3, tzinfo=datetime.UTC)
    assert clock.moment(at.timestamp()) == at
    assert clock.moment("2026-01-02T03:00:00Z") == at
    assert clock.moment("2026-01-02T03:00:00") == at


def test_an_operation_that_does_not_exist() -> None:
    assert model.operation("CreateTrainingJobs") is None
