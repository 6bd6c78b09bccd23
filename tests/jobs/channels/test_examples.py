"""Examples of a channel as a table, and what is counted, judged and written from it."""

import json
from collections.abc import Iterator
from pathlib import Path

import duckdb
import pytest

from jobs.channels.examples import TABLE, find_files, load
from jobs.channels.holdout import KEYS, RECORDS, write_holdout
from jobs.channels.report import ChannelProfile, ChannelsReport
from jobs.channels.rules import channel_rules, classes_of, count
from jobs.findings import Finding
from mdlc_constructs.settings.payloads.channels import ChannelSection
from tests.jobs.channels.pictures import plan_of, write


def lines(name: str) -> ChannelSection:
    return ChannelSection(name=name, uri=f"s3://b/{name}/", reading="lines", classes_from="prefix")


@pytest.fixture
def connection() -> Iterator[duckdb.DuckDBPyConnection]:
    with duckdb.connect() as connected:
        yield connected


def test_lines_are_examples_with_their_place_class_and_fault(
    tmp_path: Path, connection: duckdb.DuckDBPyConnection
) -> None:
    write(
        tmp_path / "input" / "data-train",
        [("a.txt", b'__label__x one, "two"\n\n__label__y 1f\n'), ("b.txt", b"")],
    )
    plan, folders = plan_of(tmp_path, (lines("train"),))
    channels = find_files(plan, folders)
    load(connection, channels, tmp_path)
    rows = connection.execute(
        f"SELECT file, place, class, problem, text FROM {TABLE} ORDER BY ALL"
    ).fetchall()
    assert rows == [
        ("a.txt", 1, "x", "", 'one, "two"'),
        ("a.txt", 3, "y", "", "1f"),
        ("b.txt", 0, None, "empty", ""),
    ]
    assert count(connection, "train") == 3
    assert classes_of(connection, "train") == {"x": 1, "y": 1}
    findings = list(channel_rules(connection, plan.channels, channels))
    assert [finding.rule for finding in findings] == ["empty", "minimum_per_class"]


def test_a_holdout_is_its_good_lines_in_order(tmp_path: Path, connection: duckdb.DuckDBPyConnection) -> None:
    text = b"__label__y second\n__label__x\n__label__x third \n"
    write(tmp_path / "input" / "data-holdout", [("h.txt", text)])
    plan, folders = plan_of(tmp_path, (lines("holdout"),), holdout="holdout", classes=["x", "y"])
    load(connection, find_files(plan, folders), tmp_path)
    assert write_holdout(connection, plan.channels, tmp_path / "split") == 2
    records = [json.loads(line) for line in (tmp_path / "split" / RECORDS).read_text().splitlines()]
    assert records == [{"source": "second", "k": 2}, {"source": "third", "k": 2}]
    keys = connection.execute(
        f"SELECT row_key, label FROM '{tmp_path / 'split' / KEYS}' ORDER BY row"
    ).fetchall()
    assert keys == [("h.txt#1", 1.0), ("h.txt#3", 0.0)]


def test_a_report_fails_by_the_findings_that_fail() -> None:
    report = ChannelsReport(
        model="m",
        run="r",
        workflow="training",
        data_version="v",
        findings=[
            Finding(rule="unreadable", column="train", message="Some.", fails=False),
            Finding(rule="empty", column="train", message="One is empty."),
        ],
        channels=[
            ChannelProfile(
                name="train", objects=2, size=9, examples=3, refused=1, repeated=0, classes={"x": 2, "y": 1}
            )
        ],
    )
    assert (report.passed, report.reasons, report.rows) == (False, ["One is empty."], 3)
    document = report.to_json()
    assert document["channels"][0]["classes"] == {"x": 2, "y": 1} and document["rows"] == 3
