from __future__ import annotations

import json
import os
import textwrap
from pathlib import Path

from tests.wheel.conftest import Installed

# A model team's own app, outside this repository: it replaces one task and adds one state.
APP = """
    import dataclasses

    from aws_cdk import App, CfnOutput, Stack

    from mdlc_constructs import BuiltInAlgorithm, Dataset, ModelHome, TrainingWorkflow
    from mdlc_constructs.asl import Pass


    class CarefulTraining(TrainingWorkflow):
        def create_train_task(self):
            return dataclasses.replace(super().create_train_task(), comment="ours")

        def after_train(self):
            return Pass(name="Thanks")


    app = App()
    stack = Stack(app, "Churn")
    home = ModelHome(stack, "Model", name="churn")
    CarefulTraining(
        stack,
        "Training",
        home=home,
        dataset=Dataset.csv(
            f"s3://{home.bucket_name}/raw/",
            label="left",
            timestamp="day",
            row_key=("id",),
            columns={"id": "text", "day": "timestamp", "age": "integer", "left": "integer"},
        ),
        algorithm=BuiltInAlgorithm.xgboost(objective="binary:logistic", num_round=10),
    )
    CfnOutput(stack, "AuditTableName", value=home.audit_table_name)
    app.synth()
"""

DEFINITION = """
    from mdlc_cli import places
    from mdlc_cli.aws import target
    from mdlc_cli.executions import machines
    chosen = target.choose(places.project_root(), "local")
    machine = machines.choose(machines.all_machines(chosen), "training")
    print(chosen.client("stepfunctions").describe_state_machine(stateMachineArn=machine.arn)["definition"])
"""


def test_a_subclass_outside_the_repository_synthesizes_and_deploys(
    installed: Installed, tmp_path: Path
) -> None:
    (tmp_path / "app.py").write_text(textwrap.dedent(APP))
    (tmp_path / "cdk.json").write_text(json.dumps({"app": "python3 app.py"}))
    try:
        up = installed.run("-m", "mdlc_cli", "local", "up", "--parent-pid", str(os.getpid()), folder=tmp_path)
        assert up.returncode == 0, up.stderr
        deploy = installed.run("-m", "mdlc_cli", "deploy", "--local", folder=tmp_path)
        assert deploy.returncode == 0, deploy.stderr
        assert deploy.stdout.startswith("Churn.AuditTableName = ")
        shown = installed.run("-c", textwrap.dedent(DEFINITION), folder=tmp_path)
        assert shown.returncode == 0, shown.stderr
        states = json.loads(shown.stdout)["States"]
        assert states["Train"]["Comment"] == "ours"
        assert (states["Train"]["Next"], states["Thanks"]["Type"]) == ("Thanks", "Pass")
        audit = installed.run("-m", "mdlc_cli", "audit", "--json", folder=tmp_path)
        assert json.loads(audit.stdout) == [], audit.stderr
        # What a teardown retains is taken up by the next deployment: the table is the same.
        gone = installed.run("-m", "mdlc_cli", "teardown", "Churn", "--yes", folder=tmp_path)
        assert "model package group churn" in gone.stderr, gone.stderr
        again = installed.run("-m", "mdlc_cli", "deploy", "--local", folder=tmp_path)
        assert again.returncode == 0, again.stderr
        assert again.stdout == deploy.stdout
    finally:
        installed.run("-m", "mdlc_cli", "local", "down", folder=tmp_path)
