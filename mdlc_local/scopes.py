"""Account and region of a request, and the access key that signed it."""

import importlib
from dataclasses import dataclass
from typing import Any

from mdlc_local import patches

_ACCESS_KEY = ("ministack.core.router", "extract_access_key_id", "headers query_params")


def check_seams() -> None:
    """Check that the ministack function used here has the expected parameters.

    Raises:
        PatchMovedError: when it has not.
    """
    patches.take(*_ACCESS_KEY)


@dataclass(frozen=True)
class Scope:
    """One region of one account, within which names are unique."""

    account: str
    region: str


def current() -> Scope:
    """The account and region of the current request."""
    responses = importlib.import_module("ministack.core.responses")
    return Scope(str(responses.get_account_id()), str(responses.get_region()))


def access_key(headers: dict[str, str], query: dict[str, Any]) -> str:
    """The access key that signed the request."""
    return str(patches.take(*_ACCESS_KEY)(headers, query))
