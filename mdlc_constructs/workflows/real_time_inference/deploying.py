"""The release's second half: from a configuration to an endpoint that serves it, or does not."""

from collections.abc import Iterable

from mdlc_constructs.asl.failures import Catch, Retry
from mdlc_constructs.asl.sequence import Sequence
from mdlc_constructs.asl.states import Choice, Rule, State, Task
from mdlc_constructs.resources.places import AUDIT_TABLE, AUDIT_TABLE_ARN, KEY_ARN, PACKAGE_GROUP
from mdlc_constructs.settings.rollback_alarms import RollbackAlarms
from mdlc_constructs.settings.rollout import Deployment
from mdlc_constructs.settings.scaling import Scaling
from mdlc_constructs.settings.serving import Serving
from mdlc_constructs.tasks.autoscaling import (
    deregister_scalable_target,
    put_scaling_policy,
    put_scheduled_action,
    register_scalable_target,
)
from mdlc_constructs.tasks.callback import wait_for_token
from mdlc_constructs.tasks.deployment import deployment_config
from mdlc_constructs.tasks.endpoint import create_endpoint, describe_endpoint, update_endpoint
from mdlc_constructs.tasks.model_package import update_model_package
from mdlc_constructs.tasks.permissions import arn
from mdlc_constructs.workflows.ending import TO_FAILURE
from mdlc_constructs.workflows.planning import taken

LONGEST_SILENCE_SECONDS = 900
"""How long no event may come before the endpoint is looked at: events are delivered at best effort."""

BLAME = "Blame"
"""Where a failure goes that speaks against the package."""


# A refused call answers under the same error as throttling does: try again, but not for minutes.
FEW_RETRIES = (Retry(errors=("SageMaker.AmazonSageMakerException",), max_attempts=2),)


def planned_again(step: str) -> Catch:
    """Another execution may be at the endpoint: look again."""
    return Catch(
        errors=("SageMaker.AmazonSageMakerException", "SageMaker.ValidationException"),
        next="Plan",
        output=taken(step).output,
    )


def alarm_placeholders(alarms: RollbackAlarms) -> dict[str, str]:
    """Each alarm's key to the placeholder of its name."""
    return {spec.key: f"${{{spec.key}Alarm}}" for spec in alarms.specs()}


def deploy() -> Choice:
    """`Deploy`: how the endpoint stands to the configuration. What is left open is the update."""
    ways = (
        ("$plan.endpoint = 'Absent'", "CreateEndpoint"),
        ("$plan.endpoint = 'Deploying'", "AwaitEndpoint"),
        ("$plan.endpoint = 'Serving'", "DescribeEndpoint"),
        ("$plan.deregister = true", "EndScaling"),
    )
    return Choice(
        name="Deploy", rules=tuple(Rule(condition=f"{{% {asked} %}}", next=state) for asked, state in ways)
    )


def deployed(*, model: str, endpoint_name: str, serving: Serving, rollout: Deployment) -> Sequence:
    """From `UpdateEndpoint` to `ReleaseVerdict`, behind which the endpoint serves this configuration."""
    configs = f"{model}-config-*"
    config = "{% $plan.names.CreateConfig %}"
    alarms = tuple(alarm_placeholders(serving.alarms).values())
    update = update_endpoint(
        "UpdateEndpoint",
        endpoint_name=endpoint_name,
        config_name=config,
        config_pattern=configs,
        deployment=(deployment_config(rollout, alarms=alarms) if serving.has_guardrails else None),
        # Scaling decides how many instances there are; an update must not set it back.
        retain=serving.scaling is not None,
        excluded=("DataCaptureConfig",) if serving.scaling is not None else (),
        alarm_arns=tuple(arn("cloudwatch", f"alarm:{alarm}") for alarm in alarms),
        output={},
        next="AwaitEndpoint",
        retry=FEW_RETRIES,
        catch=(planned_again("UpdateEndpoint"), TO_FAILURE),
    )
    create = create_endpoint(
        "CreateEndpoint",
        endpoint_name=endpoint_name,
        config_name=config,
        config_pattern=configs,
        output={},
        next="AwaitEndpoint",
        retry=FEW_RETRIES,
        catch=(planned_again("CreateEndpoint"), TO_FAILURE),
    )
    # The update comes first, because that is where `Deploy` leads unless a rule says otherwise.
    return Sequence.of(
        update,
        create,
        _end_scaling(endpoint_name, serving.variant),
        *_blame(),
        _await_endpoint(model, endpoint_name),
        _describe(endpoint_name),
        _endpoint_verdict(),
        # Whichever configuration serves, the endpoint must not be left without scaling.
        *_scale(endpoint_name, serving.variant, serving.scaling),
        _release_verdict(),
    )


