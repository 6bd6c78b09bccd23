"""Channels job: check the objects of channels before anything is trained on them, or a batch is scored.

Writes ``report/report.json`` and ``report/report.html``; when the objects fail, also ``report/refused.csv``
with every example that is empty, missing or unreadable. When there is a holdout and the objects pass, writes
its records and keys to ``split/``.
"""

import csv
from pathlib import Path

import duckdb

from jobs.channels.examples import TABLE, ChannelFiles, find_files, load
from jobs.channels.holdout import write_holdout
from jobs.channels.report import ChannelProfile, ChannelsReport
from jobs.channels.rules import channel_rules, classes_of, count
from jobs.database import connect
from jobs.folders import Folders, write_json
from jobs.pages.channels import to_html
from jobs.plan import Plan
from mdlc_constructs.settings.payloads.verdict import Verdict


def run(plan: Plan, folders: Folders, memory: str | None = None) -> Verdict:
    """Run the job; returns the verdict for the exit message, which also reports objects that fail.

    Raises:
        JobError: when the objects are not the planned ones.
    """
    plan = plan.read_by("channels")
    channels = find_files(plan, folders)
    with connect(memory) as (connection, scratch):
        load(connection, channels, scratch)
        report = ChannelsReport(
            model=plan.model,
            run=plan.run,
            workflow=plan.workflow,
            data_version=plan.data_version,
            findings=list(channel_rules(connection, plan.channels, channels)),
            channels=[_profile(connection, channel) for channel in channels],
        )
        target = folders.output("report")
        write_json(target / "report.json", report.to_json())
        (target / "report.html").write_text(to_html(report), encoding="utf-8")
        if not report.passed:
            _write_refused(connection, target / "refused.csv")
        elif plan.channels.holdout and plan.training:
            write_holdout(connection, plan.channels, folders.output("split"))
    return Verdict(
        passed=report.passed,
        reasons=tuple(report.reasons),
        metrics={"findings": len(report.findings), "channels": len(channels)},
        rows=report.rows,
    )


def _profile(connection: duckdb.DuckDBPyConnection, channel: ChannelFiles) -> ChannelProfile:
    name = channel.section.name
    good = count(connection, name, "problem = ''")
    row = connection.execute(
        f"SELECT count(DISTINCT digest) FROM {TABLE} WHERE channel = ? AND problem = ''", [name]
    ).fetchone()
    distinct = int(row[0]) if row else 0
    return ChannelProfile(
        name=name,
        objects=len(channel.files) + (channel.manifest is not None),
        size=channel.size,
        examples=good,
        refused=count(connection, name) - good,
        repeated=good - distinct,
        classes=classes_of(connection, name),
    )


def _write_refused(connection: duckdb.DuckDBPyConnection, path: Path) -> None:
    columns = ("channel", "file", "place", "problem", "detail")
    rows = connection.execute(
        f"SELECT {', '.join(columns)} FROM {TABLE} WHERE problem <> '' ORDER BY channel, file, place"
    )
    with path.open("w", newline="", encoding="utf-8") as stream:
        writer = csv.writer(stream)
        writer.writerow(columns)
        while batch := rows.fetchmany(1000):
            writer.writerows(batch)
