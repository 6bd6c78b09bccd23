"""Checks the directory of a container in Python without importing it: ``model.py`` and its lock."""

import ast
import re
from collections.abc import Mapping
from pathlib import Path

from mdlc_constructs.settings.algorithms.hyperparameters import Value
from mdlc_constructs.settings.refusal import refusal, unknown

MODULE, LOCK = "model.py", "requirements.lock"

NEEDED = ("uvicorn", "uvloop", "httptools", "pandas")
"""The packages that the template itself imports."""

CONTEXT = ("weight", "validation", "checkpoints", "stopping", "channels")
"""Keyword-only parameters of ``train`` that the template fills; all others are hyperparameters."""

_OF_THE_TEMPLATE = ("container", "serve", "serving", "mdlc_container")
_LOCKING = (
    "uv pip compile --universal --python-version 3.11 --generate-hashes requirements.in -o requirements.lock"
)
_TYPES: Mapping[str, tuple[type, ...]] = {
    "int": (int,),
    "float": (int, float),
    "bool": (bool,),
    "str": (str,),
}
_REQUIREMENT = re.compile(r"^([A-Za-z0-9][A-Za-z0-9._-]*)\s*(\[[^\]]*\])?\s*(==)?")


def check(directory: Path, hyperparameters: Mapping[str, Value]) -> None:
    """Refuse a directory from which no image can be built, and hyperparameters that ``train`` does not take.

    Raises:
        ValueError: names the file, the line, the function or the package, and the remedy.
    """
    tree = _parsed(directory)
    functions = {node.name: node for node in tree.body if isinstance(node, ast.FunctionDef)}
    for name, takes in (("train", "rows, label"), ("predict", "model, rows")):
        if name not in functions:
            raise refusal(
                "directory",
                str(directory),
                f"{MODULE} has no function {name}: write def {name}({takes}): ...",
            )
    if len(functions["predict"].args.args) != 2:
        raise refusal(
            "directory", str(directory), f"predict in {MODULE} must take two arguments: model and rows."
        )
    for name in _OF_THE_TEMPLATE:
        if (directory / name).exists() or (directory / f"{name}.py").exists():
            raise refusal(
                "directory", str(directory), f"the name {name} is the template's: rename that module."
            )
    _check_hyperparameters(functions["train"], hyperparameters)
    _check_lock(directory)


def _parsed(directory: Path) -> ast.Module:
    path = directory / MODULE
    if not path.is_file():
        raise refusal(
            "directory",
            str(directory),
            f"it holds no {MODULE}: write one with train and predict, or begin with "
            f"`mdlc container python {directory}`.",
        )
    try:
        return ast.parse(path.read_text(encoding="utf-8"), filename=str(path))
    except SyntaxError as error:
        raise refusal("directory", str(directory), f"{MODULE}, line {error.lineno}: {error.msg}.") from error


def _check_hyperparameters(train: ast.FunctionDef, hyperparameters: Mapping[str, Value]) -> None:
    defaults = dict(zip((a.arg for a in train.args.kwonlyargs), train.args.kw_defaults, strict=True))
    types = {
        a.arg: ast.unparse(a.annotation) if a.annotation is not None else ""
        for a in train.args.kwonlyargs
        if a.arg not in CONTEXT
    }
    for name, written in types.items():
        if name.startswith("_"):
            raise ValueError(
                f"The parameter {name} of train in {MODULE} is a hyperparameter, and SageMaker's own begin "
                f"with _, so the container leaves it out: name it {name.lstrip('_') or 'otherwise'}."
            )
        if written not in _TYPES:
            raise ValueError(
                f"The parameter {name} of train in {MODULE} is a hyperparameter and has "
                f"{f'the type {written}' if written else 'no type'}: annotate it with {', '.join(_TYPES)}."
            )
    for name, value in hyperparameters.items():
        if name not in types:
            raise unknown("hyperparameters", name, types, what=f"keyword-only parameter of train in {MODULE}")
        kinds = _TYPES[types[name]]
        if not isinstance(value, kinds) or (isinstance(value, bool) and bool not in kinds):
            # After `dataclasses.replace` they are texts already, and were checked before.
            if isinstance(value, str) and _reads(value, types[name]):
                continue
            raise refusal(name, value, f"train in {MODULE} declares it as {types[name]}.")
    for name in types:
        if defaults[name] is None and name not in hyperparameters:
            raise refusal(
                "hyperparameters",
                dict(hyperparameters),
                f"train in {MODULE} needs {name}: give it, or a default.",
            )


def _reads(text: str, kind: str) -> bool:
    if kind == "bool":
        return text in ("true", "false")
    try:
        {"int": int, "float": float}[kind](text)
    except (ValueError, KeyError):
        return False
    return True


def _check_lock(directory: Path) -> None:
    path = directory / LOCK
    if not path.is_file():
        raise refusal(
            "directory",
            str(directory),
            f"it holds no {LOCK}: write the packages into requirements.in and run `{_LOCKING}` in it.",
        )
    locked = set()
    # A requirement and its hashes are one logical line.
    for line in path.read_text(encoding="utf-8").replace("\\\n", " ").splitlines():
        text = line.partition(" #")[0].strip()
        if not text or text.startswith(("#", "-")):
            continue
        match = _REQUIREMENT.match(text)
        if match is None or match[3] is None or "--hash=" not in text:
            raise refusal(
                "directory",
                str(directory),
                f"{LOCK} does not lock {text.split(';')[0].split('--hash')[0].strip()!r} to a version and "
                f"hashes: run `{_LOCKING}` in it.",
            )
        locked.add(re.sub(r"[-_.]+", "-", match[1]).lower())
    missing = [name for name in NEEDED if name not in locked]
    if missing:
        raise refusal(
            "directory",
            str(directory),
            f"{LOCK} lacks {', '.join(missing)}, which the server of the container needs: add them to "
            f"requirements.in and run `{_LOCKING}` in it.",
        )
