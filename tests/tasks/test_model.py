from typing import Any

import pytest

from mdlc_constructs.asl.api_table import problems
from mdlc_constructs.asl.checks import check
from mdlc_constructs.asl.machine import Machine
from mdlc_constructs.asl.statements import covers
from mdlc_constructs.asl.states import Task
from mdlc_constructs.tasks.model import Container, create_model
from mdlc_constructs.tasks.network import Vpc

CONTAINER = Container(image="${Image}", model_data_url="{% $model %}", environment={"A": 1})


def create(**options: Any) -> Task:
    defaults: dict[str, Any] = {
        "model_name": "{% $name %}",
        "name_pattern": "churn-*",
        "role_arn": "${Role}",
        "containers": (CONTAINER,),
    }
    return create_model("Create", **{**defaults, **options})


def test_one_container_is_the_primary_one() -> None:
    task = create()
    assert task.resource == "arn:${Partition}:states:::sagemaker:createModel"
    assert task.arguments == {
        "ModelName": "{% $name %}",
        "ExecutionRoleArn": "${Role}",
        "PrimaryContainer": {"Image": "${Image}", "ModelDataUrl": "{% $model %}", "Environment": {"A": "1"}},
        "EnableNetworkIsolation": True,
    }


def test_many_containers_are_a_pipeline() -> None:
    package = Container(model_package_arn="${Package}", hostname="second", overrides={"Mode": "SingleModel"})
    task = create(
        containers=(CONTAINER, package),
        execution_mode="Serial",
        vpc=Vpc(subnet_ids=("s",), security_group_ids=("g",)),
        tags={"team": "a"},
    )
    asked: Any = task.arguments
    assert problems(task.resource, asked) == ()
    assert "PrimaryContainer" not in asked
    assert asked["Containers"][1] == {
        "ModelPackageName": "${Package}",
        "ContainerHostname": "second",
        "Mode": "SingleModel",
    }
    assert asked["InferenceExecutionConfig"] == {"Mode": "Serial"}


def test_it_is_allowed_what_it_needs_and_tags_only_when_there_are_some() -> None:
    bindings = {"Role": "r", "Image": "i"}
    for tags in ({}, {"team": "a"}):
        task = create(tags=tags)
        check(Machine((task,), bindings=bindings), traced=False)
        assert covers(task.statements, "sagemaker:AddTags") is bool(tags)
    assert task.statements[0].resources == ("arn:${Partition}:sagemaker:${Region}:${Account}:model/churn-*",)


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"containers": ()}, "containers holds 0 containers; give 1 to 15"),
        ({"name_pattern": None}, "model_name='{% .name %}' is known only at run time"),
    ],
)
def test_what_the_api_refuses_is_refused_at_once(options: dict[str, Any], said: str) -> None:
    with pytest.raises(ValueError, match=said):
        create(**options)


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({}, "give exactly one"),
        ({"image": "i", "model_package_arn": "p"}, "give exactly one"),
        ({"model_package_arn": "p", "model_data_url": "s3://a"}, "names its own data"),
        ({"image": "i", "model_data_url": "model.tar.gz"}, "must be an S3 URI"),
    ],
)
def test_a_container_is_an_image_or_a_package(options: dict[str, Any], said: str) -> None:
    with pytest.raises(ValueError, match=said):
        Container(**options)
