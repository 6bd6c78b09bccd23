"""Scripts on the scikit-learn image: which packages they need, and where those come from.

The image has scikit-learn, NumPy and pandas. Data jobs and small servers on the same image need none of them,
so an environment with the image's own versions is made only for trainings, and for servers whose script needs
it.
"""

import dis
import sys
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from types import CodeType

from mdlc_local.sagemaker.containers import opt_ml
from mdlc_local.sagemaker.containers.built_in import Environment
from mdlc_local.sagemaker.containers.preparation import Preparation

_ENVIRONMENTS = {
    "1.9": Environment.named("sklearn-1.9", "scikit-learn", 70),
    "1.4": Environment.named("sklearn-1.4", "scikit-learn", 75),
}
"""By version of the image; the last one also stands in for older images."""

_STEPS = ("input_fn", "predict_fn", "output_fn")
_UNPICKLERS = ("pickle", "dill", "shelve")
"""Modules by which a script may load objects of packages that it does not import itself."""


def preparation(image: str, prepare: tuple[str, ...]) -> Preparation:
    """What makes the interpreter with the packages of an image.

    Args:
        prepare: the command that makes an interpreter from a lock file, its last argument.
    """
    tag = image.rpartition(":")[2]
    versions = [version for version in _ENVIRONMENTS if tag.startswith(version)]
    environment = _ENVIRONMENTS[versions[0] if versions else list(_ENVIRONMENTS)[-1]]
    return Preparation(
        what=f"scripts on scikit-learn {tag}: {environment.title()}",
        command=(*prepare, str(environment.lock)),
    )


def needs_packages(base: Path, variables: Mapping[str, str]) -> bool:
    """Whether a server's script needs more than the standard library.

    It does when it or a module beside it imports other packages or unpickles objects, or when it leaves a
    step to the image's functions, which are written in NumPy.

    Args:
        base: what stands for /opt/ml, with the model.
        variables: the container's environment variables.
    """
    name = variables.get("SAGEMAKER_PROGRAM", "").removesuffix(".py")
    submitted = variables.get("SAGEMAKER_SUBMIT_DIRECTORY", "")
    if not name or not submitted.startswith(f"{opt_ml.ROOT}/"):
        return False
    folder = opt_ml.inside(submitted, base)
    files = sorted(path for path in folder.rglob("*.py") if path.is_file())
    program = folder / f"{name}.py"
    if program not in files:
        return False
    own = {path.relative_to(folder).parts[0].removesuffix(".py") for path in files}
    return _leaves_steps(program) or any(_imports_packages(path, own) for path in files)


def _leaves_steps(program: Path) -> bool:
    code = _compiled(program)
    defined = {name.co_name for name in code.co_consts if isinstance(name, CodeType)} if code else set()
    return "transform_fn" not in defined and not defined.issuperset(_STEPS)


def _imports_packages(path: Path, own: Iterable[str]) -> bool:
    code = _compiled(path)
    names = {name.split(".")[0] for name in _imports(code)} if code else set()
    return bool(names.difference(own, sys.stdlib_module_names) or names.intersection(_UNPICKLERS))


def _imports(code: CodeType) -> Iterator[str]:
    """The modules that a program imports anywhere, but those of its own package by relative names."""
    steps = [step for step in dis.get_instructions(code) if step.opname != "EXTENDED_ARG"]
    for place, step in enumerate(steps):
        # The level of the import, which is 1 in `from . import x`, is loaded before the names.
        if step.opname == "IMPORT_NAME" and steps[place - 2].argval == 0:
            yield str(step.argval)
    for part in code.co_consts:
        if isinstance(part, CodeType):
            yield from _imports(part)


def _compiled(path: Path) -> CodeType | None:
    # Not `ast.parse`: in Python 3.11 it fails by chance while another thread parses (CPython issue 106905).
    try:
        return compile(path.read_bytes(), path.name, "exec", dont_inherit=True)
    except (SyntaxError, ValueError):
        return None
