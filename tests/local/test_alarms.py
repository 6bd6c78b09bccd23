"""Alarms judged as CloudWatch's documentation says, and on a running server."""

import json
import time
import uuid
from collections.abc import Callable
from typing import Any

import pytest

from mdlc_local.alarms import judge
from tests.local.embedded import Server, allow
from tests.local.states.test_control_plane import until

Clients = Callable[[str], Any]
TREATMENTS = ("missing", "ignore", "breaching", "notBreaching")
OK, ALARM, NONE, KEPT = "OK", "ALARM", "INSUFFICIENT_DATA", "kept"


def judged(points: str, treat: str, needed: int, count: int = 3) -> str:
    """The state for points as the documentation writes them, oldest first: 0 good, X breaching, - missing."""
    alarm = {
        "EvaluationPeriods": count,
        "DatapointsToAlarm": needed,
        "TreatMissingData": treat,
        "Threshold": 0.5,
        "ComparisonOperator": "GreaterThanThreshold",
        "StateValue": KEPT,
    }
    series = [{"0": 0.0, "X": 1.0, "-": None}[point] for point in reversed(points.split())]
    return judge(alarm, series)[0]


@pytest.mark.parametrize(
    ("points", "needed", "states"),
    [
        # "How alarm state is evaluated when data is missing", first table: 3 out of 3
        ("0 - X - X", 3, (OK, OK, OK, OK)),
        ("- - - - 0", 3, (OK, OK, OK, OK)),
        ("- - - - -", 3, (NONE, KEPT, ALARM, OK)),
        ("0 X X - X", 3, (ALARM, ALARM, ALARM, ALARM)),
        ("- - X - -", 3, (ALARM, KEPT, ALARM, OK)),
        # second table: 2 out of 3
        ("0 - X - X", 2, (ALARM, ALARM, ALARM, ALARM)),
        ("0 0 X 0 X", 2, (ALARM, ALARM, ALARM, ALARM)),
        ("0 - X - -", 2, (OK, OK, ALARM, OK)),
        ("- - - - 0", 2, (OK, OK, ALARM, OK)),
        ("- - - X -", 2, (ALARM, KEPT, ALARM, OK)),
        # a first breach alone is no alarm yet
        ("- - - - X", 3, (KEPT, KEPT, ALARM, OK)),
    ],
)
def test_missing_data(points: str, needed: int, states: tuple[str, ...]) -> None:
    assert tuple(judged(points, treat, needed) for treat in TREATMENTS) == states


@pytest.mark.parametrize(
    ("comparison", "above", "equal", "below"),
    [
        ("GreaterThanThreshold", ALARM, OK, OK),
        ("GreaterThanOrEqualToThreshold", ALARM, ALARM, OK),
        ("LessThanThreshold", OK, OK, ALARM),
        ("LessThanOrEqualToThreshold", OK, ALARM, ALARM),
    ],
)
def test_comparisons(comparison: str, above: str, equal: str, below: str) -> None:
    alarm = {
        "EvaluationPeriods": 1,
        "Threshold": 5,
        "ComparisonOperator": comparison,
        "StateValue": KEPT,
    }
    assert [judge(alarm, [value])[0] for value in (6.0, 5.0, 4.0)] == [above, equal, below]


def put(client: Clients, **changes: Any) -> str:
    """An alarm on a metric of its own: a minute of ten times as fast time is six seconds."""
    name = f"alarm-{uuid.uuid4().hex[:8]}"
    usual: dict[str, Any] = {
        "AlarmName": name,
        "Namespace": name,
        "MetricName": "Wrong",
        "Statistic": "Sum",
        "Period": 20,
        "EvaluationPeriods": 1,
        "Threshold": 2,
        "ComparisonOperator": "GreaterThanOrEqualToThreshold",
    }
    if "Metrics" in changes:
        for member in ("Namespace", "MetricName", "Statistic", "Period"):
            del usual[member]
    client("cloudwatch").put_metric_alarm(**{**usual, **changes})
    return name


def tell(client: Clients, namespace: str, value: float, metric: str = "Wrong", **dimensions: str) -> None:
    named = [{"Name": key, "Value": one} for key, one in dimensions.items()]
    client("cloudwatch").put_metric_data(
        Namespace=namespace, MetricData=[{"MetricName": metric, "Value": value, "Dimensions": named}]
    )


def state(client: Clients, name: str) -> str:
    return str(client("cloudwatch").describe_alarms(AlarmNames=[name])["MetricAlarms"][0]["StateValue"])


def reaches(client: Clients, name: str, wanted: str) -> None:
    until(lambda: state(client, name) == wanted)


def test_dimensions_name_one_metric(client: Clients) -> None:
    dimensions = [{"Name": "Fleet", "Value": "new"}]
    name = put(client, Dimensions=dimensions)
    tell(client, name, 9, Fleet="old")
    tell(client, name, 9)
    time.sleep(0.8)
    assert state(client, name) == NONE
    tell(client, name, 9, Fleet="new")
    reaches(client, name, ALARM)


def test_an_alarm_ends_when_its_period_has_passed(client: Clients) -> None:
    name = put(client, TreatMissingData="notBreaching")
    reaches(client, name, OK)
    tell(client, name, 1)
    tell(client, name, 1)
    reaches(client, name, ALARM)
    reaches(client, name, OK)


