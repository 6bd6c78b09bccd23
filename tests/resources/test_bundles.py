"""Bundles: the same bytes for the same content, and what they hold."""

import ast
import importlib.metadata
import json
import re
import subprocess
import sys
import zipfile
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path

import pytest

from mdlc_constructs.resources import bundles
from mdlc_constructs.resources.bundles import Bundle, BundleError
from tests.jobs.batches import Batch, rows

LOCK = "requirements-data.lock"


@pytest.fixture
def fetched(monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, ...]]:
    """A package index that answers any request with two wheels; the requests it got."""
    requests = []

    def pip(*arguments: str) -> None:
        requests.append(arguments)
        folder = Path(next(after for word, after in pairwise(arguments) if word in _TO))
        # In another order each time, as downloads end.
        for name in ("b-1-py3-none-any.whl", "a-1-py3-none-any.whl")[:: (-1) ** len(requests)]:
            (folder / name).write_bytes(name.encode() * 100)

    monkeypatch.setattr(bundles, "_pip", pip)
    return requests


_TO = ("--dest", "--target")


def built(make: Callable[[], Bundle], folder: Path, monkeypatch: pytest.MonkeyPatch) -> Bundle:
    """A bundle made anew below a folder, whatever was made before."""
    monkeypatch.setenv("MDLC_CACHE_DIR", str(folder))
    return make()


