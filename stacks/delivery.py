"""The stack of a team's delivery pipeline: from each commit to every environment."""

import aws_cdk
from aws_cdk import Stack
from aws_cdk import aws_kms as kms
from aws_cdk import aws_sns as sns
from constructs import Construct

from mdlc_constructs import (
    BuildCommands,
    CodeCommit,
    Connection,
    ContainerImage,
    DeliveryPipeline,
    Environment,
)


class DeliveryStack(Stack):
    """A pipeline with a topic that learns of pending approvals.

    Args:
        env: the account and region of the pipeline, which other accounts trust by name.
        name: the pipeline's name.
        source: the repository and branch.
        environments: where commits are deployed to, in order.
        commands: the build's commands; the defaults fit what `mdlc init` makes.
        images: images of own containers that are built before the synthesis.
        privileged: whether may run Docker, which images of own containers need.

    Attributes:
        approvals: the topic; subscribe a chat or a mailbox.
        delivery: the pipeline.
    """

    def __init__(
        self,
        scope: Construct,
        id_: str,
        *,
        env: aws_cdk.Environment,
        name: str,
        source: Connection | CodeCommit,
        environments: tuple[Environment, ...],
        commands: BuildCommands | None = None,
        images: tuple[ContainerImage, ...] = (),
        privileged: bool = False,
    ) -> None:
        super().__init__(scope, id_, env=env)
        # AWS's own key may be used by all who may publish to the topic, so the pipeline's role needs no more.
        key = kms.Alias.from_alias_name(self, "TopicKey", "alias/aws/sns")
        self.approvals = sns.Topic(self, "Approvals", master_key=key, enforce_ssl=True)
        self.delivery = DeliveryPipeline(
            self,
            "Delivery",
            name=name,
            source=source,
            environments=environments,
            commands=commands,
            images=images,
            notifications=self.approvals,
            privileged=privileged,
        )
