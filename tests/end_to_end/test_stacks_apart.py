"""The home in one stack, workflows in others: deployed, run and destroyed, with IAM enforced."""

from pathlib import Path

from aws_cdk import App, CfnOutput, RemovalPolicy, Stack

from mdlc_constructs import (
    BatchInferenceWorkflow,
    BuiltInAlgorithm,
    Dataset,
    Gate,
    ModelHome,
    QualityRules,
    TrainingWorkflow,
)
from tests.end_to_end.aws import Aws
from tests.end_to_end.team import COLUMNS, Team, write_orders

TEAM = Team(model="apart")


def synthesize(folder: Path) -> Path:
    app = App(outdir=str(folder / "cdk.out"))
    platform = Stack(app, TEAM.stack)
    home = ModelHome(platform, "Model", name=TEAM.model, removal_policy=RemovalPolicy.DESTROY)
    orders = Dataset.csv(
        f"s3://{home.bucket_name}/raw/",
        label="returned",
        timestamp="at",
        row_key=("id",),
        columns=COLUMNS,
        features=("shop", "items", "price"),
    )
    rules = QualityRules(minimum_rows=50)
    TrainingWorkflow(
        Stack(app, "ApartTraining"),
        "Training",
        home=home,
        dataset=orders,
        algorithm=BuiltInAlgorithm.xgboost(objective="binary:logistic", num_round=5),
        quality=rules,
        gate=Gate(at_least={"auc": 0.6}),
    )
    BatchInferenceWorkflow(Stack(app, "ApartBatch"), "Batch", home=home, dataset=orders, quality=rules)
    CfnOutput(platform, "BucketName", value=home.bucket_name)
    return Path(app.synth().directory)


def test_workflows_run_in_stacks_apart_from_their_home(aws: Aws, tmp_path: Path) -> None:
    assembly = synthesize(tmp_path)
    aws.cdk_on(assembly, "deploy", "--require-approval", "never")
    aws.upload(TEAM, "raw/", write_orders(tmp_path / "raw", seed=5, rows=1500, files=1))
    for workflow in ("training", "batch-inference"):
        done = aws.run(TEAM, workflow)
        assert done.status == "SUCCEEDED", (workflow, done.error, done.cause)
    aws.cdk_on(assembly, "destroy", "--force")
