"""The algorithms that AWS publishes as images."""

from dataclasses import dataclass, replace

from mdlc_constructs.settings.algorithms.algorithm import Algorithm
from mdlc_constructs.settings.algorithms.hyperparameters import Value
from mdlc_constructs.settings.algorithms.xgboost import (
    OBJECTIVE_TASKS,
    rendered,
)
from mdlc_constructs.settings.algorithms.xgboost_metrics import MULTICLASS
from mdlc_constructs.settings.dataset import Dataset
from mdlc_constructs.settings.image import Image
from mdlc_constructs.settings.payloads.records import RecordsSection
from mdlc_constructs.settings.refusal import refusal
from mdlc_constructs.settings.task_steps import check_built_in

_USUAL = {
    "binary": "binary:logistic",
    "regression": "reg:squarederror",
    "multiclass": "multi:softprob",
    "ranking": "rank:ndcg",
}
"""The usual objective for each task of a dataset, for error messages."""

_NO_PROBABILITIES = {
    "binary:logitraw": ("log odds", "a binary task"),
    "multi:softmax": ("the number of the class", "a multiclass task"),
}
"""Objectives whose answers are no probabilities, what they are, and the task that needs such: the evaluation
would refuse the answers."""


@dataclass(frozen=True, kw_only=True)
class BuiltInAlgorithm(Algorithm):
    """An algorithm that AWS publishes as an image. Create one with `BuiltInAlgorithm.xgboost`.

    Attributes:
        algorithm: the name of the algorithm, such as `xgboost`.
        image: its prebuilt image.
    """

    algorithm: str
    image: Image

    @classmethod
    def xgboost(
        cls, *, objective: str, num_round: int | None = None, version: str = "3.0-5", **hyperparameters: Value
    ) -> "BuiltInAlgorithm":
        """Gradient-boosted trees.

        Args:
            objective: XGBoost's learning objective, for example "binary:logistic" or "reg:squarederror". For
                "multi:softprob" the training workflow sets ``num_class`` from the dataset's classes.
            num_round: the number of boosting rounds; required.
            version: the image's version.
            hyperparameters: any other hyperparameters of the image; the L2 penalty is ``reg_lambda``
                (``lambda`` is a keyword).

        Raises:
            ValueError: for an unknown hyperparameter (with a suggestion), a value out of range, or an
                ``eval_metric`` that does not suit the objective.
        """
        rounds = {} if num_round is None else {"num_round": num_round}
        image = Image(repository="sagemaker-xgboost", version=version)
        # Unknown names are checked first: a user who writes n_estimators gets the suggestion num_round.
        texts = rendered({"objective": objective, **rounds, **hyperparameters}, version=version)
        if num_round is None:
            raise refusal("num_round", None, "say how many trees are grown one after another.")
        return cls(
            algorithm="xgboost",
            image=image,
            hyperparameters=texts,
        )

    @property
    def name(self) -> str:
        """The algorithm's name."""
        return self.algorithm

    @property
    def x86_image(self) -> str:
        """A name of the image for error messages; AWS builds it for x86-64 processors."""
        return self.image.title

    @property
    def tasks(self) -> tuple[str, ...]:
        """The tasks that the objective is for; "survival" is no task of a dataset."""
        return OBJECTIVE_TASKS.get(self.texts.get("objective", ""), ())

    def check_task(self, task: str) -> None:
        """Refuse an objective that is not for the dataset's task.

        Raises:
            ValueError: naming the objective and one for the task.
        """
        check_built_in(task, self.name)
        objective = self.hyperparameters.get("objective", "")
        if self.tasks and task not in self.tasks:
            raise refusal(
                "objective",
                objective,
                f"answers a {' or '.join(self.tasks)} task and dataset.task is {task!r}: give an objective "
                f"of that task, such as {_USUAL[task]!r}, or declare the dataset's task.",
            )
        if objective in _NO_PROBABILITIES:
            answers, needs = _NO_PROBABILITIES[objective]
            raise refusal(
                "objective",
                objective,
                f"answers {answers}, and {needs} is judged by probabilities: give {_USUAL[task]!r}.",
            )

    def records(self, task: str) -> RecordsSection:
        """The records of XGBoost's image: CSV; the training records of a ranking are LIBSVM, because CSV has
        no groups.
        """
        return RecordsSection(training="libsvm" if task == "ranking" else "csv")

    def for_dataset(self, dataset: Dataset) -> "BuiltInAlgorithm":
        """The algorithm with ``csv_weights`` and ``num_class`` of the dataset.

        Raises:
            ValueError: when one of them is set to another value.
        """
        return self._weighted(dataset.weighted)._with_classes(dataset.classes)

    def _weighted(self, weighted: bool) -> "BuiltInAlgorithm":
        """The algorithm for a dataset with or without weights, which are the second column of its records.

        Raises:
            ValueError: when ``csv_weights`` says otherwise.
        """
        wanted, csv_weights = str(int(weighted)), self.hyperparameters.get("csv_weights")
        if csv_weights not in (None, wanted):
            raise refusal(
                "csv_weights",
                csv_weights,
                "the dataset has weights, so the algorithm must read them; leave it out."
                if weighted
                else "the dataset has no weights; give it weight=... or class_weights=..., or leave it out.",
            )
        if not weighted or csv_weights is not None:
            return self
        return replace(self, hyperparameters={**self.hyperparameters, "csv_weights": wanted})

    def _with_classes(self, classes: tuple[str, ...]) -> "BuiltInAlgorithm":
        """The algorithm with ``num_class`` of the dataset's classes; unchanged when the dataset has none.

        Raises:
            ValueError: when ``num_class`` is another number.
        """
        if not classes or MULTICLASS not in self.tasks:
            return self
        number = self.hyperparameters.get("num_class", str(len(classes)))
        if number != str(len(classes)):
            raise refusal(
                "num_class",
                int(number),
                f"dataset.classes has {len(classes)}: leave num_class out, the workflow sets it.",
            )
        return replace(self, hyperparameters={**self.hyperparameters, "num_class": number})

    def image_uri(self, region: str) -> str:
        """The image's URI in a region."""
        return self.image.uri(region)
