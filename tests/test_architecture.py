"""Which room may know which: dependencies point one way, and what is pure runs without the CDK and Node."""

import ast
import subprocess
import sys
from collections.abc import Iterator, Mapping
from functools import cache
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
CODE = (
    "mdlc_constructs",
    "mdlc_cli",
    "mdlc_client",
    "mdlc_local",
    "lambdas",
    "jobs",
    "stacks",
    "examples",
    "benchmarks",
    "scripts",
)

LIBRARY = "mdlc_constructs."
ASL, SETTINGS, TASKS = f"{LIBRARY}asl", f"{LIBRARY}settings", f"{LIBRARY}tasks"
PAYLOADS = f"{SETTINGS}.payloads"
RESOURCES, WORKFLOWS, GOVERNANCE = f"{LIBRARY}resources", f"{LIBRARY}workflows", f"{LIBRARY}governance"
DELIVERY = f"{LIBRARY}delivery"
EXPORTS, SIGNATURES, SUGGESTIONS = (f"{LIBRARY}{name}" for name in ("exports", "signatures", "suggestions"))

MAY_IMPORT = {
    ASL: {EXPORTS, SUGGESTIONS},
    SETTINGS: {EXPORTS, SIGNATURES, SUGGESTIONS},
    TASKS: {EXPORTS, SUGGESTIONS, ASL, SETTINGS},
    RESOURCES: {EXPORTS, SIGNATURES, SUGGESTIONS, ASL, SETTINGS, TASKS},
    WORKFLOWS: {EXPORTS, SIGNATURES, SUGGESTIONS, ASL, SETTINGS, TASKS, RESOURCES},
    DELIVERY: {EXPORTS, SIGNATURES, SUGGESTIONS, ASL, SETTINGS, RESOURCES},
    GOVERNANCE: {EXPORTS, SUGGESTIONS, ASL, SETTINGS, TASKS, RESOURCES, WORKFLOWS, DELIVERY},
    "stacks": {"mdlc_constructs"},
    "lambdas": {SETTINGS},
    "jobs": {PAYLOADS},
    "mdlc_local": set(),
    "mdlc_client": set(),
    "mdlc_cli": {RESOURCES, SETTINGS, SUGGESTIONS, "mdlc_client"},
}
"""What of ours a room may import besides itself."""

OURS = (*CODE, "tests")

CDK = {"aws_cdk", "constructs", "jsii", "cdk_nag"}
WITH_CDK = {
    f"{TASKS}.chain",
    f"{RESOURCES}.assets",
    f"{RESOURCES}.bucket_events",
    f"{RESOURCES}.containers",
    f"{WORKFLOWS}.decision.alarms",
    f"{WORKFLOWS}.decision.arguments",
    f"{WORKFLOWS}.decision.construct",
    f"{WORKFLOWS}.decision.express",
    f"{WORKFLOWS}.decision.functions",
    f"{WORKFLOWS}.decision.gateway",
    f"{WORKFLOWS}.decision.rules",
    f"{DELIVERY}.checks",
    f"{DELIVERY}.images",
    f"{RESOURCES}.fleet",
    f"{RESOURCES}.functions",
    f"{RESOURCES}.containers",
    f"{RESOURCES}.images",
    f"{RESOURCES}.keys",
    f"{RESOURCES}.mlflow_app",
    f"{RESOURCES}.model_bucket",
    f"{RESOURCES}.model_home",
    f"{RESOURCES}.names",
    f"{RESOURCES}.permissions",
    f"{RESOURCES}.state_machines",
    f"{RESOURCES}.tables",
    f"{WORKFLOWS}.approval.construct",
    f"{WORKFLOWS}.channel_batch.construct",
    f"{WORKFLOWS}.channel_training.construct",
    f"{WORKFLOWS}.channel_training.sources",
    f"{WORKFLOWS}.construct",
    f"{WORKFLOWS}.seams",
    f"{WORKFLOWS}.training.construct",
    f"{WORKFLOWS}.training.script",
    f"{WORKFLOWS}.batch_inference.construct",
    f"{WORKFLOWS}.batch_inference.look_up",
    f"{WORKFLOWS}.monitoring.construct",
    f"{WORKFLOWS}.monitoring.alarms",
    f"{WORKFLOWS}.monitoring.event_rules",
    f"{WORKFLOWS}.real_time_inference.construct",
    f"{WORKFLOWS}.real_time_inference.alarms",
    f"{WORKFLOWS}.real_time_inference.event_rules",
    f"{WORKFLOWS}.retraining.construct",
    f"{WORKFLOWS}.retraining.code_change",
    f"{WORKFLOWS}.retraining.event_rules",
    f"{GOVERNANCE}.nag",
    f"{DELIVERY}.access",
    f"{DELIVERY}.pipeline",
}
"""The modules of the library that need the CDK; every other one runs without it."""

