"""The settings of a training on channels, checked together."""

from dataclasses import dataclass, field, replace

from mdlc_constructs.settings import (
    Algorithm,
    Approval,
    ChannelRules,
    Channels,
    Compute,
    CustomImage,
    Evaluation,
    Gate,
    NetworkSettings,
    S3Channel,
    Script,
)
from mdlc_constructs.settings.channel import brief
from mdlc_constructs.settings.channels import HOLDOUT
from mdlc_constructs.settings.code_version import check_code_version
from mdlc_constructs.settings.image import Image
from mdlc_constructs.settings.mlflow import Mlflow
from mdlc_constructs.settings.payloads.channels import ChannelsSection
from mdlc_constructs.settings.payloads.codec import encode
from mdlc_constructs.settings.payloads.dataset import DatasetSection
from mdlc_constructs.settings.payloads.evaluation import AlgorithmSection
from mdlc_constructs.settings.refusal import refusal
from mdlc_constructs.workflows.channel_training import places

TASK = "multiclass"
"""The task of answers to a holdout of lines: one class of several, with a probability of each."""

JSON_LINES = "application/jsonlines"
_SCORING_TYPES = {
    "blazingtext": JSON_LINES,
    "image-classification": "application/x-image",
    "object-detection": "image/jpeg",
    "semantic-segmentation": "image/jpeg",
    "seq2seq": "application/json",
}
"""The content type of the objects that a built-in algorithm's model answers in a transform job."""

_WITHOUT_CLASSES = ("seq2seq", "object-detection", "semantic-segmentation")
"""Algorithms that learn of sequences, of boxes or of pixels: an example as a whole has no class."""


@dataclass(frozen=True, kw_only=True)
class ChannelTrainingSettings:
    """The settings of a training machine on channels; `ChannelTrainingWorkflow` documents each.

    Raises:
        ValueError: when settings contradict each other; names the argument, its value and the remedy.
    """

    model: str
    channels: Channels
    algorithm: Algorithm
    rules: ChannelRules = field(default_factory=ChannelRules)
    evaluation: Evaluation | None = None
    gate: Gate = field(default_factory=Gate)
    approval: Approval = field(default_factory=Approval.automatic)
    training_compute: Compute = field(default_factory=Compute)
    job_compute: Compute = field(default_factory=Compute)
    scoring_compute: Compute = field(default_factory=Compute)
    network: NetworkSettings = field(default_factory=NetworkSettings)
    code_version: str = "unversioned"
    mlflow: Mlflow | None = None

    def __post_init__(self) -> None:
        check_code_version(self.code_version)
        if not isinstance(self.channels, Channels):
            raise refusal(
                "channels",
                brief(self.channels),
                "give Channels(inputs=...); a table is for TrainingWorkflow.",
            )
        if self.algorithm.resource_arn is not None:
            raise refusal(
                "algorithm",
                type(self.algorithm).__name__,
                "trains on tables only; give a CustomImage or a Script, or "
                "TrainingWorkflow(dataset=Dataset.csv(...)).",
            )
        self.channels.check_algorithm(self.algorithm)
        self.algorithm.check_network(self.network)
        # Each channel says what its instances get, so a container of the team's own may train on several.
        if self.algorithm.name:
            self.algorithm.check_compute(self.training_compute)
        self._check_holdout()
        self._check_sharding()
        # Several instances share the objects of a sharded channel, or the algorithm works on all together.
        replace(self.training_compute, instance_count=1).require("training", image=self.algorithm.x86_image)
        self.job_compute.require("processing", image=Image.jobs().title)
        self.scoring_compute.require("transform", image=self.algorithm.x86_image)

    def _check_holdout(self) -> None:
        if self.has_holdout:
            self.gate.check_task(TASK, self.channels.classes)
            if isinstance(self.algorithm, Script):
                self.algorithm.check_task(TASK)
            if self.scoring_type != JSON_LINES:
                raise refusal(
                    "content_type",
                    self.scoring_type,
                    f"a holdout is asked as {JSON_LINES}; give that type.",
                )
        else:
            self.gate.check_training_metrics(
                self.algorithm.name, tuple(self.channels.inputs), self.algorithm.texts
            )
            if self.evaluation is not None:
                raise refusal(
                    "evaluation",
                    brief(self.evaluation),
                    "is about answers to a holdout; give Channels(holdout=...), or leave it out.",
                )
        if self.evaluation is not None and self.evaluation.weighted:
            raise refusal("evaluation.weighted", True, "lines of text have no weights; leave it out.")

    def _check_sharding(self) -> None:
        # An algorithm that takes a channel by shards only does so on one instance, too.
        sharded = [
            name
            for name, channel in self.channels.inputs.items()
            if channel.sharded and name not in self.algorithm.sharded_channels
        ]
        if sharded and self.training_compute.instance_count == 1:
            raise refusal(
                f"inputs[{sharded[0]!r}].sharded",
                True,
                "one instance gets all objects anyway; give training_compute=Compute(instance_count=...) of "
                "2 or more, or leave it out.",
            )

    @property
    def has_holdout(self) -> bool:
        """Whether answers to a holdout are judged."""
        return self.channels.holdout is not None

    @property
    def scoring_image(self) -> str:
        """The placeholder of the image that scores."""
        return "${ScoringImage}" if self.algorithm.serves_otherwise else "${TrainingImage}"

    @property
    def learns_classes(self) -> bool:
        """Whether an example has a class; BlazingText's has one in one of its modes only."""
        if self.algorithm.name == "blazingtext":
            return self.algorithm.texts.get("mode") == "supervised"
        return self.algorithm.name not in _WITHOUT_CLASSES

    @property
    def every_channel(self) -> dict[str, S3Channel]:
        """The channels by name, with the holdout."""
        return dict(self.channels.every)

    @property
    def scoring_type(self) -> str:
        """The content type of the objects that the model answers."""
        if isinstance(self.algorithm, (CustomImage, Script)):
            # The container says itself what it is sent, which need be no format of a table's records.
            return self.algorithm.content_type
        known = _SCORING_TYPES.get(self.algorithm.name)
        return known or self.algorithm.records(TASK).scoring_type

    def to_plan(self) -> dict[str, object]:
        """The settings in the form of the jobs' `plan.json`."""
        channels = self.every_channel
        section = ChannelsSection(
            channels=self.channels.to_sections(
                places.uris(channels), places.objects(channels), labelled=self.learns_classes
            ),
            rules=self.rules.to_plan(),
            holdout=HOLDOUT if self.has_holdout else "",
            classes=self.channels.classes,
            answers=self.algorithm.name,
        )
        return {
            "channels": encode(section),
            "dataset": encode(answers_section(self.channels.classes)),
            "gate": encode(self.gate.to_plan()),
            "evaluation": encode((self.evaluation or Evaluation()).to_plan()),
            "algorithm": encode(
                AlgorithmSection(
                    name=self.algorithm.name,
                    image="${TrainingImage}",
                    hyperparameters=self.algorithm.texts,
                )
            ),
            "code_version": self.code_version,
        }


def answers_section(classes: tuple[str, ...], *, label: bool = True) -> DatasetSection:
    """The section by which jobs for tables read answers to lines: a class of several for each line."""
    return DatasetSection(
        format="jsonlines",
        columns={"text": "text", **({"label": "category"} if label else {})},
        features=(),
        positive="1",
        task=TASK,
        label="label" if label else None,
        classes=classes,
    )
