import datetime
from typing import Any

import pytest

from mdlc_local import service_events
from mdlc_local.sagemaker import events
from mdlc_local.sagemaker.records import PROCESSING_JOB


def test_the_detail_holds_known_fields_and_milliseconds(monkeypatch: pytest.MonkeyPatch) -> None:
    put: list[tuple[str, dict[str, Any], str, str]] = []
    monkeypatch.setattr(service_events, "put_event", lambda *given, source: put.append((*given, source)))
    at = datetime.datetime(2026, 1, 1, tzinfo=datetime.UTC)
    record = {
        "ProcessingJobName": "p",
        "ProcessingJobArn": "arn",
        "ProcessingJobStatus": "Failed",
        "FailureReason": "why",
        "ExitMessage": None,
        "CreationTime": at,
        "ProcessingInputs": [{"at": at}],
        "_private": 1,
    }
    events.publish(PROCESSING_JOB, record)
    milliseconds = int(at.timestamp() * 1000)
    assert put == [
        (
            "SageMaker Processing Job State Change",
            {
                "ProcessingJobName": "p",
                "ProcessingJobArn": "arn",
                "ProcessingJobStatus": "Failed",
                "FailureReason": "why",
                "CreationTime": milliseconds,
                "ProcessingInputs": [{"at": milliseconds}],
            },
            "arn",
            "aws.sagemaker",
        )
    ]
