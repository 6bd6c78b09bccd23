"""``mdlc approve``, ``mdlc reject`` and ``mdlc models``."""

from __future__ import annotations

from dataclasses import asdict
from datetime import UTC, datetime, timedelta
from typing import Annotated, Any

import typer

from mdlc_cli.aws import models
from mdlc_cli.aws.models import Model
from mdlc_cli.aws.target import Target
from mdlc_cli.commands import options
from mdlc_cli.executions import machines, releases, waiting
from mdlc_cli.executions.machines import StateMachine
from mdlc_cli.output import progress, terminal
from mdlc_cli.versions import approval, judgement, model_list, versions
from mdlc_cli.versions.model_list import Listed
from mdlc_client.approvals import APPROVED, REJECTED

BATCH, RETRAINING = "batch-inference", "retraining"


def list_models(
    stack: options.Stack = None,
    model: options.Model = None,
    limit: Annotated[int, typer.Option(help="How many versions of each, newest first.", min=1, max=100)] = 10,
    as_json: options.AsJson = False,
    local: options.Local = None,
) -> None:
    """List the versions of models: stage, main metric, age, and what waits."""
    _, target = options.chosen(local)
    # With a name, the one model of that name, or a sentence on which there are.
    chosen = models.deployed(target, stack=stack, model=model) or [
        models.choose(target, stack=stack, model=model)
    ]
    listed = [(each, model_list.read(target, each, limit=limit)) for each in chosen]
    if as_json:
        terminal.write_json([version.to_json() for _, own in listed for version in own])
        return
    out, now = progress.results_console(), datetime.now(UTC)
    rows = [version.row(now) for _, own in listed for version in own]
    table = progress.table(*model_list.COLUMNS)
    for row in rows:
        table.add_row(*(terminal.line(cell) for cell in row))
    if rows:
        out.print(table)
    for each, own in listed:
        for note in _waits(target, each, own):
            out.print(terminal.line(note))


def _waits(target: Target, model: Model, listed: list[Listed]) -> list[str]:
    """Sentences on what a model waits for, with the commands that go on."""
    if not listed:
        return [f"{model.name} has no version yet: train one with `mdlc run training --model {model.name}`."]
    notes = [waiting.sentence(model.name, each.version) for each in listed if each.waits_for]
    of_model = {machine.name: machine for machine in machines.all_machines(target, stack=model.stack)}
    release = of_model.get(f"{model.name}-{releases.WORKFLOW}")
    underway = releases.underway(target, release) if release is not None else None
    if underway is not None:
        notes.append(f"{underway.sentence} runs: watch it with `mdlc release --model {model.name}`.")
    return notes


def approve(
    version: options.Version,
    reason: Annotated[
        str | None, typer.Option("--reason", help="Why, for the audit.", show_default=False)
    ] = None,
    stack: options.Stack = None,
    model: options.Model = None,
    yes: options.Yes = False,
    as_json: options.AsJson = False,
    local: options.Local = None,
) -> None:
    """Approve a version that waits for a person. Shows its evaluation beside the champion's, and asks."""
    text = approval.checked_reason(reason, needed=False)
    _decide(version, APPROVED, text, stack=stack, model=model, yes=yes, as_json=as_json, local=local)


def reject(
    version: options.Version,
    reason: Annotated[str, typer.Option("--reason", help="Why, for the audit.", show_default=False)],
    stack: options.Stack = None,
    model: options.Model = None,
    yes: options.Yes = False,
    as_json: options.AsJson = False,
    local: options.Local = None,
) -> None:
    """Reject a version that is not in use. Shows its evaluation beside the champion's, and asks."""
    text = approval.checked_reason(reason, needed=True)
    _decide(version, REJECTED, text, stack=stack, model=model, yes=yes, as_json=as_json, local=local)


def _decide(
    number: int,
    decision: str,
    reason: str,
    *,
    stack: str | None,
    model: str | None,
    yes: bool,
    as_json: bool,
    local: bool | None,
) -> None:
    _, target = options.chosen(local)
    chosen = models.choose(target, stack=stack, model=model)
    what = f"{'Approve' if decision == APPROVED else 'Reject'} version {number} of {chosen.name}"
    of_model = {machine.name: machine for machine in machines.all_machines(target, stack=chosen.stack)}
    release = of_model.get(f"{chosen.name}-{releases.WORKFLOW}")
    version = versions.read(target, chosen, number)
    already = approval.decided_already(
        chosen, version, decision, releases=release is not None, now=datetime.now(UTC)
    )
    if already is not None:
        if as_json:
            terminal.write_json(
                {"version": number, "decision": decision, "changed": False, "message": already}
            )
        else:
            progress.results_console().print(terminal.line(f"{already[0].upper()}{already[1:]}."))
        return
    taken_back = decision == REJECTED and version.package["status"] == APPROVED
    points_champion = (release or of_model.get(f"{chosen.name}-{BATCH}")) if taken_back else None
    if points_champion is not None:
        releases.check_not_underway(target, points_champion, chosen.name, number)
    in_use = versions.champion_of(chosen)
    champion = None if in_use is None else versions.find(target, chosen, in_use)
    judged = judgement.of(chosen.name, version, champion)
    out = progress.stderr_console() if as_json else progress.results_console()
    out.print(judgement.shown(judged))
    # A person decides, so that the local AWS asks too.
    options.confirm(target, what, yes=yes)
    if points_champion is not None:
        releases.check_not_underway(target, points_champion, chosen.name, number)
    retraining = _retraining(target, of_model, chosen, str(version.package["package_arn"]))
    newest = machines.executions(target, release, limit=1) if release is not None else []
    verdict = approval.decide(target, chosen, version, decision, reason, now=datetime.now(UTC))
    notes = [approval.approve_card(target, verdict)] if decision == APPROVED else []
    # Compared with times of the same service, since clocks differ.
    since = newest[0].started + timedelta(microseconds=1) if newest else datetime.min.replace(tzinfo=UTC)
    notes += _following(target, chosen, verdict, retraining=retraining, release=release, since=since)
    if as_json:
        terminal.write_json({**asdict(verdict), "changed": True, "judgement": judged.to_json()})
        out = progress.stderr_console()
    done = f"Version {number} of {chosen.name} is {approval.VERBS[decision]}."
    for note in [done, *filter(None, notes)]:
        out.print(terminal.line(note))


def _retraining(
    target: Target, of_model: dict[str, StateMachine], model: Model, package_arn: str
) -> str | None:
    machine = of_model.get(f"{model.name}-{RETRAINING}")
    return waiting.retraining(target, machine, model.items, package_arn) if machine is not None else None


def _following(
    target: Target,
    model: Model,
    verdict: approval.Decision,
    *,
    retraining: str | None,
    release: StateMachine | None,
    since: Any,
) -> list[str]:
    """Sentences on what goes on because of the decision, each with the command to follow it."""
    notes = []
    if retraining is not None:
        name = f"{model.name}-{RETRAINING}:{retraining}"
        notes.append(f"The retraining goes on: follow it with `mdlc watch {name}`.")
    if verdict.decision == REJECTED:
        champion = versions.champion_of(model)
        notes.append("" if champion is None else f"Version {champion} stays the champion.")
    elif release is None:
        notes.append(f"The next `mdlc run batch-inference --model {model.name}` scores with it.")
    else:
        begun = releases.begun_since(target, release, since)
        notes.append(
            f"Next: `mdlc release --model {model.name}` brings it to the endpoint."
            if begun is None
            else f"{begun.sentence} has begun: watch it with `mdlc release --model {model.name}`."
        )
    return notes
