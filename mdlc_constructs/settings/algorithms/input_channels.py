"""The channels of a training job as a built-in algorithm takes them: names, content types, input modes."""

from collections.abc import Mapping

from mdlc_constructs.settings.algorithms.record_formats import WITHOUT_LABEL
from mdlc_constructs.settings.algorithms.table import AlgorithmFacts
from mdlc_constructs.settings.channel import S3Channel
from mdlc_constructs.settings.payloads.records import MIME_TYPES
from mdlc_constructs.settings.refusal import refusal, unknown

_RECORDS = ("train", "validation", "test")
"""The channels whose content types the table of algorithms lists."""


def check_channels(facts: AlgorithmFacts, inputs: Mapping[str, S3Channel], texts: Mapping[str, str]) -> None:
    """Refuse channels that an algorithm does not take, and the lack of one without which it does not train.

    Args:
        texts: the hyperparameters.

    Raises:
        ValueError: naming the channel and the remedy.
    """
    for channel in facts.channels.values():
        if channel.required and channel.name not in inputs:
            raise refusal(
                "inputs", tuple(inputs), f"{facts.name} does not train without the channel {channel.name!r}."
            )
        described = inputs.get(channel.described)
        if (
            channel.required_with
            and channel.name not in inputs
            and described is not None
            and described.kind != "AugmentedManifestFile"
            and described.media_type in channel.required_with
        ):
            raise refusal(
                "inputs",
                tuple(inputs),
                f"{facts.name} takes images in {channel.described!r} with their labels in "
                f"{channel.name!r}; give that channel, too, or an augmented manifest, or RecordIO where it "
                "is taken.",
            )
    for name, data in inputs.items():
        if name not in facts.channels:
            raise unknown("inputs", name, facts.channels, what=f"channel of {facts.name}")
        unmet = facts.unmet(facts.channels[name].needs, texts)
        if unmet:
            raise refusal("inputs", name, f"{facts.name} takes it with {unmet} only; leave it out.")
        typed = name in _RECORDS and data.content_type is not None
        if typed and data.media_type not in facts.training_types:
            raise unknown(
                f"inputs[{name!r}].content_type",
                data.content_type,
                facts.training_types,
                what=f"content type of {facts.name}",
            )
        if data.input_mode == "Pipe" and "Pipe" not in facts.input_modes:
            raise refusal(f"inputs[{name!r}].input_mode", "Pipe", f'{facts.name} reads files; give "File".')
        _check_label(facts, name, data)


def _check_label(facts: AlgorithmFacts, name: str, data: S3Channel) -> None:
    """Refuse CSV whose first column an algorithm without labels would take for one."""
    unlabelled = facts.tasks and all(task in WITHOUT_LABEL for task in facts.tasks)
    # Random Cut Forest computes metrics of a test channel with labels.
    labelled = name == "test" and facts.name == "randomcutforest"
    if not unlabelled or labelled or name not in _RECORDS or data.media_type != MIME_TYPES["csv"]:
        return
    parameters = (data.content_type or "").partition(";")[2].replace(" ", "").split(";")
    if "label_size=0" not in parameters:
        raise refusal(
            f"inputs[{name!r}].content_type",
            data.content_type,
            f"{facts.name} reads the first column as a label unless told that there is none; give "
            '"text/csv;label_size=0".',
        )
