import json
from collections.abc import Mapping
from typing import Any

import jsii
import pytest
from aws_cdk import App, Stack
from aws_cdk import aws_iam as iam
from aws_cdk import aws_sns as sns
from aws_cdk import aws_stepfunctions as sfn
from aws_cdk import aws_stepfunctions_tasks as sfn_tasks
from aws_cdk.assertions import Match, Template

from mdlc_constructs.asl.checks import check
from mdlc_constructs.asl.failures import Catch
from mdlc_constructs.asl.machine import Machine
from mdlc_constructs.asl.sequence import StateSequence
from mdlc_constructs.asl.states import Fail, Pass, Task
from mdlc_constructs.settings.rollout import Canary
from mdlc_constructs.tasks.autoscaling import register_scalable_target
from mdlc_constructs.tasks.chain import as_state, sequence_from_chain
from mdlc_constructs.tasks.deployment import deployment_config
from mdlc_constructs.tasks.dynamodb import put_item
from mdlc_constructs.tasks.endpoint import update_endpoint
from mdlc_constructs.tasks.runtime import invoke_endpoint
from mdlc_constructs.tasks.training import Channel, training_job

TRAIN = training_job(
    "Train",
    job_name="{% $states.input.name %}",
    name_pattern="churn-*",
    role_arn="${Role}",
    image="${Image}",
    output_uri="s3://bucket/models/",
    instance_type="ml.m5.large",
    channels=(Channel(name="train", uri="s3://bucket/train/"),),
    comment="Trains",
)


def stack() -> Stack:
    return Stack(App(), "Stack")


def rendered(template: Template) -> dict[str, Any]:
    """The one machine's definition, references put in as `<LogicalId>`."""
    (machine,) = template.find_resources("AWS::StepFunctions::StateMachine").values()
    text = machine["Properties"]["DefinitionString"]
    parts = text["Fn::Join"][1] if isinstance(text, dict) else [text]
    definition: dict[str, Any] = json.loads(
        "".join(part if isinstance(part, str) else "<ref>" for part in parts)
    )
    return definition


@pytest.fixture(scope="module")
def users_machine() -> Template:
    """A user's own machine, in which our training task is one state among CDK's."""
    place = stack()
    role = iam.Role(place, "Role", assumed_by=iam.ServicePrincipal("sagemaker.amazonaws.com"))
    train = as_state(place, "Train", TRAIN, bindings={"Role": role.role_arn, "Image": "image:1"})
    train.add_retry(errors=["Mine"], max_attempts=1)
    train.add_catch(sfn.Fail(place, "Failed"), errors=["States.ALL"])
    chain = sfn.Pass.jsonata(place, "Before").next(train).next(sfn.Succeed(place, "After"))
    sfn.StateMachine(
        place,
        "Machine",
        definition_body=sfn.DefinitionBody.from_chainable(chain),
        query_language=sfn.QueryLanguage.JSONATA,
    )
    return Template.from_stack(place)


def test_our_task_stands_in_a_users_machine(users_machine: Template) -> None:
    definition = rendered(users_machine)
    state = definition["States"]["Train"]
    assert definition["States"]["Before"]["Next"] == "Train"
    assert state["Next"] == "After"
    assert state["Catch"] == [{"ErrorEquals": ["States.ALL"], "Next": "Failed"}]
    assert [retrier["ErrorEquals"][0] for retrier in state["Retry"]] == ["Mine", TRAIN.retry[0].errors[0]]
    assert state["Resource"] == "arn:<ref>:states:::sagemaker:createTrainingJob.sync"
    assert state["Arguments"]["RoleArn"] == "<ref>"
    assert state["Arguments"]["AlgorithmSpecification"]["TrainingImage"] == "image:1"
    assert state["Comment"] == "Trains"
    assert "${" not in json.dumps(definition)


def test_its_permissions_reach_the_machines_role(users_machine: Template) -> None:
    def at(service: str, resource: str) -> object:
        parts = ["arn:", {"Ref": "AWS::Partition"}, f":{service}:", {"Ref": "AWS::Region"}, ":"]
        return {"Fn::Join": ["", [*parts, {"Ref": "AWS::AccountId"}, f":{resource}"]]}

    users_machine.has_resource_properties(
        "AWS::IAM::Policy",
        {
            "PolicyDocument": {
                "Statement": [
                    {
                        "Effect": "Allow",
                        "Action": [
                            "sagemaker:CreateTrainingJob",
                            "sagemaker:DescribeTrainingJob",
                            "sagemaker:StopTrainingJob",
                            "sagemaker:AddTags",
                            "sagemaker:ListTags",
                        ],
                        "Resource": at("sagemaker", "training-job/churn-*"),
                    },
                    {
                        "Effect": "Allow",
                        "Action": ["events:PutTargets", "events:PutRule", "events:DescribeRule"],
                        "Resource": at("events", "rule/StepFunctionsGetEventsForSageMakerTrainingJobsRule"),
                    },
                    {
                        "Effect": "Allow",
                        "Action": "iam:PassRole",
                        "Resource": {"Fn::GetAtt": [Match.string_like_regexp("Role.*"), "Arn"]},
                        "Condition": {"StringEquals": {"iam:PassedToService": "sagemaker.amazonaws.com"}},
                    },
                ]
            }
        },
    )