MAX_LINES = 400
"""House style asks to look again past 300; past this nobody looked."""

GENERATED = ("mdlc_constructs.settings.algorithms.constructors",)
"""Modules that a script writes; their length is that of their tables."""

WITHOUT_CDK = """
import importlib, sys

class Forbidden:
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] in {"aws_cdk", "constructs", "jsii", "cdk_nag"}:
            raise ModuleNotFoundError(f"{name} is not installed here")

sys.meta_path.insert(0, Forbidden())
for name in sys.argv[1:]:
    importlib.import_module(name)
"""


def modules(*folders: str) -> dict[str, Path]:
    """Every module below folders, by its absolute name."""
    return {
        ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__"): path
        for folder in folders
        for path in sorted((ROOT / folder).rglob("*.py"))
    }


@cache
def imported(path: Path, module: str, *, types_too: bool = True) -> tuple[str, ...]:
    """Absolute names that a module imports anywhere in it, names of members included.

    Args:
        types_too: whether to count what only type checkers see.
    """
    return tuple(_imports(path, module, types_too=types_too))


def _imports(path: Path, module: str, *, types_too: bool) -> Iterator[str]:
    tree = ast.parse(path.read_text(encoding="utf-8"))
    unseen: set[ast.AST] = set()
    if not types_too:
        for node in ast.walk(tree):
            if isinstance(node, ast.If) and ast.unparse(node.test).endswith("TYPE_CHECKING"):
                unseen.update(below for statement in node.body for below in ast.walk(statement))
    package = module if path.name == "__init__.py" else module.rpartition(".")[0]
    for node in ast.walk(tree):
        if node in unseen:
            continue
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            parts = package.split(".")[: len(package.split(".")) - node.level + 1] if node.level else []
            source = ".".join([*parts, *([node.module] if node.module else [])])
            yield from (f"{source}.{alias.name}" for alias in node.names)


def within(name: str, room: str) -> bool:
    return name == room or name.startswith(f"{room}.")


def room_of(module: str) -> str | None:
    return next((room for room in MAY_IMPORT if within(module, room)), None)


@pytest.mark.parametrize("room", list(MAY_IMPORT))
def test_a_room_imports_only_what_it_may(room: str) -> None:
    allowed = {room, *MAY_IMPORT[room]}
    found = modules(room.replace(".", "/"))
    assert found
    wrong = [
        f"{module} imports {name}"
        for module, path in found.items()
        for name in imported(path, module)
        if name.partition(".")[0] in OURS and not any(within(name, one) for one in allowed)
    ]
    assert wrong == []


LAMBDA_ROOMS = {
    "aws": {"planning"},
    "planning": set(),
    "probing": {"aws", "planning"},
    "leases": {"aws", "planning"},
    "triggers": {"aws", "planning", "leases"},
}
"""What several functions share, to the rooms it may import beside itself; none imports a function."""

JOB_ROOMS = {
    "channels": set(),
    "metrics": set(),
    "statistics": {"metrics", "serving"},
    "forecasts": {"metrics", "serving"},
    "monitoring": {"metrics", "statistics", "serving", "forecasts"},
    "evaluation": {"metrics", "statistics", "monitoring", "serving", "forecasts"},
    "serving": set(),
}
"""The same of the jobs; none imports a command."""

SAGEMAKER_ROOMS = {
    "containers": set(),
    "registry": {"containers"},
    "jobs": {"containers"},
    "endpoints": {"containers", "registry"},
}
"""The same of the embedded SageMaker."""

COMMAND_LINE = (
    *("output", "tools", "aws", "executions", "decisions", "predictions", "doctor", "deploying", "beginning"),
    *("versions", "results", "audit", "pipelines", "conformance"),
)
"""The rooms below the commands, in the order in which they stand on each other."""


def rooms_imported(package: str, room: str) -> set[str]:
    """The rooms of a package that one of its rooms imports."""
    rooms = {path.name for path in (ROOT / package.replace(".", "/")).iterdir() if path.is_dir()}
    return {
        name.removeprefix(f"{package}.").partition(".")[0]
        for module, path in modules(f"{package}.{room}".replace(".", "/")).items()
        for name in imported(path, module)
        if name.startswith(f"{package}.")
    } & rooms - {room}


