from collections.abc import Iterator

import pytest

from mdlc_local.sagemaker import records
from mdlc_local.sagemaker.faults import JobFailure
from mdlc_local.sagemaker.model_server import container_of
from mdlc_local.sagemaker.records import MODEL_PACKAGE, Scope
from tests.local.sagemaker.lab import ECHO, Lab, unique

HERE = Scope("000000000000", "us-east-1")


@pytest.fixture(autouse=True)
def _empty() -> Iterator[None]:
    yield
    records.clear()


def test_the_container_of_a_model() -> None:
    container = {"Image": "a", "ModelDataUrl": "s3://b/m"}
    assert container_of({"ModelName": "m", "PrimaryContainer": container}, HERE) == container
    assert container_of({"ModelName": "m", "Containers": [container]}, HERE) == container
    with pytest.raises(JobFailure, match="model m has 2 containers; locally one runs"):
        container_of({"ModelName": "m", "Containers": [container] * 2}, HERE)


def test_the_container_of_a_package() -> None:
    arn = records.arn(MODEL_PACKAGE, "g/1", HERE)
    package = {"InferenceSpecification": {"Containers": [{"Image": "a", "ModelDataUrl": "s3://b/m"}]}}
    records.table(MODEL_PACKAGE, HERE)["g/1"] = package
    model = {"ModelName": "m", "PrimaryContainer": {"ModelPackageName": arn}}
    assert container_of(model, HERE)["ModelDataUrl"] == "s3://b/m"
    records.clear()
    with pytest.raises(JobFailure, match="has no container"):
        container_of(model, HERE)


def test_a_server_that_never_gets_well(lab: Lab) -> None:
    name = unique("sick")
    url = lab.archive(
        f"{name}/model.tar.gz", {"serve.py": "print('cannot', flush=True); raise SystemExit(4)"}
    )
    container = {"Image": ECHO, "ModelDataUrl": url}
    lab.sagemaker.create_model(ModelName=name, ExecutionRoleArn=lab.role.arn, PrimaryContainer=container)
    request = lab.transform(name, lab.put(f"{name}/in/a.csv", "1\n"))
    ended = lab.run("transform", request)
    assert ended["TransformJobStatus"] == "Failed"
    assert "did not answer GET /ping with 200" in ended["FailureReason"]
    assert lab.log("transform", request["TransformJobName"])[0] == "cannot"
