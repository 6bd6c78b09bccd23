"""The settings of a model's evaluation on the holdout."""

from dataclasses import dataclass

from mdlc_constructs.settings.dataset import Dataset
from mdlc_constructs.settings.numbers import is_number
from mdlc_constructs.settings.payloads.evaluation import ImportanceSection
from mdlc_constructs.settings.payloads.job_plan import EvaluationSection
from mdlc_constructs.settings.refusal import refusal

THRESHOLD = 0.5
MAX_RESAMPLES = 10_000
MAX_IMPORTANCE_ROWS = 1_000_000


@dataclass(frozen=True, kw_only=True)
class Evaluation:
    """Settings of the evaluation job.

    Args:
        threshold: the score (0 to 1) from which a row of a binary task counts as predicted positive.
        bootstrap: the number of bootstrap resamples of the holdout for the confidence intervals.
        seed: the random seed of the resampling, so that an evaluation can be repeated exactly.
        importance_rows: the number of extra rows that the holdout's transform job scores to measure how
            important each feature column is: in a sample of the holdout, one column at a time is permuted.
            The sample has ``importance_rows`` divided by the number of columns, and at most all rows of the
            holdout; a small holdout is permuted up to 5 times. 0 measures no permutation importance.
        weighted: whether a row of the holdout counts by its value in the dataset's ``weight`` column; class
            weights are of training only. By default each row counts once.

    Raises:
        ValueError: naming the argument, its value and the remedy.
    """

    threshold: float = THRESHOLD
    bootstrap: int = 200
    seed: int = 1
    importance_rows: int = 30_000
    weighted: bool = False

    def __post_init__(self) -> None:
        if not is_number(self.threshold) or not 0 < self.threshold < 1:
            raise refusal("threshold", self.threshold, "give a score between 0 and 1, both excluded.")
        if not isinstance(self.bootstrap, int) or not 50 <= self.bootstrap <= MAX_RESAMPLES:
            raise refusal("bootstrap", self.bootstrap, f"give a whole number from 50 to {MAX_RESAMPLES}.")
        if isinstance(self.seed, bool) or not isinstance(self.seed, int) or self.seed < 0:
            raise refusal("seed", self.seed, "give a whole number of at least 0.")
        rows = self.importance_rows
        if isinstance(rows, bool) or not isinstance(rows, int) or not 0 <= rows <= MAX_IMPORTANCE_ROWS:
            raise refusal(
                "importance_rows",
                rows,
                f"give a whole number from 0, which measures none, to {MAX_IMPORTANCE_ROWS}.",
            )

    def check_dataset(self, dataset: Dataset) -> None:
        """Refuse weights that the dataset does not have, and a threshold where the task has none.

        Raises:
            ValueError: naming the argument and the remedy.
        """
        if self.weighted and dataset.weight is None:
            raise refusal("weighted", True, "the dataset names no weight column; name it, or leave it out.")

        if self.threshold != THRESHOLD and dataset.task != "binary":
            raise refusal(
                "threshold",
                self.threshold,
                f"divides the scores of a binary task and dataset.task is {dataset.task!r}; leave it out.",
            )

    def to_plan(self) -> EvaluationSection:
        """The ``evaluation`` section of a job's plan."""
        return EvaluationSection(
            threshold=self.threshold,
            bootstrap=self.bootstrap,
            seed=self.seed,
            weighted=self.weighted or None,
        )

    def importance(self) -> ImportanceSection | None:
        """The ``importance`` section of a job's plan; None when it is switched off."""
        return ImportanceSection(rows=self.importance_rows, seed=self.seed) if self.importance_rows else None
