"""The Express machine: its states, what they may do, and its expressions evaluated as Step Functions does."""

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import Any

import jsonata
import pytest

from lambdas.functions.decide import record, steps
from mdlc_constructs import ActionCall, Decisions, Fallback
from mdlc_constructs.asl.checks import check
from mdlc_constructs.asl.machine import Machine
from mdlc_constructs.asl.states import Choice
from mdlc_constructs.workflows.decision import expressions
from mdlc_constructs.workflows.decision.machine import decision_machine
from mdlc_constructs.workflows.decision.settings import DecisionSettings
from tests.workflows.decision.settings import DECISIONS, PLAIN

SETTINGS = DecisionSettings(
    api="flights-decisions", model="flights", endpoint_name="flights", decisions=DECISIONS, acts=True
)
SHORT = DecisionSettings(api="flights-decisions", model="flights", endpoint_name="flights", decisions=PLAIN)
NAMES = (
    *("DecisionTable", "DecisionTableArn", "FeatureTable", "FeatureTableArn", "FeatureKeyArn"),
    *("RulesFunction", "ActionFunction", "KeyArn"),
)


def machine(settings: DecisionSettings) -> Machine:
    return decision_machine(settings).bind({name: name for name in NAMES})


STATES: Any = machine(SETTINGS).to_asl()["States"]


@cache
def parsed(text: str) -> Any:
    expression = jsonata.Jsonata(text.removeprefix("{%").removesuffix("%}").strip())
    expression.register_lambda("parse", json.loads)
    return expression


def evaluated(text: str, **variables: object) -> Any:
    """What an expression comes to; `states` holds the input, the context and the result."""
    expression = parsed(text)
    frame = expression.create_frame()
    for name, value in variables.items():
        frame.bind(name, value)
    return expression.evaluate(None, frame)


def asked(row: dict[str, Any], **states: object) -> dict[str, Any]:
    """`$states` of an execution about a row."""
    return {"context": {"Execution": {"Input": {"request_id": "r-1", "row": row}}}, **states}


@pytest.mark.parametrize("settings", [SETTINGS, SHORT, replace(SETTINGS, feature_key=True)])
def test_the_machine_is_one_that_aws_takes_and_that_leaves_traces(settings: DecisionSettings) -> None:
    check(machine(settings))


def test_a_request_passes_only_the_states_that_it_needs() -> None:
    assert [state.name for state in machine(SHORT).states] == [
        "InvokeEndpoint",
        "ExecuteRules",
        "CountFallback",
        "RecordDecision",
        "Answer",
        "ReadDecision",
        "WhoseDecision",
        "RepeatDecision",
        "CountRecordFailure",
        "PublishFailure",
        "Unavailable",
        "Refused",
    ]


def test_every_task_catches_everything_and_nothing_acts_before_the_record() -> None:
    for name, state in STATES.items():
        if state["Type"] == "Task":
            assert any(catch["ErrorEquals"] == ["States.ALL"] for catch in state["Catch"]), name
    ahead = {"CollectFeatures", "InvokeEndpoint", "ExecuteRules"}
    for name in ahead:
        following = {STATES[name]["Next"], *(catch["Next"] for catch in STATES[name]["Catch"])}
        assert following <= ahead | {"CountFallback", "RecordDecision", "Refused"}
    assert STATES["CountFallback"]["Next"] == "RecordDecision"


def test_an_execution_ends_before_api_gateway_gives_up() -> None:
    assert decision_machine(SETTINGS).timeout_seconds == 28
    slow = replace(
        DECISIONS, fallback=Fallback(decision="wait", tries=5, endpoint_timeout=timedelta(seconds=2))
    )
    hasty = replace(PLAIN, fallback=Fallback(decision="wait", tries=5, endpoint_timeout=timedelta(seconds=3)))
    assert replace(SETTINGS, decisions=slow).longest == timedelta(seconds=24)
    assert replace(SHORT, decisions=hasty).longest == timedelta(seconds=22)
    # 2.1 s are three whole ones.
    patient = replace(
        DECISIONS,
        fallback=Fallback(decision="wait", tries=5, endpoint_timeout=timedelta(seconds=2.1)),
        action=ActionCall(timeout=timedelta(seconds=2)),
    )
    with pytest.raises(ValueError, match=r"decisions='0:00:\d\d': all calls together"):
        replace(
            SETTINGS,
            decisions=replace(patient, action=ActionCall(timeout=timedelta(seconds=3.4))),
        )


