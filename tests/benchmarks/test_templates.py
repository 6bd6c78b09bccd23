import os
import subprocess
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from benchmarks import ours, typescript_twin
from benchmarks.all_l2 import stack as twin
from benchmarks.templates import actions, check_equal, states, template, types


def resource(type_: str, **properties: object) -> dict[str, object]:
    return {"Type": type_, "Properties": properties}


def document(*granted: str) -> dict[str, object]:
    return {"Statement": [{"Effect": "Allow", "Action": list(granted), "Resource": "*"}]}


def machine(*names: str) -> dict[str, object]:
    text = '{"States":{' + ",".join(f'"{name}":{{}}' for name in names) + "}}"
    return resource("AWS::StepFunctions::StateMachine", StateMachineName="m", DefinitionString=text)


def role(*granted: str) -> dict[str, object]:
    return resource("AWS::IAM::Role", Policies=[{"PolicyDocument": document(*granted)}])


def whole(**resources: object) -> Mapping[str, Any]:
    return {"Resources": resources}


def test_statements_count_wherever_they_stand() -> None:
    within = whole(Role=role("a:One", "a:Two"))
    beside = whole(Role=role("a:One"), Policy=resource("AWS::IAM::Policy", PolicyDocument=document("a:Two")))
    check_equal(within, beside)
    assert actions(beside) == {"a:One", "a:Two"}
    assert types(beside) == {"AWS::IAM::Role": 1}


def test_a_definition_with_references_is_read() -> None:
    joined = {"Fn::Join": ["", ['{"States":{"A":{"Resource":"', {"Ref": "X"}, '"}}}']]}
    one = whole(M=resource("AWS::StepFunctions::StateMachine", StateMachineName="m", DefinitionString=joined))
    assert states(one) == {"m/A"}


@pytest.mark.parametrize(
    ("ours_", "twin_", "told"),
    [
        (whole(A=role("a:One")), whole(A=role("a:One"), B=role("a:One")), "resources.*AWS::IAM::Role', 2"),
        (whole(A=role("a:One")), whole(A=role("a:Two")), "actions: only ours has .'a:One'"),
        (whole(A=machine("One")), whole(A=machine("One", "Two")), "states.*only the twin has .'m/Two'"),
    ],
)
def test_a_difference_is_named(ours_: Mapping[str, Any], twin_: Mapping[str, Any], told: str) -> None:
    with pytest.raises(ValueError, match=told):
        check_equal(ours_, twin_)


def test_the_twins_make_the_same(tmp_path: Path) -> None:
    ours.synthesize(1, str(tmp_path / "ours"))
    twin.synthesize(1, str(tmp_path / "python"))
    subprocess.run(
        [*typescript_twin.command(tmp_path / "inputs.json"), "1", str(tmp_path / "typescript")],
        env=os.environ | typescript_twin.environment(),
        check=True,
    )
    python = template(tmp_path / "python", "Model0")
    check_equal(template(tmp_path / "ours", "Model0"), python)
    assert template(tmp_path / "typescript", "Model0") == python
