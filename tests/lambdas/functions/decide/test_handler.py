"""The warm function against services over HTTP: what it answers, records and does when each of them fails."""

import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from lambdas.functions.decide import handler as decide
from lambdas.functions.decide import steps
from tests.lambdas.deciding import ask, counted, drop, late, recorded
from tests.lambdas.decision_api import ROW
from tests.lambdas.http_services import Drop, Reply, Services, model_error, refusal, scored


def test_a_request_is_decided_recorded_and_acted_on(
    api: Services, capsys: pytest.CaptureFixture[str]
) -> None:
    status, answer = ask()
    assert status == 200
    assert answer == {
        "request_id": "r-1",
        "decision": "rebook",
        "score": 0.75,
        "model_version": 7,
        "rules_version": answer["rules_version"],
        "fallback": None,
        "inference_id": "r-1",
    }
    assert answer["rules_version"].startswith("7@")
    kept = recorded(api)
    assert kept["features"] == {**ROW, "seats": 180} and kept["row"] == ROW
    assert (kept["variant"], kept["rule"], kept["action"]) == ("main", "bands[1]", "done")
    assert datetime.now(UTC) - datetime.fromisoformat(kept["at"]) < timedelta(minutes=1)
    assert api.bodies("InvokeEndpoint") == [{**ROW, "seats": 180}]
    assert api.asked[1][2]["x-amzn-sagemaker-inference-id"] == "r-1"
    assert [payload["request_id"] for payload in api.bodies("InvokeRequestResponse")] == ["r-1"]
    assert counted(capsys, "Decisions") == 1
    order = [name for name, _, _ in api.asked]
    assert order == [
        *("GetItem", "InvokeEndpoint", "GetItem", "PutItem", "InvokeRequestResponse", "UpdateItem"),
    ]


def test_a_decision_without_action_is_recorded_only(api: Services) -> None:
    api.score = lambda row: scored(0.25)
    assert ask()[1]["decision"] == "wait"
    assert recorded(api)["action"] == "none"
    assert api.count("InvokeRequestResponse") == 0


def test_rules_see_looked_up_columns(api: Services) -> None:
    api.score = lambda row: scored(0.25)
    assert ask(row={"plane": "N1", "seats": 13})[1]["decision"] == "rebook"
    assert recorded(api)["rule"] == "deny[0]"


@pytest.mark.parametrize(
    "fault", [drop, late(), lambda: refusal("ResourceNotFoundException"), lambda: (500, {}, b"")]
)
def test_defaults_stand_in_for_a_look_up_that_fails_which_is_counted(
    api: Services, fault: Callable[[], Reply | None], capsys: pytest.CaptureFixture[str]
) -> None:
    api.faults["GetItem"] = [fault]
    status, answer = ask()
    assert counted(capsys, "LookUpsFailed") == 1
    assert (status, answer["fallback"]) == (200, None)
    assert recorded(api)["defaults_used"] == ["seats"]
    assert api.bodies("InvokeEndpoint") == [{**ROW, "seats": 150}]


def test_a_row_without_key_is_not_looked_up(api: Services, capsys: pytest.CaptureFixture[str]) -> None:
    ask(row={"plane": None})
    assert counted(capsys, "LookUpsFailed") == 0
    assert recorded(api)["defaults_used"] == ["seats"]


@pytest.mark.parametrize(
    ("fault", "reason", "tries"),
    [
        (late(), steps.ENDPOINT_TIMEOUT, 1),
        (drop, steps.ENDPOINT_DOWN, 2),
        (lambda: refusal("ThrottlingException"), steps.ENDPOINT_DOWN, 2),
        (lambda: (503, {}, b"<html>"), steps.ENDPOINT_DOWN, 2),
        (lambda: model_error(500, "broken"), steps.ENDPOINT_DOWN, 2),
        (lambda: model_error(400, "line 1: distance='x'"), steps.ROW_REFUSED, 1),
        (lambda: (200, {}, b"<html>"), steps.ANSWER_UNREADABLE, 1),
        (lambda: scored([0.1, 0.9]), steps.ANSWER_UNREADABLE, 1),
    ],
)
def test_the_fallback_is_decided_without_a_score(
    api: Services,
    fault: Callable[[], Reply | None],
    reason: str,
    tries: int,
    capsys: pytest.CaptureFixture[str],
) -> None:
    api.faults["InvokeEndpoint"] = [fault, fault]
    status, answer = ask()
    assert (status, answer["decision"], answer["score"], answer["fallback"]) == (200, "wait", None, reason)
    assert api.count("InvokeEndpoint") == tries
    assert recorded(api)["fallback"] == reason and recorded(api)["rule"] is None
    assert counted(capsys, "FallbackDecisions") == 1


