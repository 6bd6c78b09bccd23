"""The least size of what a state is given, held to what JSON has."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mdlc_constructs.asl.failures import Catch
from mdlc_constructs.asl.machine import Machine
from mdlc_constructs.asl.sizes import MAX_DATA_BYTES, least_bytes
from mdlc_constructs.asl.statements import Statement
from mdlc_constructs.asl.states import Fail, Task

TEXTS = st.text(st.characters(exclude_categories=["Cs"]), max_size=8).filter(
    lambda text: not text.startswith("{%") and "${" not in text
)
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | TEXTS,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(TEXTS, inner, max_size=4),
    max_leaves=12,
)


@given(VALUES)
def test_what_is_known_counts_as_its_json(value: Any) -> None:
    text = json.dumps(value, separators=(",", ":"), ensure_ascii=False)
    assert least_bytes(value) == len(text.encode())


@pytest.mark.parametrize(
    ("value", "size"),
    [
        ("é", 4),
        ('"', 4),
        ("\n", 4),
        ("😀", 6),
        ("{% $plan %}", 1),
        ("${Bucket}", 2),
        ("s3://${Bucket}/${Token[TOKEN.12]}", 8),
        ({"a": "{% $x %}"}, 7),
    ],
)
def test_bytes_are_counted_and_what_is_known_later_counts_least(value: object, size: int) -> None:
    assert least_bytes(value) == size


def machine(size: int) -> Machine:
    """A machine whose task's arguments have so many bytes."""
    empty = {"FunctionName": "f", "Payload": ""}
    text = "x" * (size - len(json.dumps(empty, separators=(",", ":"))))
    return Machine(
        (
            Task(
                name="Call",
                resource="arn:aws:states:::lambda:invoke",
                arguments={**empty, "Payload": text},
                statements=(Statement(actions=("lambda:InvokeFunction",), resources=("f",)),),
                catch=(Catch(next="Failed"),),
            ),
            Fail(name="Failed", error="E", cause="c"),
        )
    )


def test_arguments_of_as_many_bytes_as_a_state_takes_are_taken_and_no_more() -> None:
    assert findings(machine(MAX_DATA_BYTES)) == []
    assert findings(machine(MAX_DATA_BYTES + 1)) == [
        "The arguments of state 'Call' have 262145 bytes or more as JSON; Step Functions takes 262144, so "
        "put the data into S3 and pass its place."
    ]


def findings(made: Machine) -> list[str]:
    from mdlc_constructs.asl.checks import findings as found

    return [one for one in found(made, traced=False) if "bytes" in one]
