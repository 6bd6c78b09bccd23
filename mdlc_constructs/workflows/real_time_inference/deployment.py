"""The second half of a release: update or create the endpoint, wait for it, and judge the result."""

import json
from dataclasses import replace
from datetime import timedelta

from mdlc_constructs.asl.failures import ALL_ERRORS
from mdlc_constructs.asl.sequence import StateSequence
from mdlc_constructs.asl.states import Choice, Rule
from mdlc_constructs.settings.instance_type import has_local_storage
from mdlc_constructs.settings.rollout import AllAtOnce, Deployment, Rolling
from mdlc_constructs.settings.serving import Serving
from mdlc_constructs.tasks.deployment import deployment_config
from mdlc_constructs.tasks.endpoint import create_endpoint, update_endpoint
from mdlc_constructs.workflows import job_roles
from mdlc_constructs.workflows.ending import TO_FAILURE
from mdlc_constructs.workflows.planning import FEW_RETRIES, TAGS, planned_again
from mdlc_constructs.workflows.real_time_inference.alarm_check import alarm_placeholders, alarms_ok_first
from mdlc_constructs.workflows.real_time_inference.endpoint_wait import watch
from mdlc_constructs.workflows.real_time_inference.probe_states import (
    WatchedRelease,
    probing,
    record_answers,
)
from mdlc_constructs.workflows.real_time_inference.scaling_steps import end_scaling, scale
from mdlc_constructs.workflows.real_time_inference.verdicts import blame, endpoint_verdict, release_verdict

_DEREGISTER = "{% $plan.deregister = true %}"


def encrypts_volumes(serving: Serving) -> bool:
    """Whether the endpoint's volumes take a KMS key; instances with hardware-encrypted disks do not."""
    return serving.serverless is None and not has_local_storage(serving.instance_type)


def deploy(*, scaled: bool) -> Choice:
    """`Deploy`: choose the path by the plan's `endpoint`. Its open end is the update.

    Args:
        scaled: whether a rejected update may have left the endpoint without its scaling.
    """
    serves = {"status": "InService", "config": "{% $plan.names.CreateConfig %}", "reason": "", "silence": ""}
    refused = Rule(
        condition="{% $plan.endpoint = 'Refused' %}",
        next="RegisterScaling",
        assign={"failure": "{% $plan.refused %}"},
    )
    return Choice(
        name="Deploy",
        rules=(
            Rule(condition="{% $plan.endpoint = 'Absent' %}", next="CreateEndpoint"),
            Rule(condition="{% $plan.endpoint = 'Deploying' %}", next="Watch"),
            Rule(
                condition="{% $plan.endpoint = 'Serving' %}",
                next="EndpointVerdict",
                assign={"endpoint": serves},
            ),
            *((refused,) if scaled else ()),
        ),
    )


def first_of(watched: WatchedRelease) -> str:
    """The name of the first state in the update of an endpoint in service."""
    return "GoesBack" if watched.serving.alarms.specs() else "EndsScaling"


def shift(rollout: Deployment, alarms: tuple[str, ...]) -> str:
    """An expression of the API's `DeploymentConfig`, which says how traffic shifts.

    A rollback shifts traffic as fast as capacity allows and without alarms: its version has served before,
    and an active alarm is caused by the version that it replaces.
    """
    quick = (
        replace(rollout, wait=timedelta(0)) if isinstance(rollout, Rolling) else AllAtOnce(bake=timedelta(0))
    )
    back, on = (
        json.dumps(config) for config in (deployment_config(quick), deployment_config(rollout, alarms=alarms))
    )
    return f"{{% $plan.back = true ? {back} : {on} %}}"


def deployed(model: str, watched: WatchedRelease) -> StateSequence:
    """The states from the update to `ReleaseVerdict`, after which the endpoint serves this configuration."""
    serving, endpoint_name = watched.serving, watched.endpoint_name
    configs = f"{model}-config-*"
    config = "{% $plan.names.CreateConfig %}"
    alarms = tuple(alarm_placeholders(serving.alarms).values())
    update = update_endpoint(
        "UpdateEndpoint",
        endpoint_name=endpoint_name,
        config_name=config,
        config_pattern=configs,
        deployment=shift(watched.rollout, alarms) if serving.has_guardrails else None,
        # Scaling sets the number of instances; an update must not reset it.
        retain=serving.scaling is not None,
        excluded=("DataCaptureConfig",) if serving.scaling is not None else (),
        alarms=alarms,
        output={},
        next="Watch",
        retry=FEW_RETRIES,
        # For any error: when scaling was ended for the update, the plan restores it before it fails.
        catch=(planned_again("UpdateEndpoint", ALL_ERRORS),),
    )
    create = create_endpoint(
        "CreateEndpoint",
        endpoint_name=endpoint_name,
        tags=TAGS,
        config_name=config,
        config_pattern=configs,
        output={},
        next="Watch",
        retry=FEW_RETRIES,
        catch=(planned_again("CreateEndpoint"), TO_FAILURE),
    )
    if encrypts_volumes(serving):
        # SageMaker needs this permission of a caller who creates or updates an endpoint with a volume key:
        # https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_CreateEndpointConfig.html
        update, create = (
            replace(task, statements=(*task.statements, *job_roles.volumes())) for task in (update, create)
        )
    # The update comes first, because it is the default of `Deploy`.
    return StateSequence.of(
        *alarms_ok_first(
            serving.alarms,
            following="RecordAnswers" if watched.probed else "EndsScaling",
            back="EndsScaling",
        ),
        # Before the update, all answers are still from the version in service.
        *((record_answers(watched),) if watched.probed else ()),
        Choice(name="EndsScaling", rules=(Rule(condition=_DEREGISTER, next="EndScaling"),)),
        update,
        create,
        end_scaling(endpoint_name, serving.variant),
        *blame(),
        watch(
            model=model,
            endpoint_name=endpoint_name,
            probing=probing(watched) if watched.probed else None,
        ),
        endpoint_verdict(),
        # The endpoint must get its scaling back, whichever configuration it serves.
        *scale(endpoint_name, serving.variant, serving.scaling),
        release_verdict(probed=watched.probed, scaled=serving.scaling is not None),
    )
