"""What is past keeping, and what must not go whatever its age."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from botocore.exceptions import ClientError

from lambdas.functions.retire_releases import handler
from lambdas.functions.retire_releases.logic import Resource, past
from lambdas.planning.errors import InvalidInput
from mdlc_constructs.settings.payloads.release import RetirementRequest
from tests.lambdas.fakes import Client, Pages, client_error

START = datetime(2026, 1, 1, tzinfo=UTC)


def named(step: str, number: int, model: str = "flight") -> str:
    return f"{model}-{step}-{number:020x}"


def made(number: int) -> Resource:
    return Resource(name=named("config", number), created=START + timedelta(days=number))


class FakeHosting(Client):
    """Releases numbered by age; the endpoints' configurations by endpoint, pending ones behind a slash."""

    def __init__(self, releases: int, **endpoints: str) -> None:
        self.created = {
            named(step, number): START + timedelta(days=number)
            for step in ("config", "serving")
            for number in range(releases)
        }
        self.endpoints = endpoints
        self.gone: list[str] = []
        self.models = {name: name.replace("config", "serving") for name in self.created if "config" in name}

    def describe_endpoint(self, *, EndpointName: str) -> dict[str, Any]:
        if EndpointName not in self.endpoints:
            raise client_error("ValidationException", 'Could not find endpoint "x".')
        config, _, pending = self.endpoints[EndpointName].partition("/")
        return {
            "EndpointConfigName": config,
            **({"PendingDeploymentSummary": {"EndpointConfigName": pending}} if pending else {}),
        }

    def describe_endpoint_config(self, *, EndpointConfigName: str) -> dict[str, Any]:
        return {"ProductionVariants": [{"ModelName": self.models[EndpointConfigName]}]}

    def get_paginator(self, name: str) -> Any:
        if name == "list_endpoints":
            return Since(self)
        kind = {"list_endpoint_configs": "EndpointConfig", "list_models": "Model"}[name]
        step = {"EndpointConfig": "config", "Model": "serving"}[kind]
        found = [
            {f"{kind}Name": name, "CreationTime": created}
            for name, created in self.created.items()
            if f"-{step}-" in name or (step == "config" and "-trial-" in name)
        ]
        return Pages([{f"{kind}s": found[:2]}, {f"{kind}s": found[2:]}])

    def delete_endpoint_config(self, *, EndpointConfigName: str) -> None:
        self._delete(EndpointConfigName)

    def delete_model(self, *, ModelName: str) -> None:
        self._delete(ModelName)

    def _delete(self, name: str) -> None:
        if name in self.gone:
            raise client_error("ValidationException", f'Could not find model "{name}".')
        del self.created[name]


class Since:
    """ListEndpoints, which must be asked for what changed since the oldest configuration in question."""

    def __init__(self, hosting: FakeHosting) -> None:
        self.hosting = hosting

    def paginate(self, *, LastModifiedTimeAfter: datetime) -> Any:
        assert LastModifiedTimeAfter >= START
        yield {"Endpoints": [{"EndpointName": name} for name in self.hosting.endpoints]}


def retire(hosting: FakeHosting, keep: int, **more: str) -> list[str]:
    request = RetirementRequest(model="flight", endpoint="e", keep=keep, **more)
    return list(handler.retire(hosting, request).deleted)


def numbers(hosting: FakeHosting, step: str) -> list[int]:
    return [int(name.rpartition("-")[2], 16) for name in hosting.created if f"-{step}-" in name]


@pytest.mark.parametrize(("keep", "left"), [(0, [4]), (1, [3, 4]), (3, [1, 2, 3, 4]), (9, [0, 1, 2, 3, 4])])
def test_the_newest_earlier_releases_are_kept_with_their_models(keep: int, left: list[int]) -> None:
    hosting = FakeHosting(5, e=named("config", 4))
    lines = retire(hosting, keep)
    assert numbers(hosting, "config") == numbers(hosting, "serving") == left
    assert len(lines) == 2 * (5 - len(left))
    # Asked again there is nothing to do.
    assert retire(hosting, keep) == []


def test_what_is_newer_than_what_serves_stays() -> None:
    hosting = FakeHosting(5, e=named("config", 2))
    retire(hosting, 0)
    # Of a release under way, or rolled back; its model may wait for a configuration still.
    assert numbers(hosting, "config") == numbers(hosting, "serving") == [2, 3, 4]


