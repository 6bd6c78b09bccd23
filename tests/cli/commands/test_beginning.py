"""``mdlc init``, ``mdlc doctor`` and ``mdlc diff``."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import typer
from typer.testing import CliRunner

from mdlc_cli.app import app
from mdlc_cli.aws import target
from mdlc_cli.aws.target import Target
from mdlc_cli.doctor import account, findings, machine, needs
from mdlc_cli.doctor.findings import Finding
from mdlc_cli.errors import CommandError
from tests.cli.fakes import FakeTarget

ROWS = "id,at,size,sold\n" + "".join(
    f"h{n},2026-05-{n + 1:02},{n * 10},{'yes' if n % 3 else 'no'}\n" for n in range(9)
)


def init(*arguments: str) -> Any:
    return CliRunner().invoke(app, ["init", *arguments])


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "rows.csv").write_text(ROWS)
    return tmp_path


def test_without_a_terminal_nothing_is_asked(folder: Path) -> None:
    done = init("customer-churn")
    assert done.exit_code == 0, done.output
    assert done.stdout == (
        "customer-churn in customer-churn: predicts 'left', a yes or no, from plan, age, months, spent, "
        "calls; time day, key customer\n"
    )
    assert " ".join(done.stderr.split()) == (
        "Next: `cd customer-churn`, `pip install -r requirements.txt`, `pytest`, `mdlc local up`, "
        "`mdlc deploy`, `mdlc put data/customers.csv`, `mdlc run training`."
    )
    assert 'name="customer-churn"' in (folder / "customer-churn" / "team.py").read_text()
    assert '"CustomerChurn"' in (folder / "customer-churn" / "app.py").read_text()


def test_flags_answer_what_would_be_asked(folder: Path) -> None:
    done = init("new", "--name", "sales", "--data", "rows.csv", "--label", "sold")
    assert done.exit_code == 0, done.output
    assert done.stdout.startswith(
        "sales in new: predicts 'sold', a yes or no (1 is 'yes'), from size; time at,"
    )
    assert "new/data/rows.csv is a copy of your rows" in done.stderr
    assert (folder / "new" / "data" / "rows.csv").read_text() == ROWS


def test_what_is_printed_can_be_pasted_into_a_shell(folder: Path) -> None:
    (folder / "my rows (1).CSV").write_text(ROWS + "h9,2026-05-20,NA,no\n\n")
    done = init("our sales", "--data", "my rows (1).CSV", "--label", "sold")
    assert done.exit_code != 0
    # One value of ten that is no number takes the only feature away.
    assert "'size' holds numbers and 'NA', so it is text" in str(done.exception)
    assert not (folder / "our sales").exists()
    (folder / "my rows (1).CSV").write_text(ROWS.replace("\n", ",2\n").replace("sold,2", "sold,rooms", 1))
    done = init("our sales", "--data", "my rows (1).CSV", "--label", "sold")
    assert done.exit_code == 0, done.output
    said = " ".join(done.stderr.split())
    assert "Next: `cd 'our sales'`," in said and "`mdlc put data/my_rows_1.csv`" in said


def test_a_column_that_is_text_by_some_values_is_named(folder: Path) -> None:
    rows = ROWS.replace("\n", ",2\n").replace("sold,2", "sold,rooms", 1)
    (folder / "rows.csv").write_text(rows.replace(",30,", ",NA,"))
    done = init("sales", "--data", "rows.csv", "--label", "sold")
    assert done.exit_code == 0, done.output
    said = " ".join(done.stderr.split())
    assert (
        "'size' holds numbers and 'NA', so it is text: if that means a missing value, leave it empty." in said
    )


def test_three_things_are_asked_at_a_terminal(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[tuple[str, Any]] = []
    answers = iter(["sales", "rows.csv", "size"])

    def prompt(text: str, **options: Any) -> str:
        asked.append((text, options["default"]))
        return next(answers)

    monkeypatch.setattr("mdlc_cli.commands.beginning.is_terminal", lambda: True)
    monkeypatch.setattr(typer, "prompt", prompt)
    assert init("Weekly Sales").exit_code == 0
    assert asked == [
        ("The model's name", "weekly-sales"),
        ("A CSV file with your data (Enter: made-up customers)", ""),
        ("What to predict, of id, at, size, sold", "sold"),
    ]
    assert 'task="regression"' in (folder / "Weekly Sales" / "team.py").read_text()


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        ((), "holds rows.csv: name a new or an empty folder, such as `mdlc init churn`"),
        (("new", "--name", "Sales!"), "name='Sales!' must be lowercase words joined by hyphens, at most 28"),
        (("new", "--data", "no.csv"), "no.csv does not exist: give the path of a CSV file"),
        (("new", "--data", "rows.csv", "--label", "price"), "rows.csv has no column 'price' (--label)"),
        (
            ("new", "--label", "price"),
            "customers.csv has no column 'price' (--label): choose one of customer",
        ),
        (("new", "--update"), "only what `mdlc init` made can be updated"),
    ],
)
def test_what_is_refused_makes_nothing(folder: Path, arguments: tuple[str, ...], sentence: str) -> None:
    done = init(*arguments)
    assert isinstance(done.exception, CommandError)
    assert sentence in str(done.exception)
    assert not (folder / "new").exists()


def test_a_name_that_no_folder_gives_is_asked_for_in_one_sentence(folder: Path) -> None:
    done = init("47")
    assert isinstance(done.exception, CommandError)
    assert "name='47' must be lowercase words" in str(done.exception)


def test_no_label_is_found_where_nothing_has_two_values(folder: Path) -> None:
    (folder / "three.csv").write_text("id,at,kind\n" + "".join(f"{n},2026-05-01,{n}\n" for n in range(3)))
    done = init("new", "--data", "three.csv")
    assert isinstance(done.exception, CommandError)
    assert str(done.exception) == "name what to predict with --label, one of id, at, kind"


def test_an_update_says_what_changed(folder: Path) -> None:
    assert init("churn").exit_code == 0
    assert init("churn", "--update").stdout == "Nothing changed.\n"
    (folder / "churn" / "app.py").unlink()
    assert init("churn", "--update").stdout == "Changed: app.py. See `git diff`.\n"


class TestDoctor:
    """``mdlc doctor``, with the machine's and the account's findings made up."""

    @pytest.fixture(autouse=True)
    def made_up(self, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(machine, "findings", lambda root, wants_java: [findings.ok("Python", "3.12")])
        monkeypatch.setattr(needs, "synthesized", lambda root: [])
        monkeypatch.setattr(target, "choose", lambda root, choice=None: FakeTarget())

    def answers(self, monkeypatch: pytest.MonkeyPatch, *listed: Finding) -> None:
        monkeypatch.setattr(account, "findings", lambda reader, asked: listed)

    def lines(self, *arguments: str) -> tuple[int, list[str]]:
        done = CliRunner().invoke(app, ["doctor", *arguments])
        return done.exit_code, [line.rstrip() for line in done.stdout.splitlines()]

    def test_all_is_well(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.answers(monkeypatch, findings.not_known("quotas", "missing permission x:Y"))
        assert self.lines() == (
            0,
            [
                "This machine",
                "  ok  Python: 3.12",
                "The local AWS",
                "  ok         credentials: Using the local AWS at http://127.0.0.1:1 "
                "(nothing leaves this machine)",
                "  not known  quotas: missing permission x:Y",
            ],
        )

    def test_a_fault_is_status_1_with_its_remedy(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.answers(monkeypatch, findings.fails("bootstrap", "is not there", "run `cdk bootstrap`"))
        status, lines = self.lines()
        assert (status, lines[-2:]) == (
            1,
            ["  fails  bootstrap: is not there", "         -> run `cdk bootstrap`"],
        )

    def test_as_json(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.answers(monkeypatch)
        areas = json.loads(CliRunner().invoke(app, ["doctor", "--json"]).stdout)
        assert areas["this machine"] == [{"check": "Python", "says": "3.12", "status": "ok", "remedy": ""}]
        assert list(areas) == ["the local AWS", "this machine"]

    def test_no_aws_that_nobody_asked_for_is_no_fault(self, monkeypatch: pytest.MonkeyPatch) -> None:
        def none(root: Path, choice: object = None) -> Target:
            raise CommandError("no local AWS runs: run `mdlc local up`")

        monkeypatch.setattr(target, "choose", none)
        for arguments, status, word in (((), 0, "not known"), (("--aws",), 1, "fails")):
            assert self.lines(*arguments) == (
                status,
                [
                    "This machine",
                    "  ok  Python: 3.12",
                    "AWS",
                    f"  {word}  credentials: no local AWS runs",
                    f"  {' ' * len(word)}  -> run `mdlc local up`",
                ],
            )

    def test_without_an_app_the_account_is_not_compared(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(needs, "synthesized", lambda root: None)
        done = CliRunner().invoke(app, ["doctor"])
        assert (done.exit_code, "run `mdlc diff` or `mdlc deploy`" in done.stdout) == (0, True)
