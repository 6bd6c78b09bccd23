"""The model home: what it protects, what it keeps, and what of the user's own it takes instead."""

import pytest
from aws_cdk import App, Environment, RemovalPolicy, Stack
from aws_cdk import aws_events_targets as targets
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from aws_cdk import aws_s3 as s3
from aws_cdk import aws_sqs as sqs

from mdlc_constructs import BatchInferenceWorkflow, ModelHome, TrainingWorkflow
from mdlc_constructs.governance.nag import flat
from tests.synthesized import Synthesized, in_accounts_of_their_own, listed
from tests.workflows.settings import ALGORITHM, DATASET

HERE = Environment(account="111111111111", region="eu-central-1")
THEIR_KEY = "arn:aws:kms:eu-central-1:111111111111:key/theirs"
KEPT = ("AWS::KMS::Key", "AWS::S3::Bucket", "AWS::DynamoDB::Table", "AWS::SageMaker::ModelPackageGroup")


def plain(stack: Stack) -> None:
    ModelHome(stack, "Model", name="flights")


def destroyed(stack: Stack) -> None:
    ModelHome(stack, "Model", name="flights", removal_policy=RemovalPolicy.DESTROY)


def own_bucket_and_key(stack: Stack) -> None:
    key = kms.Key.from_key_arn(stack, "TheirKey", THEIR_KEY)
    bucket = s3.Bucket.from_bucket_name(stack, "Theirs", "theirs")
    home = ModelHome(stack, "Model", name="flights", bucket=bucket, key=key)
    TrainingWorkflow(stack, "Training", home=home, dataset=DATASET, algorithm=ALGORITHM)
    BatchInferenceWorkflow(stack, "Batch", home=home, dataset=DATASET)


def used_by_others(stack: Stack) -> None:
    home = ModelHome(stack, "Model", name="flights")
    queue = sqs.Queue(stack, "Queue")
    home.on_event("OnTrained", "Training Completed").add_target(targets.SqsQueue(queue))
    reader = iam.Role(stack, "Reader", assumed_by=iam.AccountRootPrincipal())
    home.audit_table.grant_read_data(reader)
    home.bucket.grant_read(reader)
    home.key.grant_decrypt(reader)


@pytest.fixture(scope="module")
def stacks(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Synthesized]:
    app = App(outdir=str(tmp_path_factory.mktemp("assembly")))
    builders = in_accounts_of_their_own(
        {
            "Plain": (plain, HERE),
            "Destroyed": (destroyed, HERE),
            "Own": (own_bucket_and_key, HERE),
            "Used": (used_by_others, HERE),
        }
    )
    for name, (build, env) in builders.items():
        build(Stack(app, name, env=env))
    return Synthesized.all_of(app)


@pytest.fixture
def stack() -> Stack:
    return Stack(App(), "Refused", env=HERE)


def app_of(stack: Stack) -> App:
    app = stack.node.root
    assert isinstance(app, App)
    return app


def synthesized(stack: Stack) -> Synthesized:
    return Synthesized.all_of(app_of(stack))[stack.stack_name]


def test_eventbridge_takes_no_custom_resource(stacks: dict[str, Synthesized]) -> None:
    kinds = {resource["Type"] for resource in stacks["Plain"].resources.values()}
    assert {kind for kind in kinds if kind.startswith("Custom::")} == {"Custom::MdlcCleanUp"}
    assert len(stacks["Plain"].of_type("AWS::Lambda::Function")) == 1


def test_the_audit_table_is_encrypted_and_can_be_restored(stacks: dict[str, Synthesized]) -> None:
    table = stacks["Plain"].properties("AWS::DynamoDB::Table")
    assert table["PointInTimeRecoverySpecification"] == {"PointInTimeRecoveryEnabled": True}
    assert (table["SSESpecification"]["SSEEnabled"], table["SSESpecification"]["SSEType"]) == (True, "KMS")
    assert {key["AttributeName"]: key["KeyType"] for key in table["KeySchema"]} == {
        "pk": "HASH",
        "sk": "RANGE",
    }


