from __future__ import annotations

import json
from typing import Any

import pytest

from mdlc_cli.executions import failure_causes

TRAINING = "arn:aws:states:us-east-1:0:execution:churn-training:t1"
JOB = {"TrainingJobName": "churn-train-1", "FailureReason": "AlgorithmError: no label"}


def described(arn: str, error: str, cause: str, **more: Any) -> str:
    """What a machine gets as the cause of another one's failure."""
    return json.dumps(
        {"ExecutionArn": arn, "Input": '{"reason": "a"}', "Error": error, "Cause": cause, **more}
    )


NESTED = described(
    "arn:aws:states:us-east-1:0:execution:churn-retraining:r1",
    "States.TaskFailed",
    described(TRAINING, "SageMaker.JobFailed", json.dumps(JOB)),
)


@pytest.mark.parametrize(
    ("cause", "shown"),
    [
        ("plain words", "plain words"),
        ("", ""),
        (json.dumps(JOB), "AlgorithmError: no label"),
        (json.dumps({"errorMessage": json.dumps({"message": "inner"}), "errorType": "E"}), "inner"),
        (json.dumps({"errorMessage": "no data", "stackTrace": ["a", "b"]}), "no data"),
        (NESTED, "AlgorithmError: no label"),
        # The audit table and events keep the beginning of a cause.
        (NESTED[: NESTED.index("no label") + 4], "AlgorithmError: no l"),
        (NESTED[:-40], "SageMaker.JobFailed"),
        ("w1 failed: " + json.dumps(JOB) + "; w2 too", "w1 failed: AlgorithmError: no label; w2 too"),
        (json.dumps({"FailureReason": f"ExitError:\n{failure_causes.TRACEBACK}\n  File x\nKeyError: 'a'"}),
         "ExitError: KeyError: 'a'"),
        (json.dumps({"ExecutionArn": TRAINING, "Status": "ABORTED", "Error": "Teardown"}), "Teardown"),
        ("two\n lines", "two lines"),
        ("[1, 2]", "[1, 2]"),
        ('{"other": 1}', '{"other": 1}'),
        ('write {"key": "id"} beside it', 'write {"key": "id"} beside it'),
        ('{"', '{"'),
    ],
)  # fmt: skip
def test_a_cause_is_reduced_to_its_innermost_reason(cause: str, shown: str) -> None:
    assert failure_causes.explained(cause) == shown


def test_the_innermost_execution_and_its_error_are_known() -> None:
    assert failure_causes.execution(NESTED) == TRAINING
    assert failure_causes.innermost_error("States.TaskFailed", NESTED) == "SageMaker.JobFailed"
    assert failure_causes.execution("words") is None
    assert (
        failure_causes.innermost_error("DataRefused", json.dumps({**JOB, "Error": "other"})) == "DataRefused"
    )


def test_one_sentence_says_what_failed_and_why() -> None:
    assert failure_causes.sentence("E", json.dumps(JOB)) == "E: AlgorithmError: no label."
    assert failure_causes.sentence("", "") == "an error without a name: no cause was given."


def test_only_a_report_that_a_cause_names_is_its_report() -> None:
    refused = '{"errorMessage": "a.csv has no rows. Report: s3://bucket/quality/q1/report/"}'
    assert failure_causes.report_folder(refused) == "s3://bucket/quality/q1/report/"
    assert failure_causes.report_folder("no file lies in s3://bucket/raw/") == ""
