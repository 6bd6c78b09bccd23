"""The files of a folder of scripts: what is packed, what is left out, and what is refused."""

from collections.abc import Mapping
from pathlib import Path

from mdlc_constructs.settings.algorithms.code_folder import code_files
from mdlc_constructs.settings.refusal import refusal

LAUNCHER = "mdlc_train.py"
"""The program that a training container runs; it runs the entry point, and ships the code with the model."""
BACKEND = "mdlc_backend.py"
"""The build backend by which the scikit-learn image installs the code without network access."""

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
    files = code_files(folder, "source_dir")
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
    return {name: path for name, path in files.items() if name not in _LEFT_OUT}


def top_modules(names: Mapping[str, Path]) -> tuple[str, ...]:
    """The names by which the modules and packages at the top of the folder are imported."""
    scripts = {name.removesuffix(".py") for name in names if name.endswith(".py") and "/" not in name}
    packages = {name.split("/")[0] for name in names if "/" in name and name.endswith(".py")}
    return tuple(sorted(scripts | packages))
