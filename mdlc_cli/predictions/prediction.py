"""A recorded prediction of a model."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

DECISION, BATCH, ENDPOINT = "decision", "batch", "endpoint"


@dataclass(frozen=True, kw_only=True)
class Prediction:
    """A recorded prediction.

    Attributes:
        kind: its source: a decision API, batch inference, or the endpoint itself.
        place: the table or the file with the record.
        at: its time in ISO 8601; empty when not recorded.
        version: the package version that answered; None when none did or it is not recorded.
        row: the input row; None when not recorded.
        decision: for a decision API: the decision, the rule and version of the rules, and the action.
        details: the other members of its record.
    """

    prediction_id: str
    kind: str
    model: str
    place: str
    at: str = ""
    version: int | None = None
    score: Any = None
    row: Any = None
    decision: Mapping[str, Any] = field(default_factory=dict)
    details: Mapping[str, Any] = field(default_factory=dict)
