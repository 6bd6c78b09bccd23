from collections.abc import Iterator

import pytest

from mdlc_local.sagemaker import records
from mdlc_local.sagemaker.containers.definitions import PRIMARY, containers_of
from mdlc_local.sagemaker.faults import JobFailedError
from mdlc_local.sagemaker.records import MODEL_PACKAGE, Record
from mdlc_local.scopes import Scope

HERE = Scope("000000000000", "us-east-1")
ONE, OTHER = {"Image": "a", "ModelDataUrl": "s3://b/m"}, {"Image": "b"}


@pytest.fixture(autouse=True)
def _empty() -> Iterator[None]:
    yield
    records.clear()


def names(model: Record) -> list[str]:
    return [container.name for container in containers_of(model, HERE)]


def test_the_only_container_is_the_primary_one() -> None:
    for model in ({"PrimaryContainer": ONE}, {"Containers": [ONE]}):
        (container,) = containers_of(model, HERE)
        assert (container.name, container.image, container.definition) == (PRIMARY, "a", ONE)


def test_several_are_numbered_or_have_names() -> None:
    assert names({"Containers": [ONE, OTHER]}) == ["container-1", "container-2"]
    named = [{**ONE, "ContainerHostname": "first"}, {**OTHER, "ContainerHostname": "then"}]
    assert names({"Containers": named}) == ["first", "then"]


def test_the_container_of_a_package() -> None:
    arn = records.arn(MODEL_PACKAGE, "g/1", HERE)
    package = {"InferenceSpecification": {"Containers": [ONE]}}
    records.table(MODEL_PACKAGE, HERE)["g/1"] = package
    model = {"Containers": [OTHER, {"ModelPackageName": arn, "Environment": {"A": "b"}}]}
    _, second = containers_of(model, HERE)
    assert (second.image, second.definition["Environment"]) == ("a", {"A": "b"})
    records.clear()
    with pytest.raises(JobFailedError, match="has no container"):
        containers_of(model, HERE)
