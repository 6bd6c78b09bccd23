"""The settings of batch inference on files, checked together."""

from dataclasses import dataclass, field

from mdlc_constructs.settings import ChannelRules, Compute, NetworkSettings, S3Channel
from mdlc_constructs.settings.channel import brief
from mdlc_constructs.settings.image import Image
from mdlc_constructs.settings.payloads.channels import ChannelsSection
from mdlc_constructs.settings.payloads.codec import encode
from mdlc_constructs.settings.refusal import refusal
from mdlc_constructs.workflows.channel_training import places
from mdlc_constructs.workflows.channel_training.settings import JSON_LINES, answers_section

CHANNEL = "batch"
"""The name under which the jobs read the files."""

FILE_RULES = ChannelRules(maximum_duplicate_share=1.0)
"""The default rules of a batch: equal files are scored twice, which harms nothing."""


@dataclass(frozen=True, kw_only=True)
class ChannelBatchSettings:
    """The settings of a batch inference machine on files; `ChannelBatchInferenceWorkflow` documents each.

    Raises:
        ValueError: when settings contradict each other; names the argument, its value and the remedy.
    """

    model: str
    channel: S3Channel
    rules: ChannelRules = field(default_factory=lambda: FILE_RULES)
    accept: str | None = None
    moves_champion: bool = True
    job_compute: Compute = field(default_factory=Compute)
    scoring_compute: Compute = field(default_factory=Compute)
    network: NetworkSettings = field(default_factory=NetworkSettings)

    def __post_init__(self) -> None:
        channel = self.channel
        if not isinstance(channel, S3Channel):
            raise refusal(
                "channel",
                brief(channel),
                'give S3Channel(uri="s3://bucket/batch/", content_type="application/jsonlines").',
            )
        if channel.content_type is None:
            raise refusal(
                "channel.content_type",
                None,
                f'say what a request holds, such as "{JSON_LINES}" or "image/png".',
            )
        if channel.kind != "S3Prefix":
            raise refusal(
                "channel.kind", channel.kind, "a transform job reads the objects of a folder; give uri only."
            )
        for argument in ("sharded", "shuffle", "compression", "record_wrapper", "classes_from"):
            if getattr(channel, argument) not in (None, False):
                raise refusal(
                    f"channel.{argument}", getattr(channel, argument), "is of training; leave it out here."
                )
        if channel.input_mode != "File":
            raise refusal("channel.input_mode", channel.input_mode, "is of training; leave it out here.")
        self.job_compute.require("processing", image=Image.jobs().title)
        self.scoring_compute.require("transform")

    @property
    def by_line(self) -> bool:
        """Whether each line is a record; otherwise each object is one."""
        return self.channel.media_type == JSON_LINES

    @property
    def answer_type(self) -> str:
        """The content type of the answers."""
        return self.accept or (JSON_LINES if self.by_line else "application/json")

    def to_plan(self) -> dict[str, object]:
        """The settings in the form of the jobs' `plan.json`."""
        channels = {CHANNEL: self.channel}
        section = ChannelsSection(
            channels=(self.channel.to_plan(CHANNEL, uri=places.uris(channels)[CHANNEL], classes=False),),
            rules=self.rules.to_plan(),
        )
        return {"channels": encode(section), "dataset": encode(answers_section((), label=False))}
