from __future__ import annotations

from typing import Any

import pytest
from cfnlint.schema import PROVIDER_SCHEMA_MANAGER

from mdlc_cli.deploying import retained
from tests.cli import left
from tests.cli.left import ARN, LEFT


def names(found: list[retained.Retained]) -> set[str]:
    return {one.physical_id for one in found}


def test_what_a_deleted_stack_retained_is_found_by_its_events() -> None:
    found = retained.left_by(left.target(), ["Churn"])
    assert {(one.logical_id, (one.kind, one.physical_id)) for one in found} == set(LEFT.items())
    assert {one.sentence_part for one in found} == {
        "bucket churn-1", "table t", "key k", "model package group churn",
    }  # fmt: skip


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        ({"missing": ("churn-1", "churn")}, {"t", "k"}),
        ({"missing": ("t", "k")}, {"churn-1", ARN}),
        # Another stack has imported it.
        ({"deployed": ("Other",), "owned": ("churn-1", ARN)}, {"t", "k"}),
        ({"deleted": {"Else": LEFT}}, set()),
    ],
)
def test_what_is_gone_or_held_by_another_stack_is_not_left(
    arguments: dict[str, Any], expected: set[str]
) -> None:
    assert names(retained.left_by(left.target(**arguments), ["Churn"])) == expected


def test_a_key_that_is_to_be_deleted_counts_as_gone() -> None:
    here = left.target()
    here.clients["kms"]._answers["describe_key"] = {"KeyMetadata": {"KeyState": "PendingDeletion"}}
    assert "k" not in names(retained.left_by(here, ["Churn"]))


@pytest.mark.parametrize("kind", retained.IDENTIFIERS)
def test_a_type_is_imported_by_the_primary_identifier_of_its_schema(kind: str) -> None:
    schema = PROVIDER_SCHEMA_MANAGER.get_resource_schema("us-east-1", kind).schema
    assert schema["primaryIdentifier"] == [f"/properties/{retained.IDENTIFIERS[kind]}"]
    # CloudFormation imports what it can read.
    assert "read" in schema["handlers"]
