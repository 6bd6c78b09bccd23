"""Reads a buildspec, the YAML document that says what a build runs.

Only version 0.2 is read, whose commands share one shell. What would be ignored here and would run on AWS is
refused. Source: https://docs.aws.amazon.com/codebuild/latest/userguide/build-spec-ref.html
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import yaml

from mdlc_local.errors import LocalAwsError

PHASES = ("install", "pre_build", "build", "post_build")
ABORT, CONTINUE = "ABORT", "CONTINUE"
JUNIT = "JUNITXML"

_TOP = {"version", "env", "phases", "reports", "artifacts", "cache", "run-as"}
_ENV = {"shell", "variables", "exported-variables", "git-credential-helper"}
_PHASE = {"commands", "finally", "on-failure", "runtime-versions", "run-as"}
_ARTIFACTS = {
    *("files", "base-directory", "discard-paths", "name", "exclude-paths", "secondary-artifacts"),
    *("enable-symlinks", "s3-prefix"),
}
_REPORT = {"files", "base-directory", "discard-paths", "file-format"}
_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_SHELLS = ("bash", "/bin/sh")
_RUNTIMES = ("python", "nodejs")


class BuildspecError(LocalAwsError):
    """A buildspec that cannot be run; the message becomes the context of the failed phase."""


@dataclass(frozen=True, kw_only=True)
class Phase:
    """What one phase runs.

    Attributes:
        commands: the commands, in order; the first that fails ends them.
        last: the commands of `finally`, which also run after a failure.
        on_failure: whether no later phase runs after a failure (`ABORT`), or all do (`CONTINUE`); empty for
            AWS's order of phases, in which only post_build runs, and only after a failed build.
    """

    commands: tuple[str, ...] = ()
    last: tuple[str, ...] = ()
    on_failure: str = ""

    def goes_on(self, name: str) -> bool:
        """Whether the next phase runs after a failure of this one."""
        return self.on_failure == CONTINUE or (not self.on_failure and name in ("build", "post_build"))


@dataclass(frozen=True, kw_only=True)
class Artifacts:
    """The files of one output artifact: globs below a base directory."""

    files: tuple[str, ...]
    base_directory: str = ""
    excluded: tuple[str, ...] = ()
    discard_paths: bool = False
    name: str = ""


@dataclass(frozen=True, kw_only=True)
class ReportFiles:
    """The files of one test report, and the name or ARN of its report group."""

    group: str
    files: tuple[str, ...]
    base_directory: str = ""


@dataclass(frozen=True, kw_only=True)
class Buildspec:
    """A buildspec.

    Attributes:
        shell: the program that runs the commands.
        variables: environment variables.
        exported: names of the variables that the build passes on.
        phases: the phases that the document has, by name.
        python: the chosen version of Python; empty for the default.
        artifacts: the output artifact; None for none.
        secondary_artifacts: further artifacts by their identifiers.
        reports: the test reports.
        cached: whether the document names paths to cache, which happens on AWS only.
    """

    shell: str = "/bin/sh"
    variables: Mapping[str, str] = field(default_factory=dict)
    exported: tuple[str, ...] = ()
    phases: Mapping[str, Phase] = field(default_factory=dict)
    python: str = ""
    artifacts: Artifacts | None = None
    secondary_artifacts: Mapping[str, Artifacts] = field(default_factory=dict)
    reports: tuple[ReportFiles, ...] = ()
    cached: bool = False


def parse(text: str) -> Buildspec:
    """The buildspec of a YAML document.

    Raises:
        BuildspecError: when the document is no valid buildspec, or uses what the embedded AWS lacks.
    """
    try:
        document = yaml.safe_load(text)
    except yaml.YAMLError as error:
        raise BuildspecError(f"the buildspec is no valid YAML: {' '.join(str(error).split())}") from error
    top = _mapping(document, "the buildspec")
    _known(top, _TOP, "the buildspec")
    _check_version(top)
    _refuse_user(top, "the buildspec")
    env = _mapping(top.get("env"), "env")
    for store in ("parameter-store", "secrets-manager"):
        if store in env:
            raise BuildspecError(
                f"env/{store} is not read by the embedded AWS: give the values as variables of the project"
            )
    _known(env, _ENV, "env")
    shell = env.get("shell", "/bin/sh")
    if shell not in _SHELLS:
        raise BuildspecError(f"env/shell is {shell!r}: the embedded AWS has {' and '.join(_SHELLS)}")
    phases = _mapping(top.get("phases"), "phases")
    if not phases:
        raise BuildspecError("phases is missing: write at least one phase with commands")
    _known(phases, set(PHASES), "phases")
    artifacts = _mapping(top.get("artifacts"), "artifacts")
    secondary = _mapping(artifacts.get("secondary-artifacts"), "artifacts/secondary-artifacts")
    reports = _mapping(top.get("reports"), "reports")
    return Buildspec(
        shell="bash" if shell == "bash" else "/bin/sh",
        variables=_variables(env.get("variables")),
        exported=tuple(map(_variable_name, _texts(env.get("exported-variables"), "env/exported-variables"))),
        phases={name: _phase(name, phases[name]) for name in PHASES if name in phases},
        python=_python(_mapping(phases.get("install"), "phases/install")),
        artifacts=_artifacts(artifacts, "artifacts") if "files" in artifacts else None,
        secondary_artifacts={
            name: _artifacts(_mapping(each, name), f"artifacts/secondary-artifacts/{name}")
            for name, each in secondary.items()
        },
        reports=tuple(_report(str(group), each) for group, each in reports.items()),
        cached=bool(top.get("cache")),
    )


def _check_version(top: Mapping[str, Any]) -> None:
    version = top.get("version")
    if str(version) != "0.2":
        raise BuildspecError(f"version is {version!r}: write `version: 0.2`, whose commands share one shell")


def _refuse_user(section: Mapping[str, Any], path: str) -> None:
    if section.get("run-as") not in (None, "root"):
        raise BuildspecError(f"run-as of {path} is not done by the embedded AWS: leave it out")


def _phase(name: str, value: Any) -> Phase:
    path = f"phases/{name}"
    section = _mapping(value, path)
    _known(section, _PHASE, path)
    _refuse_user(section, path)
    if "runtime-versions" in section and name != "install":
        raise BuildspecError(f"runtime-versions is in {path}: it belongs to phases/install")
    reaction = section.get("on-failure", "")
    if reaction not in ("", ABORT, CONTINUE):
        raise BuildspecError(f"{path}/on-failure is {reaction!r}: write ABORT or CONTINUE")
    commands = _texts(section.get("commands"), f"{path}/commands")
    last = _texts(section.get("finally"), f"{path}/finally")
    if not commands and not last and "runtime-versions" not in section:
        raise BuildspecError(f"{path} has no commands: write them as a list, or leave the phase out")
    return Phase(commands=commands, last=last, on_failure=str(reaction))


def _python(install: Mapping[str, Any]) -> str:
    versions = _mapping(install.get("runtime-versions"), "phases/install/runtime-versions")
    for name, version in versions.items():
        if name not in _RUNTIMES:
            raise BuildspecError(
                f"phases/install/runtime-versions/{name} is not in the embedded AWS, which has "
                f"{' and '.join(_RUNTIMES)}"
            )
        if isinstance(version, float):
            raise BuildspecError(
                f"phases/install/runtime-versions/{name} is the number {version}, and 3.10 is 3.1 in "
                f'YAML: write it in quotes, such as "3.11"'
            )
    chosen = versions.get("python", "")
    return "" if chosen in ("latest", "3.x") else str(chosen)


def _artifacts(section: Mapping[str, Any], path: str) -> Artifacts:
    _known(section, _ARTIFACTS, path)
    if section.get("enable-symlinks") or section.get("s3-prefix"):
        raise BuildspecError(
            f"{path} has enable-symlinks or s3-prefix, which are not done here: leave them out"
        )
    files = _texts(section.get("files"), f"{path}/files")
    if not files:
        raise BuildspecError(f"{path}/files is empty: name files, such as '**/*'")
    return Artifacts(
        files=files,
        base_directory=str(section.get("base-directory") or ""),
        excluded=_texts(section.get("exclude-paths"), f"{path}/exclude-paths"),
        discard_paths=str(section.get("discard-paths", "no")).lower() in ("yes", "true"),
        name=str(section.get("name") or ""),
    )


def _report(group: str, value: Any) -> ReportFiles:
    path = f"reports/{group}"
    section = _mapping(value, path)
    _known(section, _REPORT, path)
    form = section.get("file-format", JUNIT)
    if form != JUNIT:
        raise BuildspecError(f"{path}/file-format is {form!r}: the embedded AWS reads {JUNIT}")
    files = _texts(section.get("files"), f"{path}/files")
    if not files:
        raise BuildspecError(f"{path}/files is empty: name the report's files")
    return ReportFiles(group=group, files=files, base_directory=str(section.get("base-directory") or ""))


def _variables(value: Any) -> dict[str, str]:
    variables = {}
    for name, each in _mapping(value, "env/variables").items():
        if isinstance(each, dict | list) or each is None:
            raise BuildspecError(f"env/variables/{name} is {each!r}: give text")
        text = str(each).lower() if isinstance(each, bool) else str(each)
        variables[_variable_name(str(name))] = text
    return variables


def _variable_name(name: str) -> str:
    if not _NAME.fullmatch(name):
        raise BuildspecError(f"{name!r} is no name of a variable: use letters, digits and underscores")
    return name


def _mapping(value: Any, path: str) -> dict[str, Any]:
    if value is None:
        return {}
    if not isinstance(value, dict):
        raise BuildspecError(f"{path} is {_shown(value)}: write keys and values")
    return value


def _texts(value: Any, path: str) -> tuple[str, ...]:
    """A list of texts, or one text."""
    if value is None:
        return ()
    items = value if isinstance(value, list) else [value]
    for number, item in enumerate(items):
        if not isinstance(item, str):
            raise BuildspecError(
                f"Expected {path}[{number}] to be of string type: found {_shown(item)}; write it in quotes"
            )
    return tuple(items)


def _shown(value: Any) -> str:
    """A value and its kind in YAML, which reads `false`, `yes` and `1.0` as no text."""
    if isinstance(value, bool):
        return f"the boolean {str(value).lower()}"
    if isinstance(value, int | float):
        return f"the number {value}"
    if isinstance(value, dict | list):
        return "subkeys" if isinstance(value, dict) else "a list"
    return repr(value)


def _known(section: Mapping[str, Any], names: set[str], path: str) -> None:
    for name in section:
        if name not in names:
            raise BuildspecError(
                f"{path} has the key {name!r}: the embedded AWS knows {', '.join(sorted(names))}"
            )
