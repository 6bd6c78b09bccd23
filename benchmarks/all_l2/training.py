"""The training workflow."""

import json
from collections.abc import Mapping

from aws_cdk import Duration
from aws_cdk import aws_iam as iam
from aws_cdk import aws_stepfunctions as sfn
from aws_cdk import aws_stepfunctions_tasks as tasks
from constructs import Construct

from benchmarks.all_l2.home import Home
from benchmarks.all_l2.records import SAGEMAKER
from benchmarks.all_l2.statements import (
    TRAINING_IMAGE,
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
from examples.flight_delay.dataset import flights, rules, split
from mdlc_constructs import Evaluation, Gate
from mdlc_constructs.settings.payloads.codec import encode

HYPERPARAMETERS = {"objective": "binary:logistic", "num_round": "200"}
PREFIX = "raw/training/"
MODEL_CARD = {"ModelCard": {"ModelCardContent": "{% $model_card %}", "ModelCardStatus": "PendingReview"}}
CARD_REFUSED = ["SageMaker.ValidationException", "SageMaker.SageMakerException"]


def settings(uri: str) -> dict[str, object]:
    """The settings that the planning function reads."""
    return {
        "dataset": encode(flights(uri).to_plan()),
        "quality": encode(rules().to_plan()),
        "split": encode(split().to_plan()),
        "gate": encode(Gate(at_least={"auc": 0.66}, better_than_champion="auc").to_plan()),
        "evaluation": encode(Evaluation().to_plan()),
    }


class Training(Construct):
    """The workflow that trains, evaluates, registers and approves a model."""

    def __init__(self, scope: Construct, id_: str, *, home: Home, model_role: iam.IRole) -> None:
        super().__init__(scope, id_)
        self.home = home
        data = home.bucket.arn_for_objects(f"{PREFIX}*")
        uri = home.bucket.s3_url_for_object(PREFIX)
        jobs = running(home, "ProcessingJobs", "sagemaker-scikit-learn")
        quality_role = job_role(
            self,
            "QualityRole",
            [
                *jobs,
                *job_code(home, "data"),
                listing(home, PREFIX),
                *model_bucket(home, reads=["runs"], writes=["quality", "quarantine"], also=[data]),
            ],
        )
        features_role = job_role(
            self,
            "FeaturesRole",
            [
                *jobs,
                *job_code(home, "data"),
                listing(home, PREFIX),
                *model_bucket(home, reads=["runs"], writes=["splits"], also=[data]),
            ],
        )
        train_role = job_role(
            self,
            "TrainRole",
            [
                *running(home, "TrainingJobs", "sagemaker-xgboost"),
                *model_bucket(home, reads=["splits"], writes=["training"]),
            ],
        )
        evaluate_role = job_role(
            self,
            "EvaluateRole",
            [
                *jobs,
                *job_code(home, "evaluate"),
                *model_bucket(home, reads=["runs", "splits", "scores"], writes=["evaluations"]),
            ],
        )
        states = States(self, home, workflow="training", failure_event="Training Failed")
        states.model_role = model_role
        function = home.function(
            "PlanTraining",
            "lambdas.functions.plan_training.handler.handler",
            "Plans training executions",
            [
                *planning(home, PREFIX),
                allow(["s3:GetObject"], [home.bucket.arn_for_objects("splits/*")]),
                allow(["sagemaker:DescribeTrainingJob"], [sagemaker_arn(f"training-job/{home.name}-*")]),
            ],
        )
        plan = states.planning(function, settings(uri), ["quality", "gate"])
        check = states.data_job(
            "CheckQuality",
            "quality",
            role=quality_role,
            wheels="data",
            inputs={"data": uri},
            outputs={"report": "{% $plan.uris.report %}", "quarantine": "{% $plan.uris.quarantine %}"},
            assign={"quality": "{% $parse($states.result.ExitMessage) %}"},
        )
        verdict = states.verdict(
            "QualityVerdict",
            "quality",
            error="DataRefused",
            instead="The quality job left no verdict.",
        )
        prepare = states.data_job(
            "PrepareFeatures",
            "features",
            role=features_role,
            wheels="data",
            inputs={"data": uri},
            outputs={"split": "{% $plan.uris.split %}", "program": "{% $plan.uris.program %}"},
        )
        train = self._train(states, train_role)
        model = states.created_model(
            name="{% $plan.names.CreateModel %}",
            image=TRAINING_IMAGE,
            artifact="{% $plan.uris.artifact %}",
            role=model_role,
        )
        score = states.scored(
            "ScoreHoldout",
            "ScoreModel",
            comment="Challenger and champion answer the same holdout",
            max_concurrency=2,
        )
        evaluate = states.data_job(
            "Evaluate",
            "evaluate",
            role=evaluate_role,
            wheels="evaluate",
            inputs={
                "holdout_keys": "{% $plan.uris.keys %}",
                "predictions": "{% $plan.uris.scores %}",
            },
            outputs={"evaluation": "{% $plan.uris.evaluation %}"},
            assign={"gate": "{% $parse($states.result.ExitMessage) %}"},
        )
        card = self._read_card(states)
        register = self._register(states, "Register", MODEL_CARD, {})
        without = self._register(states, "RegisterWithoutCard", {}, {"model_card": "{% $no_card %}"})
        card.add_catch(without, errors=["States.ALL"], assign={"no_card": "none: no card can be read"})
        register.add_catch(without, errors=CARD_REFUSED, assign={"no_card": "none: the card was refused"})
        states.caught(register)
        states.caught(without)
        decide = self._decide(states)
        kept = {key: f"{{% $result.{key} %}}" for key in ("package_arn", "passed", "reasons", "metrics")}
        record = states.recorded(
            {
                **kept,
                "code_version": "unversioned",
                "image": TRAINING_IMAGE,
                "training_job": "{% $plan.names.Train %}",
                "evaluation": "{% $plan.uris.evaluation %}",
                "program": "{% $plan.uris.program %}",
                "hyperparameters": json.dumps(HYPERPARAMETERS, separators=(",", ":")),
            },
            kept,
        )
        detail = {
            "outcome": "{% $result.outcome %}",
            "run": "{% $plan.run %}",
            **kept,
            "evaluation": "{% $plan.uris.evaluation %}",
        }
        published = states.event("PublishEvent", "Training Completed", detail)
        states.caught(published)
        resume = states.resumed(
            [check, verdict, prepare, train, model, score, evaluate, register],
            record,
            {"outcome": "Unchanged", **{key: f"{{% $plan.recorded.{key} %}}" for key in kept}},
            leads={"Register": card},
        )
        plan.next(resume)
        check.next(verdict)
        verdict.otherwise(prepare)
        prepare.next(train).next(model).next(score).next(evaluate).next(card).next(register).next(
            decide
        ).next(record).next(published)
        without.next(decide)
        states.machine(
            plan,
            comment=f"Trains {home.name}, compares it with the champion and registers it",
            timeout=Duration.days(5),
            statements=machine_statements(
                home,
                {
                    "Processing": [quality_role, features_role, evaluate_role],
                    "Training": [train_role],
                },
            ),
        )

    def _train(self, states: States, role: iam.IRole) -> sfn.CustomState:
        # The CDK's task construct lacks inter-container encryption, and grants the role all buckets.
        key = self.home.key.key_arn
        channels = [
            {
                "ChannelName": part,
                "DataSource": {
                    "S3DataSource": {
                        "S3DataType": "S3Prefix",
                        "S3Uri": f"{{% $plan.uris.{part} %}}",
                        "S3DataDistributionType": "FullyReplicated",
                    }
                },
                "ContentType": "text/csv",
            }
            for part in ("train", "validation")
        ]
        return states.job(
            "Train",
            "Training",
            {
                "TrainingJobName": "{% $plan.names.Train %}",
                "AlgorithmSpecification": {
                    "TrainingImage": TRAINING_IMAGE,
                    "TrainingInputMode": "File",
                },
                "RoleArn": role.role_arn,
                "HyperParameters": HYPERPARAMETERS,
                "InputDataConfig": channels,
                "OutputDataConfig": {
                    "S3OutputPath": "{% $plan.uris.training %}",
                    "KmsKeyId": key,
                },
                "ResourceConfig": {
                    "InstanceType": "ml.m5.xlarge",
                    "InstanceCount": 1,
                    "VolumeSizeInGB": 30,
                    "VolumeKmsKeyId": key,
                },
                "StoppingCondition": {"MaxRuntimeInSeconds": 7200},
                "EnableNetworkIsolation": True,
                "EnableInterContainerTrafficEncryption": True,
            },
        )

    def _read_card(self, states: States) -> tasks.CallAwsService:
        bucket = self.home.bucket.bucket_name
        state = tasks.CallAwsService.jsonata(
            self,
            "ReadModelCard",
            service="s3",
            action="getObject",
            iam_action="s3:GetObject",
            iam_resources=[self.home.bucket.arn_for_objects("evaluations/*")],
            additional_iam_statements=[allow(["kms:Decrypt"], [self.home.key.key_arn])],
            parameters={
                "Bucket": bucket,
                "Key": f"{{% $substringAfter($plan.uris.evaluation, '{bucket}/') & 'model_card.json' %}}",
                "Range": "bytes=0-99999",
            },
            assign={
                "model_card": (
                    "{% ($parse($states.result.Body); $replace($states.result.Body, /[\\r\\n]+/, ' ')) %}"
                )
            },
            outputs={},
        )
        states.retried(state, ["S3.S3Exception", "S3.SdkClientException", "S3.SlowDown"])
        return state

    def _register(
        self, states: States, name: str, card: Mapping[str, object], metadata: Mapping[str, str]
    ) -> tasks.CallAwsService:
        containers = [{"Image": TRAINING_IMAGE, "ModelDataUrl": "{% $plan.uris.artifact %}"}]
        metrics = {
            "Statistics": {
                "ContentType": "application/json",
                "S3Uri": "{% $plan.uris.evaluation & 'metrics.json' %}",
            }
        }
        state = tasks.CallAwsService.jsonata(
            self,
            name,
            service="sagemaker",
            action="createModelPackage",
            iam_action="sagemaker:CreateModelPackage",
            iam_resources=[
                sagemaker_arn(f"model-package-group/{self.home.name}"),
                sagemaker_arn(f"model-package/{self.home.name}/*"),
            ],
            parameters={
                "ModelPackageGroupName": self.home.name,
                "InferenceSpecification": {
                    "Containers": containers,
                    "SupportedContentTypes": ["text/csv"],
                    "SupportedResponseMIMETypes": ["text/csv"],
                    "SupportedTransformInstanceTypes": ["ml.m5.xlarge"],
                },
                "ModelApprovalStatus": "PendingManualApproval",
                "ClientToken": "{% $plan.run %}",
                "ModelMetrics": {"ModelQuality": metrics},
                **card,
                "CustomerMetadataProperties": {
                    "run": "{% $plan.run %}",
                    "data_version": "{% $plan.data_version %}",
                    "code_version": "unversioned",
                    "job_code": self.home.job_code.s3_object_key,
                    "image": TRAINING_IMAGE,
                    "training_job": "{% $plan.names.Train %}",
                    "model": "{% $plan.names.CreateModel %}",
                    "program": "{% $plan.uris.program %}",
                    "evaluation": "{% $plan.uris.evaluation %}",
                    **metadata,
                },
            },
            assign={"package_arn": "{% $states.result.ModelPackageArn %}"},
            outputs={},
        )
        states.retried(state, SAGEMAKER)
        return state

    def _decide(self, states: States) -> tasks.CallAwsService:
        state = tasks.CallAwsService.jsonata(
            self,
            "Decide",
            service="sagemaker",
            action="updateModelPackage",
            iam_action="sagemaker:UpdateModelPackage",
            iam_resources=[sagemaker_arn(f"model-package/{self.home.name}/*")],
            parameters={
                "ModelPackageArn": "{% $package_arn %}",
                "ModelApprovalStatus": "{% $gate.passed ? 'Approved' : 'Rejected' %}",
                "ApprovalDescription": (
                    "{% $substring($gate.passed ? 'The gate passed.' : 'The gate refused: ' "
                    "& $join($gate.reasons, ' '), 0, 1000) %}"
                ),
            },
            assign={
                "result": {
                    "outcome": "{% $gate.passed ? 'Succeeded' : 'Refused' %}",
                    "package_arn": "{% $package_arn %}",
                    "passed": "{% $gate.passed ? 'true' : 'false' %}",
                    "reasons": "{% $join($gate.reasons, ' ') %}",
                    "metrics": "{% $string($gate.metrics) %}",
                }
            },
            outputs={},
        )
        states.retried(state, SAGEMAKER)
        states.caught(state)
        return state
