"""The repository that `mdlc init` makes is complete, and passes its own tests."""

from __future__ import annotations

import csv
import os
import re
import shlex
import subprocess
import sys
from importlib.metadata import version
from pathlib import Path
from typing import Any

import pytest
import typer
import yaml

from mdlc_cli import places
from mdlc_cli.app import app
from mdlc_cli.beginning import csv_columns, sample_data, team_repository
from mdlc_cli.errors import CommandError
from tests.docs import markdown

pytestmark = pytest.mark.slow

ROOT = Path(__file__).resolve().parents[3]
ODD = (
    '"it\'s the key id";at;"größe ""cm"" {{ 1+1 }}";verlässt\n'
    "k1;2026-05-01;1;ja\nk2;2026-05-02;2;nein\nk3;2026-05-03;3;nein\nk4;2026-05-04;4;nein\n"
)


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A repository with the sample."""
    folder = tmp_path_factory.mktemp("made") / "churn"
    sample = folder.parent / "sample.csv"
    sample_data.write(sample)
    roles = csv_columns.roles(csv_columns.read_head(sample), label=sample_data.LABEL)
    team_repository.make(folder, name="churn", roles=roles, data=None)
    return folder


def of_rows(folder: Path, text: str, label: str | None = None) -> Path:
    """A repository with rows of one's own."""
    data = folder / "rows.csv"
    data.write_text(text, encoding="utf-8")
    roles = csv_columns.roles(csv_columns.read_head(data), label=label)
    team_repository.make(folder / "made", name="own", roles=roles, data=data)
    return folder / "made"


def test_everything_is_there_and_nothing_is_left_to_fill_in(project: Path) -> None:
    files = {
        path.relative_to(project).as_posix()
        for path in project.rglob("*")
        # The repository's own tests may have run before.
        if path.is_file() and "__pycache__" not in path.parts
    }
    assert files == {
        ".copier-answers.yml",
        ".github/workflows/ci.yml",
        ".gitignore",
        "README.md",
        "app.py",
        "cdk.json",
        "data/customers.csv",
        "data/next_month.csv",
        "mdlc.toml",
        "model_team.py",
        "pyproject.toml",
        "requirements.txt",
        "team.py",
        "tests/test_data.py",
        "tests/test_local_run.py",
        "tests/test_stack.py",
    }
    for name in files:
        text = (project / name).read_text(encoding="utf-8")
        assert not re.search(r"\{\{|\{%|\{#", text), name
        assert "\n\n\n\n" not in text, name


def test_the_stack_is_the_reference_stack(project: Path) -> None:
    assert (project / "model_team.py").read_bytes() == (ROOT / "stacks" / "model_team.py").read_bytes()


def test_the_answers_name_no_place_of_this_machine(project: Path) -> None:
    answers = yaml.safe_load((project / ".copier-answers.yml").read_text())
    assert answers["mdlc_version"] == version("mdlc-constructs")
    assert answers["columns"]["calls"] == "integer"
    assert not [key for key in answers if key.startswith("_")]
    assert str(ROOT) not in (project / ".copier-answers.yml").read_text()


def test_git_keeps_the_wheels_that_ci_installs(project: Path) -> None:
    assert "`wheels/`, commit it" in (project / "README.md").read_text()
    assert "wheels" not in (project / ".gitignore").read_text()


def test_versions_are_pinned(project: Path) -> None:
    ci = (project / ".github/workflows/ci.yml").read_text()
    uses = re.findall(r"uses: (\S+)", ci)
    assert uses and all(re.fullmatch(r"[\w/-]+@[0-9a-f]{40}", used) for used in uses)
    required = (project / "requirements.txt").read_text()
    assert f"mdlc-constructs[cli]=={version('mdlc-constructs')}\n" in required


PLAIN = "size,left\n" + "".join(f"{number % 7}.5,{number % 2}\n" for number in range(40))
"""Rows without time and key."""


CLASSES = "size,target\n" + "".join(f"{number % 7}.5,{'abc'[number % 3]}\n" for number in range(40))
"""Rows of three classes."""


