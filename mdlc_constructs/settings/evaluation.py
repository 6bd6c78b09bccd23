"""The settings of a model's evaluation on the holdout."""

from dataclasses import dataclass

from mdlc_constructs.settings.payloads.job_plan import EvaluationSection
from mdlc_constructs.settings.refusal import refusal

MAX_RESAMPLES = 10_000


@dataclass(frozen=True, kw_only=True)
class Evaluation:
    """Settings of the evaluation job.

    Args:
        threshold: the score (0 to 1) from which a row counts as predicted positive.
        bootstrap: the number of bootstrap resamples of the holdout for the confidence intervals.
        seed: the random seed of the resampling, so that an evaluation can be repeated exactly.

    Raises:
        ValueError: naming the argument, its value and the remedy.
    """

    threshold: float = 0.5
    bootstrap: int = 200
    seed: int = 1

    def __post_init__(self) -> None:
        if isinstance(self.threshold, bool) or not 0 < self.threshold < 1:
            raise refusal("threshold", self.threshold, "give a score between 0 and 1, both excluded.")
        if not isinstance(self.bootstrap, int) or not 50 <= self.bootstrap <= MAX_RESAMPLES:
            raise refusal("bootstrap", self.bootstrap, f"give a whole number from 50 to {MAX_RESAMPLES}.")
        if not isinstance(self.seed, int) or self.seed < 0:
            raise refusal("seed", self.seed, "give a whole number of at least 0.")

    def to_plan(self) -> EvaluationSection:
        """The ``evaluation`` section of a job's plan."""
        return EvaluationSection(threshold=self.threshold, bootstrap=self.bootstrap, seed=self.seed)
