"""The build backend of the script folder that SageMaker's scikit-learn image installs; it downloads nothing.

The image runs ``pip install .`` in that folder each time a container starts. By default pip downloads
setuptools for it, which fails without network access; a backend in the folder itself (PEP 517) avoids this.
Source: github.com/aws/sagemaker-containers (_modules.py), pip's documentation of build isolation.
"""

import zipfile
from pathlib import Path
from typing import Any

NAME = "mdlc_serving"
_INFO = f"{NAME}-1.0.0.dist-info"
_NOT_INSTALLED = ("setup.py", "setup.cfg", "MANIFEST.in", "pyproject.toml", Path(__file__).name)
"""The files of the build itself; the image writes the first three before it runs pip (`prepare`)."""


def build_wheel(wheel_directory: str, config_settings: Any = None, metadata_directory: Any = None) -> str:
    """Build the wheel of all files below the current folder (PEP 517); returns its file's name."""
    name = f"{NAME}-1.0.0-py3-none-any.whl"
    files = {
        path.as_posix(): path.read_bytes()
        for path in sorted(Path(".").rglob("*"))
        if path.is_file() and path.as_posix() not in _NOT_INSTALLED and "__pycache__" not in path.parts
    }
    files[f"{_INFO}/METADATA"] = b"Metadata-Version: 2.1\nName: mdlc-serving\nVersion: 1.0.0\n"
    files[f"{_INFO}/WHEEL"] = (
        b"Wheel-Version: 1.0\nGenerator: mdlc\nRoot-Is-Purelib: true\nTag: py3-none-any\n"
    )
    record = f"{_INFO}/RECORD"
    files[record] = "".join(f"{path},,\n" for path in [*files, record]).encode()
    with zipfile.ZipFile(Path(wheel_directory) / name, "w") as wheel:
        for path, content in files.items():
            wheel.writestr(path, content)
    return name
