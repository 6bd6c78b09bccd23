"""Tasks that publish events to an EventBridge bus."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Unpack

from mdlc_constructs.asl.statements import Statement
from mdlc_constructs.asl.states import Task
from mdlc_constructs.tasks.integration import StateOptions, integration
from mdlc_constructs.tasks.permissions import arn
from mdlc_constructs.tasks.requests import is_expression, present


@dataclass(frozen=True, kw_only=True)
class Event:
    """One event. `detail` is an object or an expression for one, `resources` the ARNs that it is about."""

    source: str
    detail_type: str
    detail: Mapping[str, object] | str
    resources: Sequence[str] = ()

    def __post_init__(self) -> None:
        if self.source.startswith("aws."):
            raise ValueError(f"source={self.source!r} is kept for AWS services; use a name of your own.")


def put_events(
    name: str, *, events: Sequence[Event], bus_name: str = "default", **state: Unpack[StateOptions]
) -> Task:
    """A task that publishes 1 to 10 events; it fails when the bus accepts only some of them.

    Source: https://docs.aws.amazon.com/step-functions/latest/dg/connect-eventbridge.html
    """
    if not 1 <= len(events) <= 10:
        raise ValueError(f"events holds {len(events)} events; give 1 to 10.")
    if is_expression(bus_name):
        raise ValueError(
            f"bus_name={bus_name!r} is known only at run time; name the bus to be allowed to use it."
        )
    entries = [
        present(
            {
                "EventBusName": bus_name,
                "Source": event.source,
                "DetailType": event.detail_type,
                "Detail": event.detail,
                "Resources": list(event.resources),
            }
        )
        for event in events
    ]
    return integration(
        name,
        service="events",
        action="putEvents",
        arguments={"Entries": entries},
        statements=(
            Statement(actions=("events:PutEvents",), resources=(arn("events", f"event-bus/{bus_name}"),)),
        ),
        **state,
    )
