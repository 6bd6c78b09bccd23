"""What Step Functions refuses, with its code and the place.

Sentences in full are those that AWS gave.
"""

import json
from typing import Any

import pytest

from mdlc_local.states.definitions import problems_of, refusal
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
IS_SET = {"Variable": "$.x", "IsPresent": True}
SCHEMA, TARGET = "SCHEMA_VALIDATION_FAILED", "MISSING_TRANSITION_TARGET"
UNKNOWN = "The value is not a valid resource ARN, or the resource is not available in this region."
STANDARD_ONLY = "Express state machine does not support"


def only(language: str, field: str) -> str:
    other = {"JSONata": "JSONPath", "JSONPath": "JSONata"}[language]
    return (
        f"The QueryLanguage is set to '{other}', but field '{field}' is only supported for the "
        f"'{language}' QueryLanguage"
    )


def retried(**more: Any) -> dict[str, Any]:
    return machine(TASK | {"Retry": [{"ErrorEquals": ALL, **more}]})


def caught(**more: Any) -> dict[str, Any]:
    return machine(TASK | {"Catch": [{"ErrorEquals": ALL, "Next": "B", **more}]}, "B")


def read(**config: Any) -> dict[str, Any]:
    reader = {"Resource": "arn:aws:states:::s3:getObject", "ReaderConfig": config}
    return machine(mapped(distributed=True, ItemReader=reader))


MACHINES: list[tuple[Any, str]] = [
    ({}, f"{SCHEMA}: These fields are required: [States, StartAt] at /"),
    ({"StartAt": "A"}, f"{SCHEMA}: These fields are required: [States] at /"),
    ({"States": {"A": PASS}}, f"{SCHEMA}: These fields are required: [StartAt] at /"),
    ({"StartAt": "A", "States": {}}, f"{SCHEMA}: Value cannot be empty at /States"),
    ([], f"{SCHEMA}: Definition must be a valid JSON object at null"),
    ("", f"{SCHEMA}: Definition must be a valid JSON object at null"),
    (machine(PASS, Comment=1), f"{SCHEMA}: Expected value of type [STRING] at /Comment"),
    (machine(PASS, Coment="x"), f"{SCHEMA}: Field 'Coment' is not supported at /"),
    (machine(PASS, Version="2.0"), f"{SCHEMA}: Value should be one of the following: [1.0] at /Version"),
    (machine(PASS, TimeoutSeconds="9"), f"{SCHEMA}: Expected value of type Integer at /TimeoutSeconds"),
    (machine(PASS, TimeoutSeconds=-1), f"{SCHEMA}: Minimum value is 0 at /TimeoutSeconds"),
    (machine(PASS, QueryLanguage=5), f"{SCHEMA}: Expected value of type [STRING] at /QueryLanguage"),
    (
        machine(PASS, QueryLanguage="jsonata"),
        f"{SCHEMA}: Value should be one of the following: [JSONPath, JSONata] at /QueryLanguage",
    ),
    (machine(PASS, Comment="x" * 2**20), f"{SCHEMA}: The definition has 1048655 bytes"),
    (machine("A"), f"{SCHEMA}: Expected value of type [OBJECT] at /States/A"),
    (machine({"End": True}), f"{SCHEMA}: These fields are required: [Type] at /States/A"),
    (
        machine({"Type": "TypeThatDoesNotExist", "End": True}),
        f"{SCHEMA}: The field 'Type' should have one of these values: [Task, Wait, Pass, Succeed, Fail, "
        "Choice, Parallel, Map] at /States/A/Type",
    ),
]

