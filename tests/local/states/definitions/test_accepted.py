"""What Step Functions accepts, however odd it looks: none of it may be refused."""

import copy
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mdlc_local.states.definitions import problems_of
from tests.local.states.definitions.definitions import (
    DISTRIBUTED,
    INNER,
    PASS,
    TASK,
    choice,
    integration,
    jsonata,
    machine,
    mapped,
    refusals,
)

ALL = ["States.ALL"]
S3 = "arn:aws:states:::s3"


def expression(text: str) -> dict[str, Any]:
    return jsonata(PASS | {"Output": f"{{% {text} %}}"})


MACHINES = [
    machine(PASS, Comment="c", Version="1.0", TimeoutSeconds=0, QueryLanguage="JSONPath"),
    machine(PASS | {"Comment": "{% not parsed", "QueryLanguage": "JSONata", "Output": 1}),
    machine({"Type": "Pass", "Next": "B", "End": False}, "B"),
    {"StartAt": "a" * 80, "States": {"a" * 80: PASS}},
    {"StartAt": "a/b States [1]", "States": {"a/b States [1]": PASS}},
    # Only the machine itself must have an end.
    machine(mapped(ItemProcessor={"StartAt": "I", "States": {"I": {"Type": "Pass", "Next": "I"}}})),
]

JSONPATH_FIELDS = [
    machine(PASS | {"InputPath": None, "OutputPath": "$$.Execution", "ResultPath": None, "Result": [1]}),
    machine(PASS | {"Parameters": [{"a.$": "$.b[?(@.c > 1)].d"}], "ResultPath": "$['a b'].c-d[0]"}),
    machine(PASS | {"InputPath": "$.store..book[(@.length-1)]", "OutputPath": "$[0:2]['a','b']"}),
    machine(PASS | {"Parameters": {"a.$": "$.a.length()", "b.$": "$$", "c.$": "$größe.x", "d.$": "$ "}}),
    machine(PASS | {"Parameters": {"v": "{% phone %}", "w": "States.Nothing("}}),
    machine(PASS | {"Assign": {"counter": 1, "größe.$": "$.x", "n_1.$": "States.UUID()"}}),
    machine(TASK | {"ResultSelector": {"a.$": "$$.Task.Token"}, "TimeoutSecondsPath": "$.t"}),
    machine(TASK | {"Catch": [{"ErrorEquals": ALL, "Next": "B", "ResultPath": "$.e", "Comment": "c"}]}, "B"),
    machine({"Type": "Wait", "TimestampPath": "$.at", "End": True}),
    machine({"Type": "Fail", "ErrorPath": "States.Format('{}', $.e)", "CausePath": "$.c"}),
    machine({"Type": "Fail"}),
    machine(mapped(ItemsPath="$$.Execution.Input.items", MaxConcurrencyPath="$.n", Parameters={"a.$": "$"})),
]

INTRINSICS = [
    "States.Array()",
    "States.Array('a', 1, -2.5, null, true, $.x[0], $$.Execution.Id, States.UUID())",
    "States.Format('it\\'s {}, a \\{brace\\} and \\\\', $.a['b,c'])",
    "States.MathAdd(States.MathAdd($a, 1), $.b)",
    "States.StringToJson('{\"a\": 1}')",
    "States.JsonMerge($.a, $.b, false)",
    "States.MathRandom(1, 10, 7)",
]

