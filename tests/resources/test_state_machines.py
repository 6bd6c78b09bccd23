import json
from dataclasses import replace

import pytest
from aws_cdk import App, Stack
from aws_cdk.assertions import Template

from mdlc_constructs.asl.machine import Machine
from mdlc_constructs.asl.states import Pass
from mdlc_constructs.resources.model_home import ModelHome
from mdlc_constructs.resources.state_machines import new_state_machine


@pytest.mark.parametrize(
    ("express", "logs_everything", "kind", "level"),
    [(False, True, "STANDARD", "ALL"), (True, False, "EXPRESS", "ERROR")],
)
def test_a_machine_is_encrypted_traced_and_logged(
    express: bool, logs_everything: bool, kind: str, level: str
) -> None:
    stack = Stack(App(), "S")
    home = ModelHome(stack, "Model", name="churn")
    machine = replace(Machine((Pass(name="Only"),), comment="Does nothing"), bindings=home.bindings)
    new_state_machine(
        stack,
        "Machine",
        home,
        machine,
        name="churn-nothing",
        prefix="Own",
        express=express,
        logs_everything=logs_everything,
    )
    template = Template.from_stack(stack)
    (made,) = template.find_resources("AWS::StepFunctions::StateMachine").values()
    properties = made["Properties"]
    assert properties["StateMachineName"] == "churn-nothing"
    assert properties.get("StateMachineType", "STANDARD") == kind
    assert properties["LoggingConfiguration"]["Level"] == level
    assert properties["LoggingConfiguration"]["IncludeExecutionData"] is logs_everything
    assert properties["TracingConfiguration"] == {"Enabled": True}
    assert properties["EncryptionConfiguration"]["Type"] == "CUSTOMER_MANAGED_KMS_KEY"
    template.has_resource_properties(
        "AWS::Logs::LogGroup", {"LogGroupName": "/aws/vendedlogs/states/churn-nothing"}
    )


def test_machines_that_no_template_holds_are_refused() -> None:
    stack = Stack(App(), "S")
    home = ModelHome(stack, "Model", name="churn")

    def make(number: int, characters: int) -> None:
        machine = Machine((Pass(name="Only", comment="x" * characters),), bindings=home.bindings)
        new_state_machine(stack, f"Machine{number}", home, machine, name=f"m{number}", prefix=f"Own{number}")

    around = len(json.dumps(Machine((Pass(name="Only", comment="x"),)).definition())) - 1
    make(1, 500_000 - around)
    with pytest.raises(ValueError, match="of the stack 'S' have 1000001 bytes in its template, and CloudF"):
        make(2, 500_001 - around)
    assert stack.node.try_find_child("Own2Role") is None
    make(3, 500_000 - around)
