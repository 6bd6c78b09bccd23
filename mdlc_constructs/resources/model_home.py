"""The resources that all workflows of one model share."""

from collections.abc import Iterable, Mapping
from typing import Any

from aws_cdk import Aws, CfnResource, RemovalPolicy, Stack
from aws_cdk import aws_dynamodb as dynamodb
from aws_cdk import aws_events as events
from aws_cdk import aws_kms as kms
from aws_cdk import aws_logs as logs
from aws_cdk import aws_s3 as s3
from aws_cdk import aws_sagemaker as sagemaker
from constructs import Construct

from mdlc_constructs.asl.statements import Statement
from mdlc_constructs.resources import clean_up, permissions
from mdlc_constructs.resources.bucket_events import warn_without_events
from mdlc_constructs.resources.functions import CLEAN_UP_SECONDS, Functions
from mdlc_constructs.resources.keys import admit_logs, admitted, chosen_key, new_key
from mdlc_constructs.resources.model_bucket import new_bucket
from mdlc_constructs.resources.names import claim
from mdlc_constructs.resources.permissions import Role
from mdlc_constructs.resources.tables import new_table
from mdlc_constructs.settings.model_name import check_model_name
from mdlc_constructs.signatures import ConstructorSignature


class ModelHome(Construct):
    """A model's key, bucket, package group, audit table, events and clean-up: one home per model.

    When the stack is deleted, a custom resource removes what executions created, because CloudFormation does
    not manage it. It stops the running executions of the stack's machines, then running jobs, then deletes
    endpoints and their configurations, then models. A workflow in another stack is deleted before this stack:
    stop its executions first (as `mdlc teardown` does), or its deletion waits for them.

    Args:
        name: the model's name: lowercase words joined by hyphens. The names of its jobs begin with it.
        bucket: your own bucket instead of a new one. It should be versioned, refuse plain HTTP, and send its
            events to EventBridge (`event_bridge_enabled=True`): new data and uploaded rules are noticed by
            these events. For an imported bucket, pass the key that encrypts it
            (`s3.Bucket.from_bucket_attributes(encryption_key=...)`).
        key: your own KMS key instead of a new one, by default the key of your own bucket; it encrypts the
            table, logs, volumes and outputs. Its policy must let IAM policies of the account grant its use,
            as the policies of CDK's keys do. `ModelHome` adds the statements for CloudWatch Logs to the key's
            policy. The policy of an imported key must already have them:
            `{"Effect": "Allow", "Principal": {"Service": "logs.<region>.amazonaws.com"}, "Action":
            ["kms:Encrypt*", "kms:Decrypt*", "kms:ReEncrypt*", "kms:GenerateDataKey*", "kms:Describe*"],
            "Resource": "*"}`, and the same for `delivery.logs.amazonaws.com` with `"kms:Decrypt"`, which
            delivers the logs of state machines.
        access_logs_bucket: the bucket to which S3 writes the server access logs of the new bucket, with the
            model's name as prefix; None for no access logs. It must be in the same region and encrypted with
            S3's own keys: S3 delivers to no other. The policy of an imported bucket must already let
            `logging.s3.amazonaws.com` put objects.
        removal_policy: what happens to the data when the stack is deleted. By default bucket, key, audit
            table and registered packages stay, except when the creation of the stack itself failed: they
            would block the next attempt. With `RemovalPolicy.DESTROY` all of them are deleted. A package
            group that stays keeps the model's name: `mdlc deploy` imports what an earlier stack left (as
            `cdk import` does), and `mdlc teardown --everything` deletes it.

    Raises:
        ValueError: when the names of SageMaker jobs cannot begin with the name, when another home has it in
            the same account and region, or when `bucket` is encrypted with another key than `key`.

    Attributes:
        algorithm_arn: the algorithm resource that a training workflow of this home trains by; None for an
            image.
        model_repository_arn: ARN pattern of the ECR repository with the model's image. A training workflow
            narrows it; without one in the app, the image is known only when a package is scored.
        model_roles: the roles of the model's containers in transform jobs, by the stack of the workflows that
            share the role.
        clean_up: the custom resource that removes what executions created.
    """

    __signature__ = ConstructorSignature()

    def __init__(
        self,
        scope: Construct,
        id_: str,
        *,
        name: str,
        bucket: s3.IBucket | None = None,
        key: kms.IKey | None = None,
        access_logs_bucket: s3.IBucket | None = None,
        removal_policy: RemovalPolicy = RemovalPolicy.RETAIN_ON_UPDATE_OR_DELETE,
    ) -> None:
        check_model_name(name)
        if bucket is not None and access_logs_bucket is not None:
            raise ValueError(
                "access_logs_bucket is for the bucket that the home makes, and bucket names your own: "
                "switch its access logs on where it is made, and leave access_logs_bucket out."
            )
        own_key = chosen_key(key, bucket)
        holder = claim(scope, id_, "model", name)
        if holder is not None:
            raise ValueError(
                f"name={name!r} is that of {holder}, in the same account and region: give each model a name "
                f"of its own, or their stacks the env= that they are deployed to."
            )
        super().__init__(scope, id_)
        self.name = name
        self.removal_policy = removal_policy
        self._own_bucket = bucket is None
        self._key = own_key
        self._cfn_key: kms.CfnKey | None = None
        if own_key is None:
            self._cfn_key = new_key(self, f"Everything of the model {name}")
            self._keep(self._cfn_key)
            self.key_arn: str = self._cfn_key.attr_arn
        else:
            admit_logs(self, own_key)
            self.key_arn = own_key.key_arn
        self._bucket = bucket
        self._cfn_bucket: s3.CfnBucket | None = None
        if bucket is None:
            self._cfn_bucket = new_bucket(self, name, key_arn=self.key_arn, access_logs=access_logs_bucket)
            self._keep(self._cfn_bucket)
            self.bucket_name: str = self._cfn_bucket.ref
        else:
            self.bucket_name = bucket.bucket_name
        self.package_group_name = name
        group = sagemaker.CfnModelPackageGroup(
            self,
            "Packages",
            model_package_group_name=name,
            model_package_group_description=f"Versions of {name}",
        )
        self._keep(group)
        # Only the items about received events expire: items of executions have no `forget_at`.
        self._table = self.table(self, "Audit", "pk", "sk", expires="forget_at")
        self.audit_table_name: str = self._table.ref
        self.audit_table_arn: str = self._table.attr_arn
        self.bindings: Mapping[str, str] = {
            **permissions.deployment(),
            "Bucket": self.bucket_name,
            "KeyArn": self.key_arn,
            "AuditTable": self.audit_table_name,
            "AuditTableArn": self.audit_table_arn,
            "PackageGroup": name,
        }
        self._make_clean_up(group)
        self.model_roles: dict[Stack, Role] = {}
        self.algorithm_arn: str | None = None
        self.model_repository_arn = "arn:${Partition}:ecr:*:*:repository/*"

    @property
    def bucket(self) -> s3.IBucket:
        """The model's bucket, as an L2 construct for CDK's own classes."""
        if self._bucket is None:
            assert self._cfn_bucket is not None
            self._bucket = s3.Bucket.from_cfn_bucket(self._cfn_bucket)
        return self._bucket

    def warn_without_events(self, rule: Construct, *, what: str) -> None:
        """Warn at synth when the home has a bucket of your own that sends no events to EventBridge.

        Args:
            rule: the EventBridge rule on the bucket's events.
            what: a clause that says what does not happen without the events.
        """
        if not self._own_bucket:
            warn_without_events(rule, self._bucket, self.bucket_name, what=what)

    @property
    def key(self) -> kms.IKey:
        """The model's key, as an L2 construct for CDK's own classes."""
        if self._key is None:
            assert self._cfn_key is not None
            self._key = admitted(kms.Key.from_cfn_key(self._cfn_key))
        return self._key

    @property
    def audit_table(self) -> dynamodb.ITable:
        """The audit table, as an L2 construct for CDK's own classes. `docs/contracts.md` has its schema."""
        return dynamodb.Table.from_table_attributes(
            self, "AuditTable", table_arn=self.audit_table_arn, encryption_key=self.key
        )

    def on_event(self, id_: str, detail_type: str) -> events.Rule:
        """A new EventBridge rule on an event of this model; add its targets with `add_target`.

        Args:
            detail_type: `Training Completed`, `Training Failed`, `Predictions Published`,
                `Predictions Undelivered`, `Batch Inference Failed`, `Model Released`, `Release Failed`,
                `Monitoring Completed`, `Monitoring Failed`, `Retraining Started`, `Retraining Completed`,
                `Retraining Failed`, or the detail type of `RowEvents`.
        """
        return events.Rule(
            self,
            id_,
            event_pattern=events.EventPattern(
                source=["mdlc"], detail_type=[detail_type], detail={"model": [self.name]}
            ),
        )

    def function(
        self,
        name: str,
        statements: Iterable[Statement],
        bindings: Mapping[str, str],
        scope: Construct | None = None,
    ) -> str:
        """The ARN of a function that a stack's workflows share; its role gets the statements in addition.

        Args:
            scope: a construct in the stack that holds the function; by default this home. A workflow in
                another stack has its functions in its own stack: their permissions name resources of that
                stack, which depends on the home's stack.
        """
        functions = Functions.of(scope or self, key_arn=self.key_arn)
        return functions.function(name, statements, {**self.bindings, **bindings})

    def model_role(
        self, statements: Iterable[Statement], bindings: Mapping[str, str], scope: Construct | None = None
    ) -> Role:
        """The role of the model's containers in transform jobs, shared by all workflows of a stack.

        Each call adds its statements to the role. An endpoint's containers have another role, which belongs
        to the workflow that releases to the endpoint.

        Args:
            scope: a construct in the stack that holds the role; by default this home.
        """
        stack = Stack.of(scope or self)
        if stack in self.model_roles:
            self.model_roles[stack].allow(statements, {**self.bindings, **bindings})
        elif stack is Stack.of(self):
            self.model_roles[stack] = self.job_role("ModelRole", statements, bindings)
        else:
            id_ = f"ModelRole-{self.name}"
            self.model_roles[stack] = self.job_role(id_, statements, bindings, scope=stack)
        return self.model_roles[stack]

    def job_role(
        self,
        id_: str,
        statements: Iterable[Statement],
        bindings: Mapping[str, str],
        scope: Construct | None = None,
    ) -> Role:
        """A new role that SageMaker's jobs assume."""
        return Role(
            scope or self,
            id_,
            service="sagemaker.amazonaws.com",
            statements=statements,
            bindings={**self.bindings, **bindings},
        )

    def log_group(self, scope: Construct, id_: str, name: str | None = None) -> logs.CfnLogGroup:
        """A new encrypted log group with a retention of a year; it is deleted with the stack."""
        return logs.CfnLogGroup(
            scope, id_, log_group_name=name, retention_in_days=365, kms_key_id=self.key_arn
        )

    def table(
        self, scope: Construct, id_: str, key: str, sort_key: str | None = None, *, expires: str | None = None
    ) -> dynamodb.CfnTable:
        """A new on-demand table encrypted with the model's key, with point-in-time recovery (35 days).

        Its keys are strings. The home's removal policy decides whether it is deleted with the stack.

        Args:
            expires: the time-to-live attribute: Unix seconds after which DynamoDB may delete an item.
        """
        table = new_table(scope, id_, key, sort_key, key_arn=self.key_arn, expires=expires)
        self._keep(table)
        return table

    def _keep(self, resource: CfnResource) -> None:
        # CloudFormation deletes by default, so only another policy needs a message to the jsii kernel.
        if self.removal_policy != RemovalPolicy.DESTROY:
            resource.apply_removal_policy(self.removal_policy)

    def ends_executions(self, machine: CfnResource, machine_name: str) -> None:
        """Let the clean-up stop a machine's executions before the machine is deleted.

        Does nothing for a machine in another stack: it is deleted before the clean-up runs.
        """
        if Stack.of(machine) is not Stack.of(self):
            return
        arn = f"arn:{Aws.PARTITION}:states:{Aws.REGION}:{Aws.ACCOUNT_ID}:stateMachine:{machine_name}"
        self._machines.append(arn)
        self.clean_up.add_property_override("Machines", self._machines)
        self.clean_up.add_resource_dependency(machine)
        self.function("CleanUp", clean_up.stopping_executions(machine_name), {})

    def ends_endpoint(self, endpoint_name: str) -> None:
        """Let the clean-up delete an endpoint that the stack's machines created, with its scaling.

        The model's endpoint configurations are deleted, too. When the endpoint is being updated, the
        clean-up waits for it; when that takes longer than the function's timeout, the deletion of the stack
        fails with a message. Deleting a stack that does not hold this home deletes no endpoint.
        """
        if endpoint_name in self._endpoints:
            return
        self._endpoints.append(endpoint_name)
        self.clean_up.add_property_override("Endpoints", self._endpoints)
        self.function("CleanUp", clean_up.ending_endpoints(self.name, endpoint_name), {})

    def _make_clean_up(self, group: sagemaker.CfnModelPackageGroup) -> None:
        statements = clean_up.ending_jobs(self.name)
        properties: dict[str, Any] = {"Model": self.name}
        if self.removal_policy == RemovalPolicy.DESTROY:
            properties["Group"] = self.package_group_name
            statements += clean_up.deleting_packages(self.package_group_name)
            if self._own_bucket:
                properties["Bucket"] = self.bucket_name
                statements += clean_up.emptying_bucket()
        function_arn = self.function("CleanUp", statements, {})
        self._machines: list[str] = []
        self._endpoints: list[str] = []
        self.clean_up = CfnResource(
            self,
            "CleanUp",
            type="Custom::MdlcCleanUp",
            # A minute more than the function's timeout: the function itself responds before it times out.
            properties={
                "ServiceToken": function_arn,
                "ServiceTimeout": CLEAN_UP_SECONDS + 60,
                **properties,
            },
        )
        # The clean-up is deleted first, so that the group is empty when CloudFormation deletes it. The same
        # holds for a bucket that is deleted, because the clean-up's properties refer to it.
        self.clean_up.add_resource_dependency(group)
