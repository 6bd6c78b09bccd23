"""The base class of all workflow constructs: seams, placeholders, roles and the state machine."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, cast

from aws_cdk import Stack
from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_kms as kms
from aws_cdk import aws_s3 as s3
from aws_cdk import aws_stepfunctions as sfn
from constructs import Construct

from mdlc_constructs.asl.checks import check
from mdlc_constructs.asl.machine import Machine
from mdlc_constructs.asl.statements import Statement
from mdlc_constructs.asl.states import State
from mdlc_constructs.resources import bundles
from mdlc_constructs.resources.assets import Location, asset
from mdlc_constructs.resources.images import registry
from mdlc_constructs.resources.model_home import ModelHome
from mdlc_constructs.resources.names import MACHINE, claim
from mdlc_constructs.resources.permissions import Role
from mdlc_constructs.resources.places import KEY_ARN, LAYOUT
from mdlc_constructs.resources.state_machines import new_state_machine
from mdlc_constructs.settings import Dataset, NetworkSettings
from mdlc_constructs.settings.image import Image
from mdlc_constructs.settings.token import has_token
from mdlc_constructs.signatures import ConstructorSignature
from mdlc_constructs.workflows.parts import MachineFunction, Settings
from mdlc_constructs.workflows.seams import Seam, seams_of, tasks_of

DATA_LOCK = "requirements-data.lock"
EVALUATE_LOCK = "requirements-evaluate.lock"
EXPORT_LOCK = "export/requirements.lock"
MONITOR_LOCK = "requirements-monitor.lock"

LINT = ("E1101", "E3601")
"""cfn-lint rules to ignore for a state machine.

cfn-lint reads a definition without its substitutions, so it does not accept `arn:${Partition}:states:::` as
an ARN. When such a state is in a Parallel, it even fails over its own message (E1101: the number of a branch
is not text). `asl.check` validates the definition instead.
"""

_ALARMS = (
    ("FailedAlarm", "ExecutionsFailed", "failed: see its audit item"),
    ("TimedOutAlarm", "ExecutionsTimedOut", "took longer than it may: see its history"),
    ("AbortedAlarm", "ExecutionsAborted", "was stopped: see its history"),
)
"""The alarms on executions: each way to end without success has a CloudWatch metric of its own."""

_ECR = re.compile(
    r"(?P<account>.+)\.dkr\.ecr\.(?P<region>\$\{Token\[[^\]]*\]\}|[^.]+)\..+?/(?P<repository>[^:@]+)[:@].+"
)


@dataclass(frozen=True, kw_only=True)
class Source:
    """The location of a dataset, and its encryption key when that is not the model's."""

    bucket: str
    prefix: str
    key_arn: str | None
    construct: s3.IBucket | None = field(default=None, compare=False)
    """The bucket's construct, when the caller passed it."""


def source_of(home: ModelHome, dataset: Dataset, bucket: s3.IBucket | None) -> Source:
    """The bucket, prefix and key of a dataset.

    Raises:
        ValueError: when `bucket` is not the one in the dataset's URI, or the URI covers prefixes to which
            the workflows themselves write.
    """
    refuse_covering(home, dataset.uri, "dataset.uri")
    return source_at(home, dataset.uri, bucket, argument="dataset")


def refuse_covering(home: ModelHome, uri: str, argument: str) -> None:
    """Refuse a location of data that covers prefixes to which the workflows themselves write.

    Raises:
        ValueError: names the argument, its value and the remedy.
    """
    named, _, prefix = uri.removeprefix("s3://").partition("/")
    covered = [place for place in LAYOUT if f"{place}/".startswith(prefix)]
    if named == home.bucket_name and covered:
        raise ValueError(
            f"{argument} is {uri!r} and covers {covered[0]}/, where this model's workflows write: "
            f"every run would change the data. Put the data below a prefix of its own, such as raw/."
        )


def source_at(home: ModelHome, uri: str, bucket: s3.IBucket | None, *, argument: str) -> Source:
    """The bucket, prefix and key of an S3 URI.

    Args:
        home: the model's home.
        uri: the S3 URI.
        bucket: the bucket's construct, when the caller has it.
        argument: name of the constructor's argument with the URI, for error messages.

    Raises:
        ValueError: when `bucket` is not the one in the URI.
    """
    named, _, prefix = uri.removeprefix("s3://").partition("/")
    if bucket is not None:
        name = bucket.bucket_name
        if name != named and not has_token(name) and not has_token(named):
            raise ValueError(
                f"{argument}_bucket is {name!r} and {argument}.uri names {named!r}: "
                f"pass the bucket that holds the data."
            )
        key: kms.IKey | None = bucket.encryption_key
        key_arn = key.key_arn if key is not None else None
        return Source(bucket=named, prefix=prefix, key_arn=key_arn, construct=bucket)
    return Source(bucket=named, prefix=prefix, key_arn=KEY_ARN if named == home.bucket_name else None)


def without_none(**options: Any) -> dict[str, Any]:
    """The options that are not None, so that each default is written once, in the settings' dataclass."""
    return {name: value for name, value in options.items() if value is not None}


