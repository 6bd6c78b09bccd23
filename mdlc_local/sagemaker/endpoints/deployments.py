"""Deploys an endpoint configuration: starts a new fleet beside the old one, shifts traffic step by step,
watches alarms, and rolls back when one goes to ALARM.

Waits are divided by the server's time scale; the start of a server is not.
"""

import time
from collections.abc import Callable
from typing import Any

from mdlc_local import clients, clock, iam, options
from mdlc_local.errors import LocalAwsError
from mdlc_local.sagemaker import events
from mdlc_local.sagemaker.endpoints import fleets
from mdlc_local.sagemaker.endpoints.fleets import Fleet
from mdlc_local.sagemaker.endpoints.hosting import Hosted
from mdlc_local.sagemaker.endpoints.rollouts import Rollout
from mdlc_local.sagemaker.endpoints.traffic import WHOLE
from mdlc_local.sagemaker.faults import JobFailedError
from mdlc_local.sagemaker.job import REASON_CHARACTERS, SESSION
from mdlc_local.sagemaker.records import ENDPOINT, changing

LOOK_SECONDS = 0.1
"""Seconds between checks of the alarms during a bake."""


class RolledBackError(LocalAwsError):
    """The update must be rolled back; the message has the reason."""


class _DeletedError(LocalAwsError):
    """The endpoint was deleted during the update."""


def create(hosted: Hosted, make_fleet: Callable[[], Fleet]) -> None:
    """Start a new endpoint's fleet; the endpoint is then InService, or Failed with the reason."""
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
    """Update an endpoint to a new configuration, or roll back to the old one.

    Args:
        hosted: the endpoint.
        old: its current fleet.
        config_name: the new endpoint configuration's name.
        make_fleet: creates the new fleet.
        rollout: how traffic is shifted, and which alarms roll it back.
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
            # The waits, which are scaled, were compared with the timeout at validation; this is real time.
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
    """Change variants' weights and instance counts, and set the endpoint to InService."""
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
    """End an endpoint's processes, then call `forget` to remove its record."""
    events.publish(ENDPOINT, hosted.record)
    hosted.traffic.share()
    _retire(hosted.fleet)
    hosted.close()
    forget()


def _bake(hosted: Hosted, new: Fleet, rollout: Rollout, seconds: float) -> None:
    """Wait for the baking period and watch the alarms.

    Raises:
        RolledBackError: when one is in ALARM.
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
    """Describe the alarms with the permissions of the model's role, as SageMaker does.

    Raises:
        RolledBackError: when one is in ALARM or does not exist, or when the role may not describe it.
    """
    if hosted.stop.is_set():
        raise _DeletedError
    if not rollout.alarms:
        return
    role_arn = fleet.all_servers[0].role_arn
    region = hosted.scope.region
    for name in rollout.alarms:
        # The permission may be restricted to alarms by their names:
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
    """End a fleet that receives no more requests, after it has answered the pending ones."""
    if fleet is not None:
        fleet.drain()
        fleet.end()


def _pending(hosted: Hosted, config_name: str, fleet: Fleet, status: str) -> None:
    """Update PendingDeploymentSummary with the new fleet's status."""
    stage = {"VariantStatus": [{"Status": status, "StartTime": clock.now()}]}
    started = (hosted.record.get("PendingDeploymentSummary") or {}).get("StartTime", clock.now())
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
    """Change fields of the endpoint's record; None removes a field."""
    with changing(hosted.record) as record:
        record.update(fields, LastModifiedTime=clock.now())
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
