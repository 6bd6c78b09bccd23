from random import Random
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mdlc_constructs.asl.statements import Statement, covers, merge, uncovered

ACTIONS = ("s3:GetObject", "s3:PutObject", "iam:PassRole", "kms:Decrypt", "events:*")
RESOURCES = ("arn:aws:s3:::a/*", "arn:aws:s3:::b/*", "*", "${Role}")
CONDITIONS: tuple[dict[str, dict[str, object]], ...] = (
    {},
    {"StringEquals": {"iam:PassedToService": "sagemaker.amazonaws.com"}},
    {"StringLike": {"kms:ViaService": "s3.*"}},
)

statements = st.lists(
    st.builds(
        Statement,
        actions=st.lists(st.sampled_from(ACTIONS), min_size=1, unique=True).map(tuple),
        resources=st.lists(st.sampled_from(RESOURCES), min_size=1, unique=True).map(tuple),
        conditions=st.sampled_from(CONDITIONS),
        sid=st.sampled_from(("", "Named")),
    ),
    max_size=8,
)


def granted(parts: tuple[Statement, ...] | list[Statement]) -> set[tuple[str, str, str, str]]:
    return {
        (action, resource, str(part.conditions), part.sid)
        for part in parts
        for action in part.actions
        for resource in part.resources
    }


@given(statements)
def test_merging_grants_exactly_the_same(parts: list[Statement]) -> None:
    assert granted(merge(parts)) == granted(parts)


@given(statements, st.randoms())
def test_merging_is_the_same_whatever_the_order(parts: list[Statement], random: Random) -> None:
    shuffled = list(parts)
    random.shuffle(shuffled)
    assert merge(shuffled) == merge(parts) == merge(merge(parts))


def test_actions_on_the_same_resource_become_one_statement() -> None:
    parts = (
        Statement(actions=("s3:PutObject",), resources=("a",)),
        Statement(actions=("s3:GetObject",), resources=("a",)),
        Statement(actions=("s3:GetObject", "s3:PutObject"), resources=("b",)),
    )
    assert merge(parts) == (Statement(actions=("s3:GetObject", "s3:PutObject"), resources=("a", "b")),)


def test_policy_document_spells_what_is_there_and_nothing_else() -> None:
    plain = Statement(actions=("s3:GetObject",), resources=("a",))
    assert plain.to_policy() == {"Effect": "Allow", "Action": ["s3:GetObject"], "Resource": ["a"]}
    full = Statement(actions=("kms:Decrypt",), resources=("k",), conditions=CONDITIONS[2], sid="Key")
    assert full.to_policy() == {
        "Sid": "Key",
        "Effect": "Allow",
        "Action": ["kms:Decrypt"],
        "Resource": ["k"],
        "Condition": {"StringLike": {"kms:ViaService": "s3.*"}},
    }


def test_wildcards_cover_and_case_does_not_matter() -> None:
    parts = (Statement(actions=("sagemaker:Create*", "s3:getobject"), resources=("*",)),)
    assert covers(parts, "sagemaker:CreateModel")
    assert covers(parts, "s3:GetObject")
    assert not covers(parts, "sagemaker:DeleteModel")
    assert uncovered(parts, ("s3:GetObject", "s3:PutObject")) == ["s3:PutObject"]
    assert covers((Statement(actions=("*",), resources=("*",)),), "anything:AtAll")


@pytest.mark.parametrize(
    ("actions", "resources", "said"),
    [
        ((), ("a",), r"actions=\(\) must be a tuple"),
        ("s3:GetObject", ("a",), "actions='s3:GetObject' must be a tuple"),
        (("s3:GetObject",), "a", "resources='a' must be a tuple"),
        (("s3:GetObject",), (), r"resources=\(\) must be a tuple"),
        (("GetObject",), ("a",), "'GetObject', which is no IAM action; write it as 'service:Action'"),
    ],
)
def test_what_grants_nothing_is_refused(actions: Any, resources: Any, said: str) -> None:
    with pytest.raises(ValueError, match=said):
        Statement(actions=actions, resources=resources)