def test_the_endpoint_gets_the_row_as_an_object_and_the_request_as_its_inference() -> None:
    arguments: Any = STATES["InvokeEndpoint"]["Arguments"]
    assert arguments["Body"] == "{% $features %}"
    assert arguments["ContentType"] == arguments["Accept"] == "application/jsonlines"
    assert evaluated(arguments["InferenceId"], states=asked({})) == "r-1"
    short: Any = machine(SHORT).to_asl()["States"]
    assert evaluated(short["InvokeEndpoint"]["Arguments"]["Body"], states=asked({"distance": 3})) == {
        "distance": 3
    }


def test_permissions_name_what_they_are_for() -> None:
    allowed = {
        (action, resource)
        for statement in machine(SETTINGS).statements()
        for action in statement.actions
        for resource in statement.resources
    }
    here = "arn:${Partition}:{}:${Region}:${Account}:"
    assert allowed == {
        ("dynamodb:GetItem", "${FeatureTableArn}"),
        ("dynamodb:GetItem", "${DecisionTableArn}"),
        ("dynamodb:PutItem", "${DecisionTableArn}"),
        ("dynamodb:UpdateItem", "${DecisionTableArn}"),
        ("sagemaker:InvokeEndpoint", here.replace("{}", "sagemaker") + "endpoint/flights"),
        ("lambda:InvokeFunction", "${RulesFunction}"),
        ("lambda:InvokeFunction", "${ActionFunction}"),
        ("events:PutEvents", here.replace("{}", "events") + "event-bus/default"),
        ("kms:Decrypt", "${KeyArn}"),
        ("kms:GenerateDataKey", "${KeyArn}"),
        ("cloudwatch:PutMetricData", "*"),
    }


def test_an_endpoints_arn_is_in_lower_case() -> None:
    named = machine(replace(SHORT, endpoint_name="Flights"))
    (arn,) = (s.resources for s in named.statements() if s.actions == ("sagemaker:InvokeEndpoint",))
    assert arn[0].endswith("endpoint/flights")


ROWS: list[dict[str, Any]] = [
    {"distance": 400, "tail_number": "N1"},
    {"distance": 400.5, "tail_number": "N1", "age": None, "carrier": "UA"},
    {"distance": None, "tail_number": "N1", "age": 3, "leased": True},
]
ITEMS: list[dict[str, Any] | None] = [
    None,
    {},
    {"id": {"S": "N1"}, "age": {"N": "7.25"}, "seats": {"N": "120"}, "carrier": {"S": "DL"}},
    {"id": {"S": "N1"}, "leased": {"BOOL": True}, "seats": {"N": "12.5"}, "age": {"S": "old"}},
    {"id": {"S": "N1"}, "leased": {"NULL": True}, "seats": {"N": "9007199254740994"}, "carrier": {"N": "1"}},
]


@pytest.mark.parametrize("item", ITEMS)
@pytest.mark.parametrize("row", ROWS)
def test_features_are_those_that_the_function_collects(
    row: dict[str, Any], item: dict[str, Any] | None
) -> None:
    expected = steps.collect(row, DECISIONS.to_payload().lookup, item)
    result = {} if item is None else {"Item": item}
    assign = STATES["CollectFeatures"]["Assign"]
    assert evaluated(assign["features"], states=asked(row, result=result)) == expected.values
    assert evaluated(assign["item"], states=asked(row, result=result)) == item


@pytest.mark.parametrize("row", ROWS)
def test_defaults_stand_in_when_the_look_up_fails(row: dict[str, Any]) -> None:
    expected = steps.collect(row, DECISIONS.to_payload().lookup, None)
    (catch,) = STATES["CollectFeatures"]["Catch"]
    assert evaluated(catch["Assign"]["features"], states=asked(row)) == expected.values
    assert catch["Next"] == "InvokeEndpoint"


@pytest.mark.parametrize(
    ("kind", "value", "key"),
    [
        *(("category", "N1", "S"), ("integer", 17, "N"), ("integer", -3, "N"), ("number", 0.25, "N")),
        # More digits than JSONata's `$string` keeps: rounded, it would be the key of another item.
        *(("integer", 4012888888881881, "N"), ("number", 4012888888881881, "N")),
    ],
)
def test_the_key_is_the_functions_key(kind: str, value: object, key: str) -> None:
    decisions = replace(DECISIONS, columns={**DECISIONS.columns, "tail_number": kind})
    found = expressions.lookup_key(decisions)
    lookup = decisions.to_payload().lookup
    assert lookup is not None
    expected = steps.lookup_key({"tail_number": value}, lookup)
    assert found.keys() == {"id"} and found["id"].keys() == {key}
    assert {"id": {key: evaluated(found["id"][key], states=asked({"tail_number": value}))}} == expected


