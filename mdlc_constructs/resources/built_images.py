"""Images that a pipeline has built before the synthesis: their digests, from a file that it names."""

import json
import os
import re
from pathlib import Path
from typing import Any

from mdlc_constructs.settings.refusal import refusal

VARIABLE = "MDLC_IMAGES"
"""The environment variable with the path of the file."""

_REPOSITORY = re.compile(r"[0-9]{12}\.dkr\.ecr\.[a-z0-9-]+\.[a-z0-9.-]+/[a-z0-9._/-]+")
_DIGEST = re.compile(r"sha256:[0-9a-f]{64}")


def built_image(directory: Path, content_hash: str) -> str | None:
    """The URI by digest of the image that a pipeline built of a directory.

    The file's keys are directories, relative to the folder in which the app is synthesized.

    Args:
        directory: the absolute path of the team's directory.
        content_hash: of what the image holds today.

    Returns:
        The URI; None when no pipeline says what it built, or it built none of this directory.

    Raises:
        ValueError: when the file cannot be read, or its image was built of other files.
    """
    named = os.environ.get(VARIABLE)
    if not named:
        return None
    for key, entry in _entries(Path(named)).items():
        if Path(key).resolve() != directory.resolve():
            continue
        uri = _uri(named, key, entry)
        if entry["content_hash"] != content_hash:
            raise refusal(
                VARIABLE,
                named,
                f"the image of {key} was built of other files; build it again first.",
            )
        return uri
    return None


def _entries(path: Path) -> dict[str, Any]:
    try:
        entries = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise refusal(
            VARIABLE, str(path), f"give the path of the images.json that the pipeline wrote ({error})."
        ) from error
    if not isinstance(entries, dict):
        raise refusal(VARIABLE, str(path), "the file must hold a JSON object of directories.")
    return entries


def _uri(named: str, key: str, entry: object) -> str:
    texts = entry if isinstance(entry, dict) else {}
    repository, digest = str(texts.get("repository", "")), str(texts.get("digest", ""))
    if not (_REPOSITORY.fullmatch(repository) and _DIGEST.fullmatch(digest) and "content_hash" in texts):
        raise refusal(
            VARIABLE, named, f"the entry of {key} must have repository, digest (sha256:...) and content_hash."
        )
    return f"{repository}@{digest}"