@pytest.mark.parametrize("own", ["", ODD, PLAIN, CLASSES])
def test_the_code_is_well_formed(project: Path, tmp_path: Path, own: str) -> None:
    folder = of_rows(tmp_path, own) if own else project
    ruff = [sys.executable, "-m", "ruff"]
    files = [str(path) for path in folder.rglob("*.py") if path.name != "model_team.py"]
    check, form = ["check", "--isolated", "--select=E,F,W,I,UP,B"], ["format", "--isolated", "--check"]
    # ruff chooses other quotes where a name holds some.
    for command in [check] if own == ODD else [check, form]:
        done = subprocess.run(
            [*ruff, *command, "--line-length=110", "--no-cache", *files],
            cwd=folder,
            capture_output=True,
            text=True,
        )
        assert done.returncode == 0, done.stdout + done.stderr


def test_odd_names_of_columns_are_written_as_they_are(tmp_path: Path) -> None:
    folder = of_rows(tmp_path, ODD)
    names: dict[str, object] = {}
    text = (folder / "team.py").read_text(encoding="utf-8")
    exec(text.split("def dataset")[0].partition("COLUMNS = ")[2].join(["COLUMNS = ", ""]), names)
    assert names["COLUMNS"] == {
        "it's the key id": "text",
        "at": "timestamp",
        'größe "cm" {{ 1+1 }}': "integer",
        "verlässt": "category",
    }
    assert 'positive="ja"' in text and 'delimiter=";"' in text


def test_every_command_that_its_documents_name_exists(project: Path) -> None:
    for line in (*markdown.commands(project / "README.md", "mdlc"), "put data/customers.csv"):
        command: Any = typer.main.get_command(app)
        words = line.split()
        while words and words[0] in getattr(command, "commands", {}):
            command = command.commands[words.pop(0)]
        assert not hasattr(command, "commands"), line


