"""Gives up root before any code of the team runs.

SageMaker starts a container as root and mounts folders that only root may write ("Use your own inference
code with hosting services", the section on how SageMaker runs the image), so the image has no USER. The
program gives the folders that it writes to the user ``app``, and becomes that user.
"""

import contextlib
import errno
import os
import pwd
from collections.abc import Iterable, Iterator
from pathlib import Path

USER = "app"
"""The user that the Dockerfile adds; where there is none, as in a test, the program stays what it is."""


def give_up_root(folders: Iterable[Path], user: str = USER) -> bool:
    """Become the user, which then owns the folders; returns whether this process was root and no longer is.

    Args:
        folders: what the program writes to; missing ones are made, because the user cannot make them: their
            parent is root's.
        user: the user's name.
    """
    if os.geteuid() != 0:
        return False
    try:
        entry = pwd.getpwnam(user)
    except KeyError:
        return False
    for folder in folders:
        with _writable_or_not():
            folder.mkdir(parents=True, exist_ok=True)
        for path in (folder, *folder.rglob("*")):
            with _writable_or_not():
                os.chown(path, entry.pw_uid, entry.pw_gid, follow_symlinks=False)
    os.setgroups([])
    os.setgid(entry.pw_gid)
    os.setuid(entry.pw_uid)
    os.environ["HOME"] = entry.pw_dir
    return True


@contextlib.contextmanager
def _writable_or_not() -> Iterator[None]:
    """Go on where a file system is mounted read-only: what is there can be read."""
    try:
        yield
    except OSError as error:
        if error.errno != errno.EROFS:
            raise
