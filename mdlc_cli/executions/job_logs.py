"""Reads what a SageMaker job wrote to CloudWatch Logs."""

from __future__ import annotations

import re

from mdlc_cli.aws.target import Target
from mdlc_cli.executions.history import JOB_KINDS, Job


def lines(target: Target, job: Job, *, limit: int | None = None) -> list[str]:
    """The lines of a job's log streams by time, only the last ``limit`` unless None; may be empty.

    Those of a tuning job are its trials', one after the other, each below the trial's name.
    """
    client = target.client("logs")
    timed_lines: list[tuple[int, str]] = []
    try:
        streams = [
            stream["logStreamName"]
            for page in client.get_paginator("describe_log_streams").paginate(
                logGroupName=job.log_group, logStreamNamePrefix=job.streams
            )
            for stream in page["logStreams"]
        ]
    except client.exceptions.ResourceNotFoundException:
        return []
    if job.is_tuning:
        trials = dict.fromkeys(stream.partition("/")[0] for stream in streams if _is_trial(stream, job.name))
        written = {
            trial: lines(target, Job(name=trial, log_group=job.log_group), limit=limit) for trial in trials
        }
        return [line for trial, text in written.items() for line in (f"--> {trial}", *text)]
    for stream in streams:
        token: str | None = None
        while True:
            request = {"logGroupName": job.log_group, "logStreamName": stream, "startFromHead": True}
            answer = client.get_log_events(**request, **({"nextToken": token} if token else {}))
            timed_lines += [(event["timestamp"], event["message"].rstrip("\n")) for event in answer["events"]]
            # CloudWatch Logs returns the same token again at the end of the stream.
            if answer.get("nextForwardToken") in (token, None):
                break
            token = answer["nextForwardToken"]
    ordered = [line for _, line in sorted(timed_lines, key=lambda pair: pair[0])]
    return ordered[-limit:] if limit else ordered


def _is_trial(stream: str, tuning_job: str) -> bool:
    """Whether a stream is of a trial of this tuning job, and not of a later one whose name is longer."""
    return re.fullmatch(rf"{re.escape(tuning_job)}-\d{{3,}}-[0-9a-f]{{8}}/.*", stream) is not None


def find(target: Target, name: str) -> Job | None:
    """The job of any kind with this name, or None when it has no log."""
    client = target.client("logs")
    for group in JOB_KINDS.values():
        try:
            streams = client.describe_log_streams(logGroupName=group, logStreamNamePrefix=f"{name}/")[
                "logStreams"
            ]
        except client.exceptions.ResourceNotFoundException:
            continue
        if streams:
            return Job(name=name, log_group=group)
    return None
