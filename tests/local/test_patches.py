"""A moved pin is noticed and said in one sentence: the contract with the packages replaced in part."""

import json
import subprocess
from pathlib import Path

import pytest

from mdlc_local import patches
from mdlc_local.patches import PatchMovedError
from tests.local.embedded import PACKAGE, embedded_python, free_port

HERE = "tests.local.test_patches"
LOADS_ALL = """
import importlib, json, runpy, sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
runpy.run_path({main!r})["load_package"]()
options = importlib.import_module("mdlc_local.options")
options.use(options.Options(port={port}, state_dir=Path({state!r})))
patches = importlib.import_module("mdlc_local.patches")
server = importlib.import_module("mdlc_local.server")
environment = importlib.import_module("mdlc_local.environment")
environment.prepare(options.current().state_dir)
importlib.import_module("mdlc_local.credentials").create(options.current().state_dir)
environment.apply(options.current())
patches.check_versions()
server.load()
interpreter = importlib.import_module("mdlc_local.states.interpreter")
# The first executions come while the server still warms up.
sys.setswitchinterval(1e-5)
with ThreadPoolExecutor(8) as threads:
    [done.result() for done in [threads.submit(interpreter.warm_up) for _ in range(8)]]
print(json.dumps(patches.replaced()))
"""


def function(first: int, second: int = 0) -> int:
    return first + second


def test_takes_what_is_there() -> None:
    assert patches.take(HERE, "function", "first second")(1, 2) == 3


def test_a_missing_place_is_named() -> None:
    with pytest.raises(PatchMovedError, match=r"pytest .* has no pytest\.nothing any more"):
        patches.take("pytest", "nothing")


def test_changed_parameters_are_named() -> None:
    with pytest.raises(
        PatchMovedError, match=r"pytest\.exit of pytest .* takes \(reason, returncode\), no longer \(a\)"
    ):
        patches.take("pytest", "exit", "a")


def test_a_wrapped_function_keeps_its_signature(monkeypatch: pytest.MonkeyPatch) -> None:
    import tests.local.test_patches as module

    monkeypatch.setattr(module, "function", module.function)
    patches.wrap(
        HERE, "function", "first second", lambda original: lambda first, second=0: -original(first, second)
    )
    patches.wrap(
        HERE, "function", "first second", lambda original: lambda first, second=0: 2 * original(first, second)
    )
    assert module.function(1, 2) == -6
    assert f"{HERE}.function" in patches.replaced()


def test_versions_are_pinned(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    requirements = tmp_path / "requirements.in"
    requirements.write_text("# pins\npytest==0.0.1\nboto3>=1\n")
    monkeypatch.setattr(patches, "REQUIREMENTS", requirements)
    with pytest.raises(
        PatchMovedError, match=r"pytest .* is installed but mdlc_local is written for 0\.0\.1"
    ):
        patches.check_versions()


@pytest.fixture(scope="module")
def replaced(tmp_path_factory: pytest.TempPathFactory) -> dict[str, int]:
    """The patches that a whole server replaces, in the embedded environment, and how often."""
    program = LOADS_ALL.format(
        main=str(PACKAGE / "__main__.py"), port=free_port(), state=str(tmp_path_factory.mktemp("contract"))
    )
    done = subprocess.run([embedded_python(), "-c", program], capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr
    return dict(json.loads(done.stdout.splitlines()[-1]))


def test_all_seams_hold(replaced: dict[str, int]) -> None:
    assert {seam.partition(".")[0] for seam in replaced} == {"ministack", "moto"}


def test_the_interpreter_is_completed_once_however_many_need_it_first(replaced: dict[str, int]) -> None:
    assert {seam: times for seam, times in replaced.items() if seam.startswith("moto") and times > 1} == {}


@pytest.mark.parametrize(
    "seam",
    [
        "ministack.core.iam_evaluator.enforce",
        "ministack.services.stepfunctions._run_execution",
        "ministack.services.s3._resolve_sse_write_headers",
        "ministack.core.lambda_runtime._PYTHON_WORKER_SCRIPT",
        "moto.stepfunctions.parser.asl.component.common.string.string_expression:StringJSONata._eval_body",
    ],
)
def test_replaces(replaced: dict[str, int], seam: str) -> None:
    assert seam in replaced
