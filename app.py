"""The CDK app of this repository: the example team's stack."""

import os

from aws_cdk import App, Environment

from examples.flight_delay.stack import FlightDelayStack

app = App()
FlightDelayStack(
    app,
    "FlightDelay",
    env=Environment(
        account=os.environ.get("CDK_DEFAULT_ACCOUNT"), region=os.environ.get("CDK_DEFAULT_REGION")
    ),
)
app.synth()
