"""The real-time inference workflow as a construct: what stands around its machine."""

import json
from typing import Any

import pytest
from aws_cdk import App, Stack
from aws_cdk import aws_iam as iam
from aws_cdk.assertions import Annotations, Match
from syrupy.assertion import SnapshotAssertion

from mdlc_constructs import (
    Asynchronous,
    BatchInferenceWorkflow,
    Canary,
    GoldenChecks,
    ModelHome,
    RealTimeInferenceWorkflow,
    RollbackAlarms,
    Serving,
    Shadow,
)
from mdlc_constructs.asl import Pass
from tests.synthesized import Synthesized
from tests.workflows.settings import DATASET
from tests.workflows.stacks import HERE, serving
from tests.workflows.test_real_time_inference_expressions import evaluated

ENDPOINT = "arn:<AWS::Partition>:sagemaker:<AWS::Region>:<AWS::AccountId>:endpoint/board"


@pytest.fixture(scope="module")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Synthesized:
    """A stack with a training workflow and one that releases to the endpoint Board."""
    app = App(outdir=str(tmp_path_factory.mktemp("assembly")))
    made = Stack(app, "Serving", env=HERE)
    serving(made)
    workflow = made.node.find_child("Serving")
    assert isinstance(workflow, RealTimeInferenceWorkflow)
    caller = iam.Role(made, "Caller", assumed_by=iam.ServicePrincipal("lambda.amazonaws.com"))
    workflow.grant_invoke(caller).assert_success()
    return Synthesized.all_of(app)["Serving"]


@pytest.fixture
def home() -> ModelHome:
    """A home in a stack for what is refused before anything is synthesized."""
    return ModelHome(Stack(App(), "Refused", env=HERE), "Model", name="flights")


def in_app(stack: Stack) -> Synthesized:
    app = stack.node.root
    assert isinstance(app, App)
    return Synthesized.all_of(app)[stack.stack_name]


def rule(stack: Synthesized, logical: str) -> dict[str, Any]:
    (found,) = (
        one["Properties"]
        for name, one in stack.of_type("AWS::Events::Rule").items()
        if name.startswith(f"Serving{logical}")
    )
    return dict(found)


def test_logical_ids_are_a_contract(stack: Synthesized, snapshot: SnapshotAssertion) -> None:
    assert {
        name: one["Type"]
        for name, one in stack.resources.items()
        if name.startswith(("Serving", "Functions"))
    } == snapshot


def test_the_machine_is_a_contract(stack: Synthesized, snapshot: SnapshotAssertion) -> None:
    states = stack.states("flights-release")
    assert {
        name: body.get("Next") or body.get("Default") or "end" for name, body in states.items()
    } == snapshot


def test_each_alarm_is_made_and_watched_by_its_name(stack: Synthesized) -> None:
    made = {
        name: one["Properties"]
        for name, one in stack.of_type("AWS::CloudWatch::Alarm").items()
        if "bakes" in one["Properties"]["AlarmDescription"]
    }
    assert len(made) == 4
    states = stack.states("flights-release")
    update = evaluated(states["UpdateEndpoint"]["Arguments"]["DeploymentConfig"], plan={"back": False})
    bound = stack.machine("flights-release")["DefinitionSubstitutions"]
    watched = [
        bound[alarm["AlarmName"].removeprefix("${").removesuffix("}")]
        for alarm in update["AutoRollbackConfiguration"]["Alarms"]
    ]
    assert set(watched) == {alarm["AlarmName"] for alarm in made.values()}
    # SageMaker looks at them in the model's name.
    looks = {
        r.rsplit(":", 1)[-1]
        for a, r in stack.allowed("ServingHostedModelRole")
        if a.endswith(":DescribeAlarms")
    }
    assert looks == set(watched)
    for alarm in made.values():
        assert alarm["TreatMissingData"] == "notBreaching"
        assert {d["Name"]: d["Value"] for d in alarm["Dimensions"]} == {
            "EndpointName": "Board",
            "VariantName": "main",
        }
    (latency,) = (alarm for alarm in made.values() if alarm["MetricName"] == "ModelLatency")
    assert (latency["ExtendedStatistic"], latency["Threshold"]) == ("p99", 250_000)
    assert "Statistic" not in latency
    assert "cloudwatch:DescribeAlarms" in {action for action, _ in stack.allowed("ServingRole")}


