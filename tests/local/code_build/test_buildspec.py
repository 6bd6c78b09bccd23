"""Buildspecs are read as AWS documents them, and what would be ignored is refused."""

import pytest

from mdlc_local.code_build import buildspec
from mdlc_local.code_build.buildspec import BuildspecError

FULL = """
version: 0.2
env:
  shell: bash
  variables: {LEVEL: 3, FLAG: true}
  exported-variables: [DIGEST]
phases:
  install:
    runtime-versions: {python: "3.11"}
  build:
    commands: [make test, make synth]
    finally: [echo done]
    on-failure: CONTINUE
reports:
  unit: {files: ["*.xml"], base-directory: reports}
artifacts:
  files: ["**/*"]
  base-directory: cdk.out
  secondary-artifacts:
    Second: {files: [a.txt], discard-paths: yes}
cache: {paths: ["/root/.cache/**/*"]}
"""


def test_all_sections_are_read() -> None:
    spec = buildspec.parse(FULL)
    assert (spec.shell, spec.variables, spec.exported) == (
        "bash",
        {"LEVEL": "3", "FLAG": "true"},
        ("DIGEST",),
    )
    assert spec.python == "3.11"
    assert spec.phases["build"] == buildspec.Phase(
        commands=("make test", "make synth"), last=("echo done",), on_failure="CONTINUE"
    )
    assert spec.artifacts is not None
    assert (spec.artifacts.files, spec.artifacts.base_directory) == (("**/*",), "cdk.out")
    assert spec.secondary_artifacts["Second"].discard_paths
    assert spec.reports == (buildspec.ReportFiles(group="unit", files=("*.xml",), base_directory="reports"),)
    assert spec.cached


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "version is None"),
        ("- a", "the buildspec is a list"),
        ("version: 0.1\nphases: {build: {commands: [a]}}", "version is 0.1"),
        ("version: 0.2", "phases is missing"),
        ("version: 0.2\nphases: {biuld: {commands: [a]}}", "has the key 'biuld'"),
        ("version: 0.2\nphases: {build: {}}", "has no commands"),
        ("version: 0.2\nphases: {build: {commands: [false]}}", "found the boolean false"),
        ("version: 0.2\nphases: {build: {commands: [{a: b}]}}", "found subkeys"),
        ("version: 0.2\nphases: {build: {commands: [1.5]}}", "found the number 1.5"),
        ("version: 0.2\nphases: {install: {runtime-versions: {python: 3.10}}}", "3.10 is 3.1 in YAML"),
        ("version: 0.2\nphases: {install: {runtime-versions: {ruby: '3'}}}", "ruby is not in"),
        ("version: 0.2\nphases: {build: {runtime-versions: {python: '3.11'}}}", "belongs to phases/install"),
        ("version: 0.2\nphases: {build: {commands: [a], on-failure: RETRY}}", "on-failure is 'RETRY'"),
        ("version: 0.2\nphases: {build: {commands: [a], run-as: me}}", "run-as"),
        ("version: 0.2\nenv: {secrets-manager: {A: b}}\nphases: {build: {commands: [a]}}", "secrets-manager"),
        (
            "version: 0.2\nenv: {variables: {'A-B': c}}\nphases: {build: {commands: [a]}}",
            "no name of a variable",
        ),
        ("version: 0.2\nenv: {shell: fish}\nphases: {build: {commands: [a]}}", "env/shell is 'fish'"),
        ("version: 0.2\nbatch: {}\nphases: {build: {commands: [a]}}", "has the key 'batch'"),
        (
            "version: 0.2\nphases: {build: {commands: [a]}}\nartifacts: {files: []}",
            "artifacts/files is empty",
        ),
        (
            "version: 0.2\nphases: {build: {commands: [a]}}\nreports: {r: {files: [x], file-format: TRX}}",
            "file-format is 'TRX'",
        ),
        ("version: 0.2\nphases: [", "no valid YAML"),
    ],
)
def test_a_wrong_buildspec_is_refused(text: str, said: str) -> None:
    with pytest.raises(BuildspecError, match=said):
        buildspec.parse(text)
