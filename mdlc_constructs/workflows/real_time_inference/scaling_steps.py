"""The states that set up Application Auto Scaling: a target, metric policies, scheduled actions."""

from collections.abc import Iterable

from mdlc_constructs.asl.failures import Catch
from mdlc_constructs.asl.states import Task
from mdlc_constructs.settings.scaling import Scaling
from mdlc_constructs.tasks.autoscaling import (
    deregister_scalable_target,
    put_scaling_policy,
    put_scheduled_action,
    register_scalable_target,
)
from mdlc_constructs.workflows.ending import TO_FAILURE


def scale(endpoint_name: str, variant: str, scaling: Scaling | None) -> Iterable[Task]:
    """Tasks that register the target, a policy for each metric, and an action for each schedule."""
    if scaling is None:
        return
    caught = (TO_FAILURE,)
    yield register_scalable_target(
        "RegisterScaling",
        endpoint_name=endpoint_name,
        variant=variant,
        minimum=scaling.minimum,
        maximum=scaling.maximum,
        output={},
        catch=caught,
    )
    backlog = {
        "MetricName": "ApproximateBacklogSizePerInstance",
        "Namespace": "AWS/SageMaker",
        "Dimensions": [{"Name": "EndpointName", "Value": endpoint_name}],
        "Statistic": "Average",
    }
    for step, metric, target in (
        ("Invocations", "invocations", scaling.invocations),
        ("Concurrency", "concurrency", scaling.concurrency),
        ("Backlog", backlog, scaling.backlog),
    ):
        if target is not None:
            yield put_scaling_policy(
                f"ScaleBy{step}",
                policy_name=step.lower(),
                endpoint_name=endpoint_name,
                variant=variant,
                target=target,
                metric=metric,
                scale_in_cooldown_seconds=int(scaling.scale_in_cooldown.total_seconds()),
                scale_out_cooldown_seconds=int(scaling.scale_out_cooldown.total_seconds()),
                output={},
                catch=caught,
            )
    for number, schedule in enumerate(scaling.all_schedules, start=1):
        yield put_scheduled_action(
            f"Schedule{number}",
            action_name=schedule.name,
            endpoint_name=endpoint_name,
            variant=variant,
            schedule=schedule.schedule,
            minimum=schedule.minimum,
            maximum=schedule.maximum,
            timezone=schedule.timezone,
            output={},
            catch=caught,
            comment=schedule.name,
        )


def end_scaling(endpoint_name: str, variant: str) -> Task:
    """`EndScaling`: deregister the target before an update that is not possible while it is registered."""
    gone = Catch(errors=("ApplicationAutoScaling.ObjectNotFoundException",), next="UpdateEndpoint", output={})
    return deregister_scalable_target(
        "EndScaling",
        endpoint_name=endpoint_name,
        variant=variant,
        output={},
        next="UpdateEndpoint",
        catch=(gone, TO_FAILURE),
        comment="An instance type does not change under scaling",
    )
