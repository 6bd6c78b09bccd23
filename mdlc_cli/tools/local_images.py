"""Images of the local AWS: a build context that says how it runs without Docker, kept in the user's cache.

A context says so in ``local-image.json``: ``train``, ``serve`` or ``process`` (commands), ``requirements`` (a
lock file) or ``python``, ``environment``, ``language``, ``check``, a command that must succeed before the
image counts as built, and ``scan_findings``, what ECR's scan is to report here (severities by names). A word
that begins with ``./`` is a path in the context.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import subprocess
from pathlib import Path
from typing import Any

from mdlc_cli import places
from mdlc_cli.errors import CommandError, MissingToolError
from mdlc_cli.tools import cache, toolchain
from mdlc_cli.tools.tool_process import clean_environment

FILE = "local-image.json"
MEDIA_TYPE = "application/vnd.mdlc.local-image.v1+json"
"""The media type of the manifest that such an image has in the local AWS's registry."""

SEVERITIES = ("CRITICAL", "HIGH", "MEDIUM", "LOW", "INFORMATIONAL", "UNDEFINED")
"""The severities of ECR's findings."""

INSTALL_R = "install R and plumber (on Debian and Ubuntu: `apt install r-base-core r-cran-plumber`)"
CHECK_SECONDS = 120

FINDINGS = "scan_findings"
_COMMANDS = ("train", "serve", "process")
_KEPT = ("python", "environment", FINDINGS)
_CONTEXT, _ENTRY, _SHOWN_LINES = "context", "entry.json", 3


def digest(name: str) -> str:
    """A name for a file of the cache."""
    return hashlib.sha256(name.encode()).hexdigest()[:32]


def content_name(context: Path) -> str:
    """The name of the image of a directory's present content."""
    parts = []
    for folder, folders, names in os.walk(context, followlinks=True):
        folders.sort()
        for path in (Path(folder) / name for name in sorted(names)):
            mode = "x" if os.access(path, os.X_OK) else "-"
            parts += [f"{path.relative_to(context).as_posix()} {mode}".encode(), path.read_bytes()]
    return f"content-{cache.digest(parts)}"


def folder_of(tag: str) -> Path:
    """The folder of an image that is known by a tag such as ``cdkasset-1f2e``."""
    return places.cache_root() / "images" / digest(tag)


def is_built(tag: str) -> bool:
    """Whether an image is there, and its interpreter."""
    folder = folder_of(tag)
    if not cache.is_complete(folder):
        return False
    return Path(str(_entry(folder).get("python", folder))).exists()


def build(context: Path, tag: str) -> None:
    """Copy a build context into the cache, install its packages, and run its check.

    Raises:
        CommandError: the context does not say how it runs here, or its check failed.
        MissingToolError: it is written in R, and R is not installed.
    """
    described = _described(context)
    if described.get("language") == "r" and shutil.which("Rscript") is None:
        raise MissingToolError(
            f"a container in R runs here by Rscript, which is not installed: {INSTALL_R}, and deploy again"
        )

    def fill(target: Path) -> int:
        shutil.copytree(context, target / _CONTEXT)
        entry = _placed(described, target / _CONTEXT)
        if "requirements" in entry:
            _check_lock(context, described["requirements"], Path(str(entry["requirements"])))
            entry["python"] = str(toolchain.image_python(Path(str(entry["requirements"]))))
        _check(entry.get("check", []), entry, target / _CONTEXT)
        kept = {key: entry[key] for key in (*_COMMANDS, *_KEPT) if key in entry}
        (target / _ENTRY).write_text(json.dumps(kept))
        return 0

    cache.make_once(folder_of(tag), fill, is_usable=lambda folder: (folder / _ENTRY).is_file())


def manifest(tag: str) -> str:
    """The manifest of an image: its entry of the images file, its name, and the findings of its scan."""
    entry = _entry(folder_of(tag))
    findings = {key: entry.pop(key) for key in (FINDINGS,) if key in entry}
    return json.dumps({"schemaVersion": 2, "mediaType": MEDIA_TYPE, "name": tag, "local": entry, **findings})


def _entry(folder: Path) -> dict[str, Any]:
    entry: dict[str, Any] = json.loads((folder / _ENTRY).read_text())
    return entry


def _described(context: Path) -> dict[str, Any]:
    path = context / FILE
    if not path.is_file():
        raise CommandError(
            f"the local AWS builds no Docker images, and the image of {context} has no {FILE}, which says "
            f'what runs instead: put one beside its Dockerfile, such as {{"serve": ["python3", "./serve.py", '
            f'"serve"], "requirements": "./requirements.lock"}}'
        )
    try:
        described = json.loads(path.read_text())
        if not isinstance(described, dict):
            raise ValueError("it holds no object")
    except ValueError as error:
        raise CommandError(f"{path} is no JSON object: {error}") from error
    findings = described.get(FINDINGS, {})
    if not isinstance(findings, dict) or not set(findings.values()) <= set(SEVERITIES):
        raise CommandError(
            f"{path}: {FINDINGS} is {findings!r}: write severities by the names of findings, such as "
            f'{{"CVE-2024-0001": "HIGH"}}; they are {", ".join(SEVERITIES)}'
        )
    return described


def _placed(value: Any, folder: Path) -> Any:
    """The value with words that begin with ``./`` as paths in a folder."""
    if isinstance(value, dict):
        return {key: _placed(word, folder) for key, word in value.items()}
    if isinstance(value, list):
        return [_placed(word, folder) for word in value]
    return str(folder / value[2:]) if isinstance(value, str) and value.startswith("./") else value


def _check_lock(context: Path, name: object, lock: Path) -> None:
    if not lock.is_file():
        raise CommandError(
            f"{context / FILE} names the packages {name}, and there is no such file: lock them into it "
            f"(uv pip compile --generate-hashes), or name another one"
        )


def _check(command: list[str], entry: dict[str, Any], folder: Path) -> None:
    if not command:
        return
    words = [
        str(entry["python"]) if command[0] == "python3" and "python" in entry else command[0],
        *command[1:],
    ]
    try:
        done = subprocess.run(
            words,
            cwd=folder,
            env=clean_environment({"PYTHONDONTWRITEBYTECODE": "1", **dict(entry.get("environment", {}))}),
            capture_output=True,
            text=True,
            errors="replace",
            timeout=CHECK_SECONDS,
            stdin=subprocess.DEVNULL,
        )
    except subprocess.TimeoutExpired as error:
        raise CommandError(
            f"the check of the image did not end within {CHECK_SECONDS} s: code outside of functions runs "
            f"whenever the model is loaded; keep it short"
        ) from error
    except OSError as error:
        raise MissingToolError(
            f"the check of the image needs {words[0]}: {os.strerror(error.errno or 0)}"
        ) from error
    if done.returncode != 0:
        lines = [line for line in (done.stderr or done.stdout).splitlines() if line.strip()]
        raise CommandError("; ".join(lines[-_SHOWN_LINES:]) or f"the check ended with {done.returncode}")