TRANSITIONS = [
    (machine(PASS, StartAt="B"), f"{TARGET}: Missing 'Next' target: B at /StartAt"),
    (machine(PASS, "B"), f'{TARGET}: State "B" is not reachable. at /States/B'),
    (
        machine({"Type": "Pass", "Next": "B"}),
        f"{TARGET}: Missing 'Next' target: B at /States/A/Next",
    ),
    (machine({"Type": "Pass", "Next": "A"}), "MISSING_END_STATE: Workflow has no terminal state at null"),
    (
        machine({"Type": "Pass"}),
        f"{SCHEMA}: This object should have only one of the following fields: [Next, End] at /States/A",
    ),
    (
        machine(PASS | {"Next": "A"}),
        f"{SCHEMA}: There should only be one of the following fields: [Next, End] at /States/A",
    ),
    (machine({"Type": "Succeed", "End": True}), f"{SCHEMA}: Field 'End' is not supported at /States/A"),
    (
        machine({"Type": "Choice", "Choices": [IS_SET | {"Next": "C"}], "Default": "B"}, "B"),
        f"{TARGET}: Missing 'Next' target: C at /States/A/Choices[0]/Next",
    ),
    (
        machine(choice(IS_SET | {"Next": "B"}, Default="C"), "B"),
        f"{TARGET}: Missing 'Next' target: C at /States/A/Default",
    ),
    (caught(Next="C"), f"{TARGET}: Missing 'Next' target: C at /States/A/Catch[0]/Next"),
    (
        machine({"Type": "Parallel", "Branches": [{**INNER, "StartAt": "A"}], "End": True}),
        f"{TARGET}: Missing 'Next' target: A at /States/A/Branches[0]/StartAt",
    ),
    (
        machine(mapped(ItemProcessor={"StartAt": "A", "States": {"A": PASS}})),
        "DUPLICATE_STATE_NAME: Duplicate State name: A at /States/A/ItemProcessor/States/A",
    ),
    (
        machine({"Type": "Parallel", "Branches": [INNER, INNER], "End": True}),
        "DUPLICATE_STATE_NAME: Duplicate State name: I at /States/A/Branches[1]/States/I",
    ),
    (
        '{"StartAt":"A","States":{"A":{"Type":"Pass","End":true},"A":{"Type":"Pass","End":true}}}',
        "DUPLICATE_STATE_NAME: Duplicate State name: A at /States/A",
    ),
    (
        {"StartAt": "a" * 81, "States": {"a" * 81: PASS}},
        f"INVALID_STATE_NAME: Invalid State name: {'a' * 81} exceeds the 80-character limit allowed by "
        "the service",
    ),
]

FIELDS = [
    *(
        (machine({"Type": kind, field: []}, "B"), f"{SCHEMA}: Field '{field}' is not supported at /States/A")
        for field in ("Retry", "Catch")
        for kind in ("Pass", "Wait", "Choice", "Succeed", "Fail")
    ),
    (
        machine(mapped(TimeoutSeconds=5)),
        f"{SCHEMA}: Field 'TimeoutSeconds' is not supported at /States/A",
    ),
    (machine(PASS | {"parameters": {}}), f"{SCHEMA}: Field 'parameters' is not supported at /States/A"),
    *(
        (jsonata(PASS | {field: "$"}), f"{SCHEMA}: {only('JSONPath', field)} at /States/A")
        for field in ("InputPath", "OutputPath", "ResultPath", "Parameters", "Result")
    ),
    *(
        (machine(TASK | {field: {}}), f"{SCHEMA}: {only('JSONata', field)} at /States/A")
        for field in ("Arguments", "Output")
    ),
    (
        machine(choice({"Condition": True, "Next": "B"}), "B"),
        f"{SCHEMA}: {only('JSONata', 'Condition')} at /States/A/Choices[0]",
    ),
    (
        jsonata(choice(IS_SET | {"Next": "B"}), "B"),
        f"{SCHEMA}: {only('JSONPath', 'Variable')} at /States/A/Choices[0]",
    ),
    (
        jsonata(PASS | {"QueryLanguage": "JSONPath"}),
        f"{SCHEMA}: 'QueryLanguage' can not be 'JSONPath' if set to 'JSONata' for whole state machine "
        "at /States/A",
    ),
    (
        machine(mapped(QueryLanguage="JSONata", ItemProcessor={**INNER, "QueryLanguage": "JSONata"})),
        f"{SCHEMA}: Field 'QueryLanguage' is not supported at /States/A/ItemProcessor",
    ),
    (
        machine(
            mapped(QueryLanguage="JSONata")
            | {"ItemProcessor": {**INNER, "States": {"I": PASS | {"Output": 1}}}}
        ),
        f"{SCHEMA}: {only('JSONata', 'Output')} at /States/A/ItemProcessor/States/I",
    ),
    (
        machine({"Type": "Fail", "Error": "E", "ErrorPath": "$.e"}),
        f"{SCHEMA}: There should only be one of the following fields: [Error, ErrorPath] at /States/A",
    ),
    (
        machine({"Type": "Parallel", "End": True}),
        f"{SCHEMA}: These fields are required: [Branches] at /States/A",
    ),
    (
        machine({"Type": "Parallel", "Branches": [], "End": True}),
        f"{SCHEMA}: Value cannot be empty at /States/A/Branches",
    ),
]

