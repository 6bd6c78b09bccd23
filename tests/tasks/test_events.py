from typing import Any

import pytest

from mdlc_constructs.asl.checks import check
from mdlc_constructs.asl.machine import Machine
from mdlc_constructs.tasks.events import Event, put_events

EVENT = Event(source="mdlc", detail_type="Model trained", detail={"run": "{% $run %}"}, resources=("a",))


def test_an_event_is_announced_on_its_bus() -> None:
    task = put_events("PublishEvent", events=(EVENT,), bus_name="models")
    assert task.resource == "arn:${Partition}:states:::events:putEvents"
    assert task.arguments == {
        "Entries": [
            {
                "EventBusName": "models",
                "Source": "mdlc",
                "DetailType": "Model trained",
                "Detail": {"run": "{% $run %}"},
                "Resources": ["a"],
            }
        ]
    }
    assert task.statements[0].resources == ("arn:${Partition}:events:${Region}:${Account}:event-bus/models",)
    check(Machine((task,)), traced=False)


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"events": ()}, "events holds 0 events; give 1 to 10"),
        ({"events": (EVENT,) * 11}, "events holds 11 events"),
        ({"events": (EVENT,), "bus_name": "{% $bus %}"}, "name the bus"),
    ],
)
def test_what_the_api_refuses_is_refused_at_once(options: dict[str, Any], said: str) -> None:
    with pytest.raises(ValueError, match=said):
        put_events("PublishEvent", **options)


def test_sources_of_aws_are_not_ours_to_use() -> None:
    with pytest.raises(ValueError, match=r"source='aws.sagemaker' is kept for AWS services"):
        Event(source="aws.sagemaker", detail_type="x", detail={})
