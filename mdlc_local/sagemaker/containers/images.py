"""The local programs that replace container images.

An images file (``--images``) is JSON or TOML::

    {"images": [{"match": "regex on the URI", "train": ["cmd"], "serve": ["cmd"], "process": ["cmd"],
                 "python": "/path/to/python", "environment": {"NAME": "value"}}],
     "scikit-learn": {"python": "/path/to/python", "environment": {"PIP_FIND_LINKS": "/path"},
                      "locks": ["SHA-256 of a lock file whose wheels are installed ahead"]},
     "prepare": ["cmd"]}

`images` are tried in order, before the built-in ones. `python` replaces ``python3`` in commands; an entry
may have instead `prepare`, a command that prints the interpreter's path. It runs when a job or a model first
needs the image. The scikit-learn image serves scripts as on AWS, unless its entry has another `serve`. The
stand-ins of built-in algorithms run on an interpreter that the file's command `prepare` makes from a lock
file, its last argument.
"""

import json
import re
import sys
import threading
import tomllib
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from mdlc_local.sagemaker.containers import built_in, metric_lines, script_mode
from mdlc_local.sagemaker.containers.metric_lines import MetricLines
from mdlc_local.sagemaker.containers.preparation import Preparation

_RUNTIMES = Path(__file__).resolve().parents[2] / "runtimes"
_KEYS = {"match", "train", "serve", "process", "python", "prepare", "environment"}

# Jobs share this machine's cores, and threads that spin while waiting slow all of them.
_PASSIVE = {"OMP_WAIT_POLICY": "PASSIVE"}

Pushed = Callable[[str], Mapping[str, Any] | None]


@dataclass(frozen=True, kw_only=True)
class Runtime:
    """The local replacement of an image.

    Attributes:
        python: the interpreter that replaces ``python3`` in this image's commands.
        train: its command as a training container; empty when it has none.
        serve: its command as a model server; empty when it has none.
        process: its entry point as a processing container; empty when a job must name one.
        environment: environment variables that the image sets.
        metrics: the log lines that have the image's own metrics; None when it has none.
        is_built_in: whether it stands in for a built-in algorithm, whose exit status says whose error it is.
        preparation: makes its interpreter, which is `python` after that; None when it is there.
        packages: makes the interpreter of trainings, and of servers of scripts that need the image's
            packages; None when `python` is that one.
        prepare: the command that makes an interpreter from the lock file of a job's wheels; empty without.
        locks: SHA-256 of the lock files whose packages need no other interpreter.
        of_model: algorithms of which the model's files say which one serves it; empty for any other image.
    """

    python: str
    train: tuple[str, ...] = ()
    serve: tuple[str, ...] = ()
    process: tuple[str, ...] = ()
    environment: Mapping[str, str] = field(default_factory=dict)
    metrics: MetricLines | None = None
    is_built_in: bool = False
    preparation: Preparation | None = None
    packages: Preparation | None = None
    prepare: tuple[str, ...] = ()
    locks: frozenset[str] = frozenset()
    of_model: tuple[str, ...] = ()

    def with_packages(self) -> "Runtime":
        """The runtime on the interpreter with the image's packages."""
        return self if self.packages is None else replace(self, preparation=self.packages, packages=None)

    def prepared(self, note: Callable[[str], None], stop: threading.Event) -> "Runtime":
        """The runtime with its interpreter, which is made if it is missing.

        Args:
            note: a function that takes lines of progress.
            stop: ends the making when it is set.

        Raises:
            JobFailedError: when it cannot be made.
        """
        if self.preparation is None:
            return self
        return replace(self, python=self.preparation.python(note, stop), preparation=None)


