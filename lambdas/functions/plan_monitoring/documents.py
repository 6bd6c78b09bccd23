"""A window's plan for the monitor job and its entry for the state machine's Map. Pure functions."""

from dataclasses import replace

from lambdas.functions.plan_monitoring import logic
from lambdas.functions.plan_monitoring.logic import MAX_ATTEMPTS, WindowWork
from lambdas.planning.steps import DIGEST_LENGTH, digest, verdict
from mdlc_constructs.settings.payloads.job_plan import JobPlan
from mdlc_constructs.settings.payloads.monitoring import MonitoringPlannerRequest, PlannedWindow
from mdlc_constructs.settings.payloads.planning import CaughtError
from mdlc_constructs.settings.payloads.verdict import Verdict


def job_plan(request: MonitoringPlannerRequest, work: WindowWork) -> JobPlan:
    """The `plan.json` of a window's monitor job."""
    assert work.source.package is not None
    body = logic.job_plan(request, work.source, work.previous[0] if work.previous else None)
    return replace(body, run=work.digest[:16])


def entry(request: MonitoringPlannerRequest, work: WindowWork) -> PlannedWindow:
    """A window's entry for the state machine's Map, without the URIs of its plan and manifests."""
    source, package, problem = work.source, work.source.package, work.source.problem
    job, replay, record = work.monitor, work.replay, source.due.record
    replayed = replay is not None and replay.job.status == "Completed"
    scores = f"scores/{digest(work.digest, 'replay')[:DIGEST_LENGTH]}/"
    return PlannedWindow(
        id=work.window.id,
        window=work.window.bounds,
        digest=work.digest,
        labels_version=source.labels_version,
        served_version=source.served_version,
        update=record is not None and record.served_version == source.served_version,
        kept=record.consistency if record else "",
        job=job.name if job else "",
        last_attempt=job is not None and job.attempt >= MAX_ATTEMPTS,
        adopted=job is not None and job.job.status == "Completed",
        verdict=(verdict(job.job) if job else None) or Verdict(passed=False),
        version=package.version if package else 0,
        package_arn=package.arn if package else "",
        model=package.metadata["model"] if package else "",
        program=package.metadata["program"] if package else "",
        baseline=source.baseline,
        folder=work.folder,
        previous=work.previous[1] + "statistics.json" if work.previous else "",
        replay=replay is not None,
        replay_job="" if replay is None or replayed else replay.name,
        scores=f"s3://{request.home.bucket}/{scores}" if replay else "",
        failure=CaughtError(error=type(problem).__name__, cause=str(problem)) if problem else None,
    )
