"""The delivery pipeline: CodePipeline V2, one build project, and what they stand on."""

from collections.abc import Iterable, Mapping
from typing import Any

from aws_cdk import CfnOutput, RemovalPolicy, Stack, Token
from aws_cdk import aws_codebuild as codebuild
from aws_cdk import aws_codepipeline as codepipeline
from aws_cdk import aws_events as events
from aws_cdk import aws_logs as logs
from aws_cdk import aws_sns as sns
from constructs import Construct

from mdlc_constructs.asl.statements import Statement
from mdlc_constructs.delivery import buildspec as builds
from mdlc_constructs.delivery import permissions
from mdlc_constructs.delivery.checks import check, check_images
from mdlc_constructs.delivery.images import make_repositories, of_image_build, variable
from mdlc_constructs.delivery.stages import Places, pipeline_role_name, stages
from mdlc_constructs.resources.keys import new_key
from mdlc_constructs.resources.model_bucket import new_bucket
from mdlc_constructs.resources.permissions import Role
from mdlc_constructs.settings.build_commands import BuildCommands
from mdlc_constructs.settings.container_images import ContainerImage
from mdlc_constructs.settings.environments import Environment
from mdlc_constructs.settings.model_name import check_model_name
from mdlc_constructs.settings.pipeline_source import CodeCommit, PipelineSource
from mdlc_constructs.signatures import ConstructorSignature

LOG_DAYS = 365


