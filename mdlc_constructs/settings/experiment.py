"""Rollouts that first test a new version beside the serving one: Shadow and ABTest.

Both update the endpoint to a configuration of their own for the duration of the test. This update has no
deployment guardrails, because SageMaker requires equal variant names to shift traffic in steps
(https://docs.aws.amazon.com/sagemaker/latest/dg/deployment-guardrails-exclusions.html). Afterwards the
endpoint is always updated to the champion's own configuration again. A version that passed the test is then
released by an ordinary deployment, watched by alarms and probes.

There is no test for a first release, which has no version to compare with; for a release of an older version,
which must not take days; and for a version that replaces an endpoint configuration that this library did not
create.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import TypeAlias

from mdlc_constructs.settings import sticky
from mdlc_constructs.settings.numbers import check_above, check_duration, check_whole
from mdlc_constructs.settings.payloads.probing import ABTestSettings, ShadowSettings
from mdlc_constructs.settings.refusal import refusal
from mdlc_constructs.settings.rollout import AllAtOnce, Deployment, check_variant_name
from mdlc_constructs.settings.serving import Serving

MIN_EXPERIMENT, MAX_EXPERIMENT = timedelta(minutes=1), timedelta(days=30)
SHADOW_VARIANT = "shadow"
"""The variant name of the shadow; its captured data and its metrics have this name."""

MIN_OUTCOMES = 30
"""With fewer, the normal distribution is not a good approximation of Student's t."""


def _check_share(argument: str, value: float) -> None:
    if not 0 <= value <= 1:
        raise refusal(argument, value, "give a share from 0 to 1.")


def _check_serving(what: str, serving: Serving, *, modes: tuple[str, ...]) -> None:
    """Refuse an endpoint that does not support such a test.

    Source: https://docs.aws.amazon.com/sagemaker/latest/dg/shadow-tests-create.html (shadow) and
    https://docs.aws.amazon.com/sagemaker/latest/dg/serverless-endpoints.html (several variants).
    """
    if serving.serverless is not None or serving.asynchronous is not None or not serving.has_guardrails:
        kind = (
            "a serverless endpoint"
            if serving.serverless is not None
            else "an asynchronous endpoint"
            if serving.asynchronous is not None
            else "Marketplace containers and Inf1 instances"
        )
        raise refusal("rollout", what, f"is not offered for {kind}; give AllAtOnce.")
    capture = serving.capture
    if capture is None or not capture.sample_percent or not set(modes) <= set(capture.modes):
        raise refusal(
            "capture", capture, f"leaves {what} nothing to judge by; capture {' and '.join(modes)}."
        )


@dataclass(frozen=True, kw_only=True)
class Shadow:
    """A shadow test: the new version gets copies of requests, and callers never see its responses.

    After ``duration`` the captured responses of both versions to the same requests are compared. A version
    whose responses differ too much, that fails or that is slow is Rejected with the numbers. With too few
    pairs of responses it is not promoted, and its approval status does not change.

    AWS does not offer shadow tests for endpoints with "multi-container" models. Its documentation does not
    say whether that includes inference pipelines (`Serving.prepares`): try it on an endpoint of your own.

    Args:
        sample_percent: the percentage of requests that are copied.
        duration: how long both versions get requests before the result decides.
        tolerance: how far two responses to one request may differ, in the score's own unit; None takes the
            tolerance of `Probes`.
        outside: the largest share (0 to 1) of pairs that may differ by more.
        errors: how much larger the new version's share (0 to 1) of failed requests may be.
        slower: the largest ratio of the mean model latencies, the new version's to the serving one's.
        pairs: the minimum number of pairs of responses for a result.
        then: the deployment that releases the new version when it passes.

    Raises:
        ValueError: naming the argument, its value and the remedy.
    """

    sample_percent: int = 100
    duration: timedelta = timedelta(days=1)
    tolerance: float | None = None
    outside: float = 0.05
    errors: float = 0.01
    slower: float = 1.5
    pairs: int = 100
    then: Deployment = field(default_factory=AllAtOnce)

    def __post_init__(self) -> None:
        check_whole("sample_percent", self.sample_percent, 1, 100, unit="percent")
        check_duration("duration", self.duration, MIN_EXPERIMENT, MAX_EXPERIMENT)
        if self.tolerance is not None:
            check_above("tolerance", self.tolerance, 0, 1e12)
        _check_share("outside", self.outside)
        _check_share("errors", self.errors)
        check_above("slower", self.slower, 0, 1e6)
        check_whole("pairs", self.pairs, 1, 100_000, unit="pairs")

    @property
    def takeover(self) -> Deployment:
        """The deployment that releases the new version when it passes the test."""
        return self.then

    @property
    def challenger(self) -> str:
        """The new version's variant."""
        return SHADOW_VARIANT

    def check_endpoint(self, serving: Serving, entity: str | None) -> None:
        """Refuse an endpoint that does not support a shadow variant.

        Raises:
            ValueError: naming the setting that does not fit.
        """
        _check_serving("Shadow", serving, modes=("Output",))
        if serving.variant == SHADOW_VARIANT:
            raise refusal("variant", serving.variant, "is the shadow's name; give the endpoint's another.")

    def judgement(self, tolerance: float) -> ShadowSettings:
        """The settings for the function that judges the test.

        Args:
            tolerance: the tolerance of the probes, used when ``tolerance`` is None.
        """
        return ShadowSettings(
            tolerance=tolerance if self.tolerance is None else self.tolerance,
            outside=self.outside,
            errors=self.errors,
            slower=self.slower,
            pairs=self.pairs,
        )


