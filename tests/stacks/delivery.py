"""A team's delivery to two environments, as several tests synthesize it."""

import aws_cdk
from aws_cdk import App, Stack

from mdlc_constructs import (
    AlarmWatch,
    CodeCommit,
    Connection,
    ContainerImage,
    DeliveryAccess,
    Environment,
    SmokeTest,
)
from stacks.delivery import DeliveryStack

HOME, SECOND, REGION = "111111111111", "222222222222", "eu-central-1"
SOURCE = Connection(arn=f"arn:aws:codeconnections:{REGION}:{HOME}:connection/0f3a", repository="team/churn")
CHECKS = (SmokeTest(machine="churn-training"), AlarmWatch(alarms=("churn-errors",), minutes=20))
BETA = Environment(name="Beta", account=HOME, region=REGION, stacks=("ChurnBeta",), checks=CHECKS)
PROD = Environment(
    name="Prod", account=SECOND, region=REGION, stacks=("ChurnProd",), checks=CHECKS, approval=True
)


def delivery(
    app: App, *, source: Connection | CodeCommit = SOURCE, images: tuple[ContainerImage, ...] = ()
) -> tuple[DeliveryStack, Stack]:
    """The pipeline's stack, and the second account's with the role for its checks."""
    stack = DeliveryStack(
        app,
        "ChurnDelivery",
        env=aws_cdk.Environment(account=HOME, region=REGION),
        name="churn-delivery",
        source=source,
        environments=(BETA, PROD),
        images=images,
    )
    prod = Stack(app, "ChurnProd", env=aws_cdk.Environment(account=SECOND, region=REGION))
    DeliveryAccess(prod, "Access", pipeline="churn-delivery", pipeline_account=HOME, environment=PROD)
    return stack, prod
