"""The states of both state machines: plan, resume, data jobs, scoring."""

from collections.abc import Mapping, Sequence
from typing import Any

from aws_cdk import Aws, Duration
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_iam as iam
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_stepfunctions as sfn
from aws_cdk import aws_stepfunctions_tasks as tasks

from benchmarks.all_l2.records import FAILURE, SAGEMAKER, Records
from benchmarks.all_l2.statements import JOB_IMAGE

TAKEN = ("SageMaker.ResourceInUse", "SageMaker.ResourceInUseException")


class States(Records):
    """The states before the final ones; every state that can fail has a retrier and a catcher."""

    plan: tasks.LambdaInvoke

    def caught_or_taken(self, state: Any, *taken: str) -> None:
        """Add catchers: a name that is already in use leads to `Plan`, other errors to `RecordFailure`."""
        details = {
            "step": state.id,
            "error": "{% $states.errorOutput.Error %}",
            "cause": "{% $states.errorOutput.Cause %}",
        }
        state.add_catch(self.plan, errors=list(taken), outputs={"taken": details})
        self.caught(state)

    def planning(
        self, function: lambda_.IFunction, settings: Mapping[str, object], verdicts: Sequence[str]
    ) -> tasks.LambdaInvoke:
        """The state `Plan`, which calls the planning function."""
        self.plan = tasks.LambdaInvoke.jsonata(
            self.scope,
            "Plan",
            lambda_function=function,
            comment="Pin the data version, derive names, find what an earlier execution already did",
            payload=sfn.TaskInput.from_object(
                {
                    "model": self.home.name,
                    "settings": settings,
                    "home": {
                        "bucket": self.home.bucket.bucket_name,
                        "table": self.home.table.table_name,
                        "group": self.home.name,
                    },
                    "input": "{% $states.context.Execution.Input %}",
                    "execution": {"started_at": "{% $states.context.Execution.StartTime %}"},
                    "taken": "{% $exists($states.input.taken) ? $states.input.taken : null %}",
                }
            ),
            retry_on_service_exceptions=True,
            assign={
                "plan": "{% $states.result.Payload %}",
                **{verdict: f"{{% $states.result.Payload.{verdict} %}}" for verdict in verdicts},
            },
            outputs={},
        )
        self.plan.add_catch(
            self.failure,
            errors=["States.ALL"],
            assign={**FAILURE, "plan": {"run": "none", "data_version": "none"}},
        )
        return self.plan

    def resumed(
        self,
        entries: Sequence[sfn.State],
        record: sfn.State,
        unchanged: Mapping[str, object],
        leads: Mapping[str, sfn.State] | None = None,
    ) -> sfn.Choice:
        """The choice that resumes at the first step that is not completed.

        Args:
            leads: by a step's name: the state before it, at which the machine resumes instead.
        """
        choice = sfn.Choice.jsonata(self.scope, "Resume")
        for state in entries[1:]:
            entry = (leads or {}).get(state.id, state)
            choice.when(sfn.Condition.jsonata(f"{{% $plan.step = '{state.id}' %}}"), entry)
        wait = sfn.Wait.jsonata(self.scope, "WaitForOther", time=sfn.WaitTime.duration(Duration.seconds(20)))
        wait.next(self.plan)
        choice.when(sfn.Condition.jsonata("{% $plan.step = 'Wait' %}"), wait)
        choice.when(sfn.Condition.jsonata("{% $plan.step = 'Done' %}"), record, assign={"result": unchanged})
        return choice.otherwise(entries[0])

    def verdict(self, name: str, variable: str, *, error: str, instead: str) -> sfn.Choice:
        """The choice that continues only if a job's verdict has passed."""
        cause = (
            f"{{% ($exists(${variable}.reasons) ? $join(${variable}.reasons, ' ') : '{instead}') "
            f"& ' Report: ' & $plan.uris.report %}}"
        )
        return sfn.Choice.jsonata(self.scope, name).when(
            sfn.Condition.jsonata(f"{{% $not(${variable}.passed = true) %}}"),
            self.failure,
            assign={"failure": {"Error": error, "Cause": cause}},
        )

    def data_job(
        self,
        name: str,
        command: str,
        *,
        role: iam.IRole,
        wheels: str,
        inputs: Mapping[str, str],
        outputs: Mapping[str, str],
        assign: Mapping[str, object] | None = None,
    ) -> sfn.CustomState:
        """The state of a processing job; the CDK has no task construct for it."""
        folder = "/opt/ml/processing"
        key = self.home.key.key_arn
        sources = {
            "code": self.home.job_code.s3_object_url,
            "wheels": self.home.wheels[wheels].s3_object_url,
            "plan": "{% $plan.uris.plan %}",
            **inputs,
        }
        return self.job(
            name,
            "Processing",
            {
                "ProcessingJobName": f"{{% $plan.names.{name} %}}",
                "RoleArn": role.role_arn,
                "AppSpecification": {
                    "ImageUri": JOB_IMAGE,
                    "ContainerEntrypoint": [
                        "python3",
                        f"{folder}/input/code/{self.home.job_code.s3_object_key}",
                    ],
                    "ContainerArguments": [command],
                },
                "ProcessingInputs": [
                    {
                        "InputName": input_,
                        "S3Input": {
                            "S3Uri": uri,
                            "LocalPath": f"{folder}/input/{input_}",
                            "S3DataType": "S3Prefix",
                            "S3InputMode": "File",
                            "S3DataDistributionType": "FullyReplicated",
                        },
                    }
                    for input_, uri in sources.items()
                ],
                "ProcessingOutputConfig": {
                    "Outputs": [
                        {
                            "OutputName": output,
                            "S3Output": {
                                "S3Uri": uri,
                                "LocalPath": f"{folder}/output/{output}",
                                "S3UploadMode": "EndOfJob",
                            },
                        }
                        for output, uri in outputs.items()
                    ],
                    "KmsKeyId": key,
                },
                "ProcessingResources": {
                    "ClusterConfig": {
                        "InstanceCount": 1,
                        "InstanceType": "ml.m5.xlarge",
                        "VolumeSizeInGB": 30,
                        "VolumeKmsKeyId": key,
                    }
                },
                "StoppingCondition": {"MaxRuntimeInSeconds": 7200},
                "NetworkConfig": {
                    "EnableNetworkIsolation": True,
                    "EnableInterContainerTrafficEncryption": True,
                },
            },
            assign,
        )

    def job(
        self,
        name: str,
        kind: str,
        arguments: Mapping[str, object],
        assign: Mapping[str, object] | None = None,
    ) -> sfn.CustomState:
        """The state of a job for which the CDK has no task construct, or one that lacks options."""
        state = sfn.CustomState(
            self.scope,
            name,
            state_json={
                "Type": "Task",
                "QueryLanguage": "JSONata",
                "Resource": f"arn:{Aws.PARTITION}:states:::sagemaker:create{kind}Job.sync",
                "Arguments": arguments,
                "Output": {},
                **({"Assign": assign} if assign else {}),
            },
        )
        self.retried(state, SAGEMAKER)
        self.caught_or_taken(state, *TAKEN)
        return state

    def created_model(
        self, *, name: str, image: str, artifact: str, role: iam.IRole
    ) -> tasks.SageMakerCreateModel:
        """The state that creates the SageMaker model for transform jobs."""
        state = tasks.SageMakerCreateModel.jsonata(
            self.scope,
            "CreateModel",
            model_name=name,
            primary_container=tasks.ContainerDefinition(
                image=tasks.DockerImage.from_registry(image),
                model_s3_location=tasks.S3Location.from_json_expression(artifact),
            ),
            role=role,
            enable_network_isolation=True,
            outputs={},
        )
        self.retried(state, ["SageMaker.ThrottlingException"])
        self.caught_or_taken(state, "SageMaker.AmazonSageMakerException", "SageMaker.ValidationException")
        return state

    def scored(self, name: str, inner: str, *, comment: str, max_concurrency: int) -> sfn.Map:
        """The map state that runs a transform job for each item of the plan."""
        job = tasks.SageMakerCreateTransformJob.jsonata(
            self.scope,
            inner,
            transform_job_name="{% $states.input.job %}",
            model_name="{% $states.input.model %}",
            transform_input=tasks.TransformInput(
                transform_data_source=tasks.TransformDataSource(
                    s3_data_source=tasks.TransformS3DataSource(s3_uri="{% $states.input.input %}")
                ),
                content_type="text/csv",
                split_type=tasks.SplitType.LINE,
            ),
            transform_output=tasks.TransformOutput(
                s3_output_path="{% $states.input.output %}",
                accept="text/csv",
                assemble_with=tasks.AssembleWith.LINE,
                encryption_key=self.home.key,
            ),
            transform_resources=tasks.TransformResources(
                instance_count=1,
                instance_type=ec2.InstanceType("m5.xlarge"),
                volume_encryption_key=self.home.key,
            ),
            batch_strategy=tasks.BatchStrategy.MULTI_RECORD,
            integration_pattern=sfn.IntegrationPattern.RUN_JOB,
            role=self.model_role,
            outputs={},
        )
        self.retried(job, SAGEMAKER)
        state = sfn.Map.jsonata(
            self.scope,
            name,
            items=sfn.ProvideItems.jsonata("{% $plan.scoring %}"),
            max_concurrency=max_concurrency,
            comment=comment,
            outputs={},
        )
        state.item_processor(job)
        self.caught_or_taken(state, *TAKEN)
        return state

    model_role: iam.IRole
