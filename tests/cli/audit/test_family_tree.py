from __future__ import annotations

from rich.console import Console

from mdlc_cli.audit import family_tree
from mdlc_client import family
from tests.cli.life import LIFE, package, trained
from tests.client.test_family import PACKAGES

DRAWN = """\
churn  champion: version 2
├── version 1  approved
│   ├── trained 2026-01-01 00:00 on data data-2026-01  started manually: first
│   ├── auc 0.71
│   ├── The gate passed.
│   └── in use from 2026-01-02 01:00 until 2026-02-04 01:00
├── version 2  approved  champion  took over from version 1
│   ├── trained 2026-02-03 00:00 on data data-2026-02  because of drift: tenure drifted; schedule: weekly
│   ├── auc 0.72
│   ├── The gate passed.
│   ├── in use from 2026-02-04 01:00, serves now
│   ├── version 3  rejected  lost to version 2
│   │   ├── trained 2026-03-01 00:00 on data data-2026-03  started manually
│   │   ├── auc 0.73
│   │   ├── RolledBack: alarm rang
│   │   └── not released 2026-03-02 01:00: RolledBack  alarm rang
│   └── version 4  rejected  lost to version 2
│       ├── trained 2026-03-03 00:00 on data data-2026-03  started manually
│       ├── auc 0.74
│       └── The gate refused: auc is 0.0100 worse than the champion's: fails.
├── retrainings without a version
│   └── 2026-03-05 00:00 Unchanged  because of schedule: weekly
└── pending triggers
    └── 2026-03-06 00:00 because of drift: price drifted
"""


def shown(found: family.Family) -> str:
    console = Console(width=160, highlight=False)
    with console.capture() as capture:
        console.print(family_tree.drawn(found))
    return "\n".join(line.rstrip() for line in capture.get().splitlines()) + "\n"


def test_champions_stand_in_line_with_their_challengers_below() -> None:
    assert shown(family.of("churn", LIFE, PACKAGES)) == DRAWN


def test_a_model_without_a_champion_shows_its_versions() -> None:
    waiting = trained("2026-01-01", 1, "PendingApproval", reasons="[x] " + "long " * 100)
    text = shown(family.of("churn", [waiting], []))
    assert "no champion yet" in text
    assert "version 1  waits for approval" in text
    assert "[x]" in text and "…" in text


def test_who_decided_and_why_stands_at_the_version() -> None:
    training = trained("2026-01-01", 1, "PendingApproval")
    item = {
        "pk": "MODEL#churn", "sk": "APPROVAL#1", "decision": "Approved", "reason": "good on spring",
        "decided_by": "arn:aws:iam::0:user/ada", "decided_at": "2026-01-02T00:00:00.000Z",
    }  # fmt: skip
    text = shown(family.of("churn", [training, item], [package(1)]))
    assert "approved by user/ada on 2026-01-02 00:00: good on spring" in text
    # The console set it back since: the registry counts.
    text = shown(family.of("churn", [training, item], [package(1, "PendingManualApproval")]))
    assert "user/ada" not in text
    assert "Version 1 of churn waits for a person: `mdlc approve 1 --model churn`." in text


def test_many_metrics_are_counted() -> None:
    many = trained("2026-01-01", 1, metrics='{"a": 1, "b": 2, "c": 3, "d": 4, "e": 5, "f": 6}')
    assert "a 1, b 2, c 3, d 4 and 2 more" in shown(family.of("churn", [many], []))