class DeliveryPipeline(Construct):
    """A pipeline that takes each commit of a branch through a build to every environment, in order.

    The build lints, tests and synthesizes the app, and runs its workflows on the embedded AWS. Another build
    publishes the assets. Then the pipeline updates itself; a change of its own stages cancels the execution
    and starts another one. In each environment, change sets are made and executed by the roles of the CDK's
    bootstrap. When a stack, a smoke test or an alarm fails, the stage goes back to the last commit that
    succeeded there, and later environments get nothing of the commit.

    Args:
        name: the pipeline's name: lowercase words joined by hyphens.
        source: the repository and branch.
        environments: where commits are deployed to, in order.
        commands: the build's commands; the defaults fit what `mdlc init` makes.
        images: images of own containers that are built before the synthesis, in a stage of their own.
        notifications: a topic that learns of pending approvals.
        privileged: whether the builds may run Docker, which images need that are assets of the CDK.
        removal_policy: what happens to artifacts and key when the stack is deleted.

    Raises:
        ValueError: naming the argument, its value and the remedy; also for a stack whose account or region
            is known only at deployment.

    Attributes:
        pipeline: the pipeline.
        project: the build's project.
        publisher: the project that publishes assets.
        report_group: the test reports.
    """

    __signature__ = ConstructorSignature()

    def __init__(
        self,
        scope: Construct,
        id_: str,
        *,
        name: str,
        source: PipelineSource,
        environments: tuple[Environment, ...],
        commands: BuildCommands | None = None,
        images: tuple[ContainerImage, ...] = (),
        notifications: sns.ITopic | None = None,
        privileged: bool = False,
        removal_policy: RemovalPolicy = RemovalPolicy.RETAIN_ON_UPDATE_OR_DELETE,
    ) -> None:
        check_model_name(name)
        stack = Stack.of(scope)
        check(stack, environments)
        check_images(images, name)
        super().__init__(scope, id_)
        self._commands = commands or BuildCommands()
        self._removal_policy = removal_policy
        places = Places(
            partition=stack.partition if not Token.is_unresolved(stack.partition) else "aws",
            account=stack.account,
            region=stack.region,
            pipeline=name,
            stack=stack.stack_name,
            project=f"{name}-build",
            publisher=f"{name}-publish",
            imager=f"{name}-images" if images else "",
            topic=notifications.topic_arn if notifications else "",
        )
        self._make_store(name, environments, places)
        self._make_builds(environments, places, privileged=privileged)
        if images:
            self._make_image_build(images, environments, places)
        self._make_pipeline(source, environments, places)
        if isinstance(source, CodeCommit):
            self._start_by_commits(source, places)
        CfnOutput(self, "PipelineName", value=self.pipeline.ref)

    def _make_store(self, name: str, environments: tuple[Environment, ...], places: Places) -> None:
        roles = permissions.readers(environments, places)
        readers = permissions.reading(roles, places, ["kms:Decrypt", "kms:DescribeKey"], "*")
        self._key = new_key(self, f"Artifacts and logs of the pipeline {name}", also=readers)
        self._bucket = new_bucket(
            self,
            name,
            key_arn=self._key.attr_arn,
            access_logs=None,
            also=lambda arn: permissions.reading(
                roles, places, ["s3:GetObject", "s3:GetObjectVersion"], f"{arn}/*"
            ),
        )
        for resource in (self._key, self._bucket):
            if self._removal_policy != RemovalPolicy.DESTROY:
                resource.apply_removal_policy(self._removal_policy)

    def _make_builds(
        self, environments: tuple[Environment, ...], places: Places, *, privileged: bool
    ) -> None:
        self.report_group = codebuild.CfnReportGroup(
            self,
            "Reports",
            type="TEST",
            name=f"{places.project}-tests",
            delete_reports=True,
            export_config={"exportConfigType": "NO_EXPORT"},
        )
        reports = self.report_group.attr_arn
        self.project = self._project(
            "Build",
            places.project,
            f"Tests and synthesizes what the pipeline {places.pipeline} deploys",
            places,
            document=builds.build(self._commands, report_group=reports, images=bool(places.imager)),
            statements=permissions.of_build(),
            bindings={"ReportGroupArn": reports},
            privileged=privileged,
        )
        stacks = (places.stack, *(name for each in environments for name in each.stacks))
        self.publisher = self._project(
            "Publish",
            places.publisher,
            f"Publishes the assets of what the pipeline {places.pipeline} deploys",
            places,
            document=builds.publish(self._commands, stacks=stacks),
            statements=permissions.of_publisher(environments, places),
            bindings={},
            privileged=privileged,
        )

    def _make_image_build(
        self, images: tuple[ContainerImage, ...], environments: tuple[Environment, ...], places: Places
    ) -> None:
        repositories = make_repositories(self, images, environments, places)
        self._imager = self._project(
            "Images",
            places.imager,
            f"Builds the images of what the pipeline {places.pipeline} deploys",
            places,
            document=builds.images(self._commands, variable(images, places)),
            statements=(*permissions.of_image_build(), *of_image_build(repositories)),
            bindings=repositories,
            # Docker runs in a privileged container only.
            privileged=True,
        )

    def _project(
        self,
        id_: str,
        name: str,
        description: str,
        places: Places,
        *,
        document: Mapping[str, Any],
        statements: Iterable[Statement],
        bindings: Mapping[str, str],
        privileged: bool,
    ) -> codebuild.CfnProject:
        group = logs.CfnLogGroup(
            self,
            f"{id_}Log",
            log_group_name=f"/aws/codebuild/{name}",
            retention_in_days=LOG_DAYS,
            kms_key_id=self._key.attr_arn,
        )
        own = f"arn:{places.partition}:logs:{places.region}:{places.account}"
        role = Role(
            self,
            f"{id_}Role",
            service="codebuild.amazonaws.com",
            statements=statements,
            bindings={
                "Bucket": self._bucket.ref,
                "KeyArn": self._key.attr_arn,
                "LogGroupArn": f"{own}:log-group:{group.ref}",
                **bindings,
            },
        )
        commands = self._commands
        return codebuild.CfnProject(
            self,
            id_,
            name=name,
            description=description,
            service_role=role.arn,
            source={"type": "CODEPIPELINE", "buildSpec": Stack.of(self).to_json_string(dict(document))},
            # A build without an output artifact of the pipeline has the same type.
            artifacts={"type": "CODEPIPELINE"},
            environment=codebuild.CfnProject.EnvironmentProperty(
                type="LINUX_CONTAINER",
                image=commands.image,
                compute_type=commands.compute_type,
                privileged_mode=privileged,
                environment_variables=[
                    codebuild.CfnProject.EnvironmentVariableProperty(name=key, value=value, type="PLAINTEXT")
                    for key, value in sorted(commands.environment.items())
                ],
            ),
            encryption_key=self._key.attr_arn,
            timeout_in_minutes=commands.minutes,
            logs_config={"cloudWatchLogs": {"status": "ENABLED", "groupName": group.ref}},
        )

    def _make_pipeline(
        self, source: PipelineSource, environments: tuple[Environment, ...], places: Places
    ) -> None:
        role = Role(
            self,
            "Role",
            service="codepipeline.amazonaws.com",
            name=pipeline_role_name(places.pipeline),
            statements=permissions.of_pipeline(source, environments, places),
            bindings={
                "Bucket": self._bucket.ref,
                "KeyArn": self._key.attr_arn,
                "ProjectArn": self.project.attr_arn,
                "PublisherArn": self.publisher.attr_arn,
                **({"ImagerArn": self._imager.attr_arn} if places.imager else {}),
                "Topic": places.topic,
            },
        )
        self.pipeline = codepipeline.CfnPipeline(
            self,
            "Pipeline",
            name=places.pipeline,
            role_arn=role.arn,
            pipeline_type="V2",
            execution_mode="QUEUED",
            restart_execution_on_update=True,
            artifact_store={
                "type": "S3",
                "location": self._bucket.ref,
                "encryptionKey": {"id": self._key.attr_arn, "type": "KMS"},
            },
            stages=stages(source, environments, places),
        )

    def _start_by_commits(self, source: CodeCommit, places: Places) -> None:
        arn = f"arn:{places.partition}:codepipeline:{places.region}:{places.account}:{places.pipeline}"
        role = Role(
            self,
            "CommitRole",
            service="events.amazonaws.com",
            statements=(Statement(actions=("codepipeline:StartPipelineExecution",), resources=(arn,)),),
            bindings={},
        )
        repository = f"arn:{places.partition}:codecommit:{places.region}:{places.account}:{source.repository}"
        events.CfnRule(
            self,
            "Commits",
            description=f"Commits of {source.repository} start the pipeline {places.pipeline}",
            event_pattern={
                "source": ["aws.codecommit"],
                "detail-type": ["CodeCommit Repository State Change"],
                "resources": [repository],
                "detail": {
                    "event": ["referenceCreated", "referenceUpdated"],
                    "referenceType": ["branch"],
                    "referenceName": [source.branch],
                },
            },
            targets=[events.CfnRule.TargetProperty(id="Pipeline", arn=arn, role_arn=role.arn)],
        )
