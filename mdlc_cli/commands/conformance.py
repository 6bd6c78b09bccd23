"""``mdlc conformance``."""

from __future__ import annotations

import contextlib
import json
import re
import signal
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Annotated, Any

import typer

from mdlc_cli.aws.target import Target
from mdlc_cli.commands import options
from mdlc_cli.conformance import asking, deployment, prices, report
from mdlc_cli.conformance.asking import AGREES, DIFFERS, UNANSWERED, ProbeResult
from mdlc_cli.conformance.bench import Bench
from mdlc_cli.conformance.probe import GROUP_TEXTS, GROUPS, QUICK, Probe
from mdlc_cli.errors import CommandError
from mdlc_cli.output import progress, terminal

_RUN = re.compile(r"[0-9a-f]{8}")
_STYLES = {AGREES: "green", DIFFERS: "red", UNANSWERED: "yellow"}
_SHOWN_VALUE = 60
_SHOWN_DIFFERENCES = 3


def conformance(
    groups: Annotated[
        str,
        typer.Option(
            "--groups",
            metavar="GROUPS",
            help="Groups of probes, with commas: "
            + ", ".join(f"`{name}` ({text})" for name, text in GROUP_TEXTS.items())
            + ". On AWS the last two start instances, which cost money.",
        ),
    ] = QUICK,
    remove: Annotated[
        str | None,
        typer.Option(
            "--remove",
            metavar="RUN",
            help="Only remove what an earlier run left, by its id.",
            show_default=False,
        ),
    ] = None,
    as_json: options.AsJson = False,
    yes: options.Yes = False,
    local: options.Local = None,
) -> None:
    """Ask AWS whether it behaves as the embedded AWS does.

    Deploys a small stack, asks one probe for each belief about AWS, compares, writes a file to send to the
    authors, and removes everything, also after Ctrl-C. With `--aws`, your account is asked.
    """
    wanted = _groups(groups)
    if remove is not None:
        if not _RUN.fullmatch(remove):
            raise CommandError(
                f"--remove {remove} is no run's id: give eight of 0-9 and a-f, as a run prints it"
            )
        _, target = options.chosen_to_change(local, f"Remove conformance run {remove}", yes=yes)
        _removed(target, remove, as_json)
        return
    _, target = options.chosen(local)
    probes = _chosen(wanted)
    _say_before(target, probes, wanted)
    if not target.is_local:
        options.confirm(target, "Ask AWS and remove everything afterwards", yes=yes)
    answers, left, interrupted = _run(target, probes)
    path = report.write(Path.cwd(), target, report.document(target, answers, left))
    _show(answers, path, as_json)
    if interrupted:
        raise CommandError(
            f"interrupted after {len(answers)} of {len(probes)} probes; what was made is removed"
        )
    if left or any(answered.result != AGREES for answered in answers):
        raise typer.Exit(1)


def _groups(text: str) -> list[str]:
    wanted = [name.strip() for name in text.split(",") if name.strip()]
    unknown = [name for name in wanted if name not in GROUPS]
    if unknown or not wanted:
        wrong = unknown[0] if unknown else text
        raise CommandError(f"--groups {wrong!r} is no group of probes: choose of {', '.join(GROUPS)}")
    return [name for name in GROUPS if name in wanted]


def _chosen(wanted: Sequence[str]) -> list[Probe]:
    # Imported here because the cases of all states are read, which `mdlc --help` need not wait for.
    from mdlc_cli.conformance.probes import PROBES

    return [probe for probe in PROBES if probe.group in wanted]


def _say_before(target: Target, probes: Sequence[Probe], wanted: Sequence[str]) -> None:
    out = progress.stderr_console()
    title = f"{len(probes)} probes ({', '.join(wanted)})"
    if target.is_local:
        out.print(terminal.line(f"{title}: nothing leaves this machine"))
    else:
        estimate = prices.estimate(probes, target.region or "")
        out.print(terminal.line(f"{title}: the run {estimate.sentence(str(target.region))}"))
    for run in deployment.left(target):
        out.print(
            terminal.line(
                ("note:", "yellow"),
                f" an earlier run is still there: remove it with `mdlc conformance --remove {run}`",
            )
        )


def _run(target: Target, probes: Sequence[Probe]) -> tuple[list[ProbeResult], list[str], bool]:
    """Asks the probes; the answers, what could not be removed, and whether the run was interrupted."""
    run, answers, interrupted = deployment.new_run(), [], False
    out = progress.stderr_console()
    out.print(terminal.line(f"Run {run}"))
    try:
        with _ended_as_interrupted():
            with progress.step("deploying what the probes use"):
                outputs = deployment.deploy(target, run)
            bench = Bench(target=target, run=run, outputs=outputs)
            recorded = asking.expected()
            with progress.step(f"asking {len(probes)} probes") as step:
                for probe in probes:
                    step.detail(probe.id)
                    answers.append(asking.asked(probe, bench, recorded.get(probe.id)))
    except KeyboardInterrupt:
        interrupted = True
        out.print(terminal.line("Interrupted: removing what was made"))
    finally:
        left = _remove(target, run)
    return answers, left, interrupted


@contextlib.contextmanager
def _ended_as_interrupted() -> Iterator[None]:
    """SIGTERM is as Ctrl-C, so that everything is removed."""

    def interrupt(*_: Any) -> None:
        raise KeyboardInterrupt

    before = signal.signal(signal.SIGTERM, interrupt)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)


def _remove(target: Target, run: str) -> list[str]:
    out = progress.stderr_console()
    again = f"run `mdlc conformance --remove {run}`"
    try:
        with progress.step("removing what the run made"):
            left = deployment.remove(target, run)
    except KeyboardInterrupt:
        raise CommandError(f"the removal was interrupted: {again}") from None
    for sentence in left:
        out.print(terminal.line(("not removed:", "red"), f" {sentence}"))
    if left:
        out.print(terminal.line(f"To try again, {again}"))
    return left


def _removed(target: Target, run: str, as_json: bool) -> None:
    left = _remove(target, run)
    if as_json:
        terminal.write_json({"run": run, "not_removed": left})
    elif not left:
        terminal.write(f"Nothing of run {run} is left.")
    if left:
        raise typer.Exit(1)


def _show(answers: Sequence[ProbeResult], path: Path, as_json: bool) -> None:
    if as_json:
        terminal.write(path.read_text().rstrip())
        progress.stderr_console().print(terminal.line(f"Written to {path.name}"))
        return
    table = progress.table("PROBE", "RESULT", "WHAT")
    for answered in answers:
        result = terminal.line((answered.result, _STYLES[answered.result]))
        table.add_row(answered.probe.id, result, _what(answered))
    if answers:
        progress.results_console().print(table)
    counts = {result: sum(answered.result == result for answered in answers) for result in _STYLES}
    terminal.write(
        f"{counts[AGREES]} agree, {counts[DIFFERS]} differ, {counts[UNANSWERED]} were not answered. "
        f"{path.name} has all answers, without account ids: please send it to the authors."
    )


def _what(answered: ProbeResult) -> str:
    if answered.result == UNANSWERED:
        return answered.reason
    shown = [
        f"{path or 'answer'}: {_short(after)}, recorded {_short(before)}"
        for path, (before, after) in answered.differences.items()
    ]
    more = len(shown) - _SHOWN_DIFFERENCES
    return "; ".join([*shown[:_SHOWN_DIFFERENCES], *([f"and {more} more"] if more > 0 else [])])


def _short(value: Any) -> str:
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    return text if len(text) <= _SHOWN_VALUE else f"{text[:_SHOWN_VALUE]}…"
