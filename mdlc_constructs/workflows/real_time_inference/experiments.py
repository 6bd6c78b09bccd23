"""The states that try a version beside the serving one, between `Deploy` and the update.

    Trial -> CreateTrial -> RecordTrial -> StartTrial -> WatchTrial -> TrialVerdict -> RunTrial -> WaitTrial
    -> JudgeTrial -> EndTrial -> WatchTrialEnd -> TrialEnded -> ForgetTrial -> TrialDecision -> the update

The endpoint is updated to the trial's configuration and, whatever the result, back to the champion's own.
Only then does a winner take over. This costs one more update, for three reasons: traffic shifts gradually
only between variants with the same name; a rollback by alarms ends on the champion's own configuration; and
the probes' baseline, the champion's answers, comes from the champion alone.

The audit table has the experiment as `EXPERIMENT#<endpoint>` before the endpoint is updated. So an execution
that sees the endpoint on a trial's configuration can continue or end that trial. An execution that failed
after the end of its trial repeats the trial: the verdict is a variable of that execution only.

Golden checks take time, and the champion may change meanwhile. So the machine plans again right before the
trial when the plan was made before the checks; the states of the seam `before_deploy` then run twice.

A trial costs some 25 state transitions, however long it lasts.
"""

from collections.abc import Mapping
from dataclasses import replace

from mdlc_constructs.asl.failures import Catch, Retry, throttling_retry
from mdlc_constructs.asl.sequence import StateSequence
from mdlc_constructs.asl.statements import Statement
from mdlc_constructs.asl.states import Choice, Rule, Task, Wait
from mdlc_constructs.resources.places import AUDIT_TABLE, AUDIT_TABLE_ARN, BUCKET, KEY_ARN
from mdlc_constructs.settings.experiment import ABTest, Experiment, Shadow
from mdlc_constructs.settings.payloads.codec import encode
from mdlc_constructs.tasks import lambda_
from mdlc_constructs.tasks.endpoint import Variant, create_endpoint_config, update_endpoint
from mdlc_constructs.tasks.permissions import arn
from mdlc_constructs.workflows import job_roles
from mdlc_constructs.workflows.ending import FAILURE, TO_FAILURE
from mdlc_constructs.workflows.planning import FEW_RETRIES, TAGS, planned_again
from mdlc_constructs.workflows.real_time_inference.deployment import encrypts_volumes
from mdlc_constructs.workflows.real_time_inference.endpoint_config import capture_of
from mdlc_constructs.workflows.real_time_inference.endpoint_wait import watch
from mdlc_constructs.workflows.real_time_inference.settings import ReleaseSettings
from mdlc_constructs.workflows.real_time_inference.trial_item import forget, record_trial, run
from mdlc_constructs.workflows.real_time_inference.verdicts import BLAME, ENVIRONMENT

LATE = Retry(errors=("CapturesLate",), interval_seconds=59, max_attempts=5, backoff_rate=1, jitter="NONE")
"""Retry for captures: the endpoint writes them minutes late, and the shadow still runs meanwhile."""

FUNCTION = "JudgeExperiment"
"""Its handler is `lambdas.functions.judge_experiment.handler.handler`."""

PROMOTE, DROP, UNDECIDED, AGAIN = "promote", "drop", "undecided", "again"
"""The decisions of a trial: promote the version, reject it, leave it for lack of evidence, plan again."""

TRIAL_CONFIG = "{% $plan.trial.config %}"
CHAMPION_CONFIG = "{% $plan.trial.champion_config %}"


def experiment_plan(settings: ReleaseSettings) -> dict[str, object] | None:
    """The experiment as the planner's input, or None when the rollout has no experiment."""
    experiment = settings.experiment
    if experiment is None:
        return None
    return {
        "seconds": int(experiment.duration.total_seconds()),
        "request": _create(settings, experiment).request_digest(),
    }


