"""Builds the record of a decision from features and score, for both handlers."""

from datetime import UTC, datetime

from lambdas.functions.decide import record, steps
from lambdas.functions.decide.config import Config
from lambdas.functions.decide.requests import DecisionRequest
from lambdas.functions.decide.rules_cache import rules_in_use
from mdlc_constructs.settings.payloads.decision import DecisionRecord


def decided(
    request: DecisionRequest,
    config: Config,
    features: steps.Features,
    score: steps.Score,
    variant: str | None,
) -> DecisionRecord:
    """The record of the decision, not yet written to the table."""
    return record.make(
        request_id=request.request_id,
        row=request.row,
        origin=config.origin,
        settings=config.settings,
        features=features,
        score=score,
        variant=variant,
        conclusion=steps.conclude(config.settings, rules_in_use().get(), score, features),
        acts=bool(config.action),
        at=datetime.now(UTC),
    )