TASKS = [
    (machine({"Type": "Task", "End": True}), f"{SCHEMA}: These fields are required: [Resource] at /States/A"),
    (
        machine(TASK | {"Resource": "lambda"}),
        f"{SCHEMA}: Value is not a valid resource ARN at /States/A/Resource",
    ),
    *(
        (
            machine(integration(called)),
            f"{SCHEMA}: The resource provided arn:aws:states:::{called} is not recognized. {UNKNOWN} "
            "at /States/A/Resource",
        )
        for called in (
            *("dynamodb:query", "lambda:invoke.sync", "sagemaker:createApp", "nothing:atAll", "s3:getObject"),
            *("sagemaker:createModel.sync", "sagemaker:createTrainingJob.waitForTaskToken", "lambda"),
            *(
                "glue:startJobRun.sync:2",
                "aws-sdk:s3:getObject.sync",
                "aws-sdk:s3:getObjects",
                "aws-sdk:s4:getObject",
            ),
        )
    ),
    (
        machine({"Type": "Task", "Resource": "arn:aws:states:::lambda:invoke", "End": True}),
        f"{SCHEMA}: Parameters field is required for resource ARN: arn:aws:states:::lambda:invoke "
        "at /States/A/Resource",
    ),
    (
        machine(integration("lambda:invoke")),
        f"{SCHEMA}: The field 'FunctionName' is required but was missing at /States/A/Parameters",
    ),
    *(
        (
            machine(TASK | {"Credentials": credentials}),
            f"{SCHEMA}: The field 'RoleArn' is required but was missing at /States/A/Credentials",
        )
        for credentials in ({}, {"Role": "r"})
    ),
    (machine(TASK | {"TimeoutSeconds": 0}), f"{SCHEMA}: Minimum value is 1 at /States/A/TimeoutSeconds"),
    (
        machine(TASK | {"TimeoutSeconds": 10**8}),
        f"{SCHEMA}: Maximum value is 99999999 at /States/A/TimeoutSeconds",
    ),
    (
        jsonata(TASK | {"TimeoutSeconds": "9"}),
        f"{SCHEMA}: Expected value of type Integer at /States/A/TimeoutSeconds",
    ),
    (
        machine(TASK | {"TimeoutSeconds": 5, "HeartbeatSeconds": 5}),
        f"{SCHEMA}: HeartbeatSeconds must be smaller than TimeoutSeconds at /States/A/HeartbeatSeconds",
    ),
    (
        machine(TASK | {"TimeoutSeconds": 5, "TimeoutSecondsPath": "$.t"}),
        f"{SCHEMA}: There should only be one of the following fields: [TimeoutSeconds, TimeoutSecondsPath] "
        "at /States/A",
    ),
    (retried(ErrorEquals=[]), f"{SCHEMA}: Value cannot be empty at /States/A/Retry[0]/ErrorEquals"),
    (
        retried(ErrorEquals=["States.ALL", "E"]),
        f"{SCHEMA}: States.ALL must appear alone and at end of list at /States/A/Retry[0]/ErrorEquals[0]",
    ),
    (
        machine(TASK | {"Retry": [{"ErrorEquals": ALL}, {"ErrorEquals": ["E"]}]}),
        f"{SCHEMA}: States.ALL must appear alone and at end of list at /States/A/Retry[0]/ErrorEquals[0]",
    ),
    (
        machine(TASK | {"Retry": [{}]}),
        f"{SCHEMA}: These fields are required: [ErrorEquals] at /States/A/Retry[0]",
    ),
    (retried(IntervalSeconds=-1), f"{SCHEMA}: Minimum value is 0 at /States/A/Retry[0]/IntervalSeconds"),
    (retried(MaxAttempts=-1), f"{SCHEMA}: Minimum value is 0 at /States/A/Retry[0]/MaxAttempts"),
    (retried(BackoffRate=0.5), f"{SCHEMA}: Minimum value is 1.0 at /States/A/Retry[0]/BackoffRate"),
    (retried(MaxDelaySeconds=0), f"{SCHEMA}: Minimum value is 1 at /States/A/Retry[0]/MaxDelaySeconds"),
    (
        retried(JitterStrategy="SOME"),
        f"{SCHEMA}: Value should be one of the following: [NONE, FULL] at /States/A/Retry[0]/JitterStrategy",
    ),
    (retried(Wait=1), f"{SCHEMA}: Field 'Wait' is not supported at /States/A/Retry[0]"),
    (
        machine(TASK | {"Catch": [{"ErrorEquals": ALL}]}),
        f"{SCHEMA}: These fields are required: [Next] at /States/A/Catch[0]",
    ),
    (caught(Output=1), f"{SCHEMA}: {only('JSONata', 'Output')} at /States/A/Catch[0]"),
]

