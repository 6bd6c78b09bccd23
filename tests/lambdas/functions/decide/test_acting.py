"""What becomes of an action that fails, comes late, or whose process dies."""

import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest

from lambdas.functions.decide import handler as decide
from tests.lambdas.deciding import ask, counted, drop, late, recorded
from tests.lambdas.decision_api import SETTINGS
from tests.lambdas.http_services import Reply, Services, refusal, scored

FAILED: Reply = (200, {"X-Amz-Function-Error": "Unhandled"}, b'{"errorMessage": "no"}')


@pytest.mark.parametrize("fault", [drop, late(), lambda: FAILED, lambda: refusal("TooManyRequestsException")])
def test_an_action_that_fails_is_left_to_the_queue(
    api: Services, fault: Callable[[], Reply | None], capsys: pytest.CaptureFixture[str]
) -> None:
    api.faults["InvokeRequestResponse"] = [fault]
    assert ask()[0] == 200
    assert recorded(api)["action"] == "queued"
    assert [payload["request_id"] for payload in api.bodies("InvokeEvent")] == ["r-1"]
    assert counted(capsys, "ActionsFailed") == 1


def test_an_action_that_need_not_be_awaited_goes_to_the_queue(
    api: Services, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings = {**SETTINGS, "action": {**SETTINGS["action"], "waits": False}}
    monkeypatch.setenv("MDLC_DECISIONS", json.dumps(settings))
    assert ask()[0] == 200
    assert recorded(api)["action"] == "queued" and api.count("InvokeRequestResponse") == 0


def grow_old(api: Services, request_id: str = "r-1") -> None:
    item = api.tables["decisions"][json.dumps({"S": request_id})]
    item["at"] = {"S": (datetime.now(UTC) - timedelta(minutes=1)).isoformat()}


def test_an_action_that_nothing_would_take_is_called_when_the_request_comes_again(api: Services) -> None:
    api.faults = {
        "InvokeRequestResponse": [lambda: FAILED],
        "InvokeEvent": [lambda: refusal("X", status=500)],
    }
    status, answer = ask()
    assert status == 503 and "its action could not be called" in answer["message"]
    assert recorded(api)["action"] == "failed"
    assert ask()[0] == 200  # at once
    assert api.count("InvokeRequestResponse") == 2 and recorded(api)["action"] == "done"
    keys = {payload["request_id"] for payload in api.bodies("InvokeRequestResponse")}
    assert keys == {"r-1"} and len(api.tables["decisions"]) == 1


class Died(BaseException):
    """The process ended."""


def test_a_process_that_died_before_its_action_loses_nothing(
    api: Services, monkeypatch: pytest.MonkeyPatch
) -> None:
    def die(*_: object) -> None:
        raise Died

    with monkeypatch.context() as dying:
        dying.setattr(decide, "_act", die)
        with pytest.raises(Died):
            ask()
    decided = recorded(api)
    # A caller who got no answer asks again at once. A decision would end its attempts, and nobody would act.
    status, answer = ask()
    assert status == 503 and "its action is under way: ask again" in answer["message"]
    assert api.count("InvokeRequestResponse") == 0
    grow_old(api)
    api.score = lambda row: scored(0.6, version=8)
    assert ask()[1]["score"] == decided["score"]
    assert api.count("InvokeRequestResponse") == 1 and recorded(api)["action"] == "done"


def test_a_failure_that_cannot_be_noted_waits_for_its_time(api: Services) -> None:
    api.faults = {
        "InvokeRequestResponse": [lambda: FAILED],
        "InvokeEvent": [lambda: refusal("X", status=500)],
        "UpdateItem": [drop, drop],
    }
    assert ask()[0] == 503 and recorded(api)["action"] == "pending"
    assert ask()[0] == 503 and api.count("InvokeRequestResponse") == 1
    grow_old(api)
    assert ask()[0] == 200 and recorded(api)["action"] == "done"


def test_a_note_that_fails_costs_one_more_call_with_the_same_key(api: Services) -> None:
    api.faults["UpdateItem"] = [drop, drop]
    assert ask()[0] == 200 and recorded(api)["action"] == "pending"
    grow_old(api)
    assert ask()[0] == 200 and recorded(api)["action"] == "done"
    assert [p["request_id"] for p in api.bodies("InvokeRequestResponse")] == ["r-1", "r-1"]
