"""Checks the directory of a container in Python without importing it: ``model.py`` and its lock."""

import ast
import math
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from mdlc_constructs.settings.algorithms.code_folder import code_text
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
    if not _takes(functions["predict"], 2):
        raise refusal(
            "directory", str(directory), f"predict in {MODULE} must take two arguments: model and rows."
        )
    for name in _OF_THE_TEMPLATE:
        if (directory / name).exists() or (directory / f"{name}.py").exists():
            raise refusal(
                "directory", str(directory), f"the name {name} is the template's: rename that module."
            )
    if not (_takes(functions["train"], 1) or _takes(functions["train"], 2)):
        raise refusal(
            "directory",
            str(directory),
            f"train in {MODULE} must take rows, and label where the data has one: write "
            f"def train(rows, label), and hyperparameters after *.",
        )
    _check_hyperparameters(functions["train"], hyperparameters)
    _check_lock(directory)


def check_label(directory: Path, *, labelled: bool) -> None:
    """Refuse a ``train`` that takes a label where the data has none, or the other way round.

    Raises:
        ValueError: naming the function and the remedy.
    """
    functions = {node.name: node for node in _parsed(directory).body if isinstance(node, ast.FunctionDef)}
    if not _takes(functions["train"], 2 if labelled else 1):
        raise refusal(
            "directory",
            str(directory),
            f"the dataset has {'a' if labelled else 'no'} label, and train in {MODULE} takes "
            f"{'none' if labelled else 'one'}: write def train({'rows, label' if labelled else 'rows'}), and "
            f"hyperparameters after *.",
        )


def _takes(function: ast.FunctionDef, number: int) -> bool:
    """Whether the function can be called with that many positional arguments."""
    positional = len(function.args.posonlyargs) + len(function.args.args)
    enough = positional - len(function.args.defaults) <= number
    return enough and (number <= positional or function.args.vararg is not None)


def _parsed(directory: Path) -> ast.Module:
    path = directory / MODULE
    if not path.is_file():
        raise refusal(
            "directory",
            str(directory),
            f"it holds no {MODULE}: write one with train and predict, or begin with "
            f"`mdlc container python {directory}`.",
        )
    text = code_text(directory, MODULE, "directory")
    try:
        return ast.parse(text, filename=str(path))
    except SyntaxError as error:
        line = f", line {error.lineno}" if error.lineno else ""
        raise refusal("directory", str(directory), f"{MODULE}{line}: {error.msg}.") from error


@dataclass(frozen=True, kw_only=True)
class Parameter:
    """A hyperparameter that ``train`` declares.

    Attributes:
        kind: the type of its annotation, "int", "float", "bool" or "str".
        required: whether it has no default.
    """

    kind: str
    required: bool

    def takes(self, value: Value) -> bool:
        """Whether it takes a value, or a text that stands for one."""
        kinds = _TYPES[self.kind]
        if isinstance(value, kinds) and (not isinstance(value, bool) or bool in kinds):
            return True
        # After `dataclasses.replace` they are texts already, and were checked before.
        return isinstance(value, str) and _reads(value, self.kind)


def declared(directory: Path) -> Mapping[str, Parameter]:
    """The hyperparameters of ``train`` in a directory that `check` accepts."""
    functions = {node.name: node for node in _parsed(directory).body if isinstance(node, ast.FunctionDef)}
    return _declared(functions["train"])


def check_name(argument: str, name: str, parameters: Mapping[str, Parameter]) -> None:
    """Refuse the name of a hyperparameter that ``train`` does not declare.

    Raises:
        ValueError: naming the argument and the right names.
    """
    if name in CONTEXT:
        raise refusal(argument, name, "the template itself fills this parameter of train; leave it out.")
    if not parameters:
        raise refusal(
            argument, name, f"train in {MODULE} has no keyword-only parameters; write one, after a *."
        )
    if name not in parameters:
        raise unknown(argument, name, parameters, what=f"keyword-only parameter of train in {MODULE}")


def _declared(train: ast.FunctionDef) -> Mapping[str, Parameter]:
    parameters = {}
    for each, default in zip(train.args.kwonlyargs, train.args.kw_defaults, strict=True):
        if each.arg in CONTEXT:
            continue
        if each.arg.startswith("_"):
            raise ValueError(
                f"The parameter {each.arg} of train in {MODULE} is a hyperparameter, and SageMaker's own "
                "begin with _, so the container leaves it out: name it "
                f"{each.arg.lstrip('_') or 'otherwise'}."
            )
        written = ast.unparse(each.annotation) if each.annotation is not None else ""
        if written not in _TYPES:
            raise ValueError(
                f"The parameter {each.arg} of train in {MODULE} is a hyperparameter and has "
                f"{f'the type {written}' if written else 'no type'}: annotate it with {', '.join(_TYPES)}."
            )
        parameters[each.arg] = Parameter(kind=written, required=default is None)
    return parameters


def _check_hyperparameters(train: ast.FunctionDef, hyperparameters: Mapping[str, Value]) -> None:
    parameters = _declared(train)
    for name, value in hyperparameters.items():
        check_name("hyperparameters", name, parameters)
        if not parameters[name].takes(value):
            raise refusal(name, value, f"train in {MODULE} declares it as {parameters[name].kind}.")
    for name, parameter in parameters.items():
        if parameter.required and name not in hyperparameters:
            raise refusal(
                "hyperparameters",
                dict(hyperparameters),
                f"train in {MODULE} needs {name}: give it, or a default.",
            )


def _reads(text: str, kind: str) -> bool:
    if kind == "bool":
        return text in ("true", "false")
    try:
        return math.isfinite({"int": int, "float": float}[kind](text))
    except (ValueError, KeyError):
        return False


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
    for line in code_text(directory, LOCK, "directory").replace("\\\n", " ").splitlines():
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