WAITS = [
    *(
        (
            machine({"Type": "Wait", "Timestamp": timestamp, "End": True}),
            f"{SCHEMA}: String does not match RFC3339 timestamp at /States/A/Timestamp",
        )
        for timestamp in (
            *("2024-01-01 12:00:00Z", "2024-01-01T12:00:00", "2024-13-01T12:00:00Z", "2024-01-01T25:00:00Z"),
            *("20240101T120000Z", "{% $states.input %}", "2024-01-01t12:00:00z"),
        )
    ),
    (
        machine({"Type": "Wait", "End": True}),
        f"{SCHEMA}: This object should have only one of the following fields: [SecondsPath, Seconds, "
        "TimestampPath, Timestamp] at /States/A",
    ),
    (
        machine({"Type": "Wait", "Seconds": 1, "SecondsPath": "$.s", "End": True}),
        f"{SCHEMA}: There should only be one of the following fields: [SecondsPath, Seconds, "
        "TimestampPath, Timestamp] at /States/A",
    ),
    (
        machine({"Type": "Wait", "Seconds": -1, "End": True}),
        f"{SCHEMA}: Minimum value is 0 at /States/A/Seconds",
    ),
]

CHOICES = [
    (machine(choice(), "B"), f"{SCHEMA}: Value cannot be empty at /States/A/Choices"),
    (machine(choice(IS_SET), "B"), f"{SCHEMA}: These fields are required: [Next] at /States/A/Choices[0]"),
    (
        machine(choice({"Not": IS_SET | {"Next": "B"}, "Next": "B"}), "B"),
        f"{SCHEMA}: Field 'Next' is not supported at /States/A/Choices[0]/Not",
    ),
    (
        machine(choice({"Next": "B"}), "B"),
        f"{SCHEMA}: The object must have only one of the following fields, [And, Or, Not, Variable, "
        "Condition] at /States/A/Choices[0]",
    ),
    (
        machine(choice(IS_SET | {"IsNull": True, "Next": "B"}), "B"),
        f"{SCHEMA}: There should only be one of the following fields: [IsPresent, IsNull] "
        "at /States/A/Choices[0]",
    ),
    (
        machine(choice(IS_SET | {"Variable": "States.Array()", "Next": "B"}), "B"),
        f"{SCHEMA}: Value is not a Reference Path: Reference path didn't start with '$' "
        "at /States/A/Choices[0]/Variable",
    ),
    (
        machine(choice({"Variable": "$.x", "NumericEquals": "1", "Next": "B"}), "B"),
        f"{SCHEMA}: Expected value of type Number at /States/A/Choices[0]/NumericEquals",
    ),
    (
        machine(choice({"Variable": "$.x", "StringLike": "1", "Next": "B"}), "B"),
        f"{SCHEMA}: Field 'StringLike' is not supported at /States/A/Choices[0]",
    ),
    (
        jsonata(choice({"Next": "B"}), "B"),
        f"{SCHEMA}: These fields are required: [Condition] at /States/A/Choices[0]",
    ),
]

