"""Deciding on a version: what is shown before, what stands afterwards, and one sentence for every misuse."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from mdlc_cli.app import app
from mdlc_cli.commands import options
from mdlc_cli.executions import releases
from mdlc_cli.versions import model_list
from tests.cli.commands.test_hostile_text import checked
from tests.cli.deciding import ME, PENDING, Deciding
from tests.cli.life import MODEL, trained
from tests.cli.output.test_terminal import HOSTILE

REASON = "the holdout has only one season"


@pytest.fixture(autouse=True)
def at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(releases, "BETWEEN_LOOKS_SECONDS", 0)


def run(monkeypatch: pytest.MonkeyPatch, account: Deciding, *arguments: str) -> Result:
    made = account.target
    monkeypatch.setattr(options, "chosen", lambda local: (Path(), made))
    return CliRunner().invoke(app, list(arguments))


def refusal(monkeypatch: pytest.MonkeyPatch, account: Deciding, *arguments: str) -> str:
    """The sentence of a command that fails."""
    result = run(monkeypatch, account, *arguments)
    assert result.exit_code == 1 and result.exception is not None
    return str(result.exception)


def item(decision: str, version: int = 3, **fields: str) -> dict[str, str]:
    """A decision's audit item, made a day ago."""
    at = datetime.now(UTC) - timedelta(days=1)
    return {
        "pk": f"MODEL#{MODEL}", "sk": f"APPROVAL#{version}", "decision": decision, "reason": "",
        "decided_by": "arn:aws:iam::0:user/bob", "decided_at": at.isoformat(), **fields,
    }  # fmt: skip


def test_an_approval_shows_the_evaluation_and_leaves_who_and_why(monkeypatch: pytest.MonkeyPatch) -> None:
    account = Deciding()
    monkeypatch.setenv("COLUMNS", "60")
    result = run(monkeypatch, account, "approve", "3", "--reason", "better  on\nspring", "--yes")
    assert result.exit_code == 0, result.output
    lines = [line.rstrip() for line in result.stdout.strip().split("\n")]
    assert lines == [
        "Version 3 of churn, trained 2026-02-02 00:00",
        "metric  version  value   95% interval",
        "auc     3        0.7300  0.7100 to 0.7500",
        "        2        0.7000  0.6800 to 0.7200",
        "Gate",
        "  met   auc 0.7300 passes: asked was at least 0.6.",
        "Changed since version 2 was trained",
        "  data version  data-2026-02-01 ->   data-2026-02-02",
        "  data          1 file, 900 rows ->  2 files, 1,200 rows",
        "  max_depth     6 ->                 8",
        "Page and picture: `mdlc show 3 --model churn`.",
        "Version 3 of churn is approved.",
        "A release of version 3, started by its approval, has begun: watch it with "
        "`mdlc release --model churn`.",
    ]
    assert account.statuses[3] == "Approved" and account.descriptions[3] == "better on spring"
    made = account.decision()
    assert made is not None and made.pop("decided_at").endswith("Z")
    assert made == {
        "pk": "MODEL#churn", "sk": "APPROVAL#3", "schema_version": "1", "model": "churn", "version": "3",
        "package_arn": "arn:aws:sagemaker:us-east-1:0:model-package/churn/3", "decision": "Approved",
        "reason": "better on spring", "decided_by": ME, "earlier": "",
    }  # fmt: skip


def test_the_local_aws_asks_too_because_a_person_decides(monkeypatch: pytest.MonkeyPatch) -> None:
    account = Deciding()
    sentence = refusal(monkeypatch, account, "approve", "3")
    assert sentence == (
        "Approve version 3 of churn in the local AWS must be confirmed and nobody can be asked here: "
        "give --yes"
    )
    assert account.decision() is None and account.statuses[3] == PENDING


def test_a_rejection_says_what_stays_and_json_says_everything(monkeypatch: pytest.MonkeyPatch) -> None:
    account = Deciding(waits=True, machines=("training", "release", "retraining"))
    result = run(monkeypatch, account, "reject", "3", "--reason", REASON, "--yes", "--json")
    document = json.loads(result.stdout)
    assert (document["decision"], document["reason"], document["changed"]) == ("Rejected", REASON, True)
    assert document["judgement"]["metrics"][0][0]["low"] == pytest.approx(0.71)
    assert "The retraining goes on: follow it with `mdlc watch churn-retraining:q7`." in result.stderr
    assert "Version 2 stays the champion." in result.stderr
    assert account.statuses[3] == "Rejected" and account.descriptions[3] == REASON


