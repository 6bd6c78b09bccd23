from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from mdlc_cli.deploying import adoption, retained
from mdlc_cli.deploying.assembly import AppStack, Assembly
from mdlc_cli.errors import CommandError
from tests.cli import left

KEPT = {"DeletionPolicy": "RetainExceptOnCreate"}
KEY_REF = {"Fn::GetAtt": ["Key", "Arn"]}
TEMPLATE: dict[str, Any] = {
    "Key": {"Type": left.KEY, **KEPT},
    "Bucket": {"Type": left.BUCKET, "Properties": {"Encryption": KEY_REF}, **KEPT},
    "Audit": {"Type": left.TABLE, "Properties": {"Key": KEY_REF}, **KEPT},
    "Packages": {"Type": left.GROUP, "Properties": {"ModelPackageGroupName": "churn"}, **KEPT},
    "Machine": {"Type": "AWS::StepFunctions::StateMachine", "Properties": {"RoleArn": {"Ref": "Role"}}},
}


def importable(**changed: Any) -> set[str]:
    template = {"Resources": {**TEMPLATE, **changed}}
    return set(adoption.importable(template, retained.left_by(left.target(), ["Churn"])))


def test_what_the_template_declares_again_is_imported() -> None:
    assert importable() == {"Key", "Bucket", "Audit", "Packages"}


@pytest.mark.parametrize(
    ("changed", "expected"),
    [
        # Without the key, what refers to it would be imported with a reference to nothing.
        ({"Key": {"Type": left.KEY}}, {"Packages"}),
        ({"Key": {**TEMPLATE["Key"], "Condition": "C"}}, {"Packages"}),
        ({"Bucket": {"Type": left.TABLE, **KEPT}}, {"Key", "Audit", "Packages"}),
        ({"Bucket": {**TEMPLATE["Bucket"], "DependsOn": "Machine"}}, {"Key", "Audit", "Packages"}),
        (
            {"Bucket": {**TEMPLATE["Bucket"], "Properties": {"Fn::Sub": "a-${Machine.Arn}"}}},
            {"Key", "Audit", "Packages"},
        ),
        (
            {
                "Bucket": {
                    **TEMPLATE["Bucket"],
                    "Properties": {"Fn::Sub": ["${X}", {"X": {"Ref": "Machine"}}]},
                }
            },
            {"Key", "Audit", "Packages"},
        ),
    ],
)
def test_what_cannot_be_imported_is_left_where_it_is(changed: dict[str, Any], expected: set[str]) -> None:
    assert importable(**changed) == expected


def app(tmp_path: Path, resources: dict[str, Any]) -> Assembly:
    stack = AppStack(name="Churn", selector="Churn", template={"Resources": resources})
    return Assembly(folder=tmp_path, stacks=(stack,))


def test_a_taken_name_that_cannot_be_taken_up_is_refused_before_anything_is_deployed(tmp_path: Path) -> None:
    moved = {"Other": TEMPLATE["Packages"]}
    with pytest.raises(CommandError) as refusal:
        adoption.adopt(left.target(), app(tmp_path, moved), {"Churn"}, ())
    assert str(refusal.value) == (
        "model package group churn is left of an earlier Churn, and this app makes one of that name "
        "elsewhere in the stack: remove what is left with `mdlc teardown Churn --everything`, or name it "
        "otherwise"
    )


def test_a_stack_that_stands_takes_up_nothing() -> None:
    assert adoption.candidates(left.target(deployed=("Churn",)), ()) == set()
    assert adoption.candidates(left.target(), ()) == {"Churn"}
    assert adoption.candidates(left.target(), ["Churn"]) == {"Churn"}
    assert adoption.candidates(left.target(), ["Else"]) == set()
    # Only the app knows which stack a path means.
    assert adoption.candidates(left.target(), ["Prod/*"]) == {"Churn"}
