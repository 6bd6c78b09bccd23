"""Buckets whose events reach no rule, and what is said of them at synth."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from aws_cdk import App, Stack
from aws_cdk import aws_events as events
from aws_cdk import aws_s3 as s3
from aws_cdk import aws_s3_notifications as notifications
from aws_cdk import aws_sqs as sqs
from aws_cdk.assertions import Annotations, Match

from mdlc_constructs import (
    DecisionApi,
    Gate,
    ModelHome,
    OnNewData,
    RetrainingWorkflow,
    SlidingWindow,
    TrainingWorkflow,
)
from mdlc_constructs.resources.bucket_events import sends_events, warn_without_events
from tests.workflows.decision.settings import PLAIN, RULES
from tests.workflows.decision.stacks import Named
from tests.workflows.settings import ALGORITHM, DATASET
from tests.workflows.stacks import HERE


@pytest.fixture
def stack() -> Stack:
    return Stack(App(), "Watched", env=HERE)


def _switched_on_later(stack: Stack) -> s3.IBucket:
    bucket = s3.Bucket(stack, "B")
    bucket.enable_event_bridge_notification()
    return bucket


def _made_by_cloudformation(stack: Stack) -> s3.IBucket:
    on = {"eventBridgeConfiguration": {"eventBridgeEnabled": True}}
    return s3.Bucket.from_cfn_bucket(s3.CfnBucket(stack, "B", notification_configuration=on))


def _imported_and_switched_on(stack: Stack) -> s3.IBucket:
    bucket = s3.Bucket.from_bucket_name(stack, "B", "theirs")
    bucket.enable_event_bridge_notification()
    return bucket


def _with_other_notifications(stack: Stack) -> s3.IBucket:
    bucket = s3.Bucket(stack, "B")
    queue = notifications.SqsDestination(sqs.Queue(stack, "Queue"))
    bucket.add_event_notification(s3.EventType.OBJECT_CREATED, queue)
    return bucket


@pytest.mark.parametrize(
    ("make", "sends"),
    [
        (lambda stack: s3.Bucket(stack, "B", event_bridge_enabled=True), True),
        (_switched_on_later, True),
        (_made_by_cloudformation, True),
        (_imported_and_switched_on, True),
        (lambda stack: s3.Bucket(stack, "B"), False),
        (_with_other_notifications, False),
        (lambda stack: s3.Bucket.from_cfn_bucket(s3.CfnBucket(stack, "B")), False),
        (lambda stack: s3.Bucket.from_bucket_name(stack, "B", "theirs"), None),
    ],
)
def test_which_buckets_send_their_events(
    stack: Stack, make: Callable[[Stack], s3.IBucket], sends: bool | None
) -> None:
    assert sends_events(make(stack)) is sends


def retrained(stack: Stack, home: ModelHome, uri: str, bucket: s3.IBucket | None = None) -> None:
    training = TrainingWorkflow(
        stack,
        "Training",
        home=home,
        dataset=type(DATASET).csv(
            uri, label="late", timestamp="t", row_key=("id",), columns={"distance": "number"}
        ),
        dataset_bucket=bucket,
        algorithm=ALGORITHM,
        gate=Gate(better_than_champion="auc"),
    )
    RetrainingWorkflow(
        stack,
        "Retraining",
        home=home,
        training=training,
        triggers=(OnNewData(files=1),),
        window=SlidingWindow(length=timedelta(days=90), holdout=timedelta(days=14)),
    )


def warned(stack: Stack) -> list[str]:
    found = Annotations.from_stack(stack).find_warning("*", Match.string_like_regexp("EventBridge"))
    return [str(one.entry.data).partition(" [ack:")[0] for one in found]


def test_a_homes_own_bucket_without_events_is_told_once_for_new_data(stack: Stack) -> None:
    bucket = s3.Bucket(stack, "Mine")
    retrained(
        stack, ModelHome(stack, "Model", name="flights", bucket=bucket), f"s3://{bucket.bucket_name}/raw/"
    )
    assert warned(stack) == [
        "The bucket 'Watched/Mine' sends no events to EventBridge, so that no new data starts a retraining: "
        "give it event_bridge_enabled=True."
    ]


def test_a_datasets_bucket_that_is_not_of_the_app_is_told(stack: Stack) -> None:
    retrained(stack, ModelHome(stack, "Model", name="flights"), "s3://theirs/raw/")
    assert warned(stack) == [
        "Whether the bucket 'theirs' sends its events to EventBridge cannot be seen here: unless it does, no "
        "new data starts a retraining. Switch it on at the bucket, and acknowledge this warning."
    ]


def test_buckets_that_send_their_events_are_not_told(stack: Stack) -> None:
    own = s3.Bucket(stack, "Own")
    data = s3.Bucket(stack, "Data", event_bridge_enabled=True)
    home = ModelHome(stack, "Model", name="flights", bucket=own)
    retrained(stack, home, f"s3://{data.bucket_name}/raw/", data)
    assert warned(stack) == []


def test_a_bucket_may_be_switched_on_after_the_rule_is_made(stack: Stack) -> None:
    bucket = s3.Bucket(stack, "Late")
    rule = events.CfnRule(stack, "Rule", schedule_expression="rate(1 day)")
    warn_without_events(rule, bucket, "late", what="nothing happens")
    bucket.enable_event_bridge_notification()
    assert warned(stack) == []


def test_uploaded_rules_that_would_never_be_accepted_are_told(stack: Stack) -> None:
    home = ModelHome(stack, "Model", name="flights", bucket=s3.Bucket(stack, "Mine"))
    DecisionApi(stack, "Api", home=home, endpoint=Named(), decisions=PLAIN, rules=RULES)
    (said,) = warned(stack)
    assert said.startswith(
        "The bucket 'Watched/Mine' sends no events to EventBridge, so that no rules that are uploaded for "
    )


def test_a_home_with_a_bucket_of_its_own_has_nothing_to_tell(stack: Stack) -> None:
    home = ModelHome(stack, "Model", name="flights")
    retrained(stack, home, f"s3://{home.bucket_name}/raw/")
    assert warned(stack) == []