def test_what_served_before_is_among_the_kept() -> None:
    # 2 was rolled back, so 1 served until 3 did.
    hosting = FakeHosting(4, e=named("config", 3))
    retire(hosting, 1, replaced=named("config", 1))
    assert numbers(hosting, "config") == [1, 3]


def test_what_any_endpoint_has_or_is_brought_to_stays() -> None:
    pending = f"{named('config', 4)}/{named('config', 1)}"
    hosting = FakeHosting(5, e=pending, other=named("config", 0))
    retire(hosting, 0)
    assert numbers(hosting, "config") == numbers(hosting, "serving") == [0, 1, 4]


def test_a_trials_configuration_goes_once_no_endpoint_has_it() -> None:
    hosting = FakeHosting(2, e=named("config", 1), other=named("trial", 8))
    for number in (7, 8):
        hosting.created[named("trial", number)] = START + timedelta(days=number)
        hosting.models[named("trial", number)] = named("serving", 0)
    assert retire(hosting, 0) == [
        f"delete_endpoint_config {named('config', 0)}",
        f"delete_endpoint_config {named('trial', 7)}",
    ]
    # The other endpoint's trial still serves that model.
    assert numbers(hosting, "serving") == [0, 1]


def test_a_model_that_a_kept_configuration_names_stays() -> None:
    hosting = FakeHosting(3, e=named("config", 2))
    hosting.models[named("config", 2)] = named("serving", 0)
    retire(hosting, 0)
    assert numbers(hosting, "serving") == [0, 2]


def test_a_model_left_behind_by_a_retirement_that_broke_off_is_found() -> None:
    hosting = FakeHosting(2, e=named("config", 1))
    del hosting.created[named("config", 0)]
    assert retire(hosting, 5) == [f"delete_model {named('serving', 0)}"]


def test_others_are_left_alone() -> None:
    hosting = FakeHosting(2, e=named("config", 1))
    for name in (named("config", 0, "flight-delay"), "flight-config-by-hand", "flight-model-" + "0" * 20):
        hosting.created[name] = START
    assert len(retire(hosting, 0)) == 2
    assert {"flight-config-by-hand", "flight-model-" + "0" * 20} <= set(hosting.created)


def test_what_is_gone_already_is_no_error_and_is_not_told() -> None:
    hosting = FakeHosting(2, e=named("config", 1))
    hosting.gone = [named("config", 0), named("serving", 0)]
    assert retire(hosting, 0) == []


@pytest.mark.parametrize("endpoints", [{}, {"e": "configured-by-hand"}])
def test_without_an_endpoint_of_ours_nothing_is_deleted(endpoints: dict[str, str]) -> None:
    hosting = FakeHosting(3, **endpoints)
    assert retire(hosting, 0) == []
    assert numbers(hosting, "config") == [0, 1, 2]


def test_a_refusal_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    hosting = FakeHosting(2, e=named("config", 1))

    def refuse(name: str) -> None:
        raise client_error("AccessDeniedException", "no")

    monkeypatch.setattr(hosting, "_delete", refuse)
    with pytest.raises(ClientError, match="AccessDenied"):
        retire(hosting, 0)


def test_the_handler_tells_what_it_deleted_and_what_is_left(monkeypatch: pytest.MonkeyPatch) -> None:
    hosting = FakeHosting(2, e=named("config", 1))
    monkeypatch.setattr(handler, "client", {"sagemaker": hosting}.__getitem__)
    answer = handler.handler({"model": "flight", "endpoint": "e", "keep": 0}, None)
    assert answer == {
        "deleted": [f"delete_endpoint_config {named('config', 0)}", f"delete_model {named('serving', 0)}"],
        "kept": [named("config", 1)],
    }


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"keep": -1}, "keep is -1: give how many"),
        ({"keep": True}, "keep is True"),
        ({"endpoint": ""}, "endpoint is '': give its name"),
        ({"kept": 1}, "kept"),
    ],
)
def test_a_wrong_input_is_refused(changes: dict[str, Any], message: str) -> None:
    with pytest.raises(InvalidInput, match=message):
        handler.handler({"model": "m", "endpoint": "e", "keep": 2, **changes}, None)


def test_ages_decide_and_not_the_order_of_the_list() -> None:
    assert past([made(1), made(3), made(0), made(2)], made(3).name, keep=1) == [made(1), made(0)]
