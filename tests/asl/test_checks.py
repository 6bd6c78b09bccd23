import time

import pytest

from mdlc_constructs.asl.checks import MAX_DEFINITION_BYTES, check, findings
from mdlc_constructs.asl.foreign import Foreign
from mdlc_constructs.asl.machine import Machine
from mdlc_constructs.asl.sequence import StateSequence
from mdlc_constructs.asl.statements import Statement
from mdlc_constructs.asl.states import Map, Pass, State, Task
from mdlc_constructs.tasks.processing import ProcessingInput, processing_job

PUT = Statement(actions=("dynamodb:PutItem",), resources=("*",))


def put(arguments: dict[str, object], *statements: Statement) -> Task:
    return Task(
        name="Put", resource="arn:aws:states:::dynamodb:putItem", arguments=arguments, statements=statements
    )


RIGHT: dict[str, object] = {"TableName": "t", "Item": {}}


@pytest.mark.parametrize(
    ("state", "said"),
    [
        (
            put({"Tablename": "t", "Item": {}, "Itm": 1}, PUT),
            "State 'Put': Itm is no member of dynamodb:PutItem; did you mean 'Item'?",
        ),
        (put({"TableName": "t"}, PUT), "State 'Put': dynamodb:PutItem lacks 'Item', which is required."),
        (
            put(RIGHT),
            "State 'Put' needs dynamodb:PutItem, which none of its statements allows;",
        ),
        (
            put({**RIGHT, "Item": {"a.$": "$.x"}}, PUT),
            "State 'Put' uses JSONPath (Arguments.a.$) in a machine that is JSONata",
        ),
        (put({**RIGHT, "Item": "{% $a & %}"}, PUT), "State 'Put': {% $a & %} is no valid JSONata"),
        (
            put({**RIGHT, "TableName": "${Table}"}, PUT),
            "Placeholder ${Table} is bound to nothing; add it to bindings.",
        ),
        (
            put(RIGHT, Statement(actions=("dynamodb:PutItem",), resources=("${TableArn}",))),
            "Placeholder ${TableArn} is bound to nothing",
        ),
        (Pass(name="P", output=["#{Token[TOKEN.5]}"]), "State 'P' holds a CDK token as a list or a number"),
        (Pass(name="P", output=-1.8881545897087507e289), "State 'P' holds a CDK token as a list or a number"),
        (Pass(name="P", output="x" * MAX_DEFINITION_BYTES), "so split the machine."),
        (
            Foreign(name="F", body={"Type": "Pass", "ResultPath": "$.x", "End": True}),
            "State 'F' uses JSONPath (ResultPath)",
        ),
    ],
)
def test_each_check_finds_its_fault(state: State, said: str) -> None:
    (told,) = [finding for finding in findings(Machine((state,)), traced=False) if said in finding]
    assert told


def test_each_check_looks_into_nested_machines() -> None:
    inner = Machine((put({"TableName": "{% $( %}", "Itm": {}}),))
    told = "\n".join(
        findings(Machine((Map(name="M", items=[], processor=inner, max_concurrency=1),)), traced=False)
    )
    assert "Itm is no member" in told
    assert "needs dynamodb:PutItem" in told
    assert "{% $( %} is no valid JSONata" in told


def test_a_sound_machine_has_no_findings() -> None:
    assert list(findings(Machine((put(RIGHT, PUT),)), traced=False)) == []


def test_the_trace_is_asked_for_unless_told_otherwise() -> None:
    machine = Machine((put(RIGHT, PUT),))
    with pytest.raises(ValueError, match="State 'Put' can fail without a trace"):
        check(machine)
    check(machine, traced=False)


def test_a_hundred_machines_are_made_and_checked_in_no_time() -> None:
    def machine(number: int) -> Machine:
        steps = [
            processing_job(
                f"Step{step}",
                job_name=f"{{% $plan.names.step{step} %}}",
                name_pattern=f"model{number}-*",
                role_arn="${Role}",
                image="${Image}",
                instance_type="ml.m5.large",
                inputs=[ProcessingInput(name="plan", uri="{% $plan.uri %}")],
                environment={"MODEL": f"model{number}"},
            )
            for step in range(20)
        ]
        return Machine(StateSequence.of(*steps).states, bindings={"Role": "r", "Image": "i"})

    check(machine(0), traced=False)  # loads the parser and the table
    started = time.process_time()
    for number in range(1, 101):
        check(machine(number), traced=False)
    # The goal is 0.1 s on a machine of its own; the test leaves room for a busy one.
    assert time.process_time() - started < 0.5