@dataclass(frozen=True, kw_only=True)
class ABTest:
    """An A/B test: two versions share the traffic, and each entity always gets the same version.

    SageMaker's own weights choose a variant at random for each request. So the caller computes `variant_of`
    and sends it as the request's ``TargetVariant``; a `DecisionApi` in front of the endpoint (of the Lambda
    shape) does so itself, by the dataset's entity column. Your team writes the outcome of each request, as
    JSON Lines below ``outcomes/`` in the model's bucket: ``{"request_id": ..., "value": ...}``, where
    ``request_id`` is the request's ``InferenceId``.

    The challenger wins when the confidence interval of the difference of means lies above zero: Welch's
    interval, with the normal distribution instead of Student's t. The means are of entities, because requests
    of one entity are not independent. Otherwise the champion stays and the new version is Rejected; with too
    few outcomes its approval status does not change. No alarm rolls the challenger back during the test: use
    Shadow to test whether a version is safe.

    Args:
        weights: the share of the traffic of each variant, in any unit: first the endpoint's own variant
            (`Serving.variant`), which the champion keeps, then the new version's variant.
        duration: how long the test runs.
        confidence: the confidence level (0.5 to 1) at which the challenger must win.
        higher_is_better: whether larger outcome values are better.
        outcomes: the minimum number of entities with an outcome, for each variant.
        collapse: the deployment by which the winner gets all traffic afterwards.

    Raises:
        ValueError: naming the argument, its value and the remedy.
    """

    weights: Mapping[str, float] = field(default_factory=lambda: {"main": 50, "challenger": 50})
    duration: timedelta = timedelta(days=7)
    confidence: float = 0.95
    higher_is_better: bool = True
    outcomes: int = 100
    collapse: Deployment = field(default_factory=AllAtOnce)

    def __post_init__(self) -> None:
        if len(self.weights) != 2:
            raise refusal(
                "weights",
                dict(self.weights),
                "a release brings one new version: give two variants, the endpoint's own first.",
            )
        for name, weight in self.weights.items():
            check_variant_name("weights", name)
            check_above(f"weights[{name!r}]", weight, 0, 1e6)
        object.__setattr__(self, "weights", dict(self.weights))
        check_duration("duration", self.duration, MIN_EXPERIMENT, MAX_EXPERIMENT)
        if not 0.5 <= self.confidence < 1:
            raise refusal("confidence", self.confidence, "give a probability from 0.5 to below 1.")
        check_whole("outcomes", self.outcomes, MIN_OUTCOMES, 1_000_000, unit="outcomes")

    @property
    def takeover(self) -> Deployment:
        """The deployment by which the winner gets all traffic."""
        return self.collapse

    @property
    def challenger(self) -> str:
        """The new version's variant."""
        return list(self.weights)[1]

    def variant_of(self, entity: str) -> str:
        """The variant for this entity, always the same; over many entities the shares match the weights."""
        return sticky.variant_of(entity, list(self.weights.items()))

    def check_endpoint(self, serving: Serving, entity: str | None) -> None:
        """Refuse an endpoint or a dataset that does not support an A/B test.

        Args:
            entity: the dataset's entity column.

        Raises:
            ValueError: naming the setting that does not fit.
        """
        _check_serving("ABTest", serving, modes=("Input", "Output"))
        first = next(iter(self.weights))
        if first != serving.variant:
            raise refusal(
                "weights", first, f"the champion goes on as the endpoint's own variant: {serving.variant!r}."
            )
        if entity is None:
            raise refusal("entity", None, "name the dataset's column that an ABTest keeps to one variant.")

    def judgement(self, entity: str) -> ABTestSettings:
        """The settings for the function that judges the test."""
        return ABTestSettings(
            confidence=self.confidence,
            higher_is_better=self.higher_is_better,
            outcomes=self.outcomes,
            entity=entity,
        )


Experiment: TypeAlias = Shadow | ABTest
"""A rollout that first tests the new version beside the serving one."""
