"""A slip in a command or an option is answered by what was meant, in one sentence."""

from __future__ import annotations

from typing import Any

import pytest
import typer

from mdlc_cli import app
from mdlc_cli.output import slips
from tests.cli.commands.test_completion import commands

WORDS = [
    *(("open", "show"), ("describe", "show"), ("report", "show"), ("upload", "put"), ("predict", "ask")),
    *(("invoke", "ask"), ("list", "models"), ("ls", "models"), ("status", "models"), ("follow", "watch")),
    *(("attach", "watch"), ("destroy", "teardown"), ("delete", "teardown"), ("new", "init")),
    *(("create", "init"), ("check", "doctor"), ("accept", "approve"), ("deny", "reject")),
    *(("refuse", "reject"), ("history", "audit"), ("undo", "rollback"), ("swagger", "openapi")),
    *(("start", "run"), ("up", "local up"), ("stop", "local down"), ("version", "--version")),
    *(("DEPLOY", "deploy"), ("depoly", "deploy"), ("runn", "run"), ("excutions", "executions")),
    *(("histroy", "audit"), ("upp", "local up"), ("retrain", "run")),
]


def group(*path: str) -> Any:
    command: Any = typer.main.get_command(app.app)
    for name in path:
        command = command.commands[name]
    return command


@pytest.mark.parametrize(("word", "meant"), WORDS)
def test_a_word_is_answered_by_the_command_that_means_it(word: str, meant: str) -> None:
    assert word not in group().commands
    assert slips.command_meant(word, group())[0] == meant


def test_every_meaning_is_a_command_that_exists() -> None:
    existing = {*commands(), "--version", "--help"}
    meant = {name for names in slips.MEANINGS.values() for name in names}
    assert meant - {name for path in existing for name in (path, path.split()[-1])} == set()


def test_every_option_is_one_of_a_command() -> None:
    options = {option.lstrip("-").replace("-", "_") for found in commands().values() for option in found}
    assert {names[0] for names in slips.OPTION_MEANINGS} - options == set()


@pytest.mark.parametrize(
    ("path", "word", "meant"),
    [
        (("rules",), "list", "show"),
        (("rules",), "upload", "put"),
        (("rules",), "validate", "check"),
        (("golden",), "recrod", "record"),
        (("local",), "start", "up"),
        (("local",), "stop", "down"),
    ],
)
def test_a_group_answers_by_its_own_commands(path: tuple[str, ...], word: str, meant: str) -> None:
    assert slips.command_meant(word, group(*path)) == (meant,)


@pytest.mark.parametrize(
    ("option", "options", "meant"),
    [
        ("--jsn", ["--json", "--on"], "--json"),
        ("--output", ["--json", "--on"], "--json"),
        ("--output", ["--save", "--on"], "--save"),
        ("--force", ["--yes", "-y"], "--yes"),
        ("--endpoint", ["--model", "--stack"], "--model"),
        ("--nonsense", ["--model", "--stack"], None),
    ],
)
def test_an_option_is_answered_by_one_of_the_command(
    option: str, options: list[str], meant: str | None
) -> None:
    assert slips.option_meant(option, options) == meant


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["destroy"], "mdlc has no command 'destroy': did you mean `mdlc teardown`?"),
        (["o'k"], 'mdlc has no command "o\'k": see `mdlc --help`'),
        (["nonsense"], "mdlc has no command 'nonsense': see `mdlc --help`"),
        (["a\nb"], "mdlc has no command 'a\\nb': see `mdlc --help`"),
        (["rules", "list"], "mdlc rules has no command 'list': did you mean `mdlc rules show`?"),
        (["run", "training", "--modle", "x"], "mdlc run has no option --modle: did you mean --model?"),
        (["audit", "--nonsense"], "mdlc audit has no option --nonsense: see `mdlc audit --help`"),
        (["--verison"], "mdlc has no option --verison: did you mean --version?"),
        (["run"], "missing argument 'workflow': see `mdlc run --help`"),
        (["golden"], "missing command: see `mdlc golden --help`"),
    ],
)
def test_the_parsers_errors_are_one_sentence_and_status_2(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], arguments: list[str], sentence: str
) -> None:
    monkeypatch.setattr("sys.argv", ["mdlc", *arguments])
    with pytest.raises(SystemExit) as ended:
        app.main()
    assert ended.value.code == 2
    assert capsys.readouterr().err == f"error: {sentence}\n"


@pytest.mark.parametrize(
    ("arguments", "begin", "status"), [(["--version"], "mdlc 0", 0), (["--help"], "\n", 0), ([], "\n", 2)]
)
def test_version_and_help_are_results(
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    arguments: list[str],
    begin: str,
    status: int,
) -> None:
    monkeypatch.setattr("sys.argv", ["mdlc", *arguments])
    with pytest.raises(SystemExit) as ended:
        app.main()
    shown = capsys.readouterr()
    assert (ended.value.code or 0, shown.err) == (status, "")
    assert shown.out.lstrip(" ").startswith(begin)


def test_a_no_is_one_sentence(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    def abort(**_: Any) -> None:
        raise typer.Abort

    monkeypatch.setattr(app, "app", abort)
    with pytest.raises(SystemExit) as ended:
        app.main()
    assert ended.value.code == 1
    assert capsys.readouterr().err == "error: nothing was done: the answer was no, or none\n"
