"""The settings of a training machine, checked together."""

from dataclasses import dataclass, field

from mdlc_constructs.resources.places import DATASET_BUCKET, DATASET_PREFIX
from mdlc_constructs.settings import (
    Algorithm,
    Approval,
    Compute,
    Dataset,
    Evaluation,
    Gate,
    NetworkSettings,
    QualityRules,
    Split,
)
from mdlc_constructs.settings.code_version import check_code_version
from mdlc_constructs.settings.image import Image
from mdlc_constructs.settings.onnx import Onnx
from mdlc_constructs.settings.payloads.codec import encode
from mdlc_constructs.settings.payloads.evaluation import AlgorithmSection, ImportanceSection
from mdlc_constructs.settings.payloads.records import RecordsSection
from mdlc_constructs.workflows.training.series import check_records


@dataclass(frozen=True, kw_only=True)
class TrainingSettings:
    """The settings from which a training machine is built; `TrainingWorkflow` documents each.

    Raises:
        ValueError: when settings contradict each other; names the argument, its value and the remedy.
    """

    model: str
    dataset: Dataset
    algorithm: Algorithm
    split: Split | None = None
    quality: QualityRules = field(default_factory=QualityRules)
    evaluation: Evaluation = field(default_factory=Evaluation)
    gate: Gate = field(default_factory=Gate)
    approval: Approval = field(default_factory=Approval.automatic)
    training_compute: Compute = field(default_factory=Compute)
    job_compute: Compute = field(default_factory=Compute)
    scoring_compute: Compute = field(default_factory=Compute)
    network: NetworkSettings = field(default_factory=NetworkSettings)
    code_version: str = "unversioned"
    export: Onnx | None = None

    def __post_init__(self) -> None:
        check_code_version(self.code_version)
        self.quality.check_columns(self.dataset)
        self.gate.check_task(self.dataset.task, self.dataset.classes)
        self.algorithm.check_task(self.dataset.task)
        object.__setattr__(self, "split", (self.split or Split.default_for(self.dataset)).of(self.dataset))
        object.__setattr__(self, "algorithm", self.algorithm.for_dataset(self.dataset))
        self.evaluation.check_dataset(self.dataset)
        check_records(self.algorithm, self.dataset)
        self.training_compute.require("training", image=self.algorithm.x86_image)
        if self.export is not None:
            self.export.check_algorithm(self.algorithm)
        self.job_compute.require("processing", image=Image.jobs().title)
        self.scoring_compute.require("transform", image=self.algorithm.x86_image)

    def to_plan(self) -> dict[str, object]:
        """The settings in the form of the jobs' `plan.json`."""
        importance = self.importance
        return {
            "dataset": {**encode(self.dataset.to_plan()), "uri": f"s3://{DATASET_BUCKET}/{DATASET_PREFIX}"},
            "quality": encode(self.quality.to_plan(classes=len(self.dataset.classes))),
            "split": encode(self.chosen_split.to_plan()),
            "gate": encode(self.gate.to_plan()),
            "evaluation": encode(self.evaluation.to_plan()),
            "importance": encode(importance) if importance else None,
            "algorithm": encode(self._algorithm_section()),
            **({} if self.export is None else {"export": encode(self.export.to_plan())}),
            "code_version": self.code_version,
        }

    @property
    def chosen_split(self) -> Split:
        """The split, or the dataset's usual one when none was given."""
        return self.split or Split.default_for(self.dataset)

    @property
    def records(self) -> RecordsSection:
        """How the model's records are written, and how its answers are read."""
        return self.algorithm.records(self.dataset.task)

    @property
    def reports_gain(self) -> bool:
        """Whether the evaluation reads the trained model for the gain of its trees."""
        return self.algorithm.name == "xgboost" and self.importance is not None

    @property
    def importance(self) -> ImportanceSection | None:
        """How permutation importance is measured.

        A forecast's columns cannot be permuted row by row; without labels, no metric says what is lost.
        """
        measured = self.dataset.task_kind.label == "required" and self.dataset.task != "forecast"
        return None if not measured else self.evaluation.importance()

    @property
    def serving_image(self) -> str:
        """The placeholder of the image that scores."""
        return "${ServingImage}" if self.algorithm.serves_otherwise else "${TrainingImage}"

    def _algorithm_section(self) -> AlgorithmSection:
        return AlgorithmSection(
            name=self.algorithm.name,
            image="${TrainingImage}",
            hyperparameters=self.algorithm.texts,
        )