def test_an_endpoint_that_comes_back_is_asked_once_more(api: Services) -> None:
    api.faults["InvokeEndpoint"] = [drop]
    assert ask()[1]["fallback"] is None


def test_without_rules_the_fallback_is_decided_and_says_so(api: Services) -> None:
    del api.tables["rules"]['{"S": "RULES"}']
    answer = ask()[1]
    assert (answer["decision"], answer["fallback"], answer["score"]) == ("wait", "rules missing", 0.75)


def test_rules_that_cannot_be_read_stay_those_in_use(api: Services) -> None:
    ask()
    api.tables["rules"].clear()
    assert ask("r-2")[1]["fallback"] is None


def test_a_repeated_request_has_the_recorded_decision_and_acts_once(
    api: Services, capsys: pytest.CaptureFixture[str]
) -> None:
    first = ask()
    api.score = lambda row: scored(0.1, version=8)
    assert ask() == first
    assert len(api.tables["decisions"]) == 1 and api.count("InvokeRequestResponse") == 1
    assert counted(capsys, "Decisions") == 1


def test_a_request_id_for_another_row_is_a_conflict(api: Services) -> None:
    ask()
    status, answer = ask(row={"plane": "N2"})
    assert status == 409 and "was used for another row" in answer["message"]
    assert recorded(api)["row"] == ROW and api.count("InvokeRequestResponse") == 1


def test_a_bad_request_is_told_and_leaves_nothing(api: Services) -> None:
    answer = decide.handler({"body": '{"request_id": "a b", "row": {}}'}, None)
    assert answer["statusCode"] == 400 and "request_id='a b'" in answer["body"]
    assert api.asked == []


@pytest.mark.parametrize("fault", [drop, late(1.5), lambda: refusal("InternalServerError", status=500)])
def test_without_a_record_there_is_no_decision(
    api: Services,
    fault: Callable[[], Reply | None],
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(decide, "RECORD_SECONDS", 0.1)
    api.faults["PutItem"] = [fault] * 8
    status, answer = ask()
    assert status == 503 and "ask again with the same request_id" in answer["message"]
    assert api.count("InvokeRequestResponse") == 0 and api.tables["decisions"] == {}
    out = capsys.readouterr().out
    assert '"RecordsFailed": 1' in out and '"Decisions"' not in out
    api.faults["PutItem"].clear()
    assert ask()[0] == 200


def test_a_record_that_is_refused_for_good_is_not_tried_again(api: Services) -> None:
    api.faults["PutItem"] = [lambda: refusal("AccessDeniedException")] * 3
    assert ask()[0] == 503
    assert api.count("PutItem") == 1


def test_a_record_whose_answer_was_lost_is_ours(api: Services) -> None:
    def written_and_lost() -> Reply | None:
        request = api.bodies("PutItem")[-1]
        api.tables["decisions"][json.dumps(request["Item"]["request_id"])] = request["Item"]
        raise Drop

    api.faults["PutItem"] = [written_and_lost]
    assert ask()[0] == 200
    assert api.count("PutItem") == 2 and api.count("InvokeRequestResponse") == 1
    assert recorded(api)["action"] == "done"


def test_every_decision_is_recorded_once_under_load(api: Services) -> None:
    """Every call fails now and then, every request comes twice, and the caller repeats what was 503."""
    for name in ("GetItem", "InvokeEndpoint", "PutItem", "InvokeRequestResponse", "UpdateItem"):
        api.faults[name] = [drop if n % 5 == 0 else _nothing for n in range(60)]
    api.score = lambda row: scored(0.9)
    answers: dict[str, list[dict[str, Any]]] = {}
    for n in range(40):
        for _ in range(2):
            status, answer = ask(f"r-{n}")
            while status == 503:
                status, answer = ask(f"r-{n}")
            assert status == 200
            answers.setdefault(f"r-{n}", []).append(answer)
    assert len(api.tables["decisions"]) == 40
    assert all(first == second for first, second in answers.values())
    acted = {p["request_id"] for name in ("InvokeRequestResponse", "InvokeEvent") for p in api.bodies(name)}
    rebooked = {i for i, (first, _) in answers.items() if first["decision"] == "rebook"}
    assert acted == rebooked and rebooked


def _nothing() -> Reply | None:
    return None


def test_the_functions_own_time_is_told(api: Services) -> None:
    body = json.dumps({"request_id": "r-1", "row": ROW})
    answer = decide.handler({"body": body}, None)
    assert 0 < float(answer["headers"]["x-mdlc-own-milliseconds"]) < 1000
