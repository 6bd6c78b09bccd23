"""The files of a folder of scripts: what is packed, what is left out, and what is refused."""

from collections.abc import Iterator, Mapping
from pathlib import Path

from mdlc_constructs.settings.refusal import refusal

LAUNCHER = "mdlc_train.py"
"""The program that a training container runs; it runs the entry point, and ships the code with the model."""
BACKEND = "mdlc_backend.py"
"""The build backend by which the scikit-learn image installs the code without network access."""

MAX_BYTES = 50 * 1024 * 1024
"""The most that a folder's files may hold together: it is code, and each synthesis reads all of it."""

_LEFT_OUT = ("pyproject.toml", "setup.cfg", "MANIFEST.in")
"""Files at the top that say how the folder is built; the archive has its own ``pyproject.toml``."""

_RESERVED = (LAUNCHER, BACKEND)

_INSTALLS = ("requirements.txt", "setup.py")
"""Files at the top because of which the images run pip, in training and at each start of a model's container.

Source: github.com/aws/sagemaker-training-toolkit (entry_point.py, ``install``), sagemaker-containers
(_modules.py, ``install``), sagemaker-pytorch-inference-toolkit (torchserve.py).
"""


def source_files(folder: Path) -> Mapping[str, Path]:
    """The files to pack by their names in the archive, sorted; without hidden files and caches.

    Args:
        folder: the folder with the entry point at its top.

    Raises:
        ValueError: when there is no such folder, it is too large, or it holds a file that the images cannot
            use; names the file and the remedy.
    """
    if not folder.is_dir():
        raise refusal("source_dir", str(folder), "there is no such folder; name the folder of the script.")
    files = dict(_walk(folder.resolve(), folder, ""))
    for name in _INSTALLS:
        if name in files:
            raise refusal(
                "source_dir",
                str(folder),
                f"because of its {name} the image runs pip, which needs network access and may install other "
                f"packages at each start of the model's container; put pure Python packages into the folder "
                f"(pip install --target), or build an image of your own for CustomImage.",
            )
    for name in _RESERVED:
        if name in files:
            raise refusal("source_dir", str(folder), f"{name} is added to the archive; rename that file.")
    size = sum(path.stat().st_size for path in files.values())
    if size > MAX_BYTES:
        raise refusal(
            "source_dir",
            str(folder),
            f"has {size // 2**20} MB and takes {MAX_BYTES // 2**20}; keep data out of it, in the dataset.",
        )
    return {name: files[name] for name in sorted(files) if name not in _LEFT_OUT}


def _walk(root: Path, folder: Path, below: str) -> Iterator[tuple[str, Path]]:
    for path in sorted(folder.iterdir()):
        name = f"{below}{path.name}"
        if path.name.startswith(".") or path.name in ("__pycache__", "node_modules"):
            continue
        if path.name.endswith((".pyc", ".pyo", ".egg-info")):
            continue
        if path.is_symlink():
            _check_link(root, path, name)
        if path.is_dir():
            yield from _walk(root, path, f"{name}/")
        elif path.is_file():
            yield name, path


def _check_link(root: Path, path: Path, name: str) -> None:
    """Refuse a link out of the folder, to nothing, or to a folder, which could contain the link itself."""
    target = path.resolve()
    if not target.exists():
        raise refusal("source_dir", name, "is a link to nothing; remove it.")
    if not target.is_relative_to(root) or target.is_dir():
        raise refusal(
            "source_dir",
            name,
            "is a link out of the folder or to a folder, which would be packed as other files; "
            "put the files themselves there.",
        )


def top_modules(names: Mapping[str, Path]) -> tuple[str, ...]:
    """The names by which the modules and packages at the top of the folder are imported."""
    scripts = {name.removesuffix(".py") for name in names if name.endswith(".py") and "/" not in name}
    packages = {name.split("/")[0] for name in names if "/" in name and name.endswith(".py")}
    return tuple(sorted(scripts | packages))
