from typing import Any

from mdlc_constructs.asl.api_table import problems
from mdlc_constructs.asl.checks import check
from mdlc_constructs.asl.machine import Machine
from mdlc_constructs.tasks.metrics import put_metric


def test_one_data_point_of_one_namespace() -> None:
    task = put_metric(
        "Measure",
        namespace="MDLC",
        metric="Bad",
        value=1,
        dimensions={"EndpointName": "e", "VariantName": "v"},
    )
    assert problems(task.resource, task.arguments) == ()
    check(Machine((task,)), traced=False)
    given: Any = task.arguments
    (datum,) = given["MetricData"]
    assert datum["Dimensions"] == [
        {"Name": "EndpointName", "Value": "e"},
        {"Name": "VariantName", "Value": "v"},
    ]
    (statement,) = task.statements
    assert statement.actions == ("cloudwatch:PutMetricData",)
    assert statement.conditions == {"StringEquals": {"cloudwatch:namespace": "MDLC"}}
    assert "CloudWatch.CloudWatchException" in task.retry[0].errors