@pytest.mark.parametrize(
    ("account", "said"),
    [
        (
            Deciding(machines=("training",)),
            "The next `mdlc run batch-inference --model churn` scores with it.",
        ),
        (Deciding(begins=False), "Next: `mdlc release --model churn` brings it to the endpoint."),
        (Deciding(waits=True, machines=("training", "retraining")), "`mdlc watch churn-retraining:q7`"),
    ],
    ids=["batch only", "no rule", "retraining"],
)
def test_what_goes_on_is_said(monkeypatch: pytest.MonkeyPatch, account: Deciding, said: str) -> None:
    assert said in run(monkeypatch, account, "approve", "3", "--yes").stdout


def test_a_model_card_is_approved_with_its_package(monkeypatch: pytest.MonkeyPatch) -> None:
    account = Deciding(cards={3: {"ModelCardContent": "{}", "ModelCardStatus": "Draft"}})
    assert run(monkeypatch, account, "approve", "3", "--yes").exit_code == 0
    assert account.cards[3] == {"ModelCardContent": "{}", "ModelCardStatus": "Approved"}
    account = Deciding(
        cards={3: {"ModelCardStatus": "Archived"}}, refused={"update_card": ("ValidationException", 400)}
    )
    assert "The model card keeps its status" in run(monkeypatch, account, "approve", "3", "--yes").stdout
    assert account.statuses[3] == "Approved" and account.decision() is not None


REFUSED_BY_GATE = trained("2026-02-03", 4, "Refused", reasons="auc 0.5 fails.")


@pytest.mark.parametrize(
    ("account", "arguments", "said"),
    [
        (Deciding(), ("approve", "9"), "churn has no version 9: choose one of 2, 3, as `mdlc models` lists"),
        (Deciding(items=[], statuses={}), ("approve", "1"), "no version 1: nothing is registered yet"),
        (Deciding(), ("approve", "3", "--model", "chrun"), "no model is called 'chrun': did you mean churn?"),
        (Deciding(), ("reject", "3", "--reason", " "), "--reason is empty: say why, such as"),
        (Deciding(), ("reject", "3", "--reason", "x" * 1001), "--reason has 1,001 characters and"),
        (
            Deciding(),
            ("reject", "2", "--reason", "r"),
            "version 2 of churn is the champion, whose answers are in use: bring the one before it back with "
            "`mdlc rollback --model churn`, then reject it",
        ),
        (Deciding(machines=()), ("reject", "2", "--reason", "r"), "approve a newer one, let batch"),
        (
            Deciding(items=[REFUSED_BY_GATE], statuses={4: "Rejected"}),
            ("approve", "4"),
            "version 4 of churn was refused by the gate (auc 0.5 fails): change the data, the algorithm or "
            "the gate, then `mdlc deploy` and `mdlc run training --model churn`",
        ),
        (
            Deciding(
                items=[trained("2026-02-03", 3), item("Expired")], statuses={3: "Rejected"}
            ),
            ("approve", "3"),
            "can no longer be approved, because nobody decided until",
        ),
        (
            Deciding(items=[item("Rejected", reason="biased")], statuses={3: "Rejected"}),
            ("approve", "3"),
            r"which is final: train another one with",
        ),
        (
            Deciding(statuses={2: "Approved", 3: "Rejected"}, descriptions={3: "RolledBack: alarm."}),
            ("approve", "3"),
            "version 3 of churn is rejected (RolledBack: alarm): train another one with",
        ),
        (
            Deciding(items=[trained("2026-02-03", 3)], statuses={}),
            ("approve", "3"),
            "version 3 of churn is not in the registry any more: train another one",
        ),
        (
            Deciding(
                items=[
                    *Deciding().items,
                    # A claim counts for minutes, and tests may run long after they were collected.
                    item("Rejected", decided_at=(datetime.now(UTC) + timedelta(days=1)).isoformat()),
                ]
            ),
            ("approve", "3"),
            "version 3 of churn is being rejected right now, by user/bob: look again",
        ),
    ],
)  # fmt: skip
def test_what_cannot_be_decided_is_said_in_a_sentence(
    monkeypatch: pytest.MonkeyPatch, account: Deciding, arguments: tuple[str, ...], said: str
) -> None:
    before, statuses = list(account.items), dict(account.statuses)
    sentence = refusal(monkeypatch, account, *arguments, "--yes")
    assert said in sentence
    assert (account.items, account.statuses, account.updates) == (before, statuses, [])


