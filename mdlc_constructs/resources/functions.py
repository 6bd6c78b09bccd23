"""The Lambda functions of a stack: its workflows share one function for each purpose, with its role."""

from collections.abc import Iterable, Mapping
from weakref import WeakKeyDictionary

from aws_cdk import Stack
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_logs as logs
from constructs import Construct

from mdlc_constructs.asl.statements import Statement
from mdlc_constructs.resources import bundles
from mdlc_constructs.resources.assets import asset
from mdlc_constructs.resources.permissions import Role

TIMEOUT_SECONDS = 300
CLEAN_UP_SECONDS = 900
LONG = ("CleanUp", "CollectTrials")
"""Functions that get as long as Lambda allows: the clean-up waits until jobs have stopped, and a container
may take two minutes to stop; an artifact of many gigabytes takes minutes to copy."""
MAX_POLICY_CHARACTERS = 10_240
"""The maximum number of characters in a role's inline policies, white space not counted.

Source: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html
"""

HANDLERS = {
    "PlanTraining": ("lambdas.functions.plan_training.handler.handler", "Plans training executions"),
    "CollectTrials": (
        "lambdas.functions.collect_trials.handler.handler",
        "Collects the trials of a tuning, and the best one's model",
    ),
    "TrackExperiment": (
        "lambdas.functions.track_experiment.handler.handler",
        "Writes trainings to MLflow",
    ),
    "PlanChannelTraining": (
        "lambdas.functions.plan_channel_training.handler.handler",
        "Plans training executions on channels",
    ),
    "PlanChannelBatch": (
        "lambdas.functions.plan_channel_batch.handler.handler",
        "Plans batch inference executions on files",
    ),
    "PlanBatch": ("lambdas.functions.plan_batch.handler.handler", "Plans batch inference executions"),
    "DeliverPredictions": (
        "lambdas.functions.deliver_predictions.handler.handler",
        "Delivers published predictions to clients",
    ),
    "PlanRelease": ("lambdas.functions.plan_release.handler.handler", "Plans releases"),
    "ResumeExecutions": (
        "lambdas.functions.resume_executions.handler.handler",
        "Resumes executions that wait for an event",
    ),
    "ProbeAnswers": ("lambdas.functions.probe_answers.handler.handler", "Asks a new version while it bakes"),
    "JudgeExperiment": (
        "lambdas.functions.judge_experiment.handler.handler",
        "Judges a version tried on an endpoint",
    ),
    "RecordTrigger": (
        "lambdas.functions.record_trigger.handler.handler",
        "Records what may start a retraining",
    ),
    "PlanRetraining": (
        "lambdas.functions.plan_retraining.handler.handler",
        "Coalesces, leases and concludes retrainings",
    ),
    "ReapLeases": ("lambdas.functions.reap_leases.handler.handler", "Takes back what dead retrainings hold"),
    "RetireReleases": ("lambdas.functions.retire_releases.handler.handler", "Deletes releases long past"),
    "PlanMonitoring": ("lambdas.functions.plan_monitoring.handler.handler", "Plans monitoring executions"),
    "RecordWindows": (
        "lambdas.functions.record_windows.handler.handler",
        "Records monitored windows and publishes their events",
    ),
    "ReplayAnswers": ("lambdas.functions.replay_answers.handler.handler", "Asks captured requests again"),
    "CleanUp": (
        "lambdas.functions.clean_up.handler.handler",
        "Ends what executions made when a stack is deleted",
    ),
}
"""Every function's name, to its handler and its description."""