@pytest.mark.parametrize(
    ("package", "room", "allowed"),
    [
        (package, room, allowed)
        for package, rooms in (
            ("lambdas", LAMBDA_ROOMS),
            ("jobs", JOB_ROOMS),
            ("mdlc_local.sagemaker", SAGEMAKER_ROOMS),
            ("mdlc_cli", {room: {*COMMAND_LINE[:place]} for place, room in enumerate(COMMAND_LINE)}),
        )
        for room, allowed in rooms.items()
    ],
)
def test_a_shared_room_imports_only_rooms_below_it(package: str, room: str, allowed: set[str]) -> None:
    assert rooms_imported(package, room) <= allowed


@pytest.mark.parametrize("package", ["lambdas.functions", "jobs.commands"])
def test_siblings_do_not_import_each_other(package: str) -> None:
    assert [
        f"{module} imports {name}"
        for module, path in modules(package.replace(".", "/")).items()
        for name in imported(path, module)
        if name.startswith(f"{package}.")
        and name.removeprefix(f"{package}.").partition(".")[0]
        != module.removeprefix(f"{package}.").partition(".")[0]
    ] == []


def circle(imports: Mapping[str, set[str]]) -> list[str]:
    """Modules that import each other in a circle, the first one again at the end; none when there is none."""
    try:
        tuple(TopologicalSorter(imports).static_order())
    except CycleError as error:
        return list(error.args[1])
    return []


def test_no_modules_import_each_other_in_a_circle() -> None:
    """Imports within functions and those for type checkers count too."""
    known = modules(*CODE)

    def owner(name: str) -> str:
        while name and name not in known:
            name = name.rpartition(".")[0]
        return name

    imports = {
        module: {owner(name) for name in imported(path, module)} - {module, ""}
        for module, path in known.items()
    }
    assert circle(imports) == []


def test_a_circle_would_be_found() -> None:
    assert set(circle({"a": {"b"}, "b": {"c"}, "c": {"a"}, "d": {"a"}})) == {"a", "b", "c"}


def test_every_room_has_its_rule() -> None:
    rooms = {module for module in modules("mdlc_constructs") if module.count(".") == 1}
    assert {room for room in rooms if room_of(room) is None} == {EXPORTS, SIGNATURES, SUGGESTIONS}


@pytest.mark.parametrize(
    "folder", ["mdlc_constructs", "lambdas", "jobs", "mdlc_cli", "mdlc_client", "stacks", "examples"]
)
def test_nothing_of_ours_knows_the_embedded_aws(folder: str) -> None:
    assert [
        module
        for module, path in modules(folder).items()
        for name in imported(path, module)
        if within(name, "mdlc_local")
    ] == []


def test_only_the_modules_named_here_need_the_cdk() -> None:
    assert {
        module
        for module, path in modules("mdlc_constructs").items()
        for name in imported(path, module, types_too=False)
        if name.partition(".")[0] in CDK
    } == WITH_CDK


def test_pure_modules_import_without_the_cdk_and_without_node() -> None:
    pure = sorted(set(modules("mdlc_constructs")) - WITH_CDK)
    assert f"{WORKFLOWS}.training.machine" in pure and f"{RESOURCES}.places" in pure
    done = subprocess.run(
        [sys.executable, "-c", WITHOUT_CDK, *pure],
        cwd=ROOT,
        env={"PATH": "", "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, "")


def test_what_forbids_the_cdk_would_catch_it() -> None:
    done = subprocess.run(
        [sys.executable, "-c", WITHOUT_CDK, f"{TASKS}.chain"],
        cwd=ROOT,
        env={"PATH": "", "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert "is not installed here" in done.stderr


@pytest.mark.parametrize("folder", [*CODE, "tests"])
def test_no_module_grows_past_what_can_be_read(folder: str) -> None:
    lengths = {
        module: len(path.read_text(encoding="utf-8").splitlines()) for module, path in modules(folder).items()
    }
    assert {
        module: lines for module, lines in lengths.items() if lines > MAX_LINES and module not in GENERATED
    } == {}


def test_rooms_are_named_for_what_they_hold() -> None:
    vague = {"utils", "util", "helpers", "helper", "common", "misc"}
    assert [module for module in modules(*CODE) if vague & set(module.split("."))] == []


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("import aws_cdk.aws_s3 as s3", ["aws_cdk.aws_s3"]),
        ("from . import images", ["mdlc_constructs.resources.images"]),
        ("from ..asl.states import Pass", ["mdlc_constructs.asl.states.Pass"]),
        ("def late():\n    from jobs import cli", ["jobs.cli"]),
        ("if TYPE_CHECKING:\n    import jsii", []),
    ],
)
def test_imports_are_read_in_every_form(tmp_path: Path, text: str, names: list[str]) -> None:
    path = tmp_path / "places.py"
    path.write_text(text)
    assert list(imported(path, f"{RESOURCES}.places", types_too=False)) == names
