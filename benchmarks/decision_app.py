"""A CDK app with one decision API in both shapes: ``python -m benchmarks.decision_app``."""

from dataclasses import dataclass

from aws_cdk import App, CfnOutput, RemovalPolicy, Stack
from aws_cdk import aws_dynamodb as dynamodb

from benchmarks import decisions
from mdlc_constructs import DecisionApi, ModelHome

STACK = "Decisions"


@dataclass(frozen=True)
class Endpoint:
    """The existing endpoint."""

    endpoint_name: str = decisions.ENDPOINT


def main() -> None:
    """Synthesize the app."""
    app = App()
    stack = Stack(app, STACK)
    customers = dynamodb.Table(
        stack,
        "Customers",
        partition_key=dynamodb.Attribute(name="customer", type=dynamodb.AttributeType.STRING),
        billing_mode=dynamodb.BillingMode.PAY_PER_REQUEST,
        removal_policy=RemovalPolicy.DESTROY,
    )
    api = DecisionApi(
        stack,
        "Api",
        home=ModelHome(stack, "Model", name=decisions.MODEL),
        endpoint=Endpoint(),
        decisions=decisions.decisions(),
        rules=decisions.RULES,
        feature_table=customers,
        shape="both",
        account_log_role=True,
    )
    CfnOutput(stack, "Url", value=api.url)
    CfnOutput(stack, "CustomersName", value=customers.table_name)
    CfnOutput(stack, "DecisionsName", value=api.table_name)
    app.synth()


if __name__ == "__main__":
    main()