def test_an_approval_starts_a_release_that_only_goes_forward(stack: Synthesized) -> None:
    made = rule(stack, "Approval")
    assert made["EventPattern"]["detail"] == {
        "ModelPackageGroupName": ["flights"],
        "ModelApprovalStatus": ["Approved"],
        # The machine itself changes the package's life-cycle: that must not start it again.
        "UpdatedModelPackageFields": ["ModelApprovalStatus", {"exists": False}],
    }
    (target,) = made["Targets"]
    given = json.loads(
        target["InputTransformer"]["InputTemplate"].replace("<version>", "7").replace("<id>", '"e"')
    )
    assert given == {
        "package_version": 7,
        "forward_only": True,
        "trigger": "approval",
        "request_id": "e",
    }
    assert [action for action, _ in stack.allowed("ServingApprovalRole")] == ["states:StartExecution"]


def test_the_endpoints_events_wake_its_release(stack: Synthesized) -> None:
    made = rule(stack, "EndpointChange")
    assert made["EventPattern"]["detail"] == {"EndpointName": ["Board"]}
    (target,) = made["Targets"]
    parts = target["InputTransformer"]["InputTemplate"]["Fn::Join"][1]
    template = "".join(part if isinstance(part, str) else "table" for part in parts)
    given = json.loads(template.replace("<status>", '"IN_SERVICE"'))
    assert given == {
        "table": "table",
        "model": "flights",
        "endpoint": "Board",
        "status": "IN_SERVICE",
    }
    permission = stack.properties("AWS::Lambda::Permission")
    assert permission["Principal"] == "events.amazonaws.com"
    assert permission["SourceArn"]["Fn::GetAtt"][0].startswith("ServingEndpointChange")
    assert ("states:SendTaskSuccess", "*") in stack.allowed("FunctionsResumeExecutionsRole")


def test_the_endpoint_goes_with_the_stack(stack: Synthesized) -> None:
    clean_up = stack.properties("Custom::MdlcCleanUp")
    assert clean_up["Endpoints"] == ["Board"]
    assert len(clean_up["Machines"]) == 2
    assert ("sagemaker:DeleteEndpoint", ENDPOINT) in stack.allowed("FunctionsCleanUpRole")


def test_a_hosted_model_reads_and_writes_its_own_places_alone(stack: Synthesized) -> None:
    allowed = stack.allowed("ServingHostedModelRole")
    bucket = "arn:<AWS::Partition>:s3:::<ModelBucket"

    def places(action: str) -> set[str]:
        return {r.split("/")[1] for a, r in allowed if a == action and r.startswith(bucket)}

    assert places("s3:PutObject") == {"golden-scores", "capture"}
    assert places("s3:GetObject") == {"training", "splits", "golden"}
    logs = {r.rpartition("/aws/")[2] for a, r in allowed if a == "logs:PutLogEvents"}
    assert logs == {"sagemaker/TransformJobs:*", "sagemaker/Endpoints/Board:*"}
    pulled = {r.rpartition("/")[2] for a, r in allowed if a == "ecr:BatchGetImage"}
    assert pulled == {"sagemaker-xgboost", "sagemaker-scikit-learn"}


def test_no_role_writes_both_scores_of_batches_and_captures(home: ModelHome) -> None:
    stack = Stack.of(home)
    BatchInferenceWorkflow(stack, "Batch", home=home, dataset=DATASET, moves_champion=False)
    RealTimeInferenceWorkflow(stack, "Serving", home=home, dataset=DATASET)
    template = in_app(stack)
    written = {
        role: {r.split("/")[1] for a, r in template.allowed(role) if a == "s3:PutObject"}
        for role in template.of_type("AWS::IAM::Role")
    }
    assert [role for role, places in written.items() if "scores" in places] == [
        template.role_id("ModelModelRole")
    ]
    assert [role for role, places in written.items() if "capture" in places] == [
        template.role_id("ServingHostedModelRole")
    ]
    assert not any({"scores", "capture"} <= places for places in written.values())