MAPS = [
    (
        machine({"Type": "Map", "End": True}),
        f"{SCHEMA}: This object should have only one of the following fields: [ItemProcessor, Iterator] "
        "at /States/A",
    ),
    (
        machine(mapped(Iterator=INNER)),
        f"{SCHEMA}: There should only be one of the following fields: [ItemProcessor, Iterator] at /States/A",
    ),
    (
        machine(mapped(ItemProcessor={**INNER, "ProcessorConfig": {"Mode": "DISTRIBUTED"}})),
        f"{SCHEMA}: These fields are required: [ExecutionType] at /States/A/ItemProcessor/ProcessorConfig",
    ),
    (
        machine(mapped(ItemProcessor={**INNER, "ProcessorConfig": {**DISTRIBUTED, "Mode": "INLINE"}})),
        f"{SCHEMA}: Field 'ExecutionType' is not supported at /States/A/ItemProcessor/ProcessorConfig",
    ),
    *(
        (machine(mapped(distributed=True, Label=label)), "INVALID_LABEL_NAME: Invalid Label name: ")
        for label in ("", "a" * 41, *(f"a{sign}" for sign in ' ?*<>{}[]:;,\\|^~$#%&`"\x00\x1f\x7f\x9f\t\n'))
    ),
    (
        machine(
            mapped(distributed=True, Label="L")
            | {
                "ItemProcessor": {
                    "StartAt": "B",
                    "States": {"B": mapped(distributed=True, Label="L")},
                    "ProcessorConfig": DISTRIBUTED,
                }
            }
        ),
        "DUPLICATE_LABEL_NAME: Duplicate Label name: L at /States/A/ItemProcessor/States/B/Label",
    ),
    (machine(mapped(MaxConcurrency=-1)), f"{SCHEMA}: Minimum value is 0 at /States/A/MaxConcurrency"),
    (
        machine(mapped(ToleratedFailurePercentage=101)),
        f"{SCHEMA}: Maximum value is 100.0 at /States/A/ToleratedFailurePercentage",
    ),
    (
        machine(mapped(MaxConcurrencyPath="$$.Execution.Input.n")),
        f"{SCHEMA}: Value is not a Reference Path at /States/A/MaxConcurrencyPath",
    ),
    (
        machine(mapped(ItemReader={"Resource": "arn:aws:states:::s3:putObject"})),
        f"{SCHEMA}: The field 'Resource' does not match any of the allowed values.",
    ),
    (
        read(InputType="CSV"),
        f"{SCHEMA}: The field 'CSVHeaderLocation' is required at /States/A/ItemReader/ReaderConfig",
    ),
    (
        read(InputType="CSV", CSVHeaderLocation="GIVEN"),
        f"{SCHEMA}: These fields are required: [CSVHeaders] at /States/A/ItemReader/ReaderConfig",
    ),
    (
        read(InputType="JSON", MaxItems=1, MaxItemsPath="$.n"),
        f"{SCHEMA}: There should only be one of the following fields: [MaxItems, MaxItemsPath] "
        "at /States/A/ItemReader/ReaderConfig",
    ),
    (
        jsonata(mapped(ItemBatcher={"MaxItemsPerBatchPath": "$.n"})),
        f"{SCHEMA}: {only('JSONPath', 'MaxItemsPerBatchPath')} at /States/A/ItemBatcher",
    ),
]

PATHS = [
    (machine(PASS | {"InputPath": "a"}), f"{SCHEMA}: Value must be a valid JSONPath. at /States/A/InputPath"),
    *(
        (
            machine(PASS | {"OutputPath": path}),
            f"{SCHEMA}: Value must be a valid JSONPath. at /States/A/OutputPath",
        )
        for path in ("$.", "$.a[", "$.a b", "$..", "$a.", "$.a[']", "$[]")
    ),
    *(
        (
            machine(PASS | {"ResultPath": path}),
            f"{SCHEMA}: Value is not a Reference Path at /States/A/ResultPath",
        )
        for path in ("$.a[*]", "$..a", "$.a[?(@.b)]", "$.a[0:2]", "$.a[0,1]", "$$.a", "$variable", "$.*")
    ),
    *(
        (
            machine(PASS | {"Parameters": {"a": [{"b.$": value}]}}),
            f"{SCHEMA}: The value for the field 'b.$' must be a valid JSONPath or a valid intrinsic function "
            "call at /States/A/Parameters",
        )
        for value in (
            *("a", "$.", "States.Format(", "States.Nothing()", "States.UUID(1)", "States.MathAdd(1)"),
            r"""States.StringToJson('{"text":"An \"escaped\" quote"}')""",
        )
    ),
    (
        machine(PASS | {"Parameters": {"b.$": 1}}),
        f"{SCHEMA}: The value for the field 'b.$' must be a STRING that contains a JSONPath but was an "
        "NUMBER at /States/A/Parameters",
    ),
    (
        machine({"Type": "Fail", "CausePath": "cause"}),
        f"{SCHEMA}: Value must be a valid JSONPath or a valid intrinsic function call at /States/A/CausePath",
    ),
]

