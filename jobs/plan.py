"""A run's plan, ``plan.json``: read, validated, and limited to the sections that a job may read."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TypeVar

from jobs.errors import PlanError
from mdlc_constructs.settings.payloads.channels import ChannelsSection
from mdlc_constructs.settings.payloads.codec import JsonValue, PayloadError, decode
from mdlc_constructs.settings.payloads.dataset import DatasetSection
from mdlc_constructs.settings.payloads.evaluation import AlgorithmSection, ImportanceSection
from mdlc_constructs.settings.payloads.job_plan import (
    PARTS,
    SCHEMA_VERSION,
    SECTIONS_BY_JOB,
    ChampionSection,
    DataFile,
    DataSection,
    DeliverySection,
    EvaluationSection,
    ExportSection,
    GateSection,
    GoldenSection,
    JobPlan,
    MonitorSection,
    PackageSection,
    PreviousSection,
)
from mdlc_constructs.settings.payloads.moments import Interval
from mdlc_constructs.settings.payloads.quality import QualitySection
from mdlc_constructs.settings.payloads.records import RecordsSection
from mdlc_constructs.settings.payloads.split import SplitSection

Section = TypeVar("Section")


@dataclass(frozen=True, kw_only=True)
class Plan:
    """One run's plan.

    Args:
        payload: the whole ``plan.json``.
        reader: the job that reads it; it can read only its `SECTIONS_BY_JOB`. None can read all sections.
    """

    payload: JobPlan
    reader: str | None = None

    def read_by(self, command: str) -> "Plan":
        """The plan for a job, which can read only the sections that its job name is a hash of."""
        return self if self.reader else replace(self, reader=command)

    def but(self, *, dataset: DatasetSection, quality: QualitySection) -> "Plan":
        """A copy of the plan with another dataset and other quality rules."""
        return replace(self, payload=replace(self.payload, dataset=dataset, quality=quality))

    def trained_by(self, training_job: str, hyperparameters: Mapping[str, str]) -> "Plan":
        """A copy of the plan with another training job and its hyperparameters: those of a best trial."""
        algorithm = self.payload.algorithm
        if algorithm is not None:
            algorithm = replace(algorithm, hyperparameters=dict(hyperparameters))
        return replace(self, payload=replace(self.payload, training_job=training_job, algorithm=algorithm))

    def _read(self, name: str, section: Section) -> Section:
        if self.reader is not None and name not in SECTIONS_BY_JOB[self.reader]:
            raise PlanError(
                f"The {self.reader} job reads {name} of the plan, which its name does not follow from: "
                "add it to SECTIONS_BY_JOB in mdlc_constructs.settings.payloads.job_plan."
            )
        return section

    def _required(self, name: str, section: Section | None) -> Section:
        held = self._read(name, section)
        if held is None:
            raise PlanError(
                f"{name}=None: the {self.reader or 'data'} job needs this section of the plan; "
                f"the {self.payload.workflow} workflow writes none."
            )
        return held

    @property
    def workflow(self) -> str:
        """The workflow that the run belongs to."""
        return self.payload.workflow

    @property
    def model(self) -> str:
        """The model's name."""
        return self.payload.model

    @property
    def run(self) -> str:
        """The run's digest."""
        return self.payload.run

    @property
    def code_version(self) -> str:
        """The team's version of its code; empty when the plan has none. No result may depend on it."""
        return self.payload.code_version

    @property
    def training_job(self) -> str:
        """The name of the training job; empty when the plan has none."""
        return self.payload.training_job

    @property
    def artifact(self) -> str:
        """The S3 URI of the trained model; empty when the plan has none."""
        return self.payload.artifact

    @property
    def training(self) -> bool:
        """Whether the run trains a model, and so needs labels."""
        return self.workflow == "training"

    @property
    def dataset(self) -> DatasetSection:
        """The columns with their types and roles."""
        return self._read("dataset", self.payload.dataset)

    @property
    def _data(self) -> DataSection:
        return self._read("data", self.payload.data)

    @property
    def data_version(self) -> str:
        """The digest of the content of all input files."""
        return self._data.version

    @property
    def files(self) -> tuple[DataFile, ...]:
        """The input files."""
        return self._data.files

    @property
    def split(self) -> SplitSection:
        """How rows are split into parts; an empty section, which leaves out no rows, without a split."""
        return self._read("split", self.payload.split) or SplitSection()

    def columns(self, *, label: bool) -> dict[str, str]:
        """The columns that a job reads to divide rows too, with their types.

        Args:
            label: whether to include the label.
        """
        dataset = self.dataset
        return {
            **dataset.needed(label=label),
            **{name: dataset.columns[name] for name in self.split.columns},
        }

    @property
    def requested(self) -> Interval:
        """The requested time span of all parts together."""
        split = self.split
        if split.intervals is None:
            return split.window
        return Interval(start=split.intervals["train"].start, end=split.intervals["holdout"].end)

    @property
    def quality(self) -> QualitySection:
        """The data-quality rules."""
        return self._required("quality", self.payload.quality)

    @property
    def channels(self) -> ChannelsSection:
        """The channels of data that are no table, with their rules."""
        return self._required("channels", self.payload.channels)

    @property
    def gate(self) -> GateSection:
        """The conditions that a trained model must meet."""
        return self._required("gate", self.payload.gate)

    @property
    def evaluation(self) -> EvaluationSection:
        """How metrics are computed."""
        return self._required("evaluation", self.payload.evaluation)

    @property
    def export(self) -> ExportSection:
        """How near the exported model's answers must come."""
        return self._required("export", self.payload.export)

    @property
    def golden(self) -> GoldenSection:
        """The tolerance for golden answers."""
        return self._required("golden", self.payload.golden)

    @property
    def package(self) -> PackageSection:
        """The model package whose answers the job reads."""
        return self._required("package", self.payload.package)

    @property
    def predicted_at(self) -> str:
        """The time at which batch inference was started."""
        return self._required("predicted_at", self.payload.predicted_at)

    @property
    def monitor(self) -> MonitorSection:
        """The monitored time window and the monitoring settings."""
        return self._required("monitor", self.payload.monitor)

    @property
    def champion(self) -> ChampionSection | None:
        """The model package in production; None before the first one."""
        return self._read("champion", self.payload.champion)

    @property
    def importance(self) -> ImportanceSection | None:
        """How permutation importance is measured; None when it is not."""
        return self._read("importance", self.payload.importance)

    @property
    def records(self) -> RecordsSection:
        """How the records of the model's containers are written."""
        return self._read("records", self.payload.records) or RecordsSection.usual(self.dataset.task)

    @property
    def algorithm(self) -> AlgorithmSection | None:
        """What trained the model; None when the plan does not say."""
        return self._read("algorithm", self.payload.algorithm)

    @property
    def delivery(self) -> DeliverySection | None:
        """Where predictions are delivered besides the files; None for files only."""
        return self._read("delivery", self.payload.delivery)

    @property
    def previous(self) -> PreviousSection | None:
        """The previous window that monitoring compares with; None without one."""
        return self._read("previous", self.payload.previous)


