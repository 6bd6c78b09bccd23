"""The buckets, prefixes and keys of channels, and the values of their placeholders."""

from collections.abc import Mapping, Sequence

from aws_cdk import aws_s3 as s3

from mdlc_constructs.resources.model_home import ModelHome
from mdlc_constructs.settings import S3Channel
from mdlc_constructs.workflows.channel_training.places import bucket_name, locations, prefix_name
from mdlc_constructs.workflows.construct import Source, refuse_covering, source_at


def sources_of(
    home: ModelHome, channels: Mapping[str, S3Channel], buckets: Mapping[str, s3.IBucket]
) -> tuple[Source, ...]:
    """The source of each location of the channels, in the order of `locations`.

    Raises:
        ValueError: for a bucket of no channel, or one that is not that of the channel's URI, or a URI that
            covers prefixes to which the workflows themselves write.
    """
    for name in buckets:
        if name not in channels:
            raise ValueError(f"buckets names {name!r}, which is no channel: they are {', '.join(channels)}.")
    sources = []
    for what, _, name, uri in locations(channels):
        argument = f"channels[{name!r}]"
        refuse_covering(home, uri, f"{argument}.{'objects' if what == 'Objects' else 'uri'}")
        sources.append(source_at(home, uri, buckets.get(name), argument=argument))
    return tuple(sources)


def keys_of(channels: Mapping[str, S3Channel], sources: Sequence[Source]) -> dict[str, str | None]:
    """By channel the key of its bucket, when it has its own."""
    placed = zip(locations(channels), sources, strict=True)
    return {name: source.key_arn for (_, _, name, _), source in placed}


def bindings_of(channels: Mapping[str, S3Channel], sources: Sequence[Source]) -> dict[str, str]:
    """The values of the placeholders of the channels' locations."""
    bindings = {}
    for (what, number, _, _), source in zip(locations(channels), sources, strict=True):
        bindings[bucket_name(what, number)] = source.bucket
        bindings[prefix_name(what, number)] = source.prefix
    return bindings
