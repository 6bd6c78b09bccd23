"""How a new version is tried beside the serving one before it takes over: Shadow and ABTest.

Both put the endpoint on a configuration of their own for a while: without guardrails, since SageMaker asks
for equal variant names where it shifts traffic in steps
(https://docs.aws.amazon.com/sagemaker/latest/dg/deployment-guardrails-exclusions.html). Afterwards the
endpoint goes back to the champion's own configuration whatever the result, and a version that held then
takes over by an ordinary deployment, watched by alarms and probes.

A first release has nothing to be tried beside: it serves at once. So does the way back to an older version,
which must not take days, and a version that replaces a configuration which this library did not make.
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
"""The shadow's variant name, by which its captures and metrics are known."""

MIN_OUTCOMES = 30
"""With fewer, the normal distribution stands in badly for Student's."""


def _check_share(argument: str, value: float) -> None:
    if not 0 <= value <= 1:
        raise refusal(argument, value, "give a share from 0 to 1.")


def _check_serving(what: str, serving: Serving, *, modes: tuple[str, ...]) -> None:
    """Refuse an endpoint that can be tried nothing on.

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
    """The new version answers copies of requests, and its answers go nowhere but to the comparison.

    After ``duration`` the captured answers of both versions to the same requests are compared. A version
    that comes too far from the serving one, fails, or is slow is Rejected with the numbers; one of which too
    little is known is not promoted and stays as it is.

    AWS offers shadow tests to no endpoint with "multi-container" models. Whether its inference pipelines
    (`Serving.prepares`) are meant by that, its documentation does not say: try it on an endpoint of yours.

    Args:
        sample_percent: share of requests that are copied.
        duration: how long the two are compared before the new version is promoted or dropped.
        tolerance: how far two answers to one request may lie apart, in the answer's own unit; None takes
            that of `Probes`.
        outside: the largest share (0 to 1) of pairs that may lie further apart.
        errors: how much the new version's share of failed requests may exceed the serving one's.
        slower: the largest ratio of mean model latencies, the new version's to the serving one's.
        pairs: the fewest pairs of answers to judge by.
        then: how the promoted version takes over.

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
        """How the new version takes over when it held."""
        return self.then

    @property
    def challenger(self) -> str:
        """The new version's variant."""
        return SHADOW_VARIANT

    def check_endpoint(self, serving: Serving, entity: str | None) -> None:
        """Refuse an endpoint that has no shadow.

        Raises:
            ValueError: naming what does not fit.
        """
        _check_serving("Shadow", serving, modes=("Output",))
        if serving.variant == SHADOW_VARIANT:
            raise refusal("variant", serving.variant, "is the shadow's name; give the endpoint's another.")

    def judgement(self, tolerance: float) -> ShadowSettings:
        """As the judging function gets it.

        Args:
            tolerance: that of the probes.
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
    """Two versions share the traffic for a while, each entity always with the same one.

    SageMaker's own weights are drawn anew for each request. So the caller asks `variant_of` and names the
    answer as the request's ``TargetVariant``; a `DecisionApi` in front of the endpoint (of the Lambda shape)
    does so by itself, by the dataset's entity column. What came of each request is written by the team, as
    JSON Lines below ``outcomes/`` in the model's bucket: ``{"request_id": ..., "value": ...}``, the
    request's id being its ``InferenceId``.

    The challenger wins when the confidence interval of the difference of means (of entities, not of
    requests: those of one entity are not independent) lies above zero: Welch's, with the normal distribution
    in the place of Student's. Otherwise the champion stays and the version is Rejected; with too few outcomes
    it is left as it is. While the test runs no alarm sends the challenger back: Shadow is the rollout that
    asks whether it is safe at all.

    Args:
        weights: variant's name to its share of the traffic, in any unit: the endpoint's own variant
            (`Serving.variant`), with which the champion goes on, then the new version's.
        duration: how long the test runs.
        confidence: how sure (0.5 to 1) the result must be for the challenger to win.
        higher_is_better: whether larger values are the better ones.
        outcomes: the fewest entities with an outcome, of each variant, to judge by.
        collapse: how the winner takes over all traffic afterwards.

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
        """How the winner takes over."""
        return self.collapse

    @property
    def challenger(self) -> str:
        """The new version's variant."""
        return list(self.weights)[1]

    def variant_of(self, entity: str) -> str:
        """The variant that always answers for this entity; over many entities the shares are the weights'."""
        return sticky.variant_of(entity, list(self.weights.items()))

    def check_endpoint(self, serving: Serving, entity: str | None) -> None:
        """Refuse an endpoint, or a dataset, that cannot be tested on.

        Args:
            entity: the dataset's entity column.

        Raises:
            ValueError: naming what does not fit.
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
        """As the judging function gets it."""
        return ABTestSettings(
            confidence=self.confidence,
            higher_is_better=self.higher_is_better,
            outcomes=self.outcomes,
            entity=entity,
        )


Experiment: TypeAlias = Shadow | ABTest
"""A rollout that tries the new version beside the serving one first."""
