"""The account's own credentials: any twelve digits as the key id, and one secret that each server draws anew.

Whoever knows the secret may do everything here, run code as the user included. So it is kept where only the
user can read it: a web page, which can reach the loopback address but read no file, cannot sign a request.
"""

import os
import re
import secrets
from pathlib import Path

ACCOUNT_ID = "000000000000"
FILE = "secret"
"""Its name below the state folder."""

_ACCOUNT = re.compile(r"[0-9]{12}")
_secret: str | None = None


def create(state_dir: Path) -> None:
    """Draw this server's secret and keep it in `state_dir`, readable by its owner only."""
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
    """Whether an access key id stands for an account itself, which may do everything in it."""
    return _ACCOUNT.fullmatch(access_key) is not None
