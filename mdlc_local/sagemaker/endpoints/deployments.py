"""Bringing an endpoint to a configuration: a new fleet beside the old one, traffic moved step by step,
alarms watched, and back again when one of them rings.

Waiting is real time divided by the server's time scale; starting a server takes the time that it takes.
"""

import time
from collections.abc import Callable
from typing import Any

from mdlc_local import clients, iam, options
from mdlc_local.errors import LocalAwsError
from mdlc_local.sagemaker import events, model
from mdlc_local.sagemaker.endpoints import fleets
from mdlc_local.sagemaker.endpoints.fleets import Fleet
from mdlc_local.sagemaker.endpoints.hosting import Hosted
from mdlc_local.sagemaker.endpoints.rollouts import Rollout
from mdlc_local.sagemaker.endpoints.traffic import WHOLE
from mdlc_local.sagemaker.faults import JobFailedError
from mdlc_local.sagemaker.job import REASON_CHARACTERS, SESSION
from mdlc_local.sagemaker.records import ENDPOINT, changing

LOOK_SECONDS = 0.1
"""How often alarms are looked at while a step is watched."""


class RolledBackError(LocalAwsError):
    """The update goes back; the text says why."""


class _DeletedError(LocalAwsError):
    """The endpoint was deleted meanwhile."""


def create(hosted: Hosted, make_fleet: Callable[[], Fleet]) -> None:
    """Start a new endpoint's fleet: InService, or Failed with the reason."""
    events.publish(ENDPOINT, hosted.record)
    fleet: Fleet | None = None
    try:
        fleet = make_fleet()
        fleet.launch()
    except Exception as error:
        if fleet is not None:
            fleet.end()
        if not hosted.stop.is_set():
            _set(hosted, EndpointStatus="Failed", FailureReason=_reason(error))
        return
    if hosted.stop.is_set():
        fleet.end()
        return
    hosted.fleet = fleet
    hosted.traffic.share((fleet, WHOLE))
    _set(hosted, EndpointStatus="InService")


def update(
    hosted: Hosted, old: Fleet, config_name: str, make_fleet: Callable[[], Fleet], rollout: Rollout
) -> None:
    """Bring a serving endpoint to a new configuration, or back to the old one.

    Args:
        hosted: the endpoint.
        old: its fleet until now.
        config_name: the new endpoint configuration.
        make_fleet: makes the new fleet.
        rollout: how traffic moves, and which alarms stop it.
    """
    new: Fleet | None = None
    started = time.monotonic()
    try:
        events.publish(ENDPOINT, hosted.record)
        _look(hosted, old, rollout)
        new = make_fleet()
        _pending(hosted, config_name, new, "Creating")
        new.launch()
        if time.monotonic() - started > rollout.timeout_seconds:
            # The waiting, which is scaled, was checked against the timeout before; this is real time.
            raise RolledBackError("the update took longer than MaximumExecutionTimeoutInSeconds")
        for number, share in enumerate(rollout.shares, start=1):
            _pending(hosted, config_name, new, "ActivatingTraffic")
            hosted.traffic.share((old, WHOLE - share), (new, share))
            last = number == len(rollout.shares)
            _pending(hosted, config_name, new, "Baking")
            _bake(hosted, new, rollout, rollout.termination_wait_seconds if last else rollout.wait_seconds)
    except _DeletedError:
        _retire(new)
        _retire(old)
        return
    except Exception as error:
        _go_back(hosted, old, new, error)
        return
    hosted.fleet = new
    _set(hosted, PendingDeploymentSummary=None, EndpointConfigName=config_name, publish=False)
    _retire(old)
    if hosted.stop.is_set():
        new.end()
        return
    _set(hosted, EndpointStatus="InService", FailureReason=None)


def _go_back(hosted: Hosted, old: Fleet, new: Fleet | None, error: Exception) -> None:
    _set(hosted, EndpointStatus="RollingBack")
    hosted.traffic.share((old, WHOLE))
    _retire(new)
    if hosted.stop.is_set():
        old.end()
        return
    well = all(server.is_up for server in old.all_servers)
    _set(
        hosted,
        EndpointStatus="InService" if well else "UpdateRollbackFailed",
        FailureReason=_reason(error),
        PendingDeploymentSummary=None,
    )


