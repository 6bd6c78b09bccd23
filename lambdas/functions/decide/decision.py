"""The record of a decision, made alike for both shapes once features and score are known."""

from datetime import UTC, datetime
from typing import Any

from lambdas.functions.decide import record, steps
from lambdas.functions.decide.environment import Environment
from lambdas.functions.decide.requests import Request
from lambdas.functions.decide.rules_cache import rules_in_use


def decided(
    request: Request, told: Environment, features: steps.Features, score: steps.Score, variant: str | None
) -> dict[str, Any]:
    """The record, not written yet."""
    return record.make(
        request_id=request.request_id,
        row=request.row,
        origin=told.origin,
        settings=told.settings,
        features=features,
        score=score,
        variant=variant,
        conclusion=steps.conclude(told.settings, rules_in_use().get(), score, features),
        acts=bool(told.action),
        at=datetime.now(UTC),
    )
