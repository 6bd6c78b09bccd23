"""One answer of a model, as it was recorded."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

DECISION, BATCH, ENDPOINT = "decision", "batch", "endpoint"


@dataclass(frozen=True, kw_only=True)
class Prediction:
    """What is known of an answer.

    Attributes:
        kind: who was asked: a decision API, a batch, or the endpoint itself.
        place: the table or the file in which it stands.
        at: when, ISO; nothing where it is not recorded.
        version: the package version that answered, None where none did or it is not recorded.
        row: the input; None where it is not recorded.
        decision: of a decision API: what was decided, by which rule of which rules, and what was done.
        details: what else its record holds.
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