class Images:
    """All known images.

    Args:
        registered: patterns of URIs and their runtimes, the first that matches counts.
        prepare: the command that makes an interpreter from a lock file, its last argument; empty without one.
        pushed: returns the entry of an image that the `mdlc` command pushed, or None.
    """

    def __init__(
        self,
        registered: tuple[tuple[re.Pattern[str], Runtime], ...],
        prepare: tuple[str, ...] = (),
        pushed: Pushed = lambda _: None,
    ) -> None:
        self._registered = registered
        self._prepare = prepare
        self._pushed = pushed

    @classmethod
    def read(cls, path: Path | None, pushed: Pushed = lambda _: None) -> "Images":
        """The images of the file, the built-in ones, and those that were pushed.

        Raises:
            ValueError: when the file cannot be read or is not an images file.
        """
        content = _content(path)
        registered = [_entry(entry, path) for entry in content.get("images", [])]
        xgboost = (*built_in.COMMAND, "xgboost")
        registered.append(
            (
                re.compile(r"(^|/)sagemaker-xgboost(:|@|$)"),
                Runtime(
                    python=sys.executable,
                    train=(*xgboost, "train"),
                    serve=(*xgboost, "serve"),
                    environment=_PASSIVE,
                    metrics=metric_lines.XGBOOST,
                ),
            )
        )
        prepare = tuple(map(str, content.get("prepare", ())))
        sklearn = content.get("scikit-learn")
        if sklearn is not None:
            registered.append(_scikit_learn(sklearn, path, prepare))
        return cls(tuple(registered), prepare, pushed)

    def find(self, image: str) -> Runtime:
        """The runtime of an image URI.

        Raises:
            ValueError: naming the image and how to register a runtime, when there is none.
        """
        for pattern, runtime in self._registered:
            if pattern.search(image):
                if runtime.prepare:
                    return replace(runtime, packages=script_mode.preparation(image, runtime.prepare))
                return runtime
        entry = self._pushed(image)
        if entry is not None:
            return _entry({**entry, "match": re.escape(image)}, None)[1]
        name = built_in.repository(image)
        if name in built_in.STAND_INS:
            return self.stand_in(name)
        if name == built_in.SERVING_JUMPSTART:
            return Runtime(python=sys.executable, serve=(*built_in.COMMAND,), of_model=built_in.OF_JUMPSTART)
        if name in built_in.WITHOUT:
            raise ValueError(without_stand_in(name, image))
        raise ValueError(f"no local runtime is registered for image {image!r}: {REMEDY}")

    def of_training(self, image: str, uris: Iterable[str]) -> Runtime:
        """The runtime of a training image; on a framework's image the channels' URIs may say what it runs.

        Raises:
            ValueError: when there is none.
        """
        try:
            return self.find(image)
        except ValueError:
            scripts = built_in.scripts_of_jumpstart(uris)
            if scripts is None:
                raise
        name, task = scripts
        if name not in built_in.OF_JUMPSTART:
            raise ValueError(without_stand_in(name, image))
        runtime = self.stand_in(name)
        return replace(runtime, environment={**runtime.environment, "MDLC_JUMPSTART_TASK": task})

    def stand_in(self, name: str) -> Runtime:
        """The stand-in of a built-in algorithm.

        Raises:
            ValueError: when the images file does not say how interpreters are made.
        """
        if not self._prepare:
            raise ValueError(
                f"the stand-in of the built-in algorithm {name!r} needs the command 'prepare' of the images "
                "file, which makes its interpreter: start the embedded AWS by `mdlc local up`"
            )
        environment = built_in.STAND_INS[name]
        return Runtime(
            python=sys.executable,
            train=(*built_in.COMMAND, name, "train"),
            serve=(*built_in.COMMAND, name, "serve"),
            environment=_PASSIVE,
            metrics=metric_lines.BLAZINGTEXT if name == "blazingtext" else metric_lines.QUALITY,
            is_built_in=True,
            preparation=Preparation(
                what=f"{name}: {environment.title()}", command=(*self._prepare, str(environment.lock))
            ),
        )

    def able_to(self, image: str, use: str) -> Runtime:
        """The runtime of an image URI, which must have the command `use`: ``train`` or ``serve``.

        Raises:
            ValueError: when there is no runtime, or it has no such command.
        """
        runtime = self.find(image)
        if not getattr(runtime, use):
            raise ValueError(f"the local runtime of image {image!r} has no {use!r} command: {REMEDY}")
        return runtime


REMEDY = (
    "register one as a [[local.images]] table of mdlc.toml, or in the file given as --images: "
    '{"images": [{"match": "<regex on the URI>", "train": '
    '["command", ...], "serve": ["command", ...], "python": "<interpreter>", "environment": {}}]}'
)


def without_stand_in(algorithm: str, image: str) -> str:
    """The refusal of a built-in algorithm for which no program stands in."""
    return f"the built-in algorithm {algorithm!r} (image {image!r}) has no local stand-in: {REMEDY}"


def foreign_model(image: str) -> str:
    """The refusal of a model that no stand-in trained, on an image that serves those of stand-ins."""
    names = " or ".join(built_in.OF_JUMPSTART)
    return f"no local runtime is registered for a model on image {image!r} that is not {names}'s: {REMEDY}"


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


def _scikit_learn(
    entry: Mapping[str, Any], path: Path | None, prepare: tuple[str, ...]
) -> tuple[re.Pattern[str], Runtime]:
    commands = {
        "train": ["python3", "-P", str(_RUNTIMES / "scikit_learn_train.py")],
        "serve": ["python3", "-P", str(_RUNTIMES / "scikit_learn.py")],
    }
    own = {name: value for name, value in entry.items() if name != "locks"}
    pattern, runtime = _entry({"match": r"(^|/)sagemaker-scikit-learn(:|@|$)", **commands, **own}, path)
    return pattern, replace(runtime, prepare=prepare, locks=frozenset(entry.get("locks", ())))


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
    if "python" in entry and "prepare" in entry:
        raise ValueError(
            f"images file {path}: the entry {entry['match']!r} has python and prepare: keep one of them"
        )
    uses = ("train", "serve", "process", "prepare")
    commands = {use: tuple(map(str, entry.get(use, ()))) for use in uses}
    prepare = commands["prepare"]
    return pattern, Runtime(
        python=str(entry.get("python", sys.executable)),
        environment={str(name): str(value) for name, value in entry.get("environment", {}).items()},
        train=commands["train"],
        serve=commands["serve"],
        process=commands["process"],
        preparation=Preparation(what=f"image {entry['match']}", command=prepare) if prepare else None,
    )
