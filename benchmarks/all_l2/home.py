"""The resources of one model: key, bucket, table, model package group, functions and clean-up."""

from collections.abc import Sequence

from aws_cdk import Aws, CustomResource, Duration, RemovalPolicy
from aws_cdk import aws_dynamodb as dynamodb
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_logs as logs
from aws_cdk import aws_s3 as s3
from aws_cdk import aws_s3_assets as s3_assets
from aws_cdk import aws_sagemaker as sagemaker
from constructs import Construct

from mdlc_constructs.resources import bundles


class Home(Construct):
    """The resources that both workflows of a model share."""

    def __init__(self, scope: Construct, id_: str, *, name: str) -> None:
        super().__init__(scope, id_)
        self.name = name
        self.key = kms.Key(
            self,
            "Key",
            description=f"Everything of the model {name}",
            enable_key_rotation=True,
            removal_policy=RemovalPolicy.DESTROY,
        )
        logging = iam.ServicePrincipal(f"logs.{Aws.REGION}.amazonaws.com")
        self.key.grant_encrypt_decrypt(logging)
        self.bucket = s3.Bucket(
            self,
            "Bucket",
            encryption=s3.BucketEncryption.KMS,
            encryption_key=self.key,
            bucket_key_enabled=True,
            block_public_access=s3.BlockPublicAccess.BLOCK_ALL,
            enforce_ssl=True,
            versioned=True,
            lifecycle_rules=[
                s3.LifecycleRule(id="unfinished", abort_incomplete_multipart_upload_after=Duration.days(7))
            ],
            removal_policy=RemovalPolicy.DESTROY,
        )
        bucket = self.bucket.node.default_child
        assert isinstance(bucket, s3.CfnBucket)
        # event_bridge_enabled=True would add a custom resource with its own function.
        bucket.add_property_override(
            "NotificationConfiguration.EventBridgeConfiguration.EventBridgeEnabled", True
        )
        self.table = dynamodb.Table(
            self,
            "Audit",
            partition_key=dynamodb.Attribute(name="pk", type=dynamodb.AttributeType.STRING),
            sort_key=dynamodb.Attribute(name="sk", type=dynamodb.AttributeType.STRING),
            billing_mode=dynamodb.BillingMode.PAY_PER_REQUEST,
            encryption=dynamodb.TableEncryption.CUSTOMER_MANAGED,
            encryption_key=self.key,
            point_in_time_recovery_specification=dynamodb.PointInTimeRecoverySpecification(
                point_in_time_recovery_enabled=True
            ),
            removal_policy=RemovalPolicy.DESTROY,
        )
        self.group = sagemaker.CfnModelPackageGroup(
            self,
            "Packages",
            model_package_group_name=name,
            model_package_group_description=f"Versions of {name}",
        )
        self.group.apply_removal_policy(RemovalPolicy.DESTROY)
        code = bundles.job_code()
        self.job_code = s3_assets.Asset(self, "JobCode", path=str(code.path), asset_hash=code.digest)
        self.wheels: dict[str, s3_assets.Asset] = {}
        for kind in ("data", "evaluate"):
            zipped = bundles.job_wheels(f"requirements-{kind}.lock")
            self.wheels[kind] = s3_assets.Asset(
                self, f"{kind.title()}Wheels", path=str(zipped.path), asset_hash=zipped.digest
            )

    def function(
        self, id_: str, handler: str, description: str, statements: Sequence[iam.PolicyStatement]
    ) -> lambda_.Function:
        """A Lambda function with its log group."""
        bundle = bundles.lambda_code()
        group = self.log_group(self, f"{id_}Logs")
        return lambda_.Function(
            self,
            id_,
            runtime=lambda_.Runtime.PYTHON_3_14,
            architecture=lambda_.Architecture.ARM_64,
            handler=handler,
            description=description,
            code=lambda_.Code.from_asset(str(bundle.path), asset_hash=bundle.digest),
            timeout=Duration.minutes(5),
            memory_size=512,
            tracing=lambda_.Tracing.ACTIVE,
            logging_format=lambda_.LoggingFormat.JSON,
            log_group=group,
            initial_policy=statements,
        )

    def log_group(self, scope: Construct, id_: str, name: str | None = None) -> logs.LogGroup:
        """An encrypted log group."""
        return logs.LogGroup(
            scope,
            id_,
            log_group_name=name,
            retention=logs.RetentionDays.ONE_YEAR,
            encryption_key=self.key,
            removal_policy=RemovalPolicy.DESTROY,
        )

    def clean_up(self, statements: Sequence[iam.PolicyStatement]) -> None:
        """Delete what executions created when the stack is deleted, by a custom resource."""
        function = self.function(
            "CleanUp",
            "lambdas.functions.clean_up.handler.handler",
            "Ends what executions made when a stack is deleted",
            statements,
        )
        resource = CustomResource(
            self,
            "CleanUpWhenDeleted",
            service_token=function.function_arn,
            service_timeout=Duration.minutes(15),
            resource_type="Custom::MdlcCleanUp",
            properties={"Model": self.name, "Group": self.name, "Bucket": self.bucket.bucket_name},
        )
        resource.node.add_dependency(self.group, self.bucket, self.key)
