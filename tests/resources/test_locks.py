"""Locks, read for the Python that their wheels will run on."""

import re
import zipfile

import pytest
from packaging.markers import Marker
from packaging.utils import parse_wheel_filename

from mdlc_constructs.resources import bundles
from mdlc_constructs.resources.locks import for_python, holds

LOCK = """# made by a tool
numpy==2.4.6 ; python_full_version < '3.12' \\
    --hash=sha256:aa \\
    --hash=sha256:ab
    # via
    #   something
numpy==2.5.5 ; python_full_version >= '3.12' \\
    --hash=sha256:ba
colorama==0.4.6 ; sys_platform == 'win32' \\
    --hash=sha256:ca
six==1.16.0 \\
    --hash=sha256:da
"""


@pytest.mark.parametrize(("python", "numpy"), [("3.11", "2.4.6"), ("3.12", "2.5.5"), ("3.14", "2.5.5")])
def test_only_what_holds_for_that_python_is_left(python: str, numpy: str) -> None:
    left = for_python(LOCK, python)
    assert re.findall(r"^(\S+)==(\S+)", left, flags=re.M) == [("numpy", numpy), ("six", "1.16.0")]
    assert ("sha256:ab" in left) is (numpy == "2.4.6")
    assert "sha256:da" in left and "sha256:ca" not in left


MARKERS = (
    "python_full_version < '3.12'",
    "python_full_version >= '3.12'",
    "python_version == '3.12' and sys_platform == 'linux'",
    "(python_full_version >= '3.13' and platform_machine != 'x86_64') or os_name == 'posix'",
    "platform_python_implementation == 'PyPy' or implementation_name != 'cpython'",
)


@pytest.mark.parametrize("python", ["3.9", "3.11", "3.12", "3.14"])
@pytest.mark.parametrize("marker", MARKERS)
def test_a_marker_holds_where_packaging_says_so(marker: str, python: str) -> None:
    environment = {
        "implementation_name": "cpython",
        "os_name": "posix",
        "platform_machine": "x86_64",
        "platform_python_implementation": "CPython",
        "python_full_version": f"{python}.0",
        "python_version": python,
        "sys_platform": "linux",
    }
    assert holds(marker, environment) is Marker(marker).evaluate(dict(environment))


def test_a_marker_with_anything_else_is_refused() -> None:
    with pytest.raises(ValueError, match="of a lock cannot be read here: pin the package"):
        holds("'linux' in sys_platform", {"sys_platform": "linux"})


@pytest.mark.parametrize(
    "name", ["requirements-data.lock", "requirements-evaluate.lock", "requirements-monitor.lock"]
)
def test_the_wheels_of_a_bundle_are_those_that_its_lock_asks_for_on_the_jobs_python(name: str) -> None:
    lock = (bundles.source("jobs") / name).read_text()
    asked = dict(re.findall(r"^([\w.-]+)==(\S+)", for_python(lock, bundles.JOB_PYTHON), flags=re.M))
    with zipfile.ZipFile(bundles.job_wheels(name).path) as archive:
        wheels = [each for each in archive.namelist() if each.endswith(".whl")]
    held = {str(found): str(version) for found, version, *_ in map(parse_wheel_filename, wheels)}
    assert held == asked
