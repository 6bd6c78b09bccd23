"""The batch inference workflow as a construct that delivers: its table, its function, what they may do."""

import json
from datetime import timedelta
from typing import Any

import pytest
from aws_cdk import App, Environment, RemovalPolicy, Stack
from aws_cdk import aws_dynamodb as dynamodb
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from syrupy.assertion import SnapshotAssertion

from mdlc_constructs import BatchInferenceWorkflow, LookUpTable, ModelHome, RowEvents
from tests.synthesized import Synthesized
from tests.workflows.settings import DATASET
from tests.workflows.stacks import HERE

ROLE = "FunctionsDeliverPredictionsRole"
TEXT = dynamodb.AttributeType.STRING
KEPT = LookUpTable(keep_for=timedelta(days=7))
THEIRS = "arn:aws:dynamodb:eu-central-1:111111111111:table/theirs"


def batch(stack: Stack, name: str = "flights", **arguments: Any) -> BatchInferenceWorkflow:
    destroyed = arguments.pop("destroyed", False)
    policy = RemovalPolicy.DESTROY if destroyed else RemovalPolicy.RETAIN
    home = ModelHome(stack, f"Model-{name}", name=name, removal_policy=policy)
    return BatchInferenceWorkflow(stack, f"Batch-{name}", home=home, dataset=DATASET, **arguments)


def account(number: int) -> Environment:
    """Each stack has its own, since they hold models of the same name."""
    return Environment(account=f"{number:012d}", region=HERE.region)


@pytest.fixture(scope="module")
def stacks(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Synthesized]:
    """Every kind of delivery in one app, synthesized once."""
    app = App(outdir=str(tmp_path_factory.mktemp("assembly")))
    own = Stack(app, "Own", env=account(0))
    table = batch(own, delivery=KEPT).look_up_table
    assert table is not None
    reader = iam.Role(own, "Reader", assumed_by=iam.ServicePrincipal("lambda.amazonaws.com"))
    table.grant_read_data(reader)
    batch(Stack(app, "Gone", env=account(1)), delivery=LookUpTable(key="flight_id"), destroyed=True)
    given = Stack(app, "Given", env=account(2))
    made = dynamodb.Table(
        given,
        "Theirs",
        partition_key=dynamodb.Attribute(name="row_key", type=TEXT),
        encryption_key=kms.Key(given, "TheirKey"),
    )
    assert batch(given, delivery=LookUpTable(), look_up_table=made).look_up_table is made
    imported = Stack(app, "Imported", env=account(3))
    theirs = dynamodb.Table.from_table_arn(imported, "Theirs", THEIRS)
    batch(imported, delivery=LookUpTable(), look_up_table=theirs)
    events = Stack(app, "Events", env=account(4))
    assert batch(events, delivery=RowEvents()).look_up_table is None
    batch(events, "trains", delivery=LookUpTable())
    batch(Stack(app, "Off", env=account(5)))
    return Synthesized.all_of(app)


@pytest.fixture
def stack() -> Stack:
    """A stack for what is refused before anything is synthesized."""
    return Stack(App(), "Refused", env=HERE)


def table_of(stack: Synthesized) -> dict[str, Any]:
    (found,) = (
        one for name, one in stack.of_type("AWS::DynamoDB::Table").items() if name.startswith("Batch")
    )
    return found


def resources(stack: Synthesized, action: str) -> set[str]:
    return {resource for found, resource in stack.allowed(ROLE) if found == action}


def test_logical_ids_are_a_contract(stacks: dict[str, Synthesized], snapshot: SnapshotAssertion) -> None:
    own, off = stacks["Own"].resources, stacks["Off"].resources
    assert set(off) <= set(own)
    assert {name: own[name]["Type"] for name in set(own) - set(off) if "Reader" not in name} == snapshot


def test_a_new_table_is_encrypted_with_the_homes_key_and_can_be_restored(
    stacks: dict[str, Synthesized],
) -> None:
    made = table_of(stacks["Own"])
    properties = made["Properties"]
    assert properties["KeySchema"] == [{"AttributeName": "row_key", "KeyType": "HASH"}]
    assert properties["SSESpecification"]["SSEType"] == "KMS"
    assert "ModelflightsKey" in json.dumps(properties["SSESpecification"]["KMSMasterKeyId"])
    assert properties["PointInTimeRecoverySpecification"] == {"PointInTimeRecoveryEnabled": True}
    assert properties["TimeToLiveSpecification"] == {"AttributeName": "expires_at", "Enabled": True}
    assert properties["BillingMode"] == "PAY_PER_REQUEST"
    assert made["DeletionPolicy"] == "Retain"