class Workflow(Construct):
    """A state machine with its roles. Subclasses define its steps and assemble its machine.

    A step can be changed in three ways, all read before the machine is built: `create_<step>_task` (override,
    call `super()`, use `dataclasses.replace`), `before_<step>` and `after_<step>` (methods that return
    states), and the constructor's argument `seams`, which adds states as those methods do.

    Attributes:
        machine: the machine as plain data, for drawing, counting states or reading.
        state_machine: the deployed machine.
        role: the machine's execution role.
        alarms: alarms on executions that failed, timed out, or were stopped.
        tasks: the machine's tasks by step, with replacements.
    """

    __signature__ = ConstructorSignature()
    steps: tuple[str, ...]

    def __init__(self, scope: Construct, id_: str, *, home: ModelHome, workflow: str) -> None:
        self._name = f"{home.name}-{workflow}"
        holder = claim(scope, id_, MACHINE, self._name)
        if holder is not None:
            raise ValueError(
                f"{id_} would make the state machine {self._name}, which {holder} makes in the same account "
                f"and region: a model has one {workflow} workflow; pass the home of another model, or give "
                f"the stacks the env= that they are deployed to."
            )
        super().__init__(scope, id_)
        self.home, self._workflow = home, workflow
        self.roles: dict[str, Role] = {}
        self._stack = Stack.of(self)

    def build(self, machine: Machine, *, bindings: Mapping[str, str]) -> None:
        """Check the machine and create it.

        Raises:
            MachineError: lists all errors of the machine, before it is created.
        """
        whole = {**self.home.bindings, **bindings}
        self.machine = machine = replace(machine, bindings=whole)
        check(machine)
        self.state_machine = new_state_machine(self, "StateMachine", self.home, machine, name=self._name)
        self.role = self.state_machine.role
        resource = cast(sfn.CfnStateMachine, self.state_machine.node.default_child)
        self.home.ends_executions(resource, self._name)
        resource.add_metadata("cfn-lint", {"config": {"ignore_checks": list(LINT)}})
        self.alarms = tuple(self._alarm(*row) for row in _ALARMS)

    def job_role(self, name: str, *statements: Iterable[Statement]) -> None:
        """Create the role of a step's jobs and bind its ARN to `${<name>}`."""
        everything = [statement for group in statements for statement in group]
        self.roles[name] = self.home.job_role(name, everything, self.source_bindings, scope=self)

    def function(self, name: str, statements: Iterable[Statement], bindings: Mapping[str, str]) -> str:
        """The ARN of a function shared by the stack's workflows; adds the statements to its role."""
        return self.home.function(name, statements, bindings, scope=self)

    def model_role(self, statements: Iterable[Statement]) -> Role:
        """The shared role of the model's containers in transform jobs, with the statements added to it."""
        return self.home.model_role(statements, {}, scope=self)

    @property
    def source_bindings(self) -> Mapping[str, str]:
        """Bindings of the placeholders of the dataset's location."""
        return {"DatasetBucket": self.source.bucket, "DatasetPrefix": self.source.prefix}

    source: Source

    @property
    def sources(self) -> tuple[Source, ...]:
        """All data locations that the workflow reads."""
        return (self.source,)

    def bundle_bindings(self, *locks: str) -> tuple[Mapping[str, str], Mapping[str, Location]]:
        """Publish job code and wheels as assets; returns bindings of their placeholders and locations."""
        code = asset(self._stack, bundles.job_code())
        locations = {"JobCode": code}
        names = {
            DATA_LOCK: "DataWheels",
            EVALUATE_LOCK: "EvaluateWheels",
            EXPORT_LOCK: "ExportWheels",
            MONITOR_LOCK: "MonitorWheels",
        }
        for lock in locks:
            locations[names[lock]] = asset(self._stack, bundles.job_wheels(lock))
        bindings = {name: location.uri for name, location in locations.items()}
        return {**bindings, "JobCodeFile": code.file_name}, locations

    def image_uri(self, image: Image) -> str:
        """A prebuilt image's URI in the stack's region, which may be known only at deployment."""
        return registry(self._stack).uri(image)

    @staticmethod
    def repository_arn(image_uri: str) -> str:
        """The ARN of an image's ECR repository; when the URI has none, all repositories of the account."""
        match = _ECR.fullmatch(image_uri)
        if match is None:
            return "arn:${Partition}:ecr:${Region}:${Account}:repository/*"
        return f"arn:${{Partition}}:ecr:{match['region']}:{match['account']}:repository/{match['repository']}"

    @staticmethod
    def network_bindings(network: NetworkSettings) -> dict[str, str]:
        """Bindings of the placeholders of subnets and security groups."""
        return {
            **{f"Subnet{number}": id_ for number, id_ in enumerate(network.subnet_ids)},
            **{f"SecurityGroup{number}": id_ for number, id_ in enumerate(network.security_group_ids)},
        }

    def tasks_of_steps(self) -> dict[str, State]:
        """The task of every step, from `create_<step>_task`."""
        return tasks_of(self, self.steps)

    def put_together(
        self, machine: MachineFunction[Settings], settings: Settings, seams: Mapping[str, Seam] | None
    ) -> Machine:
        """The machine with the tasks of `create_<step>_task` and the seams of methods and constructor.

        The constructor's seams come after those of the methods.
        """
        self.tasks = self.tasks_of_steps()
        return machine(settings, tasks=self.tasks, seams=seams_of(self, self.steps, seams))

    def _alarm(self, id_: str, metric: str, what: str) -> cloudwatch.CfnAlarm:
        return cloudwatch.CfnAlarm(
            self,
            id_,
            alarm_description=f"An execution of {self._name} {what}.",
            namespace="AWS/States",
            metric_name=metric,
            dimensions=[{"name": "StateMachineArn", "value": self.state_machine.state_machine_arn}],
            statistic="Sum",
            period=300,
            evaluation_periods=1,
            threshold=1,
            comparison_operator="GreaterThanOrEqualToThreshold",
            treat_missing_data="notBreaching",
        )
