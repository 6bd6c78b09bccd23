"""The release's second half: from a configuration to an endpoint that serves it, or does not."""

from dataclasses import replace

from mdlc_constructs.asl.failures import Catch, Retry
from mdlc_constructs.asl.sequence import Sequence
from mdlc_constructs.asl.states import Choice, Rule, State
from mdlc_constructs.resources.places import PACKAGE_GROUP
from mdlc_constructs.settings.instance_type import has_local_storage
from mdlc_constructs.settings.rollback_alarms import RollbackAlarms
from mdlc_constructs.settings.serving import Serving
from mdlc_constructs.tasks.deployment import deployment_config
from mdlc_constructs.tasks.endpoint import create_endpoint, update_endpoint
from mdlc_constructs.tasks.model_package import update_model_package
from mdlc_constructs.tasks.permissions import arn
from mdlc_constructs.workflows import job_roles
from mdlc_constructs.workflows.ending import TO_FAILURE
from mdlc_constructs.workflows.planning import taken
from mdlc_constructs.workflows.real_time_inference.scaling_steps import end_scaling, scale
from mdlc_constructs.workflows.real_time_inference.waiting import watch
from mdlc_constructs.workflows.real_time_inference.watching import Watched, probing, record_answers

BLAME = "Blame"
"""Where a failure goes that speaks against the package."""

# A refused call answers under the same error as throttling does: try again, but not for minutes.
FEW_RETRIES = (Retry(errors=("SageMaker.AmazonSageMakerException",), max_attempts=2),)

_DEREGISTER = "{% $plan.deregister = true %}"


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


def encrypts_volumes(serving: Serving) -> bool:
    """Whether the endpoint's disks take a key: those of instances whose hardware encrypts them do not."""
    return serving.serverless is None and not has_local_storage(serving.instance_type)


def deploy() -> Choice:
    """`Deploy`: how the endpoint stands to the configuration. What is left open is the update."""
    serves = {"status": "InService", "config": "{% $plan.names.CreateConfig %}", "reason": ""}
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
        ),
    )


def first_of(watched: Watched) -> str:
    """The state that begins an update of an endpoint in service."""
    return "RecordAnswers" if watched.probed else "EndsScaling"


def deployed(model: str, watched: Watched) -> Sequence:
    """From the update to `ReleaseVerdict`, behind which the endpoint serves this configuration."""
    serving, endpoint_name = watched.serving, watched.endpoint_name
    configs = f"{model}-config-*"
    config = "{% $plan.names.CreateConfig %}"
    alarms = tuple(alarm_placeholders(serving.alarms).values())
    update = update_endpoint(
        "UpdateEndpoint",
        endpoint_name=endpoint_name,
        config_name=config,
        config_pattern=configs,
        deployment=(deployment_config(watched.rollout, alarms=alarms) if serving.has_guardrails else None),
        # Scaling decides how many instances there are; an update must not set it back.
        retain=serving.scaling is not None,
        excluded=("DataCaptureConfig",) if serving.scaling is not None else (),
        alarm_arns=tuple(arn("cloudwatch", f"alarm:{alarm}") for alarm in alarms),
        output={},
        next="Watch",
        retry=FEW_RETRIES,
        catch=(planned_again("UpdateEndpoint"), TO_FAILURE),
    )
    create = create_endpoint(
        "CreateEndpoint",
        endpoint_name=endpoint_name,
        config_name=config,
        config_pattern=configs,
        output={},
        next="Watch",
        retry=FEW_RETRIES,
        catch=(planned_again("CreateEndpoint"), TO_FAILURE),
    )
    if encrypts_volumes(serving):
        # SageMaker asks it of whoever creates or updates an endpoint whose disks have a key:
        # https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_CreateEndpointConfig.html
        update, create = (
            replace(task, statements=(*task.statements, *job_roles.volumes())) for task in (update, create)
        )
    # The update comes first, because that is where `Deploy` leads unless a rule says otherwise.
    return Sequence.of(
        # Before an update all answers are still those of the version that serves.
        *((record_answers(watched),) if watched.probed else ()),
        Choice(name="EndsScaling", rules=(Rule(condition=_DEREGISTER, next="EndScaling"),)),
        update,
        create,
        end_scaling(endpoint_name, serving.variant),
        *_blame(),
        watch(
            model=model,
            endpoint_name=endpoint_name,
            probing=probing(watched) if watched.probed else None,
        ),
        _endpoint_verdict(),
        # Whichever configuration serves, the endpoint must not be left without scaling.
        *scale(endpoint_name, serving.variant, serving.scaling),
        _release_verdict(),
    )


def _endpoint_verdict() -> Choice:
    cause = "{% 'The endpoint is ' & $endpoint.status & ': ' & $endpoint.reason & '.' %}"
    broken = Rule(
        condition="{% $endpoint.status != 'InService' %}",
        next=BLAME,
        assign={"failure": {"Error": "EndpointFailed", "Cause": cause}},
    )
    return Choice(name="EndpointVerdict", rules=(broken,))


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