class Functions(Construct):
    """The functions of a stack. Get them with `Functions.of`.

    Attributes:
        arns: ARNs of the functions that exist in the stack so far, by name.
    """

    def __init__(self, stack: Stack, id_: str, *, key_arn: str) -> None:
        super().__init__(stack, id_)
        self.arns: dict[str, str] = {}
        self._roles: dict[str, Role] = {}
        self._key_arn = key_arn
        self._stack = stack

    @classmethod
    def of(cls, scope: Construct, *, key_arn: str) -> "Functions":
        """The functions of the stack that holds `scope`; the first call creates the construct.

        Args:
            key_arn: the key that encrypts the functions' log groups. The first call's key is used for all.
        """
        stack = Stack.of(scope)
        if stack not in _of_stacks:
            _of_stacks[stack] = cls(stack, "Functions", key_arn=key_arn)
        return _of_stacks[stack]

    def function(self, name: str, statements: Iterable[Statement], bindings: Mapping[str, str]) -> str:
        """The ARN of the function of that name, created on first use; its role gets the statements, too.

        Raises:
            ValueError: when the policy of the function's role becomes longer than IAM accepts.
        """
        if name not in self.arns:
            self._make(name, statements, bindings)
        else:
            self._roles[name].allow(statements, bindings)
        size = self._roles[name].size
        if size > MAX_POLICY_CHARACTERS:
            raise ValueError(
                f"The models of the stack {self._stack.stack_name!r} share its function {name}, whose role's "
                f"policy now has about {size} characters and IAM accepts {MAX_POLICY_CHARACTERS}: "
                f"put the last model into a second stack."
            )
        return self.arns[name]

    def _make(self, name: str, statements: Iterable[Statement], bindings: Mapping[str, str]) -> None:
        handler, description = HANDLERS[name]
        function, self._roles[name] = new_function(
            self,
            name,
            key_arn=self._key_arn,
            handler=handler,
            description=description,
            statements=statements,
            bindings=bindings,
            timeout_seconds=CLEAN_UP_SECONDS if name in LONG else TIMEOUT_SECONDS,
            memory_mb=512,
        )
        self.arns[name] = function.attr_arn


def new_function(
    scope: Construct,
    id_: str,
    *,
    key_arn: str,
    handler: str,
    description: str,
    statements: Iterable[Statement],
    bindings: Mapping[str, str],
    timeout_seconds: int,
    memory_mb: int,
    environment: Mapping[str, str] | None = None,
    inside: Mapping[str, list[str]] | None = None,
) -> tuple[lambda_.CfnFunction, Role]:
    """A new function with code from the library's bundle, and its role; X-Ray is on, its logs are encrypted.

    Args:
        inside: `subnetIds` and `securityGroupIds` of the VPC to run in; None for no VPC.
    """
    code = asset(Stack.of(scope), bundles.lambda_code())
    group = logs.CfnLogGroup(scope, f"{id_}Logs", retention_in_days=365, kms_key_id=key_arn)
    own = (
        Statement(actions=("logs:CreateLogStream", "logs:PutLogEvents"), resources=(group.attr_arn,)),
        # X-Ray has no resource-level permission for writing segments.
        Statement(actions=("xray:PutTraceSegments", "xray:PutTelemetryRecords"), resources=("*",)),
    )
    role = Role(
        scope,
        f"{id_}Role",
        service="lambda.amazonaws.com",
        statements=(*statements, *own),
        bindings=bindings,
    )
    function = lambda_.CfnFunction(
        scope,
        id_,
        runtime=f"python{bundles.LAMBDA_PYTHON}",
        architectures=["arm64"],
        handler=handler,
        description=description,
        code=lambda_.CfnFunction.CodeProperty(s3_bucket=code.bucket_name, s3_key=code.object_key),
        role=role.arn,
        timeout=timeout_seconds,
        memory_size=memory_mb,
        tracing_config=lambda_.CfnFunction.TracingConfigProperty(mode="Active"),
        logging_config=lambda_.CfnFunction.LoggingConfigProperty(log_format="JSON", log_group=group.ref),
        environment=None if environment is None else {"variables": dict(environment)},
        vpc_config=None if inside is None else dict(inside),
    )
    return function, role


_of_stacks: WeakKeyDictionary[Stack, Functions] = WeakKeyDictionary()
