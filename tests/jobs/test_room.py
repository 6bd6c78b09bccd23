import ast
from pathlib import Path

import pytest

MODULES = sorted(Path("jobs").glob("*.py"))
WITHOUT_TESTS_OF_THEIR_OWN = {"__init__", "__main__", "errors"}


@pytest.mark.parametrize("module", MODULES, ids=lambda path: path.stem)
def test_jobs_import_nothing_of_the_library_and_no_aws_sdk(module: Path) -> None:
    names = set()
    for node in ast.walk(ast.parse(module.read_text())):
        if isinstance(node, ast.Import):
            names |= {alias.name.split(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            names.add(node.module.split(".")[0])
    assert not names & {
        "mdlc_constructs",
        "mdlc_local",
        "mdlc_cli",
        "lambdas",
        "aws_cdk",
        "boto3",
        "botocore",
    }


def test_every_module_has_its_test() -> None:
    tested = {path.stem.removeprefix("test_") for path in Path("tests/jobs").glob("test_*.py")}
    assert {module.stem for module in MODULES} - WITHOUT_TESTS_OF_THEIR_OWN <= tested