@pytest.mark.parametrize("kind", KEPT)
def test_data_stays_by_default(stacks: dict[str, Synthesized], kind: str) -> None:
    kept = stacks["Plain"].only(kind)
    assert (kept["DeletionPolicy"], kept["UpdateReplacePolicy"]) == (
        "RetainExceptOnCreate",
        "Retain",
    )


@pytest.mark.parametrize("kind", KEPT)
def test_data_goes_when_that_was_asked_for(stacks: dict[str, Synthesized], kind: str) -> None:
    assert stacks["Destroyed"].only(kind).get("DeletionPolicy", "Delete") == "Delete"


def test_the_clean_up_empties_only_what_goes(stacks: dict[str, Synthesized]) -> None:
    kept, gone = (stacks[name].properties("Custom::MdlcCleanUp") for name in ("Plain", "Destroyed"))
    assert "Bucket" not in kept and "Group" not in kept
    (bucket,) = stacks["Destroyed"].of_type("AWS::S3::Bucket")
    assert (flat(gone["Bucket"]), gone["Group"]) == (f"<{bucket}>", "flights")
    deletes = {action for action, _ in stacks["Plain"].allowed("FunctionsCleanUpRole") if "Delete" in action}
    assert deletes == {"sagemaker:DeleteModel"}
    deletes = {
        action for action, _ in stacks["Destroyed"].allowed("FunctionsCleanUpRole") if "Delete" in action
    }
    assert deletes == {
        "sagemaker:DeleteModel",
        "sagemaker:DeleteModelPackage",
        "s3:DeleteObject",
        "s3:DeleteObjectVersion",
    }


def test_the_clean_up_goes_before_the_group_that_it_empties(stacks: dict[str, Synthesized]) -> None:
    clean_up = stacks["Destroyed"].only("Custom::MdlcCleanUp")
    (group,) = stacks["Destroyed"].of_type("AWS::SageMaker::ModelPackageGroup")
    assert group in listed(clean_up["DependsOn"])


def test_a_bucket_and_a_key_of_ones_own_are_used_and_nothing_is_made(
    stacks: dict[str, Synthesized],
) -> None:
    own = stacks["Own"]
    for kind in ("AWS::S3::Bucket", "AWS::S3::BucketPolicy", "AWS::KMS::Key"):
        assert not own.of_type(kind)
    substitutions = own.machine("flights-training")["DefinitionSubstitutions"]
    assert substitutions["Bucket"] == "theirs"
    assert substitutions["KeyArn"] == THEIR_KEY
    assert ("s3:PutObject", "arn:<AWS::Partition>:s3:::theirs/training/*") in own.allowed("TrainingTrainRole")
    assert ("kms:GenerateDataKey", THEIR_KEY) in own.allowed("TrainingTrainRole")
    table = own.properties("AWS::DynamoDB::Table")
    assert table["SSESpecification"]["KMSMasterKeyId"] == THEIR_KEY
    for group in own.of_type("AWS::Logs::LogGroup").values():
        assert group["Properties"]["KmsKeyId"] == THEIR_KEY


def test_a_bucket_of_ones_own_is_never_emptied(stack: Stack) -> None:
    bucket = s3.Bucket.from_bucket_name(stack, "Theirs", "theirs")
    ModelHome(stack, "Model", name="flights", bucket=bucket, removal_policy=RemovalPolicy.DESTROY)
    template = synthesized(stack)
    assert "Bucket" not in template.properties("Custom::MdlcCleanUp")
    actions = {action for action, _ in template.allowed("FunctionsCleanUpRole")}
    assert "sagemaker:DeleteModelPackage" in actions
    assert "s3:DeleteObject" not in actions


def test_access_logs_of_a_bucket_of_ones_own_are_refused(stack: Stack) -> None:
    bucket = s3.Bucket.from_bucket_name(stack, "Theirs", "theirs")
    with pytest.raises(ValueError, match="access_logs_bucket is for the bucket that the home makes"):
        ModelHome(stack, "Model", name="flights", bucket=bucket, access_logs_bucket=bucket)
    assert stack.node.try_find_child("Model") is None


