"""Endpoints of a deleted stack: waited out while they change, gone with scaling and configurations."""

from typing import Any

import pytest
from botocore.exceptions import ClientError

from lambdas.functions.clean_up import endpoints, handler
from lambdas.functions.clean_up.logic import BETWEEN_LOOKS_SECONDS
from mdlc_constructs.settings.payloads.clean_up import CleanUpResource
from tests.lambdas.fakes import Client, Pages, client_error

DIGEST = "0123456789abcdef0123"
ABSENT = 'Could not find endpoint "arn".'


class FakeHosting(Client):
    """Endpoints by name, each with the states that its next looks find; after the last it is gone.

    A deletion is refused while the state at hand is one of change, as SageMaker refuses it.
    """

    def __init__(self, *configs: str, **states: list[str]) -> None:
        self.states = states
        self.configs = configs
        self.ended: list[str] = []
        self.error: ClientError | None = None

    def describe_endpoint(self, *, EndpointName: str) -> dict[str, Any]:
        states = self.states.get(EndpointName, [])
        if not states:
            raise client_error("ValidationException", ABSENT)
        state = states.pop(0) if len(states) > 1 or states[0] == "Deleting" else states[0]
        return {"EndpointStatus": state, "ProductionVariants": [{"VariantName": "main"}]}

    def delete_endpoint(self, *, EndpointName: str) -> None:
        if self.error is not None:
            error, self.error = self.error, None
            raise error
        self.ended.append(f"endpoint {EndpointName}")
        self.states[EndpointName] = ["Deleting"]

    def get_paginator(self, name: str) -> Pages:
        assert name == "list_endpoint_configs"
        return Pages([{"EndpointConfigs": [{"EndpointConfigName": one} for one in self.configs]}])

    def delete_endpoint_config(self, *, EndpointConfigName: str) -> None:
        self.ended.append(f"config {EndpointConfigName}")


class FakeScaling(Client):
    """Registered variants by endpoint."""

    def __init__(self, *registered: str, error: str = "") -> None:
        self.registered = [f"endpoint/{name}/variant/main" for name in registered]
        self.error = error

    def describe_scalable_targets(self, *, ServiceNamespace: str, ResourceIds: list[str]) -> dict[str, Any]:
        found = [one for one in self.registered if one in ResourceIds]
        return {
            "ScalableTargets": [
                {
                    "ServiceNamespace": ServiceNamespace,
                    "ResourceId": one,
                    "ScalableDimension": "d",
                    "Role": "r",
                }
                for one in found
            ]
        }

    def deregister_scalable_target(
        self, *, ServiceNamespace: str, ResourceId: str, ScalableDimension: str
    ) -> None:
        assert (ServiceNamespace, ScalableDimension) == ("sagemaker", "d")
        self.registered.remove(ResourceId)
        if self.error:
            error, self.error = self.error, ""
            raise client_error(error, "it is so")


def end(
    hosting: FakeHosting, scaling: FakeScaling, *names: str, seconds: float = 1000
) -> tuple[list[str], list[float]]:
    """What was ended, and how long was waited."""
    waited: list[float] = []
    lines = endpoints.end(
        hosting, scaling, names, seconds_left=lambda: seconds - sum(waited), wait=waited.append
    )
    return lines, waited


def test_an_endpoint_goes_after_its_scaling_and_is_waited_for() -> None:
    hosting, scaling = FakeHosting(m=["InService"], others=["InService"]), FakeScaling("m", "others")
    lines, waited = end(hosting, scaling, "m")
    assert lines == ["deregister_scalable_target endpoint/m/variant/main", "delete_endpoint m"]
    assert scaling.registered == ["endpoint/others/variant/main"]
    assert hosting.states["others"] == ["InService"]
    assert waited == [BETWEEN_LOOKS_SECONDS] * 2


@pytest.mark.parametrize("state", ["Creating", "Updating", "SystemUpdating", "RollingBack"])
def test_a_change_is_waited_out(state: str) -> None:
    hosting, scaling = FakeHosting(m=[state, state, "InService"]), FakeScaling("m")
    lines, waited = end(hosting, scaling, "m")
    # Scaling ends at once: it would make the endpoint change again.
    assert lines == ["deregister_scalable_target endpoint/m/variant/main", "delete_endpoint m"]
    assert len(waited) == 4