def test_a_bundle_built_twice_has_the_same_bytes(
    fetched: list[tuple[str, ...]], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for make in (
        bundles.lambda_code.__wrapped__,
        bundles.job_code.__wrapped__,
        lambda: bundles.job_wheels.__wrapped__(LOCK),
    ):
        one, other = (built(make, tmp_path / name, monkeypatch) for name in ("one", "other"))
        assert one.path != other.path
        assert one.digest == other.digest
        assert one.path.read_bytes() == other.path.read_bytes()
    assert len(fetched) == 4


def test_the_functions_bundle_holds_handlers_and_powertools() -> None:
    with zipfile.ZipFile(bundles.lambda_code().path) as archive:
        names = set(archive.namelist())
    for function in ("plan_training", "plan_batch", "clean_up"):
        assert {f"lambdas/functions/{function}/{name}.py" for name in ("handler", "logic")} <= names
    assert "aws_lambda_powertools/__init__.py" in names
    assert not [name for name in names if "__pycache__" in name or name.startswith("boto3/")]


def test_the_functions_bundle_carries_the_settings_and_nothing_else_of_the_library(tmp_path: Path) -> None:
    with zipfile.ZipFile(bundles.lambda_code().path) as archive:
        ours = [name for name in archive.namelist() if name.startswith("mdlc_")]
        archive.extractall(tmp_path, ours + [n for n in archive.namelist() if n.startswith("lambdas/")])
    assert {name.split("/")[1] for name in ours} == {
        "__init__.py",
        "exports.py",
        "settings",
        "signatures.py",
        "suggestions.py",
    }
    # Without the site's packages and outside the clone: what a decision runs needs nothing but this.
    program = (
        "import sys; sys.path[:0] = sys.argv[1:]; "
        "import lambdas.functions.decide.handler, lambdas.functions.decide.express_handler"
    )
    subprocess.run([sys.executable, "-I", "-S", "-c", program, str(tmp_path)], cwd=tmp_path, check=True)


def locked_packages(folder: Path) -> Path:
    """A folder with the packages of the jobs' lock and nothing else that is installed here."""
    lock = (bundles.source("jobs") / LOCK).read_text()
    for name in re.findall(r"^([\w.-]+)==", lock, re.MULTILINE):
        try:
            files = importlib.metadata.files(name) or ()
        except importlib.metadata.PackageNotFoundError:
            continue  # of another platform
        for top in {file.parts[0] for file in files if file.parts[0] != ".."}:
            source = Path(str(next(iter(files)).locate())).parent
            while not (source / top).exists():
                source = source.parent
            if not (folder / top).exists():
                (folder / top).symlink_to(source / top)
    return folder


def run_bundle(packages: Path, *arguments: str) -> "subprocess.CompletedProcess[str]":
    """Run the jobs' zip apart from this clone and from all that is installed but the packages given."""
    program = (
        "import runpy, sys; packages, bundle = sys.argv[1:3]; sys.argv = sys.argv[2:]; "
        "sys.path.append(packages); runpy.run_path(bundle, run_name='__main__')"
    )
    command = [sys.executable, "-I", "-S", "-c", program, str(packages), str(bundles.job_code().path)]
    return subprocess.run(
        [*command, *arguments], capture_output=True, text=True, check=False, cwd=packages, env={"PATH": ""}
    )


def test_a_job_runs_from_its_bundle_alone(tmp_path: Path) -> None:
    (tmp_path / "nothing").mkdir()
    asked = run_bundle(tmp_path / "nothing", "quality", "--help")
    assert asked.returncode == 0, asked.stderr
    assert "--plan" in asked.stdout
    batch = Batch(tmp_path / "batch")
    batch.write("rows.csv", rows(40))
    (tmp_path / "plan.json").write_text(json.dumps(batch.document()))
    (tmp_path / "packages").mkdir()
    done = run_bundle(
        locked_packages(tmp_path / "packages"),
        *("quality", "--plan", str(tmp_path / "plan.json")),
        *("--input", str(batch.data), "--output", str(tmp_path / "out")),
    )
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["rows"] == 40
    assert (tmp_path / "out" / "report" / "report.html").is_file()


def test_the_jobs_bundle_carries_payloads_and_nothing_else_of_the_library() -> None:
    with zipfile.ZipFile(bundles.job_code().path) as archive:
        ours = {name for name in archive.namelist() if name.startswith("mdlc_")}
    settings = {name.removeprefix("mdlc_constructs/settings/") for name in ours if "/settings/" in name}
    assert {name.split("/")[1] for name in ours} == {"settings", *(path.name for path in bundles._DOORS)}
    assert {name.split("/")[0] for name in settings} == {"__init__.py", "payloads"}


def test_jobs_import_what_their_bundle_carries_and_nothing_else_of_the_library() -> None:
    """A job's command is imported when it runs; so an import of another module fails there only."""
    found = set()
    for path in (Path(bundles.__file__).parents[2] / "jobs").rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("mdlc_constructs"):
                found.add(node.module)
    assert found
    assert {name for name in found if not str(name).startswith("mdlc_constructs.settings.payloads.")} == set()


def test_pages_are_rendered_from_the_jobs_bundle_itself(tmp_path: Path) -> None:
    program = "import sys; sys.path.insert(0, sys.argv[1]); import jobs.pages.rendering as rendering; "
    program += "print(rendering.__file__); rendering._environment().list_templates() or sys.exit(1); "
    program += "print(rendering.render('base.html.j2'))"
    command = [sys.executable, "-P", "-c", program, str(bundles.job_code().path)]
    done = subprocess.run(command, capture_output=True, text=True, cwd=tmp_path, check=False)
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith(str(bundles.job_code().path))
    assert "</html>" in done.stdout and "color-scheme" in done.stdout


def test_wheels_come_with_the_lock_that_names_their_hashes(
    fetched: list[tuple[str, ...]], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    bundle = built(lambda: bundles.job_wheels.__wrapped__(LOCK), tmp_path, monkeypatch)
    with zipfile.ZipFile(bundle.path) as archive:
        assert set(archive.namelist()) == {
            "a-1-py3-none-any.whl",
            "b-1-py3-none-any.whl",
            "requirements.lock",
        }
        assert archive.read("requirements.lock") == (bundles.source("jobs") / LOCK).read_bytes()
    (request,) = fetched
    assert {"--require-hashes", "--only-binary=:all:", bundles.JOB_PYTHON} <= set(request)


def test_the_functions_packages_are_for_any_platform(
    fetched: list[tuple[str, ...]], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    built(bundles.lambda_code.__wrapped__, tmp_path, monkeypatch)
    (request,) = fetched
    platforms = [after for word, after in pairwise(request) if word == "--platform"]
    assert platforms == ["any"]


def test_a_package_for_one_platform_is_refused_for_the_functions(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def pip(*arguments: str) -> None:
        folder = Path(next(after for word, after in pairwise(arguments) if word in _TO)) / "quick-1.dist-info"
        folder.mkdir()
        (folder / "WHEEL").write_text("Wheel-Version: 1.0\nTag: cp314-cp314-manylinux_2_28_x86_64\n")

    monkeypatch.setattr(bundles, "_pip", pip)
    with pytest.raises(BundleError, match=r"quick-1 of the functions' lock is built for one platform"):
        built(bundles.lambda_code.__wrapped__, tmp_path, monkeypatch)


def test_a_bundle_is_made_once_and_kept(
    fetched: list[tuple[str, ...]], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for _ in range(2):
        built(bundles.lambda_code.__wrapped__, tmp_path, monkeypatch)
    assert len(fetched) == 1


def test_changed_code_is_another_bundle(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    room = tmp_path / "jobs"
    room.mkdir()
    (room / "__main__.py").write_text("print('one')\n")
    monkeypatch.setattr(bundles, "source", lambda name: room)
    one = built(bundles.job_code.__wrapped__, tmp_path / "cache", monkeypatch)
    (room / "__main__.py").write_text("print('two')\n")
    other = built(bundles.job_code.__wrapped__, tmp_path / "cache", monkeypatch)
    assert one.digest != other.digest and one.path != other.path


def test_a_bundle_that_cannot_be_made_says_what_to_do_and_leaves_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*arguments: str) -> None:
        raise BundleError("pip could not fetch")

    monkeypatch.setattr(bundles, "_pip", fail)
    with pytest.raises(BundleError):
        built(bundles.lambda_code.__wrapped__, tmp_path, monkeypatch)
    assert not [path for path in tmp_path.rglob("*") if path.is_file()]


def test_pip_that_finds_no_index_is_told_in_one_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    with pytest.raises(BundleError, match="check that the package index is reachable"):
        bundles._pip("download", "no-such-package-at-all")
