import ast
import subprocess
import sys
from functools import cache
from pathlib import Path

import pytest

MODULES = sorted(Path("jobs").rglob("*.py"))
WITHOUT_TESTS_OF_THEIR_OWN = {"__init__", "__main__", "errors", "convert"}
"""`jobs.export.convert` needs packages that tests lack; the export command's test runs it."""


DATA_JOBS = ("quality", "features", "prepare", "check", "golden")
"""The commands whose jobs get the wheels of `jobs/requirements-data`, without NumPy."""


def test_the_data_jobs_run_without_numpy() -> None:
    commands = ", ".join(f"jobs.commands.{name}" for name in DATA_JOBS)
    program = f"import sys; sys.modules['numpy'] = None; import {commands}"
    subprocess.run([sys.executable, "-c", program], check=True)


SERVING = sorted(Path("jobs/serving").glob("*.py"))


@cache
def imported(module: Path) -> set[str]:
    names = set()
    for node in ast.walk(ast.parse(module.read_text())):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            names.add(node.module)
    return names


@cache
def members(module: Path, package: str) -> set[str]:
    """What a module imports from a package."""
    return {
        alias.name
        for node in ast.walk(ast.parse(module.read_text()))
        if isinstance(node, ast.ImportFrom) and node.module == package
        for alias in node.names
    }


@pytest.mark.parametrize("module", MODULES, ids=str)
def test_jobs_import_nothing_of_the_library_but_payloads_and_no_aws_sdk(module: Path) -> None:
    names = {name for name in imported(module) if not name.startswith("mdlc_constructs.settings.payloads.")}
    assert not {name.split(".")[0] for name in names} & {
        "mdlc_constructs",
        "mdlc_local",
        "mdlc_cli",
        "lambdas",
        "aws_cdk",
        "boto3",
        "botocore",
    }


SPARK = Path("jobs/spark")


@pytest.mark.parametrize("module", [one for one in MODULES if SPARK not in one.parents], ids=str)
def test_only_sparks_own_modules_need_what_spark_needs(module: Path) -> None:
    assert not {name.split(".")[0] for name in imported(module)} & {"sqlglot", "pyspark", "py4j"}
    assert not any(name.startswith("jobs.spark") for name in imported(module))


@pytest.mark.parametrize("module", SERVING, ids=str)
def test_what_serves_imports_the_standard_library_only(module: Path) -> None:
    own = {name for name in imported(module) if name.split(".")[0] not in sys.stdlib_module_names}
    payloads = "mdlc_constructs.settings.payloads"
    carried = {"jobs.errors", "jobs.serving", f"{payloads}.answer_formats", f"{payloads}.archive"}
    assert {name for name in own if not name.startswith("jobs.serving.")} <= carried


def test_every_module_is_tested_in_the_folder_that_mirrors_its_own() -> None:
    untested = []
    for module in MODULES:
        name = ".".join(module.with_suffix("").parts)
        tests = sorted(Path("tests", module.parent).glob("test_*.py"))
        named = any(
            test.stem == f"test_{module.stem}"
            or name in imported(test)
            or module.stem in members(test, name.rpartition(".")[0])
            for test in tests
        )
        if not named and module.stem not in WITHOUT_TESTS_OF_THEIR_OWN:
            untested.append(name)
    assert untested == []
