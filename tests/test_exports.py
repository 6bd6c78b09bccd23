import ast
import subprocess
import sys
from importlib import import_module
from pathlib import Path

import pytest

import mdlc_constructs

PACKAGES = [
    "mdlc_constructs",
    "mdlc_constructs.asl",
    "mdlc_constructs.governance",
    "mdlc_constructs.tasks",
]


def typed_names(package: str) -> dict[str, str]:
    """Names that the block under TYPE_CHECKING imports, with their modules."""
    source = Path(str(import_module(package).__file__)).read_text(encoding="utf-8")
    return {
        alias.asname or alias.name: str(node.module)
        for block in ast.parse(source).body
        if isinstance(block, ast.If)
        for node in block.body
        if isinstance(node, ast.ImportFrom)
        for alias in node.names
    }


@pytest.mark.parametrize("package", PACKAGES)
def test_the_table_says_the_same_as_the_types_do(package: str) -> None:
    module = import_module(package)
    assert typed_names(package) == module._MODULES
    assert set(module.__all__) == set(module._MODULES)


@pytest.mark.parametrize("package", PACKAGES)
def test_every_name_is_there(package: str) -> None:
    module = import_module(package)
    for name in module.__all__:
        assert getattr(module, name) is getattr(import_module(module._MODULES[name]), name)
        assert name in dir(module)


@pytest.mark.parametrize("package", PACKAGES)
def test_no_name_hides_a_module(package: str) -> None:
    module = import_module(package)
    modules = {path.stem for path in Path(str(module.__file__)).parent.glob("*.py")}
    assert not modules & set(module._MODULES)


def test_a_name_that_is_not_there_is_an_attribute_error() -> None:
    with pytest.raises(AttributeError, match="module 'mdlc_constructs' has no attribute 'Machin'"):
        mdlc_constructs.__getattr__("Machin")


def test_importing_the_door_imports_no_room() -> None:
    program = (
        "import sys, mdlc_constructs, mdlc_constructs.asl, mdlc_constructs.tasks\n"
        "assert not {'aws_cdk', 'jsii', 'jsonata', 'mdlc_constructs.asl.machine'} & set(sys.modules)"
    )
    subprocess.run([sys.executable, "-c", program], check=True)
