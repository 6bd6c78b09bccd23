"""Asks probes and compares the answers with those that the embedded AWS recorded."""

from __future__ import annotations

import json
import re
import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from mdlc_cli.aws import aws_errors
from mdlc_cli.conformance.bench import Bench, UnansweredError
from mdlc_cli.conformance.probe import Probe

EXPECTED = Path(__file__).parent / "expected.json"
"""The embedded AWS's answers by probe; written by `scripts/write_expected.py`."""
AGREES, DIFFERS, UNANSWERED = "agrees", "differs", "not answered"
TRIES = 3
"""How often a probe is asked while AWS throttles it."""
PAUSE_SECONDS = 10.0

_ACTION = re.compile(r"not authorized to perform: ([A-Za-z0-9-]+:[A-Za-z0-9*]+)")


@dataclass(frozen=True, kw_only=True)
class ProbeResult:
    """What came of one probe.

    Attributes:
        probe: the probe.
        result: `AGREES`, `DIFFERS` or `UNANSWERED`.
        reason: why it was not answered.
        answer: what the AWS answered, masked.
        notes: what it also showed, masked; not compared.
        differences: by path: the recorded value and the answered one.
        seconds: how long it took.
    """

    probe: Probe
    result: str
    reason: str = ""
    answer: dict[str, Any] = field(default_factory=dict)
    notes: dict[str, Any] = field(default_factory=dict)
    differences: dict[str, tuple[Any, Any]] = field(default_factory=dict)
    seconds: float = 0.0


def expected() -> dict[str, Any]:
    """What the embedded AWS answered, by probe."""
    recorded: dict[str, Any] = json.loads(EXPECTED.read_text())
    return recorded


def ask(
    probes: Iterable[Probe], bench: Bench, recorded: dict[str, Any], say: Callable[[ProbeResult], None]
) -> Iterator[ProbeResult]:
    """Ask each probe and compare; one that fails is not answered, and the others are asked."""
    for probe in probes:
        answered = asked(probe, bench, recorded.get(probe.id))
        say(answered)
        yield answered


def asked(probe: Probe, bench: Bench, recorded: dict[str, Any] | None) -> ProbeResult:
    """Ask one probe."""
    began = time.monotonic()
    for attempt in range(1, TRIES + 1):
        try:
            observed = probe.ask(bench)
        except UnansweredError as error:
            reason = str(error)
        except Exception as error:
            if not aws_errors.is_of_aws(error):
                # A probe that meets an answer of a shape that nobody expected must not end the run.
                reason = f"the answer cannot be read ({type(error).__name__}: {error})"
            elif aws_errors.is_throttled(error) and attempt < TRIES:
                time.sleep(0 if bench.target.is_local else PAUSE_SECONDS * attempt)
                continue
            else:
                reason = _why(error)
        else:
            return _compared(
                probe, bench, observed.answer, observed.notes, recorded, time.monotonic() - began
            )
        break
    return ProbeResult(
        probe=probe,
        result=UNANSWERED,
        reason=str(bench.masked(reason)),
        seconds=time.monotonic() - began,
    )


def _why(error: Exception) -> str:
    match = _ACTION.search(str(error)) if aws_errors.is_denied(error) else None
    return f"needs {match[1]}" if match else aws_errors.sentence(error)


def _compared(
    probe: Probe,
    bench: Bench,
    answer: dict[str, Any],
    notes: dict[str, Any],
    recorded: dict[str, Any] | None,
    seconds: float,
) -> ProbeResult:
    masked = bench.masked(answer)
    differing = dict(differences(recorded, masked)) if recorded is not None else {"": (None, masked)}
    return ProbeResult(
        probe=probe,
        result=DIFFERS if differing else AGREES,
        answer=masked,
        notes=bench.masked(notes),
        differences=differing,
        seconds=seconds,
    )


def differences(before: Any, after: Any, path: str = "") -> Iterator[tuple[str, tuple[Any, Any]]]:
    """The paths at which two JSON values differ, with both values."""
    if isinstance(before, dict) and isinstance(after, dict):
        for name in sorted({*before, *after}):
            below = f"{path}/{name}" if path else name
            yield from differences(before.get(name, "(absent)"), after.get(name, "(absent)"), below)
    elif type(before) is not type(after) or before != after:
        yield path, (before, after)
