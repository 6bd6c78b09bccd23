"""Event buses across accounts: their policies, and rules that send events to a bus of another account.

The target's role needs `events:PutEvents`, and the bus's policy must allow it. An event keeps its `account`.
Sources: https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-cross-account.html and
https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-events-eventbuspolicy.html
"""

import importlib
import json
import logging
from collections.abc import Callable
from types import ModuleType
from typing import Any

from mdlc_local import patches

log = logging.getLogger("mdlc_local.event_buses")

EVENTBRIDGE = "ministack.services.eventbridge"
PROVISIONERS = "ministack.services.cloudformation.provisioners"

Properties = dict[str, Any]


def install(app: ModuleType) -> None:
    """Patch the delivery to buses and PutPermission, and register `AWS::Events::EventBusPolicy`."""
    del app
    parameters = "spec event rule event_path target_input_payload"
    patches.wrap(EVENTBRIDGE, "_dispatch_to_event_bus", parameters, _across)
    patches.wrap(EVENTBRIDGE, "_put_permission", "data", _with_policy)
    patches.take(PROVISIONERS, "_RESOURCE_HANDLERS")["AWS::Events::EventBusPolicy"] = {
        "create": _create,
        "update": _update,
        "delete": _delete,
    }


def _across(dispatch: Callable[..., None]) -> Callable[..., None]:
    responses = importlib.import_module("ministack.core.responses")

    def dispatched(
        spec: Any,
        event: dict[str, Any],
        rule: dict[str, Any],
        event_path: Any,
        target_input_payload: Any = None,
    ) -> None:
        account = responses.get_account_id()
        if spec.account_id == account:
            dispatch(spec, event, rule, event_path, target_input_payload)
            return
        if event.get("Account", account) != account:
            # As on AWS, an event that came from another account is not sent on to a third.
            log.warning("rule %s: an event of account %s is not sent on", rule.get("Name"), event["Account"])
            return
        # Rules of the same name in both accounts are no loop.
        sender = {**rule, "Name": f"{account}/{rule.get('Name')}"}
        with responses.request_scope(spec.account_id, spec.region):
            importlib.import_module(EVENTBRIDGE)._ensure_default_bus()
            dispatch(spec, event, sender, event_path, target_input_payload)

    patches.take(EVENTBRIDGE, "_ensure_default_bus", "")
    return dispatched


def _with_policy(put: Callable[[Properties], Any]) -> Callable[[Properties], Any]:
    """PutPermission that also takes a whole policy, and that names an account by its root, as AWS does."""
    responses = importlib.import_module("ministack.core.responses")
    policies = patches.take(EVENTBRIDGE, "_event_bus_policies")

    def put_permission(data: Properties) -> Any:
        bus = str(data.get("EventBusName") or "default").rpartition("/")[2]
        if data.get("Policy"):
            policies[bus] = json.loads(data["Policy"])
            return responses.json_response({})
        answer = put({**data, "EventBusName": bus})
        for statement in policies[bus]["Statement"]:
            principal = statement.get("Principal")
            if isinstance(principal, str) and principal != "*":
                statement["Principal"] = {"AWS": f"arn:aws:iam::{principal}:root"}
        return answer

    return put_permission


def _create(logical_id: str, properties: Properties, stack_name: str) -> tuple[str, Properties]:
    bus, statement_id = _bus(properties), properties["StatementId"]
    policies = importlib.import_module(EVENTBRIDGE)._event_bus_policies
    _delete("", properties)
    statement = properties.get("Statement")
    if statement is None:
        asked = {
            name: properties[name] for name in ("Action", "Principal", "Condition") if name in properties
        }
        importlib.import_module(EVENTBRIDGE)._put_permission(
            {"EventBusName": bus, "StatementId": statement_id, **asked}
        )
    else:
        content = json.loads(statement) if isinstance(statement, str) else statement
        policy = policies.setdefault(bus, {"Version": "2012-10-17", "Statement": []})
        policy["Statement"].append({**content, "Sid": statement_id})
    return f"{bus}|{statement_id}", {}


def _update(physical_id: str, old: Properties, new: Properties, stack_name: str) -> tuple[str, Properties]:
    _delete(physical_id, old)
    return _create("", new, stack_name)


def _delete(physical_id: str, properties: Properties) -> None:
    importlib.import_module(EVENTBRIDGE)._remove_permission(
        {"EventBusName": _bus(properties), "StatementId": properties["StatementId"]}
    )


def _bus(properties: Properties) -> str:
    return str(properties.get("EventBusName") or "default").rpartition("/")[2]
