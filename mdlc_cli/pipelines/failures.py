"""Why an action failed: the end of a build's log, beside what CodePipeline says."""

from __future__ import annotations

import re

from botocore.exceptions import BotoCoreError, ClientError

from mdlc_cli.aws.target import Target
from mdlc_cli.pipelines.executions import FAILED, ActionView

SHOWN_LINES = 12
_BUILD = re.compile(r"[\w-]+:[0-9a-f-]{36}")
_NOISE = "[Container] "


def reasons(target: Target, views: list[ActionView], execution: str) -> list[str]:
    """Lines on each failed action of an execution: what failed, and a build's last output."""
    lines = []
    for view in views:
        if view.status == FAILED and view.execution == execution:
            lines.append(f"{view.stage} / {view.name}: {view.error or 'failed'}")
            lines += [f"    {line}" for line in _log(target, view.external_id)]
    return lines


def _log(target: Target, build_id: str) -> list[str]:
    """The last lines that a build's commands have printed; none where the log cannot be read."""
    if not _BUILD.fullmatch(build_id):
        return []
    try:
        builds = target.client("codebuild").batch_get_builds(ids=[build_id])["builds"]
        where = builds[0].get("logs", {}) if builds else {}
        if not where.get("groupName"):
            return []
        events = target.client("logs").get_log_events(
            logGroupName=where["groupName"], logStreamName=where["streamName"], limit=200, startFromHead=False
        )["events"]
    except (ClientError, BotoCoreError):
        return []
    printed = [event["message"].rstrip() for event in events]
    return [line for line in printed if line and not line.startswith(_NOISE)][-SHOWN_LINES:]
