from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.local.sagemaker.lab import Lab


def refusal(lab: Lab, request: dict[str, Any]) -> tuple[str, str]:
    with pytest.raises(ClientError) as raised:
        lab.sagemaker.create_processing_job(**request)
    error = raised.value.response["Error"]
    return error["Code"], error["Message"]


def test_an_image_without_a_local_runtime_is_named(lab: Lab) -> None:
    request = lab.processing("print(1)")
    request["AppSpecification"]["ImageUri"] = "example.com/unknown:7"
    code, message = refusal(lab, request)
    assert code == "ValidationException"
    assert "no local runtime is registered for image 'example.com/unknown:7': register one" in message


def test_a_name_that_is_taken(lab: Lab) -> None:
    request = lab.processing("print(1)")
    lab.run("processing", request)
    code, message = refusal(lab, request)
    assert code == "ResourceInUse"
    assert request["ProcessingJobName"] in message


def test_paths_outside_processing(lab: Lab) -> None:
    request = lab.processing("print(1)")
    request["ProcessingInputs"][0]["S3Input"]["LocalPath"] = "/etc"
    assert "must be an absolute path that begins with /opt/ml/processing/" in refusal(lab, request)[1]


def test_names_given_twice(lab: Lab) -> None:
    request = lab.processing("print(1)")
    request["ProcessingInputs"] *= 2
    assert refusal(lab, request)[1] == "InputName must be unique within a processing job; given twice: code"


def test_no_entry_point(lab: Lab) -> None:
    request = lab.processing("print(1)")
    del request["AppSpecification"]["ContainerEntrypoint"]
    assert "AppSpecification.ContainerEntrypoint" in refusal(lab, request)[1]


def test_a_role_that_sagemaker_may_not_assume(lab: Lab) -> None:
    role = "arn:aws:iam::000000000000:role/nobody"
    code, message = refusal(lab, lab.processing("print(1)", RoleArn=role))
    assert code == "ValidationException"
    assert message == (
        f"Could not assume role {role}. Please ensure that the role exists and allows principal "
        "'sagemaker.amazonaws.com' to assume the role."
    )