TASKS = [
    *(
        machine(integration(called, Parameters={"FunctionName": "f", "StateMachineArn.$": "$.m"}))
        for called in (
            *("lambda:invoke", "lambda:invoke.waitForTaskToken", "states:startExecution.sync:2"),
            *("sagemaker:createTrainingJob.sync", "sagemaker:updateEndpoint", "http:invoke"),
            *(
                "aws-sdk:s3:getObject",
                "aws-sdk:s3:listBuckets.waitForTaskToken",
                "aws-sdk:sfn:startExecution",
            ),
            *("aws-sdk:cloudwatchlogs:getLogEvents", "aws-sdk:eventbridge:putEvents"),
            *("aws-sdk:config:putConfigRule", "aws-sdk:rds:describeDBClusters"),
            *("aws-sdk:sagemakerruntime:invokeEndpoint", "bedrock-agentcore:invokeAgentRuntime"),
        )
    ),
    machine(TASK | {"Resource": "arn:aws:states:us-east-1:123456789012:activity:a"}),
    machine(TASK | {"Resource": "arn:aws-cn:lambda:cn-north-1:123456789012:function:f:alias"}),
    machine(TASK | {"Credentials": {"RoleArn.$": "States.Format('{}', $.role)", "More": 1}}),
    jsonata(TASK | {"Credentials": {"RoleArn": "{% $role %}"}, "TimeoutSeconds": "{% $states.input.t %}"}),
    # AWS takes an interval of no seconds.
    machine(
        TASK
        | {"Retry": [{"ErrorEquals": ["E", "States.TaskFailed"], "IntervalSeconds": 0, "MaxAttempts": 0}]}
    ),
    machine(
        TASK | {"Retry": [{"ErrorEquals": ["E"]}, {"ErrorEquals": ALL, "BackoffRate": 1, "Comment": "c"}]}
    ),
    machine(TASK | {"Retry": [], "Catch": []}),
    jsonata(TASK | {"Retry": [{"ErrorEquals": ["{% phone %}"]}], "Arguments": "{% $states.input %}"}),
]

WAITS = [
    *(
        machine({"Type": "Wait", "Timestamp": timestamp, "End": True})
        for timestamp in (
            "2024-02-29T12:00:00Z",
            "2024-01-01T12:00:00.123456789Z",
            "2024-01-01T12:00:00+01:00",
        )
    ),
    jsonata({"Type": "Wait", "Timestamp": "{% $states.input.at %}", "End": True}),
    machine({"Type": "Wait", "Seconds": 0, "End": True}),
]

CHOICES = [
    machine(choice({"Variable": "$$.Execution.Id", "StringMatches": "a*", "Next": "B"}), "B"),
    machine(
        choice({"Variable": "$v", "NumericEqualsPath": "$.n", "Next": "B", "Assign": {"a.$": "$.b"}}), "B"
    ),
    machine(
        choice(
            {
                "And": [
                    {"Not": {"Variable": "$.a", "IsNull": True}},
                    {"Or": [{"Variable": "$.b", "IsString": True}]},
                ],
                "Next": "B",
                "Comment": "c",
            }
        ),
        "B",
    ),
    jsonata(
        choice({"Condition": True, "Next": "B"}, {"Condition": "{% $x %}", "Output": 1, "Next": "B"}), "B"
    ),
    # Without Default: that nothing matches is an error of the execution.
    machine({"Type": "Choice", "Choices": [{"Variable": "$.x", "IsPresent": True, "Next": "B"}]}, "B"),
]

MAPS = [
    machine(mapped() | {"Iterator": INNER, "ItemProcessor": INNER}),
    # What only a Distributed Map uses is not refused on another.
    machine(mapped(Label="l", ToleratedFailureCount=1, ItemBatcher={"MaxItemsPerBatch": 2})),
    machine(mapped(distributed=True, Label="a" * 40, ToleratedFailurePercentage=5)),
    machine(
        mapped(
            distributed=True,
            ItemReader={
                "Resource": f"{S3}:getObject",
                "ReaderConfig": {
                    "InputType": "CSV",
                    "CSVHeaderLocation": "GIVEN",
                    "CSVHeaders": ["{% phone %}"],
                    "MaxItems": 1,
                },
                "Parameters": {"Bucket.$": "$.b", "Key": "k"},
            },
        )
    ),
    jsonata(
        mapped(
            distributed=True,
            Items="{% $states.input.items %}",
            MaxConcurrency="{% $n %}",
            ItemBatcher={
                "MaxItemsPerBatch": "{% $n %}",
                "BatchInput": {"Comment": "{% $n %}"},
            },
        )
    ),
    jsonata(
        mapped(
            distributed=True,
            ItemReader={"Resource": f"{S3}:listObjectsV2", "Arguments": "{% $a %}"},
            ResultWriter={"Resource": f"{S3}:putObject", "Arguments": {"Bucket": "b"}},
        )
    ),
    machine(mapped(QueryLanguage="JSONata", Items=[1], Output="{% $count($states.result) %}")),
    # Children of a Distributed Map have variables of their own.
    jsonata(
        mapped(Assign={"v": 1})
        | {
            "ItemProcessor": {
                "StartAt": "I",
                "States": {"I": PASS | {"Assign": {"v": 1}}},
                "ProcessorConfig": DISTRIBUTED,
            }
        }
    ),
]
MAPS[0]["States"]["A"].pop("ItemProcessor")