def test_a_folder_that_cannot_be_made_is_one_sentence(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    roles = csv_columns.Roles(
        label="a", timestamp="b", key="c", task="binary", positive="1", columns={}, delimiter=","
    )
    with pytest.raises(CommandError, match="cannot be written"):
        team_repository.make(tmp_path / "file" / "new", name="churn", roles=roles, data=None)


def test_a_regression_is_gated_by_its_error(tmp_path: Path) -> None:
    text = (of_rows(tmp_path, ODD, 'größe "cm" {{ 1+1 }}') / "team.py").read_text(encoding="utf-8")
    assert 'task="regression"' in text and 'better_than_champion="rmse"' in text


def test_rows_without_time_and_key_are_divided_at_random(tmp_path: Path) -> None:
    text = (of_rows(tmp_path, PLAIN) / "team.py").read_text(encoding="utf-8")
    assert 'split=Split.random(validation=0.1, holdout=0.2, stratify="left")' in text
    assert not any(name in text for name in ("timestamp=", "row_key=", "Labels", "OnAccuracyLoss"))


def test_a_label_of_a_few_values_lists_its_classes(tmp_path: Path) -> None:
    text = (of_rows(tmp_path, CLASSES) / "team.py").read_text(encoding="utf-8")
    listed = "".join(f'            "{name}",\n' for name in "abc")
    assert f'task="multiclass",\n        classes=(\n{listed}        ),' in text
    assert 'objective="multi:softprob"' in text and 'stratify="target"' in text
    assert 'gate=Gate(at_least={"auc_macro": 0.6}, better_than_champion="auc_macro")' in text


def test_of_a_large_file_rows_are_copied_evenly(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(team_repository, "MAX_COPIED_BYTES", 1000)
    monkeypatch.setattr(team_repository, "SAMPLE_ROWS", 50)
    rows = "".join(f"k{number},2026-05-{number // 10 + 1:02},{number % 2}\n" for number in range(300))
    copied = of_rows(tmp_path, f"id,at,left\n{rows}") / "data" / "rows.csv"
    with copied.open(newline="") as file:
        header, *kept = csv.reader(file)
    assert header == ["id", "at", "left"]
    assert 45 <= len(kept) <= 60
    assert (kept[0][0], int(kept[-1][0][1:]) > 290) == ("k0", True)


@pytest.mark.parametrize(
    ("given", "copied"),
    [
        ("rows.csv", "rows.csv"),
        ("CUSTOMERS.CSV", "CUSTOMERS.csv"),
        ("data.txt", "data.csv"),
        ("data", "data.csv"),
        ("rows.CSV.GZ", "rows.csv"),
        ("_rows.csv", "rows.csv"),
        (".rows.csv", "rows.csv"),
        ("-rows.csv", "rows.csv"),
        ("my rows (1).csv", "my_rows_1.csv"),
        ("größen.2026.csv", "größen.2026.csv"),
        ("$(rm).csv", "rm.csv"),
        ("!.csv", "data.csv"),
    ],
)
def test_a_copy_has_a_name_that_workflows_tests_and_shells_take(given: str, copied: str) -> None:
    name = team_repository.copied_name(Path(given))
    assert name == copied
    assert Path(name).match("*.csv") and not name.startswith(("_", "."))
    # A shell takes letters of any alphabet as they are; shlex.quote knows those of English only.
    assert not name.isascii() or shlex.quote(name) == name


def test_blank_lines_are_not_copied(tmp_path: Path) -> None:
    copied = of_rows(tmp_path, "id,at,left\na,2026-05-01,1\n\nb,2026-05-02,0\n\n") / "data" / "rows.csv"
    assert copied.read_text() == "id,at,left\na,2026-05-01,1\nb,2026-05-02,0\n"


def test_a_later_template_leaves_what_is_the_teams(tmp_path: Path) -> None:
    folder = of_rows(tmp_path, ODD)
    (folder / "team.py").write_text("OURS = 1\n")
    (folder / "cdk.json").write_text("{}\n")
    (folder / "tests" / "test_ours.py").write_text("")
    assert team_repository.update(folder) == ["cdk.json"]
    assert (folder / "team.py").read_text() == "OURS = 1\n"
    assert "app.py" in (folder / "cdk.json").read_text()
    assert (folder / "tests" / "test_ours.py").exists()


@pytest.mark.parametrize(
    ("content", "sentence"),
    [(None, "holds no .copier-answers.yml"), ("a: [", "cannot be read"), ("- a", "holds no answers")],
)
def test_only_what_was_made_is_updated(tmp_path: Path, content: str | None, sentence: str) -> None:
    if content is not None:
        (tmp_path / ".copier-answers.yml").write_text(content)
    with pytest.raises(CommandError, match=re.escape(sentence)):
        team_repository.update(tmp_path)


@pytest.mark.parametrize(
    ("standing", "sentence"),
    [
        ("data.csv", "holds data.csv: name a new or an empty folder"),
        (".copier-answers.yml", "was made by `mdlc init` already"),
        (".venv", None),
    ],
)
def test_a_folder_must_be_as_good_as_empty(tmp_path: Path, standing: str, sentence: str | None) -> None:
    (tmp_path / standing).mkdir()
    if sentence is None:
        team_repository.check_empty(tmp_path)
        return
    with pytest.raises(CommandError, match=re.escape(sentence)):
        team_repository.check_empty(tmp_path)


def test_a_file_is_no_folder(tmp_path: Path) -> None:
    (tmp_path / "churn").touch()
    with pytest.raises(CommandError, match="is a file"):
        team_repository.check_empty(tmp_path / "churn")


def test_the_template_of_a_wheel_holds_the_stack_itself(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(places, "template_source", lambda: tmp_path)
    assert places.team_stack_source() == ROOT / "stacks" / "model_team.py"
    (tmp_path / "model_team.py").touch()
    assert places.team_stack_source() == tmp_path / "model_team.py"


@pytest.mark.slow
def test_it_passes_its_own_tests_at_once(project: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider"],
        cwd=project, capture_output=True, text=True,
        env={**os.environ, "PYTHONPATH": str(ROOT), "CDK_VALIDATION": "false", "PYTEST_ADDOPTS": ""},
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr
    assert "6 passed, 1 deselected" in done.stdout
