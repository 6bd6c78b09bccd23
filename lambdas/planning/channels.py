"""Lists the S3 objects of named channels, with those that manifests name."""

import json
from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING

from lambdas.planning.errors import BadManifest, NoData
from lambdas.planning.sources import SourceFile, describe, split_uri
from mdlc_constructs.settings.payloads.channels import ChannelSection, ChannelsSection
from mdlc_constructs.settings.payloads.codec import JsonValue

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

REFERENCE = "-ref"
"""The ending of an attribute whose values are S3 URIs. Source:
https://docs.aws.amazon.com/sagemaker/latest/dg/augmented-manifest-stream.html"""

_SHOWN = 3


def data_input(channel: str) -> str:
    """The input of a job with the objects, or the manifest, of a channel; planned files begin with it."""
    return f"data-{channel}"


def objects_input(channel: str) -> str:
    """The input of a job with the objects that the channel's manifest names."""
    return f"objects-{channel}"


def list_channels(s3: "S3Client", section: ChannelsSection) -> tuple[SourceFile, ...]:
    """The objects of all channels with their checksums; a name begins with the input that has the object.

    Raises:
        NoData: when a channel has no objects.
        BadManifest: when a manifest cannot be read, or names objects that are missing.
    """
    return tuple(file for channel in section.channels for file in _list(s3, channel))


def _list(s3: "S3Client", channel: ChannelSection) -> Iterable[SourceFile]:
    bucket, prefix = split_uri(channel.uri)
    sizes = _sizes(s3, bucket, prefix)
    if channel.kind != "S3Prefix":
        sizes = {key: size for key, size in sizes.items() if key == prefix}
    if not sizes:
        what = "object" if channel.kind != "S3Prefix" else "objects under"
        raise NoData(
            f"Channel {channel.name} has no {what} {channel.uri}: upload it, or correct the channel's uri."
        )
    files = describe(s3, bucket, prefix, sizes.items())
    yield from (replace(file, name=f"{data_input(channel.name)}/{file.name}") for file in files)
    if channel.kind != "S3Prefix":
        text = s3.get_object(Bucket=bucket, Key=prefix)["Body"].read()
        yield from _named(s3, channel, _READERS[channel.kind](channel, text))


def _sizes(s3: "S3Client", bucket: str, prefix: str) -> dict[str, int]:
    """The size of every object below a prefix. SageMaker brings hidden ones to the container, too."""
    pages = s3.get_paginator("list_objects_v2").paginate(Bucket=bucket, Prefix=prefix)
    entries = (entry for page in pages for entry in page.get("Contents", []))
    return {entry["Key"]: entry["Size"] for entry in entries if not entry["Key"].endswith("/")}


def _named(s3: "S3Client", channel: ChannelSection, uris: Iterable[str]) -> Iterable[SourceFile]:
    """The objects that a manifest names.

    Raises:
        BadManifest: when one is missing or not below the channel's folder of objects.
    """
    wanted = list(dict.fromkeys(uris))
    outside = [uri for uri in wanted if not uri.startswith(channel.objects)]
    if outside:
        raise BadManifest(
            f"The manifest {channel.uri} names {outside[0]}, which is not below the channel's objects "
            f"{channel.objects}: correct the manifest, or the folder."
        )
    bucket, prefix = split_uri(channel.objects)
    sizes = _sizes(s3, bucket, prefix)
    keys = [split_uri(uri)[1] for uri in wanted]
    missing = [key for key in keys if key not in sizes]
    if missing:
        shown = ", ".join(f"s3://{bucket}/{key}" for key in missing[:_SHOWN])
        more = f" and {len(missing) - _SHOWN:,} more" if len(missing) > _SHOWN else ""
        raise BadManifest(
            f"The manifest {channel.uri} of channel {channel.name} names {len(missing):,} of {len(keys):,} "
            f"objects that are missing: {shown}{more}; upload them, or take them out of the manifest."
        )
    for file in describe(s3, bucket, prefix, ((key, sizes[key]) for key in keys)):
        yield replace(file, name=f"{objects_input(channel.name)}/{file.name}")


def _manifest(channel: ChannelSection, text: bytes) -> list[str]:
    """The URIs that a manifest lists: its first element is the prefix of all others."""
    document = _parsed(channel, text, "the manifest")
    if not (
        isinstance(document, list)
        and len(document) > 1
        and isinstance(document[0], Mapping)
        and isinstance(document[0].get("prefix"), str)
        and all(isinstance(name, str) for name in document[1:])
    ):
        raise BadManifest(
            f'{channel.uri} is no manifest: give a JSON list such as [{{"prefix": "s3://bucket/images/"}}, '
            '"1.png", "2.png"].'
        )
    return [document[0]["prefix"] + name for name in document[1:]]


def _augmented(channel: ChannelSection, text: bytes) -> list[str]:
    """The URIs in an augmented manifest's attributes that end in `-ref`."""
    uris = []
    lines = [(number, line) for number, line in enumerate(text.splitlines(), start=1) if line.strip()]
    if not lines:
        raise NoData(f"The augmented manifest {channel.uri} has no line: write one JSON object an example.")
    for number, line in lines:
        document = _parsed(channel, line, f"line {number}")
        absent = [
            name for name in channel.attributes if not isinstance(document, dict) or name not in document
        ]
        if absent:
            raise BadManifest(
                f"Line {number} of {channel.uri} has no attribute {absent[0]!r}: write it in every line, or "
                "leave it out of attribute_names."
            )
        uris += [str(document[name]) for name in channel.attributes if name.endswith(REFERENCE)]
    return uris


def _parsed(channel: ChannelSection, text: bytes, what: str) -> JsonValue:
    try:
        return json.loads(text)
    except ValueError as error:
        raise BadManifest(f"In {channel.uri}, {what} is not JSON ({error}): write it anew.") from error


_READERS: Mapping[str, Callable[[ChannelSection, bytes], list[str]]] = {
    "ManifestFile": _manifest,
    "AugmentedManifestFile": _augmented,
}