def test_a_new_table_goes_with_a_home_that_goes(stacks: dict[str, Synthesized]) -> None:
    made = table_of(stacks["Gone"])
    assert made.get("DeletionPolicy", "Delete") == "Delete"
    assert made["Properties"]["KeySchema"] == [{"AttributeName": "flight_id", "KeyType": "HASH"}]


def test_the_function_puts_items_of_the_one_table(stacks: dict[str, Synthesized]) -> None:
    (table,) = (name for name in stacks["Own"].of_type("AWS::DynamoDB::Table") if name.startswith("Batch"))
    assert resources(stacks["Own"], "dynamodb:PutItem") == {f"<{table}.Arn>"}
    assert not resources(stacks["Own"], "events:PutEvents")
    (read,) = resources(stacks["Own"], "s3:GetObject")
    assert read.endswith("/deliveries/*")
    assert not resources(stacks["Own"], "s3:PutObject")


def test_a_reader_may_read_and_decrypt(stacks: dict[str, Synthesized]) -> None:
    actions = {action for action, _ in stacks["Own"].allowed("Reader")}
    assert {"dynamodb:GetItem", "kms:Decrypt"} <= actions


def test_a_table_of_the_teams_own_is_written_with_its_own_key(stacks: dict[str, Synthesized]) -> None:
    assert not [n for n in stacks["Given"].of_type("AWS::DynamoDB::Table") if n.startswith("Batch")]
    assert any("Theirs" in one for one in resources(stacks["Given"], "dynamodb:PutItem"))
    assert any("TheirKey" in one for one in resources(stacks["Given"], "kms:Decrypt"))


def test_a_table_without_a_customers_key_needs_none(stacks: dict[str, Synthesized]) -> None:
    assert resources(stacks["Imported"], "dynamodb:PutItem") == {THEIRS}
    keys = resources(stacks["Imported"], "kms:Decrypt")
    assert len(keys) == 1  # the rows' own


def test_models_of_a_stack_share_the_function(stacks: dict[str, Synthesized]) -> None:
    functions = stacks["Events"].of_type("AWS::Lambda::Function")
    assert len([name for name in functions if name.startswith("FunctionsDeliverPredictions")]) == 1
    (bus,) = resources(stacks["Events"], "events:PutEvents")
    assert bus.endswith(":event-bus/default")
    assert len(resources(stacks["Events"], "s3:GetObject")) == 2
    assert len(resources(stacks["Events"], "dynamodb:PutItem")) == 1


@pytest.mark.parametrize(("name", "writes"), [("Own", True), ("Events", True), ("Off", False)])
def test_the_check_job_writes_rows_to_deliver_only_when_they_are(
    stacks: dict[str, Synthesized], name: str, writes: bool
) -> None:
    written = {r for a, r in stacks[name].allowed("BatchflightsOutputRole") if a == "s3:PutObject"}
    assert any(resource.endswith("/deliveries/*") for resource in written) is writes


@pytest.mark.parametrize("delivery", [None, RowEvents()])
def test_a_table_that_nothing_goes_to_is_refused(stack: Stack, delivery: RowEvents | None) -> None:
    theirs = dynamodb.Table.from_table_arn(stack, "Theirs", THEIRS)
    with pytest.raises(ValueError, match=r"look_up_table is 'Refused/Theirs' and delivery is .* no table"):
        batch(stack, delivery=delivery, look_up_table=theirs)


@pytest.mark.parametrize(
    ("key", "sort", "said"),
    [
        (
            dynamodb.Attribute(name="id", type=TEXT),
            None,
            "with the key id: give a table with the text 'row_k",
        ),
        (
            dynamodb.Attribute(name="row_key", type=dynamodb.AttributeType.NUMBER),
            None,
            "with the key row_key",
        ),
        (
            dynamodb.Attribute(name="row_key", type=TEXT),
            dynamodb.Attribute(name="at", type=TEXT),
            "with the key row_key, at",
        ),
    ],
)
def test_a_table_with_another_key_is_refused(
    stack: Stack, key: dynamodb.Attribute, sort: dynamodb.Attribute | None, said: str
) -> None:
    table = dynamodb.Table(stack, "Theirs", partition_key=key, sort_key=sort)
    with pytest.raises(ValueError, match=said):
        batch(stack, delivery=LookUpTable(), look_up_table=table)


def test_a_key_that_predictions_have_not_is_refused_before_anything_is_made(stack: Stack) -> None:
    with pytest.raises(ValueError, match="key='distance'"):
        batch(stack, delivery=LookUpTable(key="distance"))
    assert [child.node.id for child in stack.node.children if child.node.id.startswith("Batch")] == []