VARIABLES = [
    *(
        (
            wrap(PASS | {"Assign": {"states": 1}}),
            "RESERVED_VARIABLE_NAME: Cannot assign to reserved variable '$states'. "
            "at /States/A/Assign/states",
        )
        for wrap in (machine, jsonata)
    ),
    *(
        (
            jsonata(PASS | {"Assign": {name: 1}}),
            f"INVALID_VARIABLE_NAME: Invalid variable name '{name}': the variable name contains invalid "
            f"characters. at /States/A/Assign/{name}",
        )
        for name in ("a-b", "1a", "_a", "a b", "a.$")
    ),
    (jsonata(PASS | {"Assign": {"a" * 81: 1}}), "INVALID_VARIABLE_NAME: "),
    (
        jsonata(
            {
                "Type": "Parallel",
                "Assign": {"v": 1},
                "Branches": [{"StartAt": "I", "States": {"I": PASS | {"Assign": {"v": 1}}}}],
                "End": True,
            }
        ),
        "DUPLICATE_VARIABLE_NAME: The variable name 'v' was already defined in a parent scope. "
        "at /States/A/Branches[0]/States/I/Assign/v",
    ),
]

EXPRESS = [
    (
        integration("sqs:sendMessage.waitForTaskToken"),
        f"{STANDARD_ONLY} '.waitForTaskToken' service integration ",
    ),
    (integration("states:startExecution.sync"), f"{STANDARD_ONLY} '.sync' service integration"),
    (
        TASK | {"Resource": "arn:aws:states:us-east-1:123456789012:activity:a"},
        f"{STANDARD_ONLY} Activity ARN",
    ),
    (
        mapped(distributed=True),
        "The field 'Mode' with value 'DISTRIBUTED' is not supported inside 'EXPRESS' state machines",
    ),
]


@pytest.mark.parametrize(
    ("definition", "reason"),
    [*MACHINES, *TRANSITIONS, *FIELDS, *TASKS, *WAITS, *CHOICES, *MAPS, *PATHS, *VARIABLES],
)
def test_a_definition_is_refused(definition: Any, reason: str) -> None:
    found = refusals(definition)
    assert any(one.startswith(reason) for one in found), found


@pytest.mark.parametrize(("state", "reason"), EXPRESS)
def test_an_express_machine_is_refused(state: dict[str, Any], reason: str) -> None:
    assert any(one.startswith(f"{SCHEMA}: {reason}") for one in refusals(machine(state), "EXPRESS"))
    assert not any(reason in one for one in refusals(machine(state)))


def test_a_field_of_the_wrong_language_is_the_only_problem() -> None:
    state = PASS | {"QueryLanguage": "JSONPath", "Output": 1}
    assert len(refusals(jsonata(state))) == 1


def test_text_that_is_no_json() -> None:
    (problem,) = problems_of("not a definition")
    place = '[Source: (String)"not a definition"; line: 1, column: 4]'
    assert (problem.code, problem.location) == ("INVALID_JSON_DESCRIPTION", place)
    assert problem.message.startswith("Unrecognized token 'not': was expecting (JSON String, Number, Array")
    assert [one.code for one in problems_of('{"StartAt": NaN}')] == ["INVALID_JSON_DESCRIPTION"]
    assert [one.code for one in problems_of('{"StartAt": "A",}')] == ["INVALID_JSON_DESCRIPTION"]


def test_all_reasons_stand_in_one_sentence() -> None:
    states = {"pass1": {"Type": "Pass", "Next": "pass3"}, "pass2": PASS}
    assert refusal(problems_of(json.dumps({"StartAt": "pass1", "States": states}))) == (
        "Invalid State Machine Definition: 'MISSING_TRANSITION_TARGET: Missing 'Next' target: pass3 at "
        '/States/pass1/Next, MISSING_TRANSITION_TARGET: State "pass2" is not reachable. at /States/pass2\''
    )


def test_no_end_hides_what_is_not_reachable() -> None:
    going_round = machine({"Type": "Pass", "Next": "A"})
    going_round["States"]["B"] = {"Type": "Pass", "Next": "A"}
    assert refusals(going_round) == ["MISSING_END_STATE: Workflow has no terminal state at null"]
    nowhere = machine({"Type": "Pass", "Next": "C"})
    assert [one.partition(":")[0] for one in refusals(nowhere)] == [TARGET, "MISSING_END_STATE"]
