"""The batch inference workflow."""

from aws_cdk import Duration
from aws_cdk import aws_iam as iam
from aws_cdk import aws_stepfunctions_tasks as tasks
from constructs import Construct

from benchmarks.all_l2.home import Home
from benchmarks.all_l2.records import DYNAMODB
from benchmarks.all_l2.statements import (
    allow,
    job_code,
    job_role,
    listing,
    machine_statements,
    model_bucket,
    planning,
    running,
    sagemaker_arn,
)
from benchmarks.all_l2.states import States
from examples.flight_delay.dataset import flights, rules
from mdlc_constructs.settings.payloads.codec import encode

PREFIX = "raw/batch/"
S3 = ("S3.S3Exception", "S3.SdkClientException", "S3.SlowDown")


def settings(uri: str) -> dict[str, object]:
    """The settings that the planning function reads."""
    return {"dataset": encode(flights(uri).to_plan()), "quality": encode(rules().to_plan()), "parallel": 4}


class BatchInference(Construct):
    """The workflow that scores a batch with the latest approved package and publishes the predictions."""

    def __init__(self, scope: Construct, id_: str, *, home: Home, model_role: iam.IRole) -> None:
        super().__init__(scope, id_)
        self.home = home
        data = home.bucket.arn_for_objects(f"{PREFIX}*")
        uri = home.bucket.s3_url_for_object(PREFIX)
        jobs = [*running(home, "ProcessingJobs", "sagemaker-scikit-learn"), *job_code(home, "data")]
        input_role = job_role(
            self,
            "InputRole",
            [
                *jobs,
                listing(home, PREFIX),
                *model_bucket(home, reads=["runs"], writes=["quality", "quarantine"], also=[data]),
            ],
        )
        prepare_role = job_role(
            self,
            "PrepareRole",
            [
                *jobs,
                listing(home, PREFIX),
                *model_bucket(home, reads=["runs", "splits"], writes=["prepared"], also=[data]),
            ],
        )
        output_role = job_role(
            self,
            "OutputRole",
            [
                *jobs,
                *model_bucket(home, reads=["runs", "prepared", "scores"], writes=["predictions", "staged"]),
            ],
        )
        states = States(self, home, workflow="batch-inference", failure_event="Batch Inference Failed")
        states.model_role = model_role
        function = home.function(
            "PlanBatch",
            "lambdas.functions.plan_batch.handler.handler",
            "Plans batch inference executions",
            [
                *planning(home, PREFIX),
                allow(["sagemaker:ListModelPackages"], [sagemaker_arn(f"model-package-group/{home.name}")]),
                allow(["sagemaker:DescribeModelPackage"], [sagemaker_arn(f"model-package/{home.name}/*")]),
            ],
        )
        plan = states.planning(
            function,
            settings(uri),
            ["quality", "output"],
        )
        model = states.created_model(
            name="{% $plan.package.model %}",
            image="{% $plan.package.image %}",
            artifact="{% $plan.package.artifact %}",
            role=model_role,
        )
        check = states.data_job(
            "CheckInput",
            "quality",
            role=input_role,
            wheels="data",
            inputs={"data": "{% $plan.uris.data %}"},
            outputs={"report": "{% $plan.uris.report %}", "quarantine": "{% $plan.uris.quarantine %}"},
            assign={"quality": "{% $parse($states.result.ExitMessage) %}"},
        )
        input_verdict = states.verdict(
            "InputVerdict", "quality", error="DataRefused", instead="The quality job left no verdict."
        )
        prepare = states.data_job(
            "PrepareInput",
            "prepare",
            role=prepare_role,
            wheels="data",
            inputs={"data": "{% $plan.uris.data %}", "program": "{% $plan.package.program %}"},
            outputs={"shards": "{% $plan.uris.shards %}", "keys": "{% $plan.uris.keys %}"},
        )
        score = states.scored(
            "ScoreInput", "ScoreShard", comment="One transform job a shard", max_concurrency=4
        )
        check_output = states.data_job(
            "CheckOutput",
            "check",
            role=output_role,
            wheels="data",
            inputs={"keys": "{% $plan.uris.keys %}", "predictions": "{% $plan.uris.scores %}"},
            outputs={"parts": "{% $plan.uris.parts %}", "staged": "{% $plan.uris.staged %}"},
            assign={"output": "{% $parse($states.result.ExitMessage) %}"},
        )
        output_verdict = states.verdict(
            "OutputVerdict", "output", error="OutputRefused", instead="The check job left no verdict."
        )
        publish = self._publish(states)
        champion = self._champion(states)
        kept = {
            "package_arn": "{% $plan.package.arn %}",
            "manifest": "{% $plan.uris.manifest %}",
            "rows": "{% $result.rows %}",
        }
        record = states.recorded(kept, kept)
        champion.add_catch(record, errors=["DynamoDB.ConditionalCheckFailedException"], outputs={})
        states.caught(champion)
        detail = {"outcome": "{% $result.outcome %}", "run": "{% $plan.run %}", **kept}
        published = states.event("PublishEvent", "Predictions Published", detail)
        states.caught(published)
        resume = states.resumed(
            [
                model,
                check,
                input_verdict,
                prepare,
                score,
                check_output,
                output_verdict,
                publish,
            ],
            record,
            {"outcome": "Unchanged", "rows": "{% $plan.recorded.rows %}"},
        )
        plan.next(resume)
        model.next(check).next(input_verdict)
        input_verdict.otherwise(prepare)
        prepare.next(score).next(check_output).next(output_verdict)
        output_verdict.otherwise(publish)
        publish.next(champion).next(record).next(published)
        states.machine(
            plan,
            comment=f"Scores a batch with the latest approved package of {home.name} and publishes it",
            timeout=Duration.days(2),
            statements=[
                *machine_statements(home, {"Processing": [input_role, prepare_role, output_role]}),
                allow(
                    ["kms:Decrypt", "kms:GenerateDataKey"],
                    [home.key.key_arn],
                    {"StringLike": {"kms:ViaService": "s3.*.amazonaws.com"}},
                ),
                allow(["s3:GetObject"], [home.bucket.arn_for_objects("staged/*")]),
            ],
        )

    def _publish(self, states: States) -> tasks.CallAwsService:
        bucket = self.home.bucket.bucket_name
        state = tasks.CallAwsService.jsonata(
            self,
            "PublishManifest",
            service="s3",
            action="copyObject",
            iam_action="s3:PutObject",
            iam_resources=[self.home.bucket.arn_for_objects("predictions/*/manifest.json")],
            parameters={
                "Bucket": bucket,
                "Key": "{% $plan.keys.manifest %}",
                "CopySource": f"{{% '{bucket}/' & ($plan.keys.staged) %}}",
            },
            assign={"result": {"outcome": "Succeeded", "rows": "{% $string($output.rows) %}"}},
            outputs={},
        )
        states.retried(state, S3)
        states.caught(state)
        return state

    def _champion(self, states: States) -> tasks.DynamoUpdateItem:
        text, number = tasks.DynamoAttributeValue.from_string, tasks.DynamoAttributeValue.number_from_string
        state = tasks.DynamoUpdateItem.jsonata(
            self,
            "PointChampion",
            table=self.home.table,
            key={"pk": text(f"MODEL#{self.home.name}"), "sk": text("CHAMPION")},
            update_expression=(
                "SET #version = :version, package_arn = :package_arn, #model = :model, "
                "program = :program, moved_at = :moved_at, moved_by = :moved_by"
            ),
            condition_expression="attribute_not_exists(#version) OR #version < :version",
            expression_attribute_names={"#version": "version", "#model": "model"},
            expression_attribute_values={
                ":version": number("{% $string($plan.package.version) %}"),
                ":package_arn": text("{% $plan.package.arn %}"),
                ":model": text("{% $plan.package.model %}"),
                ":program": text("{% $plan.package.program %}"),
                ":moved_at": text("{% $now() %}"),
                ":moved_by": text("{% $states.context.Execution.Id %}"),
            },
            outputs={},
        )
        states.retried(state, DYNAMODB)
        return state
