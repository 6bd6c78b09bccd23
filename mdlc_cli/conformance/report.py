"""The file of a run, which can be sent to the authors: it holds no account and no secret."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import asdict
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import Any

from mdlc_cli.aws.target import Target
from mdlc_cli.conformance.asking import ProbeResult
from mdlc_cli.conformance.masking import masked

SHOWN_DIGITS = 4


def document(target: Target, answers: Iterable[ProbeResult], left: Sequence[str]) -> dict[str, Any]:
    """What a run showed.

    Args:
        target: the AWS that was asked.
        answers: what came of each probe.
        left: what could not be removed.
    """
    return {
        "aws": "embedded" if target.is_local else "AWS",
        "region": target.region,
        "at": datetime.now(UTC).isoformat(timespec="seconds"),
        "mdlc-constructs": version("mdlc-constructs"),
        "probes": [_probe(answered) for answered in answers],
        "left": masked(list(left)),
    }


def _probe(answered: ProbeResult) -> dict[str, Any]:
    probe = answered.probe
    described = asdict(answered)
    return {
        "id": probe.id,
        "belief": probe.belief,
        "source": probe.source,
        **{name: described[name] for name in ("result", "reason", "answer", "notes")},
        "differences": [
            {"at": path, "recorded": before, "answered": after}
            for path, (before, after) in answered.differences.items()
        ],
        "seconds": round(answered.seconds, 1),
    }


def write(folder: Path, target: Target, content: dict[str, Any]) -> Path:
    """Write the file, beside those of earlier runs; its path."""
    whose = "local" if target.is_local else "x" * 8 + target.account[-SHOWN_DIGITS:]
    name, number = f"conformance-{whose}-{datetime.now(UTC):%Y-%m-%d}", 1
    path = folder / f"{name}.json"
    while path.exists():
        number += 1
        path = folder / f"{name}-{number}.json"
    path.write_text(json.dumps(content, indent=1, ensure_ascii=False) + "\n")
    return path
