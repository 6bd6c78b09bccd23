"""Placeholders for the locations of channels, which may be known only at deployment. Pure text."""

from collections.abc import Mapping

from mdlc_constructs.asl.statements import Statement
from mdlc_constructs.settings.channel import S3Channel
from mdlc_constructs.workflows import job_roles

DATA, OBJECTS = "Data", "Objects"
"""What begins the placeholders of a channel's URI, and of the folder of objects that a manifest names."""


def bucket_name(what: str, number: int) -> str:
    """The placeholder's name of a location's bucket."""
    return f"{what}Bucket{number}"


def prefix_name(what: str, number: int) -> str:
    """The placeholder's name of a location's prefix or key."""
    return f"{what}Prefix{number}"


def uri(what: str, number: int) -> str:
    """The S3 URI of a location, of placeholders."""
    return f"s3://${{{bucket_name(what, number)}}}/${{{prefix_name(what, number)}}}"


def uris(channels: Mapping[str, S3Channel]) -> dict[str, str]:
    """The URI of each channel, of placeholders, by the channel's name."""
    return {name: uri(DATA, number) for number, name in enumerate(sorted(channels))}


def objects(channels: Mapping[str, S3Channel]) -> dict[str, str]:
    """The URI of the folder of the objects of each manifest, of placeholders, by the channel's name."""
    numbered = enumerate(sorted(channels))
    return {name: uri(OBJECTS, number) for number, name in numbered if channels[name].objects}


def locations(channels: Mapping[str, S3Channel]) -> list[tuple[str, int, str, str]]:
    """Every location that is read: what it is, the channel's number and name, and the user's URI."""
    rows = []
    for number, name in enumerate(sorted(channels)):
        rows.append((DATA, number, name, channels[name].uri))
        if channels[name].objects:
            rows.append((OBJECTS, number, name, channels[name].objects))
    return rows


def reading(
    channels: Mapping[str, S3Channel], keys: Mapping[str, str | None], *, left_out: str = ""
) -> tuple[Statement, ...]:
    """Permission to read the channels, but for the one left out.

    Args:
        keys: by channel the key of its bucket when that has its own.
    """
    statements = list[Statement]()
    for what, number, name, _ in locations(channels):
        if name != left_out:
            statements += job_roles.dataset(
                keys.get(name),
                bucket=f"${{{bucket_name(what, number)}}}",
                prefix=f"${{{prefix_name(what, number)}}}",
            )
    return tuple(statements)


def inputs(channels: Mapping[str, S3Channel]) -> dict[str, str]:
    """The inputs of a data job that reads the channels: S3 URIs by the input's name.

    A manifest is an input beside the folder of its objects, because a processing job does not read augmented
    manifests, and the check says which objects are missing.
    """
    data = {f"data-{name}": place for name, place in uris(channels).items()}
    return {**data, **{f"objects-{name}": place for name, place in objects(channels).items()}}
