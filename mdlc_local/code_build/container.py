"""What stands in for a build's container: folders and variables that keep it apart from this machine.

Programs are those of this machine. What a build installs goes to its own folder: HOME, the prefixes of npm
and pip, and all folders of XDG are in it, and its Python is a virtual environment of its own.
"""

import os
import re
import shutil
import subprocess
import sys
import threading
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from mdlc_local import clients, environment, options
from mdlc_local.code_build.buildspec import BuildspecError
from mdlc_local.scopes import Scope

_pip_lock = threading.Lock()

_REACHES_REGISTRIES = re.compile(
    r"\w+_PROXY|\w*CA_BUNDLE|\w*CA_CERTS\w*|\w*CAINFO|SSL_CERT_\w+|PIP_(CERT|INDEX_URL|EXTRA_INDEX_URL)"
    r"|UV_\w*INDEX\w*|NPM_CONFIG_(REGISTRY|CAFILE)|MDLC_CACHE_DIR",
    re.IGNORECASE,
)
"""Variables by which programs of this machine reach package registries, and the cache of mdlc's tools."""

_CONFIGURATIONS = (".npmrc", ".config/pip/pip.conf", ".pip/pip.conf")
"""Files of the user's home that say where packages come from; a build gets copies."""

_PROJECT_MARK = ".mdlc"


@dataclass(frozen=True)
class BuildContainer:
    """The folders of one build.

    Attributes:
        folder: the folder that holds all others; it is deleted after the build.
    """

    folder: Path

    @property
    def source(self) -> Path:
        """The primary source, in which the first command runs."""
        return self.folder / "source"

    def secondary(self, identifier: str) -> Path:
        """The folder of a secondary source."""
        return self.folder / "sources" / identifier

    @property
    def commands(self) -> Path:
        """The commands' files."""
        return self.folder / "commands"

    def make(self) -> None:
        """Create the folders."""
        # With the mark, an `mdlc` in the build does not find the project that this server belongs to.
        mark = self.folder / _PROJECT_MARK
        for path in (self.source, self.commands, self._home, self._bin, self.folder / "tmp", mark):
            path.mkdir(parents=True, exist_ok=True)
        for name in _CONFIGURATIONS:
            own = Path.home() / name
            if own.is_file():
                (self._home / name).parent.mkdir(parents=True, exist_ok=True)
                shutil.copyfile(own, self._home / name)

    def remove(self) -> None:
        """Delete the folders."""
        shutil.rmtree(self.folder, ignore_errors=True)

    def set_up_python(self, version: str) -> None:
        """Make the build's Python environment.

        Raises:
            BuildspecError: when this machine does not have the version.
        """
        program = _python(version)
        pip = _with_pip(program)
        target = self.folder / "python"
        subprocess.run([program, "-m", "venv", "--without-pip", target], check=True, capture_output=True)
        packages = next(target.glob("lib/python3*/site-packages"))
        # Behind the build's own packages: what pip installs replaces nothing of the shared environment.
        (packages / "pip-of-the-machine.pth").write_text(
            str(next(pip.glob("lib/python3*/site-packages"))) + "\n"
        )
        for name in ("pip", "pip3"):
            _executable(target / "bin" / name, f'exec "{target}/bin/python" -m pip "$@"')

    def set_up_docker(self, program: Path | None, *, privileged: bool) -> None:
        """Put a `docker` on the build's PATH that takes images from directories with a local stand-in."""
        if not privileged:
            refusal = "Cannot connect to the Docker daemon: this project has no privileged mode"
        elif program is None:
            refusal = "the embedded AWS was started without a program for image builds"
        else:
            _executable(self._bin / "docker", f'exec "{program}" "$@"')
            return
        _executable(self._bin / "docker", f'echo "{refusal}" >&2; exit 1')

    def variables(self, role_arn: str, session: str, scope: Scope) -> dict[str, str]:
        """The environment variables of every command, before those of the project and the buildspec."""
        passed = environment.for_code()
        home = str(self._home)
        credentials = clients.role_credentials(role_arn, session)
        registries = {
            name: value for name, value in os.environ.items() if _REACHES_REGISTRIES.fullmatch(name)
        }
        return {
            **registries,
            **passed,
            "PATH": os.pathsep.join(
                (
                    str(self._bin),
                    str(self.folder / "python" / "bin"),
                    str(self._home / ".npm-global" / "bin"),
                    passed.get("PATH", os.defpath),
                )
            ),
            "HOME": home,
            "TMPDIR": str(self.folder / "tmp"),
            "VIRTUAL_ENV": str(self.folder / "python"),
            "PYTHONUSERBASE": f"{home}/.local",
            "PIP_DISABLE_PIP_VERSION_CHECK": "1",
            "npm_config_prefix": f"{home}/.npm-global",
            "npm_config_cache": f"{home}/.npm",
            "npm_config_userconfig": f"{home}/.npmrc",
            "npm_config_update_notifier": "false",
            **{
                f"XDG_{kind}_HOME": f"{home}/.{kind.lower()}" for kind in ("CACHE", "CONFIG", "DATA", "STATE")
            },
            "AWS_REGION": scope.region,
            "AWS_DEFAULT_REGION": scope.region,
            "AWS_ENDPOINT_URL": options.current().endpoint,
            **{name: value for name, value in credentials.items() if value},
            "CI": "true",
        }

    @property
    def _home(self) -> Path:
        return self.folder / "home"

    @property
    def _bin(self) -> Path:
        return self.folder / "bin"


def source_variables(container: BuildContainer, secondary: Mapping[str, str]) -> dict[str, str]:
    """The variables that name the sources' folders."""
    return {
        "CODEBUILD_SRC_DIR": str(container.source),
        **{f"CODEBUILD_SRC_DIR_{name}": str(container.secondary(name)) for name in secondary},
    }


def _python(version: str) -> str:
    """The program of a version of Python; by default the one that made this server's environment."""
    if not version:
        base = Path(getattr(sys, "_base_executable", sys.executable))
        return str(base)
    program = shutil.which(f"python{version}")
    if program is None:
        raise BuildspecError(
            f"phases/install/runtime-versions/python is {version}, and this machine has no python{version}: "
            "install it, or leave runtime-versions out"
        )
    return program


def _with_pip(program: str) -> Path:
    """An environment with pip, which the environments of all builds share; made once."""
    target = options.current().state_dir / "temporary" / f"pip-of-{Path(program).name}"
    with _pip_lock:
        if not (target / "made").exists():
            subprocess.run([program, "-m", "venv", target], check=True, capture_output=True)
            (target / "made").touch()
    return target


def _executable(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(f"#!/bin/sh\n{text}\n")
    path.chmod(0o755)