def test_a_percentile(client: Clients) -> None:
    name = f"p99-{uuid.uuid4().hex[:8]}"
    client("cloudwatch").put_metric_data(
        Namespace=name,
        MetricData=[{"MetricName": "Latency", "Values": [10.0, 1000.0], "Counts": [95.0, 5.0]}],
    )
    put_alarm = client("cloudwatch").put_metric_alarm
    for statistic in ("p99", "p50"):
        put_alarm(
            AlarmName=f"{name}-{statistic}",
            Namespace=name,
            MetricName="Latency",
            ExtendedStatistic=statistic,
            Period=60,
            EvaluationPeriods=1,
            Threshold=500,
            ComparisonOperator="GreaterThanThreshold",
        )
    reaches(client, f"{name}-p99", ALARM)
    reaches(client, f"{name}-p50", OK)


def test_metric_math(client: Clients) -> None:
    space = f"math-{uuid.uuid4().hex[:8]}"

    def query(id_: str, metric: str) -> dict[str, Any]:
        stat = {"Metric": {"Namespace": space, "MetricName": metric}, "Period": 60, "Stat": "Sum"}
        return {"Id": id_, "MetricStat": stat, "ReturnData": False}

    share = {"Id": "share", "Expression": "100 * wrong / all", "ReturnData": True}
    name = put(client, Metrics=[query("wrong", "Wrong"), query("all", "All"), share], Threshold=10)
    tell(client, space, 100, "All")
    tell(client, space, 5)
    reaches(client, name, OK)
    tell(client, space, 20)
    reaches(client, name, ALARM)


def test_a_change_of_state_reaches_topics_and_rules(client: Clients) -> None:
    sqs = client("sqs")
    queues = [sqs.create_queue(QueueName=f"alarms-{uuid.uuid4().hex[:8]}")["QueueUrl"] for _ in range(2)]
    arns = [
        sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
        for url in queues
    ]
    for url, arn in zip(queues, arns, strict=True):
        statement = {**allow("sqs:SendMessage", arn), "Principal": "*"}
        policy = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
        sqs.set_queue_attributes(QueueUrl=url, Attributes={"Policy": policy})
    topic = client("sns").create_topic(Name=f"alarms-{uuid.uuid4().hex[:8]}")["TopicArn"]
    client("sns").subscribe(TopicArn=topic, Protocol="sqs", Endpoint=arns[0])
    name = put(client, AlarmActions=[topic], Period=600)
    rule = f"rule-{uuid.uuid4().hex[:8]}"
    pattern = {"source": ["aws.cloudwatch"], "detail": {"alarmName": [name]}}
    client("events").put_rule(Name=rule, EventPattern=json.dumps(pattern))
    client("events").put_targets(Rule=rule, Targets=[{"Id": "q", "Arn": arns[1]}])
    client("cloudwatch").set_alarm_state(AlarmName=name, StateValue="ALARM", StateReason="a drill")
    message = until(lambda: sqs.receive_message(QueueUrl=queues[0]).get("Messages"))[0]
    assert json.loads(json.loads(message["Body"])["Message"])["NewStateReason"] == "a drill"
    event = json.loads(until(lambda: sqs.receive_message(QueueUrl=queues[1]).get("Messages"))[0]["Body"])
    assert event["detail-type"] == "CloudWatch Alarm State Change"
    assert event["detail"]["state"]["value"] == "ALARM"
    assert event["detail"]["previousState"]["value"] == NONE
    assert event["detail"]["configuration"]["metrics"][0]["metricStat"]["metric"]["name"] == "Wrong"


def test_a_state_that_was_set_gives_way_to_the_true_one(client: Clients) -> None:
    name = put(client, TreatMissingData="notBreaching")
    reaches(client, name, OK)
    client("cloudwatch").set_alarm_state(AlarmName=name, StateValue="ALARM", StateReason="a drill")
    assert state(client, name) == ALARM
    reaches(client, name, OK)


def test_an_alarm_of_a_template(server: Server, client: Clients) -> None:
    name = f"template-{uuid.uuid4().hex[:8]}"
    stat = {"Metric": {"Namespace": name, "MetricName": "Wrong"}, "Period": 60, "Stat": "Sum"}
    properties = {
        "AlarmName": name,
        "EvaluationPeriods": 1,
        "Threshold": 3,
        "ComparisonOperator": "GreaterThanThreshold",
        "TreatMissingData": "notBreaching",
        "Metrics": [
            {"Id": "m", "MetricStat": stat, "ReturnData": False},
            {"Id": "e", "Expression": "m * 2", "ReturnData": True},
        ],
    }
    template = {"Resources": {"A": {"Type": "AWS::CloudWatch::Alarm", "Properties": properties}}}
    client("cloudformation").create_stack(StackName=name, TemplateBody=json.dumps(template))
    until(lambda: client("cloudwatch").describe_alarms(AlarmNames=[name])["MetricAlarms"])
    reaches(client, name, OK)
    tell(client, name, 2)
    reaches(client, name, ALARM)
    assert server.process.poll() is None
