"""The local programs that replace container images.

An images file (``--images``) is JSON or TOML::

    {"images": [{"match": "regex on the URI", "train": ["cmd"], "serve": ["cmd"], "process": ["cmd"],
                 "python": "/path/to/python", "environment": {"NAME": "value"}}],
     "scikit-learn": {"python": "/path/to/python", "environment": {"PIP_FIND_LINKS": "/path"}}}

`images` are tried in order, before the built-in ones. `python` replaces ``python3`` in commands. The
scikit-learn image serves scripts as on AWS, unless its entry has another `serve`.
"""

import json
import re
import sys
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from mdlc_local.sagemaker.containers import repository_images

_RUNTIMES = Path(__file__).resolve().parents[2] / "runtimes"
_KEYS = {"match", "train", "serve", "process", "python", "environment"}


@dataclass(frozen=True, kw_only=True)
class Runtime:
    """The local replacement of an image.

    Attributes:
        python: the interpreter that replaces ``python3`` in this image's commands.
        train: its command as a training container; empty when it has none.
        serve: its command as a model server; empty when it has none.
        process: its entry point as a processing container; empty when a job must name one.
        environment: environment variables that the image sets.
        metrics: whether its log lines contain XGBoost's metrics.
    """

    python: str
    train: tuple[str, ...] = ()
    serve: tuple[str, ...] = ()
    process: tuple[str, ...] = ()
    environment: Mapping[str, str] = field(default_factory=dict)
    metrics: bool = False


class Images:
    """All known images."""

    def __init__(self, registered: tuple[tuple[re.Pattern[str], Runtime], ...]) -> None:
        self._registered = registered

    @classmethod
    def read(cls, path: Path | None) -> "Images":
        """The images of the file, and the built-in ones.

        Raises:
            ValueError: when the file cannot be read or is not an images file.
        """
        content = _content(path)
        registered = [_entry(entry, path) for entry in content.get("images", [])]
        # -P, because the script's own name (xgboost.py) would hide the xgboost package.
        xgboost = (sys.executable, "-P", str(_RUNTIMES / "xgboost.py"))
        registered.append(
            (
                re.compile(r"(^|/)sagemaker-xgboost(:|@|$)"),
                Runtime(
                    python=sys.executable,
                    train=(*xgboost, "train"),
                    serve=(*xgboost, "serve"),
                    # Jobs share this machine's cores, and threads that spin while waiting slow all of them.
                    environment={"OMP_WAIT_POLICY": "PASSIVE"},
                    metrics=True,
                ),
            )
        )
        sklearn = content.get("scikit-learn")
        if sklearn is not None:
            serve = ["python3", "-P", str(_RUNTIMES / "scikit_learn.py")]
            entry = {"match": r"(^|/)sagemaker-scikit-learn(:|@|$)", "serve": serve, **sklearn}
            registered.append(_entry(entry, path))
        return cls(tuple(registered))

    def find(self, image: str) -> Runtime:
        """The runtime of an image URI.

        Raises:
            ValueError: naming the image and how to register a runtime, when there is none.
        """
        for pattern, runtime in self._registered:
            if pattern.search(image):
                return runtime
        entry = repository_images.local_entry(image)
        if entry is not None:
            return _entry({**entry, "match": re.escape(image)}, None)[1]
        raise ValueError(f"no local runtime is registered for image {image!r}: {_REMEDY}")

    def able_to(self, image: str, use: str) -> Runtime:
        """The runtime of an image URI, which must have the command `use`: ``train`` or ``serve``.

        Raises:
            ValueError: when there is no runtime, or it has no such command.
        """
        runtime = self.find(image)
        if not getattr(runtime, use):
            raise ValueError(f"the local runtime of image {image!r} has no {use!r} command: {_REMEDY}")
        return runtime


_REMEDY = (
    'register one in the file given as --images: {"images": [{"match": "<regex on the URI>", "train": '
    '["command", ...], "serve": ["command", ...], "python": "<interpreter>", "environment": {}}]}'
)


def _content(path: Path | None) -> dict[str, Any]:
    if path is None:
        return {}
    try:
        text = path.read_text()
        content = tomllib.loads(text) if path.suffix == ".toml" else json.loads(text)
    except (OSError, ValueError) as error:
        raise ValueError(f"images file {path} cannot be read: {error}") from error
    if not isinstance(content, dict):
        raise ValueError(f"images file {path} must hold an object with the key 'images'")
    return content


def _entry(entry: Mapping[str, Any], path: Path | None) -> tuple[re.Pattern[str], Runtime]:
    unknown = set(entry) - _KEYS
    if unknown or "match" not in entry:
        raise ValueError(
            f"images file {path}: an entry needs 'match' and may have {sorted(_KEYS - {'match'})}, "
            f"not {sorted(unknown)}"
        )
    try:
        pattern = re.compile(entry["match"])
    except re.error as error:
        raise ValueError(
            f"images file {path}: match={entry['match']!r} is no regular expression: {error}"
        ) from error
    commands = {use: tuple(map(str, entry.get(use, ()))) for use in ("train", "serve", "process")}
    return pattern, Runtime(
        python=str(entry.get("python", sys.executable)),
        environment={str(name): str(value) for name, value in entry.get("environment", {}).items()},
        train=commands["train"],
        serve=commands["serve"],
        process=commands["process"],
    )
