"""The errors of the client, each with one sentence that says what to do."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Iterator
from contextlib import contextmanager

EXPIRED = ("ExpiredToken", "ExpiredTokenException", "RequestExpired", "TokenRefreshRequired")
UNKNOWN_KEY = (
    *("InvalidClientTokenId", "UnrecognizedClientException", "InvalidAccessKeyId", "AuthFailure"),
    *("SignatureDoesNotMatch", "InvalidSignatureException", "IncompleteSignature"),
    *("MissingAuthenticationToken", "MissingAuthenticationTokenException"),
)
DENIED = (
    *("AccessDenied", "AccessDeniedException", "UnauthorizedOperation", "UnauthorizedException"),
    *("AuthorizationError", "AuthorizationErrorException", "Forbidden", "403", "NotAuthorized"),
)
"""The error codes by which services say that a permission is missing."""
_GONE = ("404", "NoSuchKey", "NoSuchBucket", "ResourceNotFoundException")


class MdlcClientError(ValueError):
    """What is asked for cannot be read."""


class ChoiceError(MdlcClientError):
    """There is no such stack, model, run, version or window, or there are several."""


class AccessError(MdlcClientError):
    """AWS did not answer: no credentials, no right, or no connection."""


class MissingPackageError(MdlcClientError):
    """A Python package is not installed that the method needs."""


@contextmanager
def reading(what: str) -> Iterator[None]:
    """Raise AWS's errors within the block as errors of the client.

    Args:
        what: what is read, as the sentence begins with it.

    Raises:
        AccessError: AWS did not answer.
    """
    from botocore.exceptions import BotoCoreError, ClientError

    try:
        yield
    except ClientError as error:
        code = str(error.response["Error"].get("Code", ""))
        message = str(error.response["Error"].get("Message", "")).rstrip(".")
        if code in (*EXPIRED, *UNKNOWN_KEY):
            remedy = "sign in again, as with `aws sso login`"
        elif code in DENIED:
            remedy = "use a session of somebody who may"
        elif code in _GONE:
            remedy = "it was deleted, so choose another"
        else:
            remedy = "try again"
        raise AccessError(f"{what} cannot be read ({code}: {message}): {remedy}") from error
    except BotoCoreError as error:
        remedy = "give Client a boto3.Session with credentials and a region, or set AWS_ENDPOINT_URL"
        raise AccessError(f"{what} cannot be read ({str(error).rstrip('.')}): {remedy}") from error


def unknown(what: str, value: object, known: Iterable[object], holds: str) -> str:
    """One sentence on a value that is not among the known ones, with the likeliest of them.

    Args:
        what: what the value is, such as run.
        value: the value.
        known: the known ones.
        holds: what is true of the known ones, such as `has rows`.
    """
    names = [str(each) for each in known]
    if not names:
        return f"no {what} {holds}: deploy a model home with `mdlc deploy`"
    near = difflib.get_close_matches(str(value), names, n=1)
    more = f" and {len(names) - 12} more" if len(names) > 12 else ""
    remedy = f"did you mean {near[0]!r}?" if near else f"choose one of {', '.join(names[:12])}{more}"
    return f"no {what} {value!r} {holds}: {remedy}"
