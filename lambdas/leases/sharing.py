"""The fleet that a function's event names, on the clients of this process."""

from collections.abc import Mapping
from functools import partial
from typing import Any

from lambdas.aws.executions import is_running, tell
from lambdas.leases.fleet import Fleet
from lambdas.leases.items import Items
from mdlc_constructs.settings.budget import Budget


def fleet_from(plan: Mapping[str, Any], dynamodb: Any, stepfunctions: Any) -> Fleet:
    """The fleet of `{table, name, budget}`."""
    return Fleet(
        dynamodb=dynamodb,
        items=Items(table=plan["table"], fleet=plan["name"]),
        budget=Budget.from_plan(plan["budget"]),
        tell=partial(tell, stepfunctions),
        running=partial(is_running, stepfunctions),
    )