@pytest.mark.parametrize(
    "body", ['{"score": 0.5, "version": 3}\n', {"score": 0.12345678901234568, "version": 3}, 0.5]
)
def test_an_answer_is_handed_on_with_all_its_digits(body: object) -> None:
    assign = STATES["InvokeEndpoint"]["Assign"]["scored"]
    result = {"Body": body, "InvokedProductionVariant": "main"}
    assert evaluated(assign["answer"], states={"result": result}) == body
    assert evaluated(assign["variant"], states={"result": result}) == "main"
    assert evaluated(assign["variant"], states={"result": {}}) is None


@pytest.mark.parametrize("kept", [None, timedelta(days=30)])
@pytest.mark.parametrize("item", ITEMS)
@pytest.mark.parametrize("row", ROWS)
@pytest.mark.parametrize("acts_on", [None, ("rebook",)])
def test_without_the_rules_function_the_record_is_the_one_it_would_have_made(
    row: dict[str, Any],
    item: dict[str, Any] | None,
    kept: timedelta | None,
    acts_on: tuple[str, ...] | None,
) -> None:
    decisions = replace(DECISIONS, kept=kept, action=ActionCall(decisions=acts_on))
    features = steps.collect(row, decisions.to_payload().lookup, item)
    text = expressions.made_without_rules(decisions, api="flights-decisions", model="flights", acts=True)
    made = evaluated(
        text,
        states=asked(row),
        features=features.values,
        item=item,
        scored={"variant": "main", "answer": "{}", "failed": None},
    )
    at = made["item"]["at"]["S"]
    expected = record.make(
        request_id="r-1",
        row=row,
        origin={"api": "flights-decisions", "model": "flights"},
        settings=decisions.to_payload(),
        features=features,
        score=steps.Score(value=None, model_version=None, missing="x"),
        variant="main",
        conclusion=steps.Conclusion(
            decision="wait", rule=None, rules_version=None, fallback=expressions.RULES_DOWN
        ),
        acts=True,
        at=datetime.fromisoformat(at),
    )
    assert datetime.now(UTC) - datetime.fromisoformat(at) < timedelta(minutes=1)
    read = record.from_item(made["item"])
    assert replace(read, at=expected.at, expires_at=expected.expires_at) == expected
    assert kept is None or abs((read.expires_at or 0) - (expected.expires_at or 0)) <= 1
    assert made["answer"] == record.answer(expected)
    assert made["act"] == (expected.action == record.PENDING)
    assert made["action"] == {**record.action_payload(expected), "at": at}


def test_the_reason_of_a_record_without_rules_is_one_that_functions_know() -> None:
    assert expressions.RULES_DOWN == steps.RULES_DOWN


def test_without_a_look_up_or_an_action_there_is_a_record_too() -> None:
    text = expressions.made_without_rules(PLAIN, api="a", model="m", acts=False)
    made = evaluated(text, states=asked({"distance": None}), scored={"variant": None})
    read = record.from_item(made["item"])
    assert (read.features, read.defaults_used, read.variant) == ({"distance": None}, (), None)
    assert (read.action, made["act"]) == ("none", False)


def taken(choice: str, **variables: object) -> str:
    body = STATES[choice]
    for rule in body["Choices"]:
        if evaluated(rule["Condition"], **variables) is True:
            return str(rule["Next"])
    return str(body["Default"])


def test_an_own_record_whose_answer_was_lost_is_no_repetition() -> None:
    made = {"item": {"at": {"S": "2026-11-20T10:00:00.001Z"}, "row": {"S": "{}"}}}
    assert taken("WhoseDecision", made=made, recorded=made["item"]) == "ActionVerdict"
    for other in ({"at": {"S": "before"}}, {"row": {"S": '{"distance": 1}'}}):
        assert taken("WhoseDecision", made=made, recorded={**made["item"], **other}) == "RepeatDecision"


@pytest.mark.parametrize(("act", "state"), [(True, "PerformAction"), (False, "Answer")])
def test_only_what_asks_for_an_action_acts(act: bool, state: str) -> None:
    assert taken("ActionVerdict", made={"act": act}) == state


