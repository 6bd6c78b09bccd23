"""The account's own credentials: any twelve digits as access key id, and a random secret per server process.

The secret allows everything on this server, including running code as the user. So it is stored in a file
that only the user can read. A web page can reach the loopback address but cannot read the file, so it cannot
sign requests.
"""

import os
import re
import secrets
from pathlib import Path

ACCOUNT_ID = "000000000000"
FILE = "secret"
"""The name of the secret's file in the state folder."""

_ACCOUNT = re.compile(r"[0-9]{12}")
_secret: str | None = None


def create(state_dir: Path) -> None:
    """Create this server's secret and write it to `state_dir`, readable by its owner only."""
    global _secret
    _secret = secrets.token_urlsafe(30)
    path = state_dir / FILE
    path.unlink(missing_ok=True)
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
        file.write(_secret)


def secret() -> str:
    """This server's secret access key."""
    if _secret is None:
        raise RuntimeError("no secret: the embedded AWS was not started through mdlc_local.server")
    return _secret


def of_account(account: str) -> dict[str, str]:
    """An account's own keys as `AWS_*` environment variables."""
    return {"AWS_ACCESS_KEY_ID": account, "AWS_SECRET_ACCESS_KEY": secret(), "AWS_SESSION_TOKEN": ""}


def names_account(access_key: str) -> bool:
    """Whether an access key id is an account's own, which is allowed everything in the account."""
    return _ACCOUNT.fullmatch(access_key) is not None