@pytest.mark.parametrize(
    ("operation", "said"),
    [
        (
            "put_item",
            f"{ME} may not decide on version 3 of churn, because it lacks dynamodb:PutItem on table",
        ),
        ("update_model_package", "because it lacks sagemaker:UpdateModelPackage on arn:aws:sagemaker:"),
    ],
)
@pytest.mark.parametrize("before", [[], [item("Rejected")]], ids=["new", "after a claim given up"])
def test_without_the_right_nothing_was_decided(
    monkeypatch: pytest.MonkeyPatch, operation: str, said: str, before: list[dict[str, str]]
) -> None:
    account = Deciding(refused={operation: ("AccessDeniedException", 400)})
    account.items += before
    sentence = refusal(monkeypatch, account, "approve", "3", "--yes")
    assert said in sentence and "ask who administers the account for this permission" in sentence
    assert account.decision() == (before[0] if before else None)
    assert account.statuses[3] == PENDING


def test_a_decision_that_may_have_been_made_is_completed_by_the_same_command(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    account = Deciding(refused={"update_model_package": ("InternalFailure", 500)})
    result = run(monkeypatch, account, "approve", "3", "--reason", "first", "--yes")
    assert result.exit_code == 1 and account.decision() is not None
    account.refused = {}
    assert run(monkeypatch, account, "approve", "3", "--reason", "first", "--yes").exit_code == 0
    made = account.decision()
    assert made is not None and made["decision"] == "Approved" and account.statuses[3] == "Approved"


def test_given_twice_it_changes_nothing_and_says_who_decided(monkeypatch: pytest.MonkeyPatch) -> None:
    account = Deciding()
    assert run(monkeypatch, account, "approve", "3", "--reason", "good", "--yes").exit_code == 0
    made, updates = account.decision(), list(account.updates)
    again = run(monkeypatch, account, "approve", "3", "--reason", "better", "--yes")
    assert again.exit_code == 0
    assert again.stdout.startswith(
        "Version 3 of churn was approved by assumed-role/Scientist/ada on "
    ) and again.stdout.endswith("(good) already: nothing was changed.\n")
    assert (account.decision(), account.updates) == (made, updates)


def test_an_approval_given_elsewhere_is_seen_by_what_the_registry_says(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    account = Deciding(statuses={2: "Approved", 3: "Approved"})
    result = run(monkeypatch, account, "approve", "3", "--yes")
    assert result.stdout == "Version 3 of churn is approved already: nothing was changed.\n"
    assert account.decision() is None


def test_two_who_decide_at_once_leave_one_decision(monkeypatch: pytest.MonkeyPatch) -> None:
    account = Deciding()
    made = account.target

    def decided_meanwhile(target: Any, what: str, *, yes: bool) -> None:
        account.items.append(item("Rejected"))

    monkeypatch.setattr(options, "chosen", lambda local: (Path(), made))
    monkeypatch.setattr(options, "confirm", decided_meanwhile)
    result = CliRunner().invoke(app, ["approve", "3"])
    assert str(result.exception) == (
        "somebody else decided on version 3 of churn at the same time: see `mdlc audit --model churn`"
    )
    assert account.statuses[3] == PENDING


def test_a_decision_in_the_console_meanwhile_counts(monkeypatch: pytest.MonkeyPatch) -> None:
    account = Deciding()
    made = account.target
    monkeypatch.setattr(options, "chosen", lambda local: (Path(), made))
    monkeypatch.setattr(options, "confirm", lambda *_, **__: account.statuses.update({3: "Rejected"}))
    result = CliRunner().invoke(app, ["approve", "3"])
    assert str(result.exception) == (
        "version 3 of churn became Rejected elsewhere meanwhile: see `mdlc audit --model churn`"
    )
    assert account.decision() is None and account.updates == []


def test_an_older_version_than_the_champion_is_said_not_to_replace_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    account = Deciding(statuses={3: PENDING})
    account.items[-1]["version"] = "9"
    shown = run(monkeypatch, account, "approve", "3", "--yes").stdout
    assert "Version 9, which is newer, is in use: an approval does not replace it." in shown


def test_the_champion_that_the_evaluation_did_not_know_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    account = Deciding()
    account.items[-1]["version"] = "1"
    account.items.append(trained("2026-01-01", 1))
    account.statuses[1] = "Approved"
    shown = run(monkeypatch, account, "approve", "3", "--yes").stdout
    assert "It was compared with version 2; version 1 is the champion now." in shown
    account = Deciding(items=Deciding().items[1:2], statuses={3: PENDING})
    shown = run(monkeypatch, account, "approve", "3", "--yes").stdout
    assert "No version is in use yet, so there is nothing to compare it with." in shown


def test_versions_are_listed_newest_first_with_what_waits(monkeypatch: pytest.MonkeyPatch) -> None:
    account = Deciding(statuses={1: "Rejected", 2: "Approved", 3: PENDING})
    account.items += [trained("2026-01-01", 1, "Refused"), item("Expired", 1)]
    result = run(monkeypatch, account, "models")
    assert result.exit_code == 0, result.output
    lines = [line.split() for line in result.stdout.strip().split("\n")]
    assert lines[0] == ["model", "version", "stage", "metric", "age"]
    assert [line[:3] for line in lines[1:4]] == [
        ["churn", "3", "pending"],
        ["churn", "2", "champion"],
        ["churn", "1", "expired"],
    ]
    assert lines[1][3:8] == ["auc", "0.7300", "(0.7100", "to", "0.7500)"] and lines[1][-1] == "d"
    assert lines[3][3:5] == ["auc", "0.7100"], "without its report, from the audit table"
    assert result.stdout.endswith("Version 3 of churn waits for a person: `mdlc approve 3 --model churn`.\n")
    listed = json.loads(run(monkeypatch, account, "models", "--json", "--limit", "1").stdout)
    assert [(each["version"], each["stage"]) for each in listed] == [(3, "pending")]
    assert listed[0]["waits_for"] == "mdlc approve 3 --model churn"


def test_a_release_that_runs_is_what_an_approved_version_waits_for(monkeypatch: pytest.MonkeyPatch) -> None:
    account = Deciding()
    run(monkeypatch, account, "approve", "3", "--yes")
    assert (
        "A release of version 3, started by its approval, runs: watch it with"
        in run(monkeypatch, account, "models").stdout
    )


def test_models_without_a_version_and_unknown_ones(monkeypatch: pytest.MonkeyPatch) -> None:
    empty = Deciding(items=[], statuses={})
    assert run(monkeypatch, empty, "models").stdout == (
        "churn has no version yet: train one with `mdlc run training --model churn`.\n"
    )
    assert "did you mean churn?" in refusal(monkeypatch, empty, "models", "--model", "chrun")


@pytest.mark.parametrize(
    ("ago", "text"),
    [({"seconds": 5}, "5 s"), ({"minutes": 59}, "59 min"), ({"hours": 47}, "1 d"), ({"days": -1}, "0 s")],
)
def test_ages_are_in_their_largest_unit(ago: dict[str, int], text: str) -> None:
    now = datetime(2026, 1, 1, tzinfo=UTC)
    assert model_list.age((now - timedelta(**ago)).isoformat(), now) == text
    assert model_list.age("", now) == ""


@pytest.mark.parametrize("arguments", [("approve", "3", "--yes"), ("models",), ("audit", "--model", MODEL)])
def test_what_others_wrote_is_shown_and_not_obeyed(
    monkeypatch: pytest.MonkeyPatch, arguments: tuple[str, ...]
) -> None:
    account = Deciding(waits=True)
    hostile = {"hyperparameters": json.dumps({HOSTILE: HOSTILE}), "data_version": HOSTILE, "reason": HOSTILE}
    account.items = [
        {**each, **hostile} if each.get("workflow") == "training" else each for each in account.items
    ]
    account.items.append(item("Approved", 2, reason=HOSTILE, decided_by=HOSTILE))
    monkeypatch.setenv("FORCE_COLOR", "1")
    monkeypatch.setenv("NO_COLOR", "1")
    result = run(monkeypatch, account, *arguments)
    assert result.exception is None, result.exception
    checked(result.output)
