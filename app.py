"""The CDK app of this repository: the example team's stack.

`cdk synth --context nag=true` also judges it by cdk-nag's AwsSolutions rules.
"""

import os

from aws_cdk import App, Environment

from examples.flight_delay.stack import FlightDelayStack
from mdlc_constructs import governance

app = App()
FlightDelayStack(
    app,
    "FlightDelay",
    env=Environment(
        account=os.environ.get("CDK_DEFAULT_ACCOUNT"), region=os.environ.get("CDK_DEFAULT_REGION")
    ),
)
if app.node.try_get_context("nag"):
    governance.add_nag(app)
app.synth()
