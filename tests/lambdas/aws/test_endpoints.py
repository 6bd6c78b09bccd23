from typing import Any

import pytest
from botocore.exceptions import ClientError

from lambdas.aws.endpoints import LiveEndpoint, endpoint
from tests.lambdas.fakes import Client, client_error

DESCRIBED = {
    "EndpointStatus": "Updating",
    "EndpointConfigName": "old",
    "ProductionVariants": [{"VariantName": "main"}],
    "PendingDeploymentSummary": {"EndpointConfigName": "new"},
}
ABSENT = client_error("ValidationException", 'Could not find endpoint "m".')


class FakeSageMaker(Client):
    def __init__(self, described: Any, config: Any) -> None:
        self.described, self.config = described, config

    def describe_endpoint(self, *, EndpointName: str) -> Any:
        assert EndpointName == "m"
        return _answered(self.described)

    def describe_endpoint_config(self, *, EndpointConfigName: str) -> Any:
        assert EndpointConfigName == "old"
        return _answered(self.config)


class FakeAutoScaling(Client):
    def __init__(self, *targets: str) -> None:
        self.targets = targets

    def describe_scalable_targets(self, *, ServiceNamespace: str, ResourceIds: list[str]) -> Any:
        assert ServiceNamespace == "sagemaker"
        return {"ScalableTargets": [{"ResourceId": i} for i in self.targets if i in ResourceIds]}


def _answered(answer: Any) -> Any:
    if isinstance(answer, ClientError):
        raise answer
    return answer


CONFIG = {"ProductionVariants": [{"VariantName": "main", "InstanceType": "ml.m5.large"}]}
TARGET = "endpoint/m/variant/main"


def test_an_endpoint_is_told_from_three_answers() -> None:
    found = endpoint(FakeSageMaker(DESCRIBED, CONFIG), FakeAutoScaling(TARGET), "m")
    assert found == LiveEndpoint(
        status="Updating",
        config="old",
        pending="new",
        variants={"main": "ml.m5.large"},
        registered=True,
    )


def test_a_serverless_variant_has_no_instance_type_and_no_target() -> None:
    config = {"ProductionVariants": [{"VariantName": "main", "ServerlessConfig": {}}]}
    found = endpoint(FakeSageMaker(DESCRIBED, config), FakeAutoScaling("endpoint/other/variant/main"), "m")
    assert found is not None
    assert (found.variants, found.registered) == ({"main": None}, False)


def test_a_configuration_that_is_gone_leaves_the_names() -> None:
    found = endpoint(FakeSageMaker(DESCRIBED, ABSENT), FakeAutoScaling(), "m")
    assert found is not None
    assert found.variants == {"main": None}


def test_no_endpoint_is_no_error() -> None:
    assert endpoint(FakeSageMaker(ABSENT, CONFIG), FakeAutoScaling(), "m") is None


@pytest.mark.parametrize("broken", ["described", "config"])
def test_other_errors_are_passed_on(broken: str) -> None:
    denied = client_error("AccessDeniedException", "no")
    answers: dict[str, Any] = {"described": DESCRIBED, "config": CONFIG, broken: denied}
    with pytest.raises(ClientError, match="no"):
        endpoint(FakeSageMaker(**answers), FakeAutoScaling(), "m")