def _end_scaling(endpoint_name: str, variant: str) -> Task:
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


def _await_endpoint(model: str, endpoint_name: str) -> Task:
    looked = Catch(errors=("States.Timeout",), next="DescribeEndpoint", output={})
    return wait_for_token(
        "AwaitEndpoint",
        table_name=AUDIT_TABLE,
        table_arn=AUDIT_TABLE_ARN,
        kms_key_arn=KEY_ARN,
        key={"pk": {"S": f"MODEL#{model}"}, "sk": {"S": f"WAITING#{endpoint_name}"}},
        timeout_seconds=LONGEST_SILENCE_SECONDS,
        output={},
        catch=(looked, TO_FAILURE),
        comment="Woken by the endpoint's event; a lost one costs a look",
    )


def _describe(endpoint_name: str) -> Task:
    return describe_endpoint(
        "DescribeEndpoint",
        endpoint_name=endpoint_name,
        assign={
            "endpoint": {
                "status": "{% $states.result.EndpointStatus %}",
                "config": (
                    "{% $exists($states.result.EndpointConfigName) "
                    "? $states.result.EndpointConfigName : '' %}"
                ),
                "reason": (
                    "{% $exists($states.result.FailureReason) ? $states.result.FailureReason "
                    ": 'an alarm went off, or the new version did not come up' %}"
                ),
            }
        },
        output={},
        catch=(TO_FAILURE,),
    )


def _endpoint_verdict() -> Choice:
    busy = Rule(
        condition="{% $endpoint.status in ['Creating', 'Updating', 'SystemUpdating', 'RollingBack'] %}",
        next="AwaitEndpoint",
    )
    cause = "{% 'The endpoint is ' & $endpoint.status & ': ' & $endpoint.reason & '.' %}"
    broken = Rule(
        condition="{% $endpoint.status != 'InService' %}",
        next=BLAME,
        assign={"failure": {"Error": "EndpointFailed", "Cause": cause}},
    )
    return Choice(name="EndpointVerdict", rules=(busy, broken))


def _release_verdict() -> Choice:
    cause = (
        "{% 'SageMaker rolled back to ' & $endpoint.config & ': ' & $endpoint.reason & '. "
        "The version before goes on serving.' %}"
    )
    rolled_back = Rule(
        # In service alone says nothing: after a rollback the old configuration is.
        condition="{% $endpoint.config != $plan.names.CreateConfig %}",
        next=BLAME,
        assign={"failure": {"Error": "RolledBack", "Cause": cause}},
    )
    return Choice(name="ReleaseVerdict", rules=(rolled_back,))


def _blame() -> tuple[State, ...]:
    """`Blame` then `RejectPackage`: batch inference must not go on with a version that was sent back."""
    spared = Rule(condition="{% $plan.rejectable != true %}", next="RecordFailure")
    reject = update_model_package(
        "RejectPackage",
        package_arn="{% $plan.package.arn %}",
        group_name=PACKAGE_GROUP,
        approval_status="Rejected",
        approval_description="{% $substring($failure.Error & ': ' & $failure.Cause, 0, 1000) %}",
        output={},
        next="RecordFailure",
        # A rejection that cannot be written must not hide why it was wanted.
        catch=(Catch(next="RecordFailure"),),
    )
    return (Choice(name=BLAME, rules=(spared,), default="RejectPackage"), reject)


def _scale(endpoint_name: str, variant: str, scaling: Scaling | None) -> Iterable[Task]:
    """The target, a policy for each metric, an action for each schedule."""
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
