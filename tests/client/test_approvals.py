from __future__ import annotations

import pytest

from mdlc_client import approvals

ITEM = {
    "sk": "APPROVAL#3",
    "decision": "Approved",
    "decided_by": "arn:aws:sts::1:assumed-role/Scientist/ada",
    "decided_at": "2026-01-01T12:00:30.000Z",
    "reason": "good",
}


def test_a_decision_is_found_by_its_version() -> None:
    assert approvals.decision_of([{"sk": "APPROVAL#31"}, ITEM], 3) == ITEM
    assert approvals.decision_of([ITEM], 1) == {}


@pytest.mark.parametrize(
    ("decision", "status", "stands"),
    [
        ("Approved", "Approved", True),
        ("Approved", "Rejected", False),
        ("Rejected", "Rejected", True),
        ("Expired", "Rejected", True),
        ("Expired", "Approved", False),
        ("Approved", "", False),
    ],
)
def test_what_was_decided_elsewhere_since_counts(decision: str, status: str, stands: bool) -> None:
    item = {**ITEM, "decision": decision}
    assert approvals.standing(item, status) == (item if stands else {})
    assert approvals.standing({}, status) == {}


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({}, "approved by assumed-role/Scientist/ada on 2026-01-01 12:00: good"),
        (
            {"decision": "Rejected", "reason": ""},
            "rejected by assumed-role/Scientist/ada on 2026-01-01 12:00",
        ),
        ({"decision": "Expired"}, "expired on 2026-01-01 12:00: nobody decided in time"),
    ],
)
def test_a_decision_in_a_sentence(changed: dict[str, str], said: str) -> None:
    assert approvals.sentence({**ITEM, **changed}) == said
    assert approvals.sentence({}) == ""