@pytest.mark.parametrize("name", ["Flights", "flight_delay", "2flights", "flights-", "f" * 29, ""])
def test_a_name_that_cannot_begin_a_jobs_name_is_refused(stack: Stack, name: str) -> None:
    with pytest.raises(ValueError, match=f"name={name!r} must be lowercase words joined by hyphens"):
        ModelHome(stack, "Model", name=name)


def test_events_of_the_model_start_what_listens(stacks: dict[str, Synthesized]) -> None:
    rule = stacks["Used"].properties("AWS::Events::Rule")
    assert rule["EventPattern"] == {
        "source": ["mdlc"],
        "detail-type": ["Training Completed"],
        "detail": {"model": ["flights"]},
    }


def test_bucket_key_and_table_can_be_granted_with_the_cdks_own_means(
    stacks: dict[str, Synthesized],
) -> None:
    actions = {action for action, _ in stacks["Used"].allowed("Reader")}
    assert {"s3:GetObject*", "kms:Decrypt", "dynamodb:GetItem"} <= actions


def test_executions_are_stopped_before_their_machine_is_deleted(stacks: dict[str, Synthesized]) -> None:
    clean_up = stacks["Own"].only("Custom::MdlcCleanUp")
    machines = stacks["Own"].of_type("AWS::StepFunctions::StateMachine")
    assert len(machines) == 2
    assert set(machines) <= set(listed(clean_up["DependsOn"]))
    states = "arn:<AWS::Partition>:states:<AWS::Region>:<AWS::AccountId>:"
    names = ("flights-training", "flights-batch-inference")
    assert [flat(arn) for arn in clean_up["Properties"]["Machines"]] == [
        f"{states}stateMachine:{name}" for name in names
    ]
    allowed = stacks["Own"].allowed("FunctionsCleanUpRole")
    for name in names:
        assert ("states:ListExecutions", f"{states}stateMachine:{name}") in allowed
        assert ("states:StopExecution", f"{states}execution:{name}:*") in allowed


def test_a_workflow_in_another_stack_is_deleted_before_the_clean_up_runs(stack: Stack) -> None:
    home = ModelHome(stack, "Model", name="flights")
    other = Stack(app_of(stack), "Other", env=HERE)
    BatchInferenceWorkflow(other, "Batch", home=home, dataset=DATASET)
    templates = Synthesized.all_of(app_of(stack))
    assert "Machines" not in templates["Refused"].properties("Custom::MdlcCleanUp")
    assert templates["Other"].only("AWS::StepFunctions::StateMachine")


def test_more_models_than_one_policy_can_hold_are_refused(stack: Stack) -> None:
    def home(number: int) -> ModelHome:
        return ModelHome(stack, f"Model{number}", name=f"m{number}", removal_policy=RemovalPolicy.DESTROY)

    for number in range(5):
        home(number)
    with pytest.raises(
        ValueError,
        match=r"share its function CleanUp, .* IAM accepts 10240: put the last model into a second",
    ):
        list(map(home, range(5, 20)))


def test_two_homes_of_one_stack_share_one_clean_up_function(stack: Stack) -> None:
    ModelHome(stack, "One", name="one")
    ModelHome(stack, "Two", name="two")
    template = synthesized(stack)
    (function,) = template.of_type("AWS::Lambda::Function")
    clean_ups = template.of_type("Custom::MdlcCleanUp").values()
    assert [flat(one["Properties"]["ServiceToken"]) for one in clean_ups] == [f"<{function}.Arn>"] * 2


def test_endpoints_are_named_to_the_clean_up_once_and_may_then_be_ended(stack: Stack) -> None:
    home = ModelHome(stack, "Model", name="flights")
    for name in ("flights", "other", "flights"):
        home.ends_endpoint(name)
    found = synthesized(stack)
    assert found.properties("Custom::MdlcCleanUp")["Endpoints"] == ["flights", "other"]
    deleted = {
        resource for action, resource in found.allowed("FunctionsCleanUpRole") if "DeleteEndpoint" in action
    }
    assert {resource.rpartition(":")[2] for resource in deleted} == {
        "endpoint/flights",
        "endpoint/other",
        "endpoint-config/flights-*",
    }