def read_plan(path: Path) -> Plan:
    """Read and validate ``plan.json``.

    Args:
        path: the file, or its folder.

    Raises:
        PlanError: when it is missing, is not JSON, or is incomplete or contradictory.
    """
    file = path / "plan.json" if path.is_dir() else path
    try:
        document = json.loads(file.read_text())
    except FileNotFoundError:
        raise PlanError(f"No plan at {file}: give its path with --plan.") from None
    except ValueError as error:
        raise PlanError(f"{file} is not JSON ({error}): let the Plan step write it anew.") from error
    if not isinstance(document, dict):
        raise PlanError(f"{file} holds no JSON object: let the Plan step write it anew.")
    return parse_plan(document)


def parse_plan(document: Mapping[str, JsonValue]) -> Plan:
    """The plan of a JSON document.

    Raises:
        PlanError: when it is invalid; names the field, its value and the remedy.
    """
    if document.get("schema_version") != SCHEMA_VERSION:
        raise PlanError(
            f"schema_version={document.get('schema_version')!r}: these jobs read version {SCHEMA_VERSION}; "
            "deploy the workflow and its jobs from one release."
        )
    try:
        payload = decode(JobPlan, document, where="plan.json")
    except PayloadError as error:
        raise PlanError(str(error)) from error
    _check_dataset(payload.dataset, needs_label=payload.workflow == "training")
    for file in payload.data.files:
        if file.name.startswith("/") or ".." in Path(file.name).parts:
            raise PlanError(f"data.files: the name {file.name!r} leads out of the input folder.")
    if payload.split is not None:
        _check_split(payload.split, payload.dataset)
    return Plan(payload=payload)


def _check_split(split: SplitSection, dataset: DatasetSection) -> None:
    if split.intervals is not None:
        missing = [part for part in PARTS if part not in split.intervals]
        if missing:
            raise PlanError(f"split.intervals: the interval of {missing[0]!r} is missing.")
    if dataset.timestamp is None and (split.by_time or split.window != Interval()):
        raise PlanError("dataset.timestamp=None: rows without a time cannot be divided by time.")
    undeclared = [name for name in split.columns if name not in dataset.columns]
    if undeclared:
        raise PlanError(f"split: the dataset has no column {undeclared[0]!r}; declare it in its columns.")


def _check_dataset(dataset: DatasetSection, *, needs_label: bool) -> None:
    if needs_label and dataset.needs_label and not dataset.label:
        raise PlanError("dataset.label=None: a training run needs the column to predict.")
    if dataset.calendar and not dataset.timestamp:
        raise PlanError("dataset.timestamp=None: calendar needs the column with the time.")
    internal = [name for name in dataset.columns if any(character < " " for character in name)]
    if internal:
        # Such a character marks the internal names in the jobs' SQL (see `jobs.names`).
        raise PlanError(
            f"dataset.columns: {internal[0]!r} holds a control character; call the column otherwise."
        )
    # The CDK constructs refuse this too, but a plan can also be written by hand.
    leaked = sorted(set(dataset.features) & {*dataset.known_after, dataset.label})
    if leaked:
        raise PlanError(f"dataset.features: {leaked[0]!r} is known only after the prediction; leave it out.")
    try:
        dataset.needed(label=True)
    except KeyError as error:
        raise PlanError(f"dataset.columns: the type of column {error.args[0]!r} is missing.") from None
