import json
from urllib import request

import pytest
from botocore.exceptions import ClientError

from mdlc_local.errors import ApiError
from mdlc_local.sagemaker import service
from mdlc_local.scopes import Scope
from tests.local.sagemaker.lab import Lab

HERE = Scope("000000000000", "us-east-1")


def test_operations_that_do_not_exist() -> None:
    with pytest.raises(ApiError, match="SageMaker has no operation CreateNothing"):
        service.call("CreateNothing", {}, HERE, None)
    with pytest.raises(ApiError, match="CreatePipeline does not exist in the embedded AWS") as raised:
        service.call("CreatePipeline", {}, HERE, None)
    assert raised.value.code == "InvalidAction"


def test_members_that_are_null_count_as_absent() -> None:
    assert service.call("ListModels", {"NameContains": None}, HERE, None)["Models"] == []


def test_errors_reach_the_client_by_their_code(lab: Lab) -> None:
    with pytest.raises(ClientError) as raised:
        lab.sagemaker.delete_pipeline(PipelineName="p", ClientRequestToken="t" * 32)
    assert raised.value.response["Error"]["Code"] == "InvalidAction"


def test_a_body_that_is_no_json(lab: Lab) -> None:
    key = "Credential=test/20260101/us-east-1/sagemaker/aws4_request"
    asked = request.Request(
        lab.server.endpoint,
        data=b"{",
        headers={"X-Amz-Target": "SageMaker.ListModels", "Authorization": f"AWS4-HMAC-SHA256 {key}"},
    )
    with pytest.raises(request.HTTPError) as raised:
        request.urlopen(asked, timeout=10)
    with raised.value as answer:
        told = json.load(answer)
    assert 400 <= raised.value.code < 500
    assert told
