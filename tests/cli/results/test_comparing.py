from __future__ import annotations

import json
import re
from dataclasses import replace
from pathlib import Path

import pytest

from mdlc_cli.errors import CommandError
from mdlc_cli.results import comparing, comparison_page
from mdlc_cli.results.comparing import Comparison
from tests.cli.left_results import account, report
from tests.cli.output.test_terminal import HOSTILE


def compared(monkeypatch: pytest.MonkeyPatch, folder: Path, left: str = "1", right: str = "2") -> Comparison:
    return comparing.read(account(monkeypatch, folder), left, right)


def shown(comparison: Comparison) -> dict[str, list[tuple[str, ...]]]:
    return {
        section.title: [*map(tuple, section.rows), *map(tuple, section.table.rows if section.table else ())]
        for section in comparing.sections(comparison)
    }


def test_two_versions_are_shown_side_by_side(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    comparison = compared(monkeypatch, tmp_path)
    assert shown(comparison) == {
        "Gate": [("verdict", "passed", "passed"), ("status", "Approved", "PendingManualApproval")],
        "Metrics": [
            ("holdout", "both on the 700 rows of version 2's holdout"),
            ("auc", "0.7000 (0.6800 to 0.7200)", "0.7200 (0.7000 to 0.7400)"),
        ],
        "What differs": [
            ("data version", "data-2026-01-01", "data-2026-01-03"),
            ("data", "3 files, 900 rows", "3 files, 1,200 rows"),
            ("code version", "c1", "c2"),
            ("num_round", "200", "300"),
        ],
        "The same": [("", "split, job code, image")],
        "Data files": [("added", "1: c.csv"), ("removed", "1: old.csv"), ("changed", "1: b.csv")],
        "Feature importance": [
            ("tenure", "not measured", "0.1000 (0.0800 to 0.1200)"), ("plan", "not measured", "not defined"),
        ],
    }  # fmt: skip
    document = json.loads(json.dumps(comparison.to_json()))
    assert document["versions"] == [1, 2]
    assert document["metrics"]["auc"][1] == {"value": 0.72, "low": 0.7, "high": 0.74}
    assert document["files"]["changed"] == ["b.csv"]


def test_the_other_way_round_the_same_holdout_is_used(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    comparison = compared(monkeypatch, tmp_path, "2", "1")
    assert comparison.names == ("version 2", "version 1")
    assert shown(comparison)["Metrics"] == [
        ("holdout", "both on the 700 rows of version 2's holdout"),
        ("auc", "0.7200 (0.7000 to 0.7400)", "0.7000 (0.6800 to 0.7200)"),
    ]


def test_versions_that_never_met_are_each_on_their_own_holdout(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    alone = json.dumps({**report(2), "champion": None}).encode()
    target = account(monkeypatch, tmp_path, **{"evaluations/2/report.json": alone})
    comparison = comparing.read(target, "1", "2")
    assert shown(comparison)["Metrics"] == [
        ("holdout", "each on its own"),
        ("auc", "0.7100 (0.6900 to 0.7300)", "0.7200 (0.7000 to 0.7400)"),
    ]


@pytest.mark.parametrize(
    ("left", "right"),
    [("champion", "latest"), ("v1", "bbbbbb2222"), ("aaaaaa", "second")],
)
def test_versions_can_be_named_in_several_ways(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, left: str, right: str
) -> None:
    assert compared(monkeypatch, tmp_path, left, right).names == ("version 1", "version 2")


@pytest.mark.parametrize(
    ("left", "right", "message"),
    [
        ("2", "latest", "2 and latest are both version 2 of churn: name two versions"),
        (
            "bbbbbb3333",
            "2",
            "bbbbbb3333 stands for no version: compare versions such as 3, runs of trainings",
        ),
        ("1", "endpoint/latest", "endpoint/latest stands for no version"),
        ("1", "broken", "broken stands for no version"),
    ],
)
def test_what_cannot_be_compared_is_said(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, left: str, right: str, message: str
) -> None:
    with pytest.raises(CommandError, match=message):
        compared(monkeypatch, tmp_path, left, right)


def test_the_page_holds_everything_and_loads_nothing(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    comparison = compared(monkeypatch, tmp_path)
    target = account(monkeypatch, tmp_path)
    assert [file.name for file in comparison_page.files(target, comparison)] == [
        "v1-evaluation.png", "v2-evaluation.html", "v2-evaluation.png",
    ]  # fmt: skip
    text = comparison_page.page(comparison, [b"png", None], ["", "v2-evaluation.html"])
    for part in ("churn: version 1 and version 2", "0.7200 (0.7000 to 0.7400)", "num_round", "old.csv"):
        assert part in text
    assert 'src="data:image/png;base64,cG5n"' in text and text.count("<img") == 1
    assert re.findall(r'(?:href|src)="(?!data:)([^"]*)"', text) == ["v2-evaluation.html"]
    assert "<script" not in text and "http" not in text.replace("http-equiv", "")


def test_hostile_text_is_only_text_on_the_page(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    comparison = compared(monkeypatch, tmp_path)
    evil = f"<script>alert(1)</script>\"'{HOSTILE}"
    differences = [replace(comparison.differences[0], name=evil, old=evil, new=evil)]
    text = comparison_page.page(replace(comparison, differences=differences, model=evil), [None, None])
    assert "<script" not in text and "&lt;script&gt;" in text
    assert "\x1b" not in text and "\u202e" not in text


def test_the_page_is_written_beside_the_pictures(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    comparison, folder = compared(monkeypatch, tmp_path), tmp_path / "out"
    folder.mkdir()
    picture = folder / "v1-evaluation.png"
    picture.write_bytes(b"png")
    assert comparison_page.write(comparison, [picture], folder) == folder / "comparison.html"
    assert "base64,cG5n" in (folder / "comparison.html").read_text()
    with pytest.raises(CommandError, match="nowhere cannot be written"):
        comparison_page.write(comparison, [], tmp_path / "nowhere")
