import subprocess
import sys
import zipfile
from importlib import import_module
from pathlib import Path

import pytest

import mdlc_constructs
from mdlc_constructs.exports import public_names

PACKAGES = [
    "mdlc_constructs",
    "mdlc_constructs.asl",
    "mdlc_constructs.governance",
    "mdlc_constructs.settings",
    "mdlc_constructs.tasks",
]


@pytest.mark.parametrize("package", PACKAGES)
def test_every_name_is_there(package: str) -> None:
    module, names = import_module(package), public_names(package)
    assert names and module.__all__ == list(names)
    for name in module.__all__:
        assert getattr(module, name) is getattr(import_module(names[name]), name)
        assert name in dir(module)


@pytest.mark.parametrize("package", PACKAGES)
def test_no_name_hides_a_module(package: str) -> None:
    module = import_module(package)
    modules = {path.stem for path in Path(str(module.__file__)).parent.glob("*.py")}
    assert not modules & set(module.__all__)


def test_a_name_that_is_not_there_is_an_attribute_error() -> None:
    with pytest.raises(AttributeError, match="module 'mdlc_constructs' has no attribute 'Machin'"):
        mdlc_constructs.__getattr__("Machin")


def test_importing_the_door_imports_no_room() -> None:
    program = (
        "import sys, mdlc_constructs, mdlc_constructs.asl, mdlc_constructs.tasks\n"
        "assert not {'aws_cdk', 'jsii', 'jsonata', 'mdlc_constructs.asl.machine'} & set(sys.modules)"
    )
    subprocess.run([sys.executable, "-c", program], check=True)


def test_a_star_import_gives_the_public_names() -> None:
    program = "from mdlc_constructs.settings import *\nassert Dataset and Gate"
    subprocess.run([sys.executable, "-c", program], check=True)


def test_names_are_found_in_a_zip_too(tmp_path: Path) -> None:
    root = Path(str(mdlc_constructs.__file__)).parent
    with zipfile.ZipFile(tmp_path / "code.zip", "w") as archive:
        for path in root.rglob("*.py"):
            archive.write(path, f"mdlc_constructs/{path.relative_to(root)}")
    program = "from mdlc_constructs.settings import Split; print(Split.__module__)"
    done = subprocess.run(
        [sys.executable, "-c", program],
        cwd=tmp_path,
        env={"PYTHONPATH": str(tmp_path / "code.zip")},
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout == "mdlc_constructs.settings.split\n"