def tried(settings: ReleaseSettings, following: str) -> StateSequence:
    """The experiment's states; empty when the rollout has no experiment.

    Args:
        settings: the release's settings.
        following: the state that follows when there is no trial, and after a trial that the version won.
    """
    experiment = settings.experiment
    if experiment is None:
        return StateSequence()
    choice = Choice(
        name="Trial",
        rules=(
            Rule(condition="{% $plan.trial.step = 'Skip' %}", next=following),
            # A plan made before the model was created is too old to know which version serves.
            Rule(condition="{% $plan.trial.step = 'Again' %}", next="Plan"),
            Rule(condition="{% $plan.trial.step = 'Begin' %}", next="RecordTrial"),
            Rule(condition="{% $plan.trial.step = 'Carry' %}", next="RunTrial"),
            Rule(
                condition="{% $plan.trial.step = 'End' %}",
                next="EndTrial",
                assign={"verdict": {"decision": AGAIN}},
            ),
        ),
    )
    return StateSequence.of(
        choice,
        _create(settings, experiment),
        record_trial(settings.model, settings.endpoint_name, experiment, settings.dataset.entity),
        _update(settings, "StartTrial", TRIAL_CONFIG, f"{settings.model}-trial-*"),
        watch(model=settings.model, endpoint_name=settings.endpoint_name, of="Trial"),
        _started(),
        run(settings.model, settings.endpoint_name),
        Wait(name="WaitTrial", seconds="{% $plan.trial.seconds %}"),
        _judge(settings, experiment),
        _update(settings, "EndTrial", CHAMPION_CONFIG, f"{settings.model}-config-*"),
        watch(model=settings.model, endpoint_name=settings.endpoint_name, of="TrialEnd"),
        _ended(),
        forget(settings.model, settings.endpoint_name),
        _decision(),
    )


def _create(settings: ReleaseSettings, experiment: Experiment) -> Task:
    """`CreateTrial`: the champion's model as it serves now, with the new version's beside it.

    Scaling follows the champion's variant only, so the other variant gets the maximum number of instances.
    """
    serving = settings.serving
    weights = experiment.weights if isinstance(experiment, ABTest) else {}
    champion = Variant(
        name=serving.variant,
        model_name="{% $plan.trial.champion_model %}",
        instance_type="{% $plan.trial.instance_type %}",
        instance_count="{% $plan.trial.instances %}",
        weight=weights.get(serving.variant, 1),
        startup_seconds=serving.startup_seconds,
    )
    challenger = Variant(
        name=experiment.challenger,
        model_name="{% $plan.names.CreateModel %}",
        instance_type=serving.instance_type,
        instance_count=serving.instances if serving.scaling is None else serving.scaling.maximum,
        # A shadow's weight is its share of copied requests; the production variant's weight is 1.
        weight=(
            experiment.sample_percent / 100
            if isinstance(experiment, Shadow)
            else weights[experiment.challenger]
        ),
        startup_seconds=serving.startup_seconds,
    )
    shadowed = isinstance(experiment, Shadow)
    return create_endpoint_config(
        "CreateTrial",
        config_name=TRIAL_CONFIG,
        name_pattern=f"{settings.model}-trial-*",
        variants=(champion,) if shadowed else (champion, challenger),
        shadows=(challenger,) if shadowed else (),
        capture=capture_of(serving.capture),
        kms_key_id=KEY_ARN if encrypts_volumes(serving) else None,
        tags=TAGS,
        output={},
        retry=FEW_RETRIES,
        catch=(planned_again("CreateTrial"), TO_FAILURE),
        comment="The champion as it serves, and the new version beside it",
    )


def _update(settings: ReleaseSettings, name: str, config: str, pattern: str) -> Task:
    """Update the endpoint to or from a trial's configuration, without deployment guardrails.

    Guardrails are of no use here: variants are added or removed, and the champion's model is the same.
    """
    serving = settings.serving
    scaled = serving.scaling is not None
    update = update_endpoint(
        name,
        endpoint_name=settings.endpoint_name,
        config_name=config,
        config_pattern=pattern,
        # Scaling sets the champion's number of instances; the other variant is new to the endpoint.
        retain=scaled,
        excluded=("DesiredWeight", "DataCaptureConfig") if scaled else (),
        output={},
        retry=FEW_RETRIES,
        catch=(planned_again(name), TO_FAILURE),
    )
    if not encrypts_volumes(serving):
        return update
    return replace(update, statements=(*update.statements, *job_roles.volumes()))


