"""The CDK app of this example."""

from aws_cdk import App

from examples.flight_lifecycle.stack import FlightLifecycleStack
from examples.flight_lifecycle.team import TEAM

app = App()
FlightLifecycleStack(app, TEAM.stack)
app.synth()
