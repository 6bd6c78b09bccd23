"""Checks of S3 prefixes in settings (`s3://bucket/prefix/`), which may contain CDK tokens."""

import re

from mdlc_constructs.settings.refusal import refusal
from mdlc_constructs.settings.token import has_token, without_tokens

_URI = re.compile(r"s3://([^/]+)/(.+/)?")
_BUCKET = re.compile(r"[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]")


def check_s3_folder(argument: str, uri: object) -> None:
    """Refuse a value that is not an S3 prefix with a closing slash.

    Raises:
        ValueError: naming the argument, its value and the remedy.
    """
    if not isinstance(uri, str):
        raise refusal(argument, uri, 'give "s3://bucket/prefix/" with the closing slash.')
    if has_token(uri) and uri.endswith("/"):
        return
    parts = _URI.fullmatch(without_tokens(uri))
    if parts is None:
        raise refusal(argument, uri, 'give "s3://bucket/prefix/" with the closing slash.')
    if not _BUCKET.fullmatch(parts[1]):
        raise refusal(
            argument,
            uri,
            f"{parts[1]!r} is no bucket's name; give 3 to 63 lower-case letters, digits, dots, hyphens.",
        )
