"""The settings of a training machine, checked together."""

from dataclasses import dataclass, field, replace

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
    Tuning,
)
from mdlc_constructs.settings.algorithms.algorithm import check_is_algorithm
from mdlc_constructs.settings.channels import check_table
from mdlc_constructs.settings.code_version import check_code_version
from mdlc_constructs.settings.image import Image
from mdlc_constructs.settings.mlflow import Mlflow
from mdlc_constructs.settings.onnx import Onnx, check_export
from mdlc_constructs.settings.payloads.codec import encode
from mdlc_constructs.settings.payloads.evaluation import AlgorithmSection, ImportanceSection
from mdlc_constructs.settings.payloads.records import RecordsSection
from mdlc_constructs.settings.tuning import check_tuning
from mdlc_constructs.settings.tuning_algorithm import of_algorithm
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
    tuning: Tuning | None = None
    export: Onnx | None = None
    mlflow: Mlflow | None = None

    def __post_init__(self) -> None:
        check_table(self.dataset, what="training")
        check_code_version(self.code_version)
        check_tuning(self.tuning)
        check_export(self.export)
        self.quality.check_columns(self.dataset)
        self.gate.check_task(self.dataset.task, self.dataset.classes)
        check_is_algorithm(self.algorithm)
        self.algorithm.check_task(self.dataset.task)
        self.algorithm.check_compute(self.training_compute)
        self.algorithm.check_network(self.network)
        object.__setattr__(self, "split", (self.split or Split.default_for(self.dataset)).of(self.dataset))
        object.__setattr__(self, "algorithm", self.algorithm.for_dataset(self.dataset))
        self.algorithm.check_complete()
        self.evaluation.check_dataset(self.dataset)
        check_records(self.algorithm, self.dataset)
        self.training_compute.require("training", image=self.algorithm.x86_image)
        if self.tuning is not None:
            tuning = of_algorithm(self.tuning, self.algorithm, self.dataset.task, self.training_compute)
            object.__setattr__(self, "tuning", tuning)
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
            **({"tuning": encode(self.tuning.to_plan())} if self.tuning else {}),
            **self._written_otherwise(),
        }

    @property
    def chosen_split(self) -> Split:
        """The split, or the dataset's usual one when none was given."""
        return self.split or Split.default_for(self.dataset)

    @property
    def records(self) -> RecordsSection:
        """How the model's records are written, and how its answers are read."""
        return replace(self.algorithm.records(self.dataset.task), shards=self.training_compute.instance_count)

    def _written_otherwise(self) -> dict[str, object]:
        """The plan's section of records, where they are not those that follow from the task."""
        records, usual = self.records, RecordsSection.usual(self.dataset.task)
        same = replace(records, accept=usual.accept, content_type="") == usual
        return {} if same else {"records": encode(records)}

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
    def scoring_image(self) -> str:
        """The placeholder of the image that scores."""
        return "${ScoringImage}" if self.algorithm.serves_otherwise else "${TrainingImage}"

    def _algorithm_section(self) -> AlgorithmSection:
        return AlgorithmSection(
            name=self.algorithm.name,
            image="${TrainingImage}",
            # Those that are searched differ by trial; the evaluation reads the best trial's.
            hyperparameters=self.tuning.static(self.algorithm) if self.tuning else self.algorithm.texts,
        )