def _started() -> Choice:
    """`TrialVerdict`: whether the new version came into service beside the champion."""
    cause = (
        "{% 'The version did not come up beside the champion: the endpoint is ' & $endpoint.status & ' with '"
        " & $endpoint.config & ': ' & $endpoint.reason & '.' %}"
    )
    is_so = "($endpoint.status != 'InService' or $endpoint.config != $plan.trial.config)"

    def failed(condition: str, decision: str, error: str) -> Rule:
        variables = {"verdict": {"decision": decision}, "failure": {"Error": error, "Cause": cause}}
        return Rule(condition=f"{{% {condition} %}}", next="ForgetTrial", assign=variables)

    # A failure caused by the account or by the image says nothing about the version.
    environment = (
        failed(f"{is_so} and {condition}", UNDECIDED, error) for condition, error, _ in ENVIRONMENT
    )
    return Choice(name="TrialVerdict", rules=(*environment, failed(is_so, DROP, "TrialFailed")))


def _judge(settings: ReleaseSettings, experiment: Experiment) -> Task:
    """`JudgeTrial`: a verdict from the captures of both versions and their outcomes."""
    shadowed = isinstance(experiment, Shadow)
    judgement = (
        experiment.judgement(settings.probes.tolerance)
        if isinstance(experiment, Shadow)
        else experiment.judgement(settings.dataset.entity or "")
    )
    unjudged = Catch(
        next="EndTrial",
        # Without a judgement there is no evidence for or against the version.
        assign={"verdict": {"decision": UNDECIDED}, "failure": FAILURE},
        output={},
    )
    return lambda_.invoke(
        "JudgeTrial",
        function_arn="${JudgeExperimentFunction}",
        payload={
            "kind": "shadow" if shadowed else "ab",
            "model": settings.model,
            "endpoint": settings.endpoint_name,
            "bucket": BUCKET,
            "table": AUDIT_TABLE,
            "execution": "{% $states.context.Execution.Id %}",
            "champion": settings.serving.variant,
            "challenger": experiment.challenger,
            "settings": encode(judgement),
        },
        assign={
            "verdict": "{% $states.result.Payload %}",
            "experiment": "{% $states.result.Payload.summary %}",
            "failure": {
                "Error": "{% $states.result.Payload.error %}",
                "Cause": "{% $states.result.Payload.summary %}",
            },
        },
        output={},
        retry=(*throttling_retry("Lambda"), LATE),
        catch=(
            # Another execution owns the endpoint now: leave it unchanged.
            Catch(errors=("ExperimentEnded",), next="RecordFailure", assign={"failure": FAILURE}),
            unjudged,
        ),
        comment="What both versions answered, and what came of it",
    )


def _ended() -> Choice:
    """`TrialEnded`: whether the champion serves alone again."""
    cause = (
        "{% 'The endpoint is ' & $endpoint.status & ' with ' & $endpoint.config & ' and did not go back to '"
        " & $plan.trial.champion_config & ': ' & $endpoint.reason & '. Release again.' %}"
    )
    stuck = Rule(
        condition=(
            "{% $endpoint.status != 'InService' or $endpoint.config != $plan.trial.champion_config %}"
        ),
        next="RecordFailure",
        assign={"failure": {"Error": "TrialNotEnded", "Cause": cause}},
    )
    return Choice(name="TrialEnded", rules=(stuck,))


def _decision() -> Choice:
    return Choice(
        name="TrialDecision",
        rules=(
            Rule(condition=f"{{% $verdict.decision = '{DROP}' %}}", next=BLAME),
            Rule(condition=f"{{% $verdict.decision = '{UNDECIDED}' %}}", next="RecordFailure"),
            Rule(condition=f"{{% $verdict.decision = '{AGAIN}' %}}", next="Plan"),
        ),
    )


def judging(settings: ReleaseSettings) -> tuple[Statement, ...]:
    """IAM statements of the judging function: captures, outcomes, the experiment's item, and metrics."""
    outcomes = ("outcomes",) if isinstance(settings.experiment, ABTest) else ()
    return (
        *job_roles.model_bucket(reads=("capture", *outcomes)),
        Statement(actions=("dynamodb:GetItem",), resources=(AUDIT_TABLE_ARN,)),
        # CloudWatch has no resource-level permissions for reading metrics.
        Statement(actions=("cloudwatch:GetMetricStatistics",), resources=("*",)),
    )


def looking_at_executions(machine: str) -> tuple[Statement, ...]:
    """Permission for the planner to see whether the execution that began an experiment still runs."""
    return (
        Statement(
            actions=("states:DescribeExecution",), resources=(arn("states", f"execution:{machine}:*"),)
        ),
    )


def experiment_fields(experiment: Experiment | None) -> Mapping[str, str]:
    """The experiment's fields in the audit item and the event of a success."""
    return {} if experiment is None else {"experiment": "{% $experiment %}"}