def test_an_action_that_cannot_be_called_is_queued_and_noted_as_such() -> None:
    (catch,) = STATES["PerformAction"]["Catch"]
    assert catch["Next"] == "CountActionFailure"
    assert STATES["CountActionFailure"]["Next"] == "QueueAction"
    assert "InvocationType" not in STATES["PerformAction"]["Arguments"]
    assert STATES["QueueAction"]["Arguments"]["InvocationType"] == "Event"
    assert (STATES["PerformAction"]["Assign"], STATES["QueueAction"]["Assign"]) == (
        {"reached": record.DONE},
        {"reached": record.QUEUED},
    )
    waiting = replace(DECISIONS, action=ActionCall(waits=False))
    states: Any = machine(replace(SETTINGS, decisions=waiting)).to_asl()["States"]
    assert states["PerformAction"]["Arguments"]["InvocationType"] == "Event"
    assert states["PerformAction"]["Assign"] == {"reached": record.QUEUED}


def test_a_refusal_is_told_by_its_message_alone() -> None:
    cause = json.dumps(
        {"errorMessage": "row='x': send an object.", "errorType": "BadRequest", "stackTrace": []}
    )
    catch = STATES["ExecuteRules"]["Catch"][0]
    assert (catch["ErrorEquals"], catch["Next"]) == (["BadRequest"], "Refused")
    error = {"errorOutput": {"Error": "BadRequest", "Cause": cause}}
    told = {name: evaluated(text, states=error) for name, text in catch["Assign"]["failure"].items()}
    assert told == {"Error": "BadRequest", "Cause": "row='x': send an object."}
    refused = STATES["Refused"]
    # A caller's mistake is an answer: an execution that fails rings.
    assert refused["Type"] == "Succeed"
    answer = {name: evaluated(text, failure=told) for name, text in refused["Output"].items()}
    assert answer == {"error": "BadRequest", "message": "row='x': send an object."}
    (repeated, _) = STATES["RepeatDecision"]["Catch"]
    assert (repeated["ErrorEquals"], repeated["Next"]) == (["Conflict", "Underway"], "Refused")


def test_an_action_that_nothing_takes_is_noted_so_that_the_next_request_calls_it() -> None:
    (catch,) = STATES["QueueAction"]["Catch"]
    note = STATES[catch["Next"]]
    assert (catch["Next"], note["Next"]) == ("NoteFailure", "PublishFailure")
    assert note["Arguments"]["ExpressionAttributeValues"][":reached"] == {"S": record.FAILED}
    noted = STATES["NoteAction"]["Arguments"]["ExpressionAttributeValues"][":reached"]["S"]
    assert evaluated(noted, reached="queued") == "queued"


@pytest.mark.parametrize(
    ("state", "source", "metric"),
    [
        ("CountFallback", "ExecuteRules", "FallbackDecisions"),
        ("CountRecordFailure", "RecordDecision", "RecordsFailed"),
        ("CountRecordFailure", "ReadDecision", "RecordsFailed"),
        ("CountActionFailure", "PerformAction", "ActionsFailed"),
    ],
)
def test_what_goes_wrong_without_a_function_is_counted_by_the_machine(
    state: str, source: str, metric: str
) -> None:
    (everything,) = (c for c in STATES[source]["Catch"] if c["ErrorEquals"] == ["States.ALL"])
    assert everything["Next"] == state
    counted = STATES[state]
    (datum,) = counted["Arguments"]["MetricData"]
    assert (counted["Arguments"]["Namespace"], datum["MetricName"], datum["Value"]) == ("MDLC", metric, 1)
    assert datum["Dimensions"] == [{"Name": "Api", "Value": "flights-decisions"}]
    assert [catch["Next"] for catch in counted["Catch"]] == [counted["Next"]]


def test_the_rules_function_hears_whether_the_look_up_failed() -> None:
    collect = STATES["CollectFeatures"]
    assert (collect["Assign"]["missed"], collect["Catch"][0]["Assign"]["missed"]) == (False, True)
    assert STATES["ExecuteRules"]["Arguments"]["Payload"]["look_up_failed"] == "{% $missed %}"
    short: Any = machine(SHORT).to_asl()["States"]
    assert "look_up_failed" not in short["ExecuteRules"]["Arguments"]["Payload"]


def test_a_machine_without_an_action_has_no_choice_about_it() -> None:
    kinds = [state.name for state in machine(SHORT).states if isinstance(state, Choice)]
    assert kinds == ["WhoseDecision"]
    assert isinstance(SHORT.decisions, Decisions)