def test_tasks_of_endpoints_stand_in_a_users_machine() -> None:
    place = stack()
    on: dict[str, Any] = {"endpoint_name": "churn"}
    deployment = deployment_config(Canary(percent=10), alarms=("${Alarm}",))
    chain = sfn.Chain.start(sfn.Pass.jsonata(place, "Before"))
    for task in (
        update_endpoint("Update", **on, config_name="churn-2", deployment=deployment),
        register_scalable_target("Register", **on, variant="main", minimum=1, maximum=2),
        invoke_endpoint("Ask", **on, body="1,2"),
    ):
        chain = chain.next(as_state(place, task.name, task, bindings={"Alarm": "errors"}))
    sfn.StateMachine(
        place,
        "Machine",
        definition_body=sfn.DefinitionBody.from_chainable(chain),
        query_language=sfn.QueryLanguage.JSONATA,
    )
    template = Template.from_stack(place)
    states = rendered(template)["States"]
    watched = states["Update"]["Arguments"]["DeploymentConfig"]["AutoRollbackConfiguration"]
    assert watched == {"Alarms": [{"AlarmName": "errors"}]}
    (policy,) = template.find_resources("AWS::IAM::Policy").values()
    allowed = json.dumps(policy["Properties"]["PolicyDocument"])
    for action in ("sagemaker:UpdateEndpoint", "sagemaker:InvokeEndpoint", "iam:CreateServiceLinkedRole"):
        assert action in allowed


@pytest.mark.parametrize(
    ("task", "bindings", "said"),
    [
        (TRAIN, {"Role": "r"}, "bindings lacks 'Image', a placeholder of the task 'Train'"),
        (TRAIN.linked("Next"), {}, "names its own next or catch"),
        (TRAIN.caught(Catch(next="Next")), {}, "names its own next or catch"),
    ],
)
def test_what_cannot_be_chained_is_refused(task: Task, bindings: Mapping[str, object], said: str) -> None:
    with pytest.raises(ValueError, match=said):
        as_state(stack(), "Train", task, bindings=bindings)


def test_a_chain_of_cdks_own_stands_in_a_machine_of_ours() -> None:
    place = stack()
    topic = sns.Topic(place, "Topic")
    publish = sfn_tasks.SnsPublish.jsonata(
        place, "Publish", topic=topic, message=sfn.TaskInput.from_text("{% $states.input.text %}")
    )
    which = sfn.Choice.jsonata(place, "Which")
    which.when(sfn.Condition.jsonata("{% $states.input.left %}"), sfn.Pass.jsonata(place, "Left"))
    which.otherwise(sfn.Pass.jsonata(place, "Right"))
    record = put_item("Record", table_name="t", table_arn="a", item={"pk": {"S": "x"}}, next="Failed")
    seam = sequence_from_chain(publish.next(which))
    machine = Machine(
        (
            *StateSequence.of(Pass(name="Before"), seam, Pass(name="After"))
            .caught(Catch(next="Record"))
            .states,
            record,
            Fail(name="Failed", error="e", cause="c"),
        )
    )
    check(machine)
    assert list(machine.state("Left").targets()) == list(machine.state("Right").targets()) == ["After"]
    (name, marker), *others = machine.substitutions().items()
    assert others == []
    assert place.resolve(marker) == place.resolve(topic.topic_arn)
    assert f'"TopicArn":"${{{name}}}"' in machine.definition()
    granted = [statement for statement in machine.statements() if statement.actions == ("sns:Publish",)]
    assert place.resolve(granted[0].resources[0]) == place.resolve(topic.topic_arn)


def test_our_task_comes_back_as_it_went() -> None:
    place = stack()
    seam = sequence_from_chain(
        as_state(place, "Train", TRAIN, bindings={"Role": "role:1", "Image": "image:1"})
    )
    machine = Machine(seam.states)
    check(machine, traced=False)
    assert machine.substitutions() == {}
    went = TRAIN.to_asl()
    came = json.loads(machine.definition().replace("image:1", "${Image}").replace("role:1", "${Role}"))
    assert came["States"]["Train"] == went


def test_jsonpath_in_a_chain_is_an_error_that_names_the_state() -> None:
    place = stack()
    with pytest.raises(
        ValueError, match=r"State 'Old' uses JSONPath \(InputPath\).*\.jsonata\(\) constructor"
    ):
        sequence_from_chain(sfn.Pass(place, "Old", input_path="$.x"))


class Refusing(sfn.TaskStateBase):
    """A user's own task that asks for a Deny."""

    @jsii.member(jsii_name="toStateJson")
    def to_state_json(
        self, top_level_query_language: sfn.QueryLanguage | None = None
    ) -> Mapping[str, object]:
        return {"Type": "Task", "Resource": "arn:aws:states:::sqs:sendMessage", "End": True}

    @property
    def _task_metrics(self) -> sfn.TaskMetricsConfig | None:
        return None

    @property
    def _task_policies(self) -> list[iam.PolicyStatement] | None:
        return [iam.PolicyStatement(effect=iam.Effect.DENY, actions=["s3:*"], resources=["*"])]


def test_a_permission_that_is_no_plain_allow_is_refused() -> None:
    task = Refusing(stack(), "Refusing", query_language=sfn.QueryLanguage.JSONATA)
    with pytest.raises(ValueError, match="only Allow with Action and Resource can be merged"):
        sequence_from_chain(task)