EXPRESSIONS = [
    *("$states.input.items[phone > 3].{'a': b}", "$map($states.input.a, function($x){ $x.phone })", "$phone"),
    *(
        "$states.input.a^(>b).c",
        "($x := 1; $x + $y)",
        "$states.context.Execution.Id",
        "$f(?, 1)",
        "[1..3][0]",
    ),
    *(
        "$states.result.a",
        "$exists($a) ? $a : null",
        "$merge([$a, {'b': $c}])",
        "/a+/i",
        "-$n",
        "$a ~> $sum()",
    ),
]


@pytest.mark.parametrize(
    "definition",
    [*MACHINES, *JSONPATH_FIELDS, *TASKS, *WAITS, *CHOICES, *MAPS, *map(expression, EXPRESSIONS)],
)
def test_a_definition_is_accepted(definition: dict[str, Any]) -> None:
    assert refusals(definition) == []


@pytest.mark.parametrize("call", INTRINSICS)
def test_a_call_of_an_intrinsic_function_is_accepted(call: str) -> None:
    assert refusals(machine(PASS | {"Parameters": {"a.$": call}})) == []


@pytest.mark.parametrize("field", ["Output", "Assign"])
def test_a_catch_knows_the_error(field: str) -> None:
    values = {"e": "{% $states.errorOutput.Cause %}"}
    catcher = {"ErrorEquals": ALL, "Next": "B", field: values}
    assert refusals(jsonata(TASK | {"Catch": [catcher]}, "B")) == []
    (reason,) = refusals(jsonata(PASS | {field: values}))
    assert reason.startswith("UNSUPPORTED_JSONATA_EXPRESSION: Field '$states.errorOutput' does not exist.")


VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=4),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=4), inner, max_size=3),
    max_leaves=4,
)


@given(
    st.sampled_from([*JSONPATH_FIELDS, *TASKS, *WAITS, *CHOICES, *MAPS]),
    st.data(),
    VALUES,
)
def test_whatever_a_definition_holds_it_is_judged(
    definition: dict[str, Any], data: st.DataObject, value: Any
) -> None:
    """A definition with anything in the place of one of its values is refused or accepted, never an error."""
    changed = copy.deepcopy(definition)
    place: Any = changed
    for _ in range(8):
        keys = list(place) if isinstance(place, dict) else list(range(len(place)))
        key = data.draw(st.sampled_from(keys))
        if not isinstance(place[key], dict | list) or not place[key] or data.draw(st.booleans()):
            place[key] = value
            break
        place = place[key]
    for reason in refusals(changed):
        assert ": " in reason and " at " in reason


def test_what_is_too_large_or_too_deep_is_refused() -> None:
    huge = '{"StartAt": "A", "States": {"A": {"Type": "Wait", "Seconds": 1e999, "End": true}}}'
    assert refusals(huge) == ["SCHEMA_VALIDATION_FAILED: Expected value of type Integer at /States/A/Seconds"]
    (reason,) = refusals("[" * 500_000)
    assert reason.startswith("TOO_DEEPLY_NESTED: ")


@given(st.text(max_size=12))
def test_any_text_is_judged(text: str) -> None:
    assert problems_of(text)
    assert all(isinstance(one, str) for one in refusals(expression(text)))
    assert all(isinstance(one, str) for one in refusals(machine(PASS | {"Parameters": {"a.$": text}})))
