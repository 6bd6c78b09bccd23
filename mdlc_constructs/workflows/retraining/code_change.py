"""The trigger of a deployment that changes what training does: a custom resource, and the digest it
compares.
"""

import hashlib
import json
import re
from collections.abc import Mapping
from typing import Any

from aws_cdk import CfnResource
from constructs import Construct

from mdlc_constructs.asl.machine import Machine
from mdlc_constructs.asl.states import Task
from mdlc_constructs.settings.triggers import Trigger, encode_trigger

CUSTOM_RESOURCE_SECONDS = 300
_TOKEN = re.compile(r"\$\{Token\[[^\]]*\]\}")


def code_change(
    scope: Construct, *, trigger: Trigger, plan: Mapping[str, object], digest: str, function_arn: str
) -> CfnResource:
    """A resource of the deployment that changes when what training does has changed."""
    return CfnResource(
        scope,
        "Code",
        type="Custom::MdlcTrainingCode",
        properties={
            "ServiceToken": function_arn,
            "ServiceTimeout": CUSTOM_RESOURCE_SECONDS + 60,
            **plan,
            "triggers": [encode_trigger(trigger)],
            "Digest": digest,
        },
    )


def work_digest(training: Machine) -> str:
    """What a training machine's work follows from: settings, requests, and what these are bound to.

    That is what decides whether a training is done anew: labels of code that change nothing are not in it.
    """
    plan = training.state("Plan")
    assert isinstance(plan, Task) and isinstance(plan.arguments, Mapping)
    payload: Any = plan.arguments["Payload"]
    bound = {
        name: _TOKEN.sub("", str(value))
        for name, value in training.bindings.items()
        if f"${{{name}}}" in json.dumps(payload["bound"])
    }
    work = {name: payload[name] for name in ("settings", "requests")}
    text = json.dumps({**work, "bound": bound}, sort_keys=True, default=str)
    # What is known only at deployment is where things are, not what is done.
    return hashlib.sha256(_TOKEN.sub("", text).encode()).hexdigest()