def test_without_golden_checks_a_hosted_model_reads_and_writes_no_golden_rows(home: ModelHome) -> None:
    RealTimeInferenceWorkflow(Stack.of(home), "Serving", home=home, dataset=DATASET, golden=None)
    places = {
        r.split("/")[1]
        for a, r in in_app(Stack.of(home)).allowed("ServingHostedModelRole")
        if a.startswith("s3:") and "/" in r
    }
    assert places == {"training", "splits", "capture"}


def test_whoever_was_granted_asks_this_endpoint_alone(stack: Synthesized) -> None:
    assert stack.allowed("Caller") == {("sagemaker:InvokeEndpoint", ENDPOINT)}


def test_two_workflows_on_one_endpoint_are_refused(home: ModelHome) -> None:
    stack = Stack.of(home)
    other = ModelHome(stack, "Other", name="trains")
    RealTimeInferenceWorkflow(stack, "One", home=home, dataset=DATASET)
    with pytest.raises(ValueError, match=r"endpoint_name is 'flights', to which \S+/One releases"):
        RealTimeInferenceWorkflow(stack, "Two", home=other, dataset=DATASET, endpoint_name="flights")
    with pytest.raises(
        ValueError, match=r"would make the state machine flights-release, which \S+/One makes"
    ):
        RealTimeInferenceWorkflow(stack, "Three", home=home, dataset=DATASET, endpoint_name="second")


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ({"rollout": Canary(percent=10), "serving": Serving(instances=1)}, "percent=10"),
        ({"retained": 99}, "retained=99"),
        ({"endpoint_name": "a_b"}, "endpoint_name='a_b'"),
        ({"seams": {"before_golden": Pass(name="Ask")}}, "Did you mean"),
    ],
)
def test_what_does_not_fit_is_refused(home: ModelHome, arguments: dict[str, Any], said: str) -> None:
    with pytest.raises(ValueError, match=said):
        RealTimeInferenceWorkflow(Stack.of(home), "Release", home=home, dataset=DATASET, **arguments)


def test_nobody_is_asked_without_golden_checks_and_alarms_on_answers(home: ModelHome) -> None:
    quiet = Serving(alarms=RollbackAlarms(quality_share=None))
    made = RealTimeInferenceWorkflow(
        Stack.of(home), "Release", home=home, dataset=DATASET, golden=None, serving=quiet
    )
    names = set(made.machine.names())
    assert not {"ScoreGolden", "GoldenRecorded", "ProbeAnswers", "RecordAnswers"} & names
    assert set(made.rollback_alarms) == {"ServerErrors"}
    assert "CheckGoldenRole" not in made.roles


def test_an_asynchronous_endpoint_is_asked_asynchronously(home: ModelHome) -> None:
    stack = Stack.of(home)
    made = RealTimeInferenceWorkflow(
        stack,
        "Release",
        home=home,
        dataset=DATASET,
        serving=Serving(asynchronous=Asynchronous(), alarms=RollbackAlarms(quality_share=None)),
        golden=GoldenChecks(tolerance=0.1),
        starts_on_approval=False,
    )
    caller = iam.User(stack, "Caller")
    granted = made.grant_invoke(caller).principal_statements[0].to_statement_json()
    assert granted["Action"] == "sagemaker:InvokeEndpointAsync"
    assert made.node.try_find_child("Approval") is None


def test_a_shadow_of_a_pipeline_is_warned_of_and_one_of_a_container_is_not(home: ModelHome) -> None:
    stack = Stack.of(home)
    alone = ModelHome(stack, "Alone", name="alone")
    for one, prepares in ((home, True), (alone, False)):
        RealTimeInferenceWorkflow(
            stack,
            f"Serving-{one.name}",
            home=one,
            dataset=DATASET,
            rollout=Shadow(),
            serving=Serving(prepares=prepares),
        )
    (warning,) = Annotations.from_stack(stack).find_warning("*", Match.string_like_regexp("Shadow"))
    assert warning.id == "/Refused/Serving-flights"
    assert str(warning.entry.data).startswith(
        "rollout=Shadow() is asked of an endpoint whose model is an inference pipeline (serving.prepares), "
        "and SageMaker offers no shadow tests for endpoints with multiple containers"
    )
