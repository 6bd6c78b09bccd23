"""Checks the directory of a container in R by its text; R checks the syntax where the image is built."""

import re
from collections.abc import Mapping
from pathlib import Path

from mdlc_constructs.settings.algorithms.code_folder import code_files, code_text
from mdlc_constructs.settings.algorithms.hyperparameters import Value
from mdlc_constructs.settings.refusal import refusal

SCRIPT, PACKAGES = "model.R", "packages.txt"

ALWAYS_THERE = frozenset(
    {
        *("base", "compiler", "datasets", "graphics", "grDevices", "grid", "methods", "parallel", "splines"),
        *("stats", "stats4", "tcltk", "tools", "utils"),
        *("plumber", "jsonlite", "later", "promises", "httpuv"),
    }
)
"""Packages of Debian's r-base-core, and those that r-cran-plumber brings."""

_DEBIAN = re.compile(r"r-(cran|bioc|other)-[a-z0-9][a-z0-9.+-]*|[a-z0-9][a-z0-9.+-]+")
_USED = re.compile(
    r"(?:\b(?:library|require|requireNamespace|loadNamespace)\(\s*[\"']?([A-Za-z][\w.]*)|\b([A-Za-z][\w.]*):::?\w)"
)
_TRAIN = re.compile(r"^\s*train\s*(?:<-|=)\s*(?:function\s*|\\)\((\s*\))?", re.MULTILINE)
_PREDICTS = re.compile(r"^#[*']\s*@post\s+/invocations\s*$", re.MULTILINE)


def check(directory: Path, hyperparameters: Mapping[str, Value]) -> None:
    """Refuse a directory from which no image can be built.

    Raises:
        ValueError: names the file, the function or the package, and the remedy.
    """
    path = directory / SCRIPT
    if not path.is_file():
        raise refusal(
            "directory",
            str(directory),
            f"it holds no {SCRIPT}: write one with train and a function marked `#* @post /invocations`, or "
            f"begin with `mdlc container r {directory}`.",
        )
    text = code_text(directory, SCRIPT, "directory")
    train = _TRAIN.search(text)
    if train is None:
        raise refusal(
            "directory",
            str(directory),
            f"{SCRIPT} has no function train: write train <- function(rows, label) ...",
        )
    if train[1]:
        raise refusal(
            "directory",
            str(directory),
            f"train in {SCRIPT} must take rows, and label where the data has one: write "
            f"train <- function(rows, label) ...",
        )
    marked = len(_PREDICTS.findall(text))
    if marked != 1:
        raise refusal(
            "directory",
            str(directory),
            f"{SCRIPT} has {marked or 'no'} lines `#* @post /invocations`: write one above the function that "
            f"predicts, function(model, rows).",
        )
    _check_packages(directory)


def _check_packages(directory: Path) -> None:
    listed = []
    path = directory / PACKAGES
    if path.is_file():
        listed = [line.strip() for line in code_text(directory, PACKAGES, "directory").splitlines()]
    listed = [name for name in listed if name and not name.startswith("#")]
    for name in listed:
        if not _DEBIAN.fullmatch(name):
            raise refusal(
                "directory", str(directory), f"{PACKAGES}: {name!r} is no name of a Debian package."
            )
    scripts = [name for name in code_files(directory, "directory") if name.endswith(".R")]
    for script in scripts:
        lines = code_text(directory, script, "directory").splitlines()
        code = "\n".join(line.partition("#")[0] for line in lines)
        for match in _USED.finditer(code):
            package = match[1] or match[2]
            debian = f"r-cran-{package.lower()}"
            if package in ALWAYS_THERE or debian in listed or f"r-bioc-{package.lower()}" in listed:
                continue
            raise refusal(
                "directory",
                str(directory),
                f"{script} uses the R package {package}, which the image lacks: add the line {debian} "
                f"to {PACKAGES} (a package that Debian has), or do without it.",
            )
