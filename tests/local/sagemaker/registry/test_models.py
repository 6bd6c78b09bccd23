from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.local.sagemaker.lab import ECHO, XGBOOST, Lab, unique


def refusal(lab: Lab, **changes: Any) -> str:
    request = {
        "ModelName": unique("model"),
        "ExecutionRoleArn": lab.role.arn,
        "PrimaryContainer": {"Image": XGBOOST},
        **changes,
    }
    with pytest.raises(ClientError) as raised:
        lab.sagemaker.create_model(**{name: value for name, value in request.items() if value is not None})
    assert raised.value.response["Error"]["Code"] == "ValidationException"
    return str(raised.value.response["Error"]["Message"])


def test_create_describe_list_delete(lab: Lab) -> None:
    name = lab.echo_model()
    described = lab.sagemaker.describe_model(ModelName=name)
    assert described["PrimaryContainer"]["Image"] == ECHO
    assert described["EnableNetworkIsolation"] is False
    listed = lab.sagemaker.list_models(NameContains=name)["Models"]
    assert [entry["ModelName"] for entry in listed] == [name]
    assert set(listed[0]) == {"ModelName", "ModelArn", "CreationTime"}
    lab.sagemaker.delete_model(ModelName=name)
    for call in (lab.sagemaker.describe_model, lab.sagemaker.delete_model):
        with pytest.raises(
            ClientError, match=f'ValidationException.*Could not find model "arn:aws:.*:model/{name}"'
        ):
            call(ModelName=name)


def test_a_name_that_is_taken(lab: Lab) -> None:
    name = lab.echo_model()
    arn = lab.sagemaker.describe_model(ModelName=name)["ModelArn"]
    assert refusal(lab, ModelName=name) == f'Cannot create already existing model "{arn}".'


def test_containers_that_are_not_complete(lab: Lab) -> None:
    assert "either PrimaryContainer or Containers" in refusal(lab, PrimaryContainer=None)
    assert "needs either Image or ModelPackageName" in refusal(
        lab, PrimaryContainer={"ContainerHostname": "a"}
    )
    assert "ExecutionRoleArn must be provided" in refusal(lab, ExecutionRoleArn=None)


def test_a_container_of_many_models(lab: Lab) -> None:
    told = refusal(lab, PrimaryContainer={"Image": XGBOOST, "Mode": "MultiModel"})
    assert told.startswith("Mode 'MultiModel' is not run locally")


def test_an_image_without_a_local_runtime(lab: Lab) -> None:
    told = refusal(lab, PrimaryContainer={"Image": "example.com/unknown:1"})
    assert "no local runtime is registered for image 'example.com/unknown:1'" in told


def test_model_data_that_is_missing_or_out_of_reach(lab: Lab) -> None:
    url = f"s3://{lab.bucket}/none/model.tar.gz"
    assert refusal(lab, PrimaryContainer={"Image": XGBOOST, "ModelDataUrl": url}) == (
        f"Could not find model data at {url}."
    )
    other = unique("other")
    lab.server.client("s3").create_bucket(Bucket=other)
    lab.server.client("s3").put_object(Bucket=other, Key="m.tar.gz", Body=b"1")
    told = refusal(lab, PrimaryContainer={"Image": XGBOOST, "ModelDataUrl": f"s3://{other}/m.tar.gz"})
    assert told.startswith(f"Could not access model data at s3://{other}/m.tar.gz.")
    assert '"s3:GetObject" permissions' in told
