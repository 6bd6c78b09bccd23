"""The team's code: imported from a folder, copied into the artifact, and known by its digest."""

import hashlib
import importlib
import importlib.util
import shutil
import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

from mdlc_container.errors import ContainerError

MODULE = "model"
LOCK = "requirements.lock"
_NOT_CODE = ("__pycache__",)


def load(folder: Path) -> ModuleType:
    """Import ``model.py`` of a folder, whose other modules it may import.

    Raises:
        ContainerError: when it cannot be imported, or lacks ``train`` or ``predict``.
    """
    path = folder / f"{MODULE}.py"
    spec = importlib.util.spec_from_file_location(MODULE, path)
    if not path.is_file() or spec is None or spec.loader is None:
        raise ContainerError(f"{folder} holds no {MODULE}.py")
    sys.path.insert(0, str(folder))
    module = importlib.util.module_from_spec(spec)
    # A pickled model names its classes by this module.
    sys.modules[MODULE] = module
    try:
        spec.loader.exec_module(module)
    except ModuleNotFoundError as error:
        raise ContainerError(
            f"{MODULE}.py imports {error.name!r}, which is not installed: add its package to "
            f"requirements.in and lock it into {LOCK}"
        ) from error
    except SyntaxError as error:
        # It may be in a module that model.py imports.
        name = Path(error.filename).name if error.filename else path.name
        line = f", line {error.lineno}" if error.lineno else ""
        raise ContainerError(f"{name}{line}: {error.msg}") from error
    for name in ("train", "predict"):
        if not callable(getattr(module, name, None)):
            raise ContainerError(f"{MODULE}.py has no function {name}()")
    return module


def files(folder: Path) -> Iterator[Path]:
    """The files of the code, in order: not hidden, and not compiled."""
    for path in sorted(folder.rglob("*")):
        parts = path.relative_to(folder).parts
        hidden = any(part.startswith(".") or part in _NOT_CODE for part in parts)
        if path.is_file() and not hidden and path.suffix != ".pyc":
            yield path


def digest(folder: Path) -> str:
    """The SHA-256 digest of the names and contents of the code's files."""
    seen = hashlib.sha256()
    for path in files(folder):
        content = hashlib.sha256(path.read_bytes()).hexdigest()
        seen.update(f"{path.relative_to(folder).as_posix()} {content}\n".encode())
    return seen.hexdigest()


def copy(folder: Path, target: Path) -> None:
    """Copy the code's files into a new folder."""
    for path in files(folder):
        place = target / path.relative_to(folder)
        place.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(path, place)