@pytest.mark.parametrize("state", ["Failed", "OutOfService", "UpdateRollbackFailed"])
def test_a_broken_endpoint_is_deleted(state: str) -> None:
    assert end(FakeHosting(m=[state]), FakeScaling(), "m")[0] == ["delete_endpoint m"]


def test_what_is_gone_or_never_was_is_no_error() -> None:
    assert end(FakeHosting(), FakeScaling(), "m") == ([], [])


@pytest.mark.parametrize(
    ("code", "message", "lines"),
    [
        ("ValidationException", 'Cannot update in-progress endpoint "arn".', ["delete_endpoint m"]),
        ("ValidationException", ABSENT, []),
    ],
)
def test_what_changed_between_the_look_and_the_call(code: str, message: str, lines: list[str]) -> None:
    hosting = FakeHosting(m=["InService"])
    hosting.error = client_error(code, message)
    if not lines:
        hosting.states["m"] = ["Deleting"]
        hosting.states["m"].insert(0, "InService")
    assert end(hosting, FakeScaling(), "m")[0] == lines


@pytest.mark.parametrize("code", ["ObjectNotFoundException", "ConcurrentUpdateException"])
def test_scaling_that_ends_by_itself_or_is_busy(code: str) -> None:
    lines, _ = end(FakeHosting(m=["InService"]), FakeScaling("m", error=code), "m")
    assert lines == ["delete_endpoint m"]


def test_a_refusal_is_no_end() -> None:
    hosting = FakeHosting(m=["InService"])
    hosting.error = client_error("AccessDeniedException", "no")
    with pytest.raises(ClientError, match="AccessDenied"):
        end(hosting, FakeScaling(), "m")
    with pytest.raises(ClientError, match="AccessDenied"):
        end(FakeHosting(m=["InService"]), FakeScaling("m", error="AccessDeniedException"), "m")


def test_an_endpoint_that_goes_on_changing_is_named_with_its_state() -> None:
    hosting = FakeHosting(a=["InService"], b=["Updating"])
    with pytest.raises(
        endpoints.StillThere, match=r"endpoint b \(Updating\) could not .* costs money .* again"
    ):
        end(hosting, FakeScaling(), "a", "b", seconds=10)
    assert hosting.ended == ["endpoint a"]


def test_configurations_go_by_the_models_derived_names_alone() -> None:
    mine = [f"flight-config-{DIGEST}", f"flight-config-{DIGEST}-2"]
    hosting = FakeHosting(*mine, f"flight-delay-config-{DIGEST}", "flight-config-by-hand")
    assert endpoints.delete_configs(hosting, "flight") == [f"delete_endpoint_config {name}" for name in mine]
    assert hosting.ended == [f"config {name}" for name in mine]


def test_models_of_endpoints_are_deleted_after_the_endpoint_and_its_configurations(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    hosting = FakeHosting(f"m-config-{DIGEST}", m=["InService"])

    class SageMaker:
        def __getattr__(self, name: str) -> Any:
            return getattr(hosting, name)

        def get_paginator(self, name: str) -> Any:
            if name == "list_models":
                return Pages([{"Models": [{"ModelName": f"m-serving-{DIGEST}"}]}])
            if name.endswith("_jobs"):
                kind = "".join(word.title() for word in name.split("_")[1:-1])
                return Pages([{f"{kind}JobSummaries": []}])
            return hosting.get_paginator(name)

        def delete_model(self, *, ModelName: str) -> None:
            hosting.ended.append(f"model {ModelName}")

    clients = {"sagemaker": SageMaker(), "application-autoscaling": FakeScaling("m")}
    monkeypatch.setattr(handler, "client", clients.__getitem__)
    monkeypatch.setattr("time.sleep", lambda _: None)
    lines = handler.clean(CleanUpResource(model="m", endpoints=("m",)), seconds_left=lambda: 60.0)
    assert hosting.ended == ["endpoint m", f"config m-config-{DIGEST}", f"model m-serving-{DIGEST}"]
    assert [line.split()[0] for line in lines] == [
        "deregister_scalable_target",
        "delete_endpoint",
        "delete_endpoint_config",
        "delete_model",
    ]
