"""What the monitor job and the machine are told of a window. Pure."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from lambdas.functions.plan_monitoring import logic
from lambdas.functions.plan_monitoring.logic import MOST_ATTEMPTS, Planned
from lambdas.planning.steps import DIGEST_LENGTH, digest, verdict
from mdlc_constructs.settings.payloads.codec import JsonValue, encode


def job_plan(event: Mapping[str, Any], one: Planned) -> dict[str, JsonValue]:
    """The `plan.json` of a window's monitor job."""
    assert one.source.package is not None
    plan = logic.job_plan(event, one.source, one.previous[0] if one.previous else None)
    return encode(replace(plan, run=one.digest[:16]))


def entry(event: Mapping[str, Any], one: Planned) -> dict[str, Any]:
    """What the machine's map gets of a window, but for the places of its plan and manifests."""
    source, package, bucket = one.source, one.source.package, event["home"]["bucket"]
    problem = source.problem
    job, replay, recorded = one.found, one.replay, source.wanted.recorded
    replayed = replay is not None and replay.job.status == "Completed"
    return {
        "id": one.window.id,
        "window": one.window.to_plan(),
        "digest": one.digest,
        "labels_version": source.labels_version,
        "served_version": source.served_version,
        "update": recorded is not None and recorded.served_version == source.served_version,
        "kept": recorded.consistency if recorded else "",
        "job": job.name if job else "",
        "last_attempt": job is not None and job.attempt >= MOST_ATTEMPTS,
        "adopted": job is not None and job.job.status == "Completed",
        "verdict": (verdict(job.job) if job else None) or {"rows": 0},
        "version": package.version if package else 0,
        "package_arn": package.arn if package else "",
        "model": package.metadata["model"] if package else "",
        "program": package.metadata["program"] if package else "",
        "baseline": source.baseline,
        "folder": one.folder,
        "previous": one.previous[1] + "statistics.json" if one.previous else "",
        "replay": replay is not None,
        "replay_job": "" if replay is None or replayed else replay.name,
        "scores": f"s3://{bucket}/scores/{digest(one.digest, 'replay')[:DIGEST_LENGTH]}/" if replay else "",
        **({"failure": {"Error": type(problem).__name__, "Cause": str(problem)}} if problem else {}),
    }