def change_weights(hosted: Hosted, changes: list[dict[str, Any]]) -> None:
    """Give variants other weights and instance counts: Updating, then InService."""
    events.publish(ENDPOINT, hosted.record)
    fleet = hosted.fleet
    if fleet is None or hosted.stop.is_set():
        return
    for change in changes:
        server = fleet.servers[change["VariantName"]]
        server.weight = change.get("DesiredWeight", server.weight)
        server.instances = change.get("DesiredInstanceCount", server.instances)
    _set(hosted, EndpointStatus="InService")


def delete(hosted: Hosted, forget: Callable[[], None]) -> None:
    """End everything of an endpoint, then forget it."""
    events.publish(ENDPOINT, hosted.record)
    hosted.traffic.share()
    _retire(hosted.fleet)
    hosted.close()
    forget()


def _bake(hosted: Hosted, new: Fleet, rollout: Rollout, seconds: float) -> None:
    """Wait, watching the alarms.

    Raises:
        RolledBackError: when one rings.
    """
    deadline = time.monotonic() + seconds / options.current().time_scale
    while True:
        _look(hosted, new, rollout)
        left = deadline - time.monotonic()
        if left <= 0:
            return
        if hosted.stop.wait(min(left, LOOK_SECONDS)):
            raise _DeletedError


def _look(hosted: Hosted, fleet: Fleet, rollout: Rollout) -> None:
    """Ask CloudWatch for the alarms with the model's role, as SageMaker does.

    Raises:
        RolledBackError: when one is in ALARM, does not exist, or may not be looked at.
    """
    if hosted.stop.is_set():
        raise _DeletedError
    if not rollout.alarms:
        return
    role_arn = fleet.all_servers[0].role_arn
    region = hosted.scope.region
    for name in rollout.alarms:
        # The permission may be narrowed to alarms, by their names:
        # https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_DescribeAlarms.html
        alarm_arn = f"arn:aws:cloudwatch:{region}:{hosted.scope.account}:alarm:{name}"
        reason = iam.denial(role_arn, "cloudwatch:DescribeAlarms", alarm_arn, region=region, session=SESSION)
        if reason is not None:
            raise RolledBackError(f"the auto-rollback alarms cannot be looked at with {role_arn}: {reason}")
    client = clients.client("cloudwatch", role_arn=None, region=region, session=SESSION)
    described = client.describe_alarms(
        AlarmNames=list(rollout.alarms), AlarmTypes=["MetricAlarm", "CompositeAlarm"]
    )
    states = {
        alarm["AlarmName"]: alarm["StateValue"]
        for alarm in (*described.get("MetricAlarms", []), *described.get("CompositeAlarms", []))
    }
    for name in rollout.alarms:
        if name not in states:
            raise RolledBackError(f"auto-rollback alarm {name} does not exist")
        if states[name] == "ALARM":
            raise RolledBackError(f"auto-rollback alarm {name} is in ALARM state")


def _retire(fleet: Fleet | None) -> None:
    """End a fleet that gets no more requests, once it has answered those it has."""
    if fleet is not None:
        fleet.drain()
        fleet.end()


def _pending(hosted: Hosted, config_name: str, fleet: Fleet, status: str) -> None:
    """Show how far the new fleet is."""
    stage = {"VariantStatus": [{"Status": status, "StartTime": model.now()}]}
    started = (hosted.record.get("PendingDeploymentSummary") or {}).get("StartTime", model.now())
    summary = {
        "EndpointConfigName": config_name,
        "ProductionVariants": [shown | stage for shown in fleet.summaries()],
        "StartTime": started,
    }
    if fleet.shadows:
        summary["ShadowProductionVariants"] = [fleets.summary(variant) | stage for variant in fleet.shadows]
    with changing(hosted.record) as record:
        record["PendingDeploymentSummary"] = summary
    events.publish_deployment(hosted.record)


def _set(hosted: Hosted, *, publish: bool = True, **fields: Any) -> None:
    """Change the record; None takes a field away."""
    with changing(hosted.record) as record:
        record.update(fields, LastModifiedTime=model.now())
        if hosted.fleet is not None:
            record["ProductionVariants"] = hosted.fleet.summaries()
        for name in [name for name, value in record.items() if value is None]:
            del record[name]
    if publish:
        events.publish(ENDPOINT, hosted.record)


def _reason(error: Exception) -> str:
    text = (
        str(error)
        if isinstance(error, JobFailedError | RolledBackError)
        else f"InternalServerError: {error!r}"
    )
    return text[:REASON_CHARACTERS]
