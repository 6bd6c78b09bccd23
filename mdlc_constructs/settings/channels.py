"""The data of a training that are no table: named S3 channels, as SageMaker's training jobs take them."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field

from mdlc_constructs.settings.algorithms.algorithm import Algorithm, check_is_algorithm
from mdlc_constructs.settings.algorithms.container import CustomContainer
from mdlc_constructs.settings.algorithms.input_channels import check_channels
from mdlc_constructs.settings.algorithms.table import algorithm_facts
from mdlc_constructs.settings.channel import LISTING, S3Channel, brief
from mdlc_constructs.settings.column_names import check_names
from mdlc_constructs.settings.dataset import Dataset
from mdlc_constructs.settings.payloads.channels import ChannelSection
from mdlc_constructs.settings.refusal import refusal
from mdlc_constructs.settings.strict_json import shown

MAX_INPUTS = 7
"""The most folders and manifests that the check reads; its processing job has ten inputs, three its own.

Source: ``ProcessingInputs`` in SageMaker's API model.
"""
HOLDOUT = "holdout"
"""The name under which the check reads the holdout, which no training job gets."""

_NAME = re.compile(r"[A-Za-z0-9._-]{1,64}")
_SPACE = re.compile(r"\s")


@dataclass(frozen=True, kw_only=True)
class Channels:
    """Named S3 channels of a training job: texts, images, manifests, files of any kind.

    There is no feature program: the algorithm reads the objects as they are.

    Args:
        inputs: the training job's channels by name, such as ``{"train": S3Channel(...), "validation": ...}``.
        holdout: lines of text with a class each (``__label__bird a small brown wren``), which no training
            sees. With it, the trained model and the champion answer the same lines, and the gate judges those
            answers. Without it, the gate judges the training job's own final metrics.
        classes: the classes as text, without ``__label__``, when there is a holdout. Their order is the order
            of the probabilities in reports.

    Raises:
        ValueError: naming the argument, its value and the remedy.
    """

    inputs: Mapping[str, S3Channel] = field(default_factory=dict)
    holdout: S3Channel | None = None
    classes: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if not isinstance(self.inputs, Mapping) or not self.inputs:
            raise refusal(
                "inputs", brief(self.inputs), 'give channels by name, such as {"train": S3Channel(...)}.'
            )
        for name, channel in self.inputs.items():
            if not isinstance(name, str) or not _NAME.fullmatch(name):
                raise refusal(
                    "inputs",
                    name,
                    "a channel's name has 1 to 64 letters, digits, hyphens, underscores and dots.",
                )
            if not isinstance(channel, S3Channel):
                raise refusal(
                    f"inputs[{name!r}]", brief(channel), 'give S3Channel(uri="s3://bucket/prefix/", ...).'
                )
        if HOLDOUT in self.inputs:
            raise refusal(
                "inputs",
                HOLDOUT,
                "no training may see the holdout; give it as holdout=S3Channel(...).",
            )
        object.__setattr__(self, "inputs", dict(self.inputs))
        self._check_holdout()
        read = sum(1 if channel.kind == "S3Prefix" else 2 for channel in self.every.values())
        if read > MAX_INPUTS:
            raise refusal(
                "inputs",
                tuple(self.every),
                f"are {read} folders and manifests, and the check's job reads {MAX_INPUTS}: put objects into "
                "fewer channels.",
            )

    def _check_holdout(self) -> None:
        classes = check_names("classes", self.classes)
        object.__setattr__(self, "classes", classes)
        spaced = [name for name in classes if _SPACE.search(name)]
        if spaced:
            raise refusal("classes", spaced[0], "a class in a line of text has no space; write it without.")
        if self.holdout is None:
            if classes:
                raise refusal(
                    "classes", classes, "are those of the holdout; give holdout=..., or leave it out."
                )
            return
        if not isinstance(self.holdout, S3Channel) or self.holdout.found_classes(HOLDOUT) != "prefix":
            raise refusal(
                "holdout",
                brief(self.holdout),
                "is read as lines of __label__ and a class; give S3Channel(uri=..., "
                'content_type="text/plain"), or leave it out: the gate then judges the training\'s metrics.',
            )
        if self.holdout.kind != "S3Prefix" or self.holdout.input_mode != "File":
            raise refusal(
                "holdout", self.holdout.kind, "is read by the check; give a folder and no input_mode."
            )
        self._check_apart(self.holdout.uri)
        if len(self.classes) < 2:
            raise refusal("classes", self.classes, "name the classes of the holdout, two at least.")

    def _check_apart(self, holdout: str) -> None:
        """Refuse a holdout that has objects in common with a channel of the training job."""
        for name, channel in self.inputs.items():
            folder = channel.objects or channel.uri
            if holdout.startswith(folder) or folder.startswith(holdout):
                raise refusal(
                    "holdout.uri",
                    holdout,
                    f"has objects in common with the channel {name!r}, {folder}, and no training may see the "
                    "holdout; give a folder beside it.",
                )

    @property
    def every(self) -> Mapping[str, S3Channel]:
        """The channels by name, with the holdout."""
        return {**self.inputs, **({HOLDOUT: self.holdout} if self.holdout is not None else {})}

    def check_algorithm(self, algorithm: Algorithm) -> None:
        """Refuse channels that a built-in algorithm does not take.

        Raises:
            ValueError: naming the channel and the remedy.
        """
        check_is_algorithm(algorithm)
        if isinstance(algorithm, CustomContainer):
            raise refusal(
                "algorithm",
                "CustomContainer",
                "its template reads a table's columns; give a CustomImage or a Script, whose code reads the "
                "channels itself.",
            )
        own = [name for name in algorithm.own_channels if name in self.inputs]
        if own:
            raise refusal("inputs", own[0], "the algorithm brings this channel itself; choose another name.")
        algorithm.check_complete()
        if self.holdout is not None and algorithm.name not in ("blazingtext", ""):
            raise refusal(
                "holdout",
                algorithm.name,
                "is not asked about lines of text; leave the holdout out, and let the gate judge the "
                'training job\'s metrics, such as "validation:accuracy".',
            )
        if not algorithm.name:
            return
        facts = algorithm_facts(algorithm.name)
        if facts.jumpstart:
            raise refusal(
                "algorithm", facts.name, "trains on tables; give TrainingWorkflow(dataset=Dataset.csv(...))."
            )
        if self.holdout is not None and algorithm.texts.get("mode") != "supervised":
            raise refusal(
                "holdout",
                algorithm.name,
                "answers classes with mode='supervised' only; leave holdout and classes out.",
            )
        check_channels(facts, self.inputs, algorithm.texts)

    def to_sections(
        self, uris: Mapping[str, str], objects: Mapping[str, str], *, labelled: bool = True
    ) -> tuple[ChannelSection, ...]:
        """The channels as a job's plan has them, by name.

        Args:
            uris: what stands for each channel's URI.
            objects: what stands for the folder of the objects that each manifest names.
            labelled: whether the algorithm learns classes.
        """
        return tuple(
            channel.to_plan(
                name,
                uri=uris[name],
                objects=objects.get(name, ""),
                # A list of the images says their classes.
                classes=labelled and name + LISTING not in self.inputs,
            )
            for name, channel in sorted(self.every.items())
        )


def check_table(dataset: object, *, what: str) -> None:
    """Refuse channels where a workflow needs a table.

    Args:
        what: the workflow as the user named it, such as "an endpoint".

    Raises:
        ValueError: naming the workflow and what to use instead.
    """
    if isinstance(dataset, Dataset):
        return
    instead = {
        "training": "give ChannelTrainingWorkflow(channels=...)",
        "batch inference": "give ChannelBatchInferenceWorkflow(channel=...)",
    }.get(what, "call the model by ChannelBatchInferenceWorkflow, or by an endpoint of your own")
    if isinstance(dataset, (Channels, S3Channel)):
        raise ValueError(
            f"dataset is {type(dataset).__name__}: {what} needs a table with columns and a feature program; "
            f"{instead}."
        )
    raise ValueError(f"dataset={shown(brief(dataset))}: give Dataset.csv(...) or Dataset.parquet(...).")
