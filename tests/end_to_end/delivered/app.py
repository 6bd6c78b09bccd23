"""The app of the team in `test_delivery_pipeline`: a stack for each environment, and the pipeline's own."""

import os
import sys
from pathlib import Path

import aws_cdk
from aws_cdk import App, CfnOutput, Stack
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_stepfunctions as sfn
from aws_cdk import aws_stepfunctions_tasks as tasks

from mdlc_constructs.delivery.access import DeliveryAccess
from mdlc_constructs.delivery.pipeline import DeliveryPipeline
from mdlc_constructs.settings.build_commands import BuildCommands
from mdlc_constructs.settings.environments import Environment, SmokeTest
from mdlc_constructs.settings.pipeline_source import Connection

HOME, SECOND, REGION = "000000000000", "222222222222", "us-east-1"
CONNECTION = f"arn:aws:codeconnections:{REGION}:{HOME}:connection/12345678-1234-1234-1234-123456789012"
CHECK = SmokeTest(machine="team-check", input={"asked": 2})
BETA = Environment(name="Beta", account=HOME, region=REGION, stacks=("TeamBeta",), checks=(CHECK,))
PROD = Environment(
    name="Prod", account=SECOND, region=REGION, stacks=("TeamProd",), checks=(CHECK,), approval=True
)
PYTHON = f"{sys.executable} -P"
BUILD = BuildCommands(
    install=(),
    lint=(f"{PYTHON} -m ruff check --no-cache --isolated --select F .",),
    test=(f"{PYTHON} -m pytest -q -p no:cacheprovider -p no:randomly --junitxml=reports/tests.xml .",),
    synth=(f"CDK_OUTDIR=cdk.out CDK_VALIDATION=false {PYTHON} app.py",),
    validate=(),
    integration=(),
    publish=(
        f"{Path(sys.executable).parent}/cdk publish-assets --app . --unstable=publish-assets -e $STACKS",
    ),
    environment={"PYTHONPATH": os.environ.get("PYTHONPATH", ""), "PYTHONDONTWRITEBYTECODE": "1"},
)


def team(app: App, environment: Environment) -> Stack:
    """The team's stack: a function and a machine that checks it."""
    where = aws_cdk.Environment(account=environment.account, region=environment.region)
    stack = Stack(app, environment.stacks[0], env=where)
    function = lambda_.Function(
        stack,
        "Answer",
        runtime=lambda_.Runtime.PYTHON_3_11,
        handler="answer.handler",
        code=lambda_.Code.from_asset("code"),
    )
    check = tasks.LambdaInvoke(
        stack, "Ask", lambda_function=function, retry_on_service_exceptions=False, payload_response_only=True
    )
    body = sfn.DefinitionBody.from_chainable(check)
    sfn.StateMachine(stack, "Check", state_machine_name=CHECK.machine, definition_body=body)
    CfnOutput(stack, "Function", value=function.function_name)
    return stack


def main() -> None:
    """Synthesize the app."""
    app = App()
    team(app, BETA)
    DeliveryAccess(team(app, PROD), "Access", pipeline="team", pipeline_account=HOME, environment=PROD)
    own = Stack(app, "TeamDelivery", env=aws_cdk.Environment(account=HOME, region=REGION))
    DeliveryPipeline(
        own,
        "Delivery",
        name="team",
        source=Connection(arn=CONNECTION, repository="team/model"),
        environments=(BETA, PROD),
        commands=BUILD,
    )
    app.synth()


if __name__ == "__main__":
    main()
