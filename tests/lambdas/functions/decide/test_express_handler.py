"""The state machine's function, and that both shapes decide equally."""

import json
from dataclasses import replace
from typing import Any

import pytest

from lambdas.functions.decide import express_handler, record, steps
from lambdas.functions.decide import handler as warm
from lambdas.functions.decide.express_handler import Conflict, Underway
from lambdas.functions.decide.requests import BadRequest
from tests.lambdas.deciding import counted
from tests.lambdas.decision_api import ROW
from tests.lambdas.http_services import Reply, Services, model_error, refusal, scored

CALL = {"request_id": "r-1", "row": ROW}


def express(api: Services, request_id: str, row: dict[str, Any]) -> dict[str, Any]:
    """What the state machine does between its calls of the function, with the services' answers."""
    call = {"request_id": request_id, "row": row}
    item = api.tables["planes"].get(json.dumps({"S": row.get("plane")}))
    reply = api.score(row)
    event: dict[str, Any] = {**call, "step": "decide", "item": item, "answer": None, "variant": None}
    if reply[0] == 200:
        event |= {"answer": reply[2].decode(), "variant": reply[1]["x-Amzn-Invoked-Production-Variant"]}
    else:
        said = json.loads(reply[2])
        name = said.get("__type", "ModelError").rpartition("#")[2]
        event["failed"] = {"Error": f"SageMakerRuntime.{name}Exception", "Cause": said.get("Message", "")}
    return express_handler.handler(event, None)


@pytest.mark.parametrize(
    "row",
    [
        ROW,
        {"plane": "N2", "distance": 0.1},
        {"plane": None},
        {"plane": "N1", "seats": 13},
        {"plane": "N1", "seats": None, "name": "é\n"},
    ],
)
@pytest.mark.parametrize(
    "reply",
    [
        scored(0.75),
        scored(0.49999999999999994),
        scored(0.5),
        scored("high"),
        scored([1.0]),
        model_error(400, "line 1"),
        model_error(500, "broken"),
        refusal("Throttling"),
    ],
)
def test_both_shapes_decide_equally(api: Services, row: dict[str, Any], reply: Reply) -> None:
    api.score = lambda _: reply
    answer = warm.handler({"body": json.dumps({"request_id": "r-1", "row": row})}, None)
    by_machine = express(api, "r-1", row)
    assert json.loads(answer["body"]) == by_machine["answer"]
    theirs = record.from_item(by_machine["item"])
    ours = record.from_item(api.tables["decisions"]['{"S": "r-1"}'])
    assert replace(ours, at="", action="") == replace(theirs, at="", action="")
    assert by_machine["act"] == (ours.action != "none") == (theirs.action == "pending")


def test_a_late_endpoint_is_the_fallback(api: Services) -> None:
    failed = {"Error": "States.Timeout", "Cause": ""}
    made = express_handler.handler({**CALL, "step": "decide", "item": None, "failed": failed}, None)
    assert made["answer"]["fallback"] == steps.ENDPOINT_TIMEOUT and made["act"] is False


def test_a_repeated_request_has_the_recorded_decision(api: Services) -> None:
    first = express_handler.handler(
        {**CALL, "step": "decide", "item": None, "answer": '{"score": 0.9}'}, None
    )
    done = {**first["item"], "action": {"S": "done"}}
    again = {**CALL, "step": "repeat", "recorded": done}
    assert express_handler.handler(again, None) == {
        "answer": first["answer"],
        "act": False,
        "action": first["action"],
    }
    with pytest.raises(Underway, match="its action is under way: ask again with the same request_id in 30 s"):
        express_handler.handler({**again, "recorded": first["item"]}, None)
    failed = {**first["item"], "action": {"S": "failed"}}
    assert express_handler.handler({**again, "recorded": failed}, None)["act"] is True
    old = {**first["item"], "at": {"S": "2026-01-01T00:00:00.000000+00:00"}}
    assert express_handler.handler({**again, "recorded": old}, None)["act"] is True
    assert (
        express_handler.handler({**again, "recorded": {**old, "action": {"S": "done"}}}, None)["act"] is False
    )
    with pytest.raises(Conflict, match="was used for another row"):
        express_handler.handler({**again, "row": {"plane": "N2"}}, None)


@pytest.mark.parametrize(
    ("answer", "score"),
    [
        ({"score": 0.12345678901234568, "version": 7}, 0.12345678901234568),
        ('{"score": 0.12345678901234568}', 0.12345678901234568),
        (0.75, 0.75),
        (None, None),
        ("", None),
    ],
)
def test_an_answer_that_was_read_already_keeps_its_digits(
    api: Services, answer: object, score: float | None
) -> None:
    made = express_handler.handler({**CALL, "step": "decide", "item": None, "answer": answer}, None)
    assert made["answer"]["score"] == score


def test_a_look_up_that_failed_is_counted(api: Services, capsys: pytest.CaptureFixture[str]) -> None:
    call = {**CALL, "step": "decide", "item": None, "answer": '{"score": 0.9}'}
    express_handler.handler({**call, "look_up_failed": False}, None)
    assert counted(capsys, "LookUpsFailed") == 0
    express_handler.handler({**call, "look_up_failed": True}, None)
    assert counted(capsys, "LookUpsFailed") == 1


@pytest.mark.parametrize(
    "event", [{}, {"row": {}}, {"request_id": "a b", "row": {"x": 1}}, {"request_id": "a", "row": {}}]
)
def test_a_bad_request_is_an_error_by_name(api: Services, event: dict[str, Any]) -> None:
    with pytest.raises(BadRequest):
        express_handler.handler({**event, "step": "decide"}, None)
