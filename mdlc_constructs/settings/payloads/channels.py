"""The section `channels` of `plan.json`: named channels, and the rules that their objects must satisfy."""

from dataclasses import dataclass
from typing import Literal

ObjectsKind = Literal["S3Prefix", "ManifestFile", "AugmentedManifestFile"]
"""What a channel's URI names, as SageMaker's `S3DataType`."""

Reading = Literal["images", "lines", "records", "listing", "objects"]
"""How the quality check reads a channel: images, lines of text, JSON lines, lists of images with classes
(`.lst`), or objects that only count."""

ClassesFrom = Literal["folder", "prefix", "lst", "attribute"]
"""Where the class of an example stands: the first folder below the prefix, `__label__` at a line's beginning,
the second column of an `.lst` file, or the last attribute of an augmented manifest."""

LABEL_PREFIX = "__label__"
"""What precedes a class in the lines and answers of BlazingText, as in fastText."""


@dataclass(frozen=True, kw_only=True)
class ChannelSection:
    """One channel; see `S3Channel` for the meaning.

    Attributes:
        uri: S3 URI of the folder, or of the manifest.
        objects: S3 URI of the folder of the objects that a manifest names; empty for a folder.
        attributes: of the augmented manifest, in the order in which they are streamed.
        classes_from: None when the examples have no class.
    """

    name: str
    uri: str
    kind: ObjectsKind = "S3Prefix"
    reading: Reading = "objects"
    objects: str = ""
    attributes: tuple[str, ...] = ()
    classes_from: ClassesFrom | None = None


@dataclass(frozen=True, kw_only=True)
class ChannelRulesSection:
    """The rules for channels; see `ChannelRules` for their meaning."""

    minimum_examples: int
    minimum_per_class: int
    maximum_unreadable_share: float
    maximum_duplicate_share: float
    maximum_shared_share: float


@dataclass(frozen=True, kw_only=True)
class ChannelsSection:
    """The channels of a training, or the one channel of a batch.

    Attributes:
        holdout: name of the channel that the model is judged on; empty without one.
        classes: of the examples, in the order of the model's answers; empty when they are not known.
        answers: how an answer is read; see `RecordsSection.answers`.
    """

    channels: tuple[ChannelSection, ...]
    rules: ChannelRulesSection
    holdout: str = ""
    classes: tuple[str, ...] = ()
    answers: str = ""

    def channel(self, name: str) -> ChannelSection:
        """The channel of that name.

        Raises:
            KeyError: when there is none.
        """
        return {channel.name: channel for channel in self.channels}[name]
