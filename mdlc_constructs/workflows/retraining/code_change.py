"""The trigger for deployments that change the training: a custom resource and the digest in it."""

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
    """A custom resource that changes when the training's code or settings have changed."""
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
    """A digest of a training machine's settings and requests, and of the values bound in the requests.

    These decide whether the training must run again. Labels that do not change the work are not included.
    """
    plan = training.state("Plan")
    assert isinstance(plan, Task) and isinstance(plan.arguments, Mapping)
    payload: Any = plan.arguments["Payload"]
    bound = {
        name: _TOKEN.sub("", str(value))
        for name, value in training.bindings.items()
        if f"${{{name}}}" in json.dumps(payload["bound"])
    }
    settings = {name: value for name, value in payload["settings"].items() if name != "code_version"}
    work = {"settings": settings, "requests": payload["requests"], "bound": bound}
    text = json.dumps(work, sort_keys=True, default=str)
    # Tokens are removed: values known only at deployment are locations of resources, not the work itself.
    return hashlib.sha256(_TOKEN.sub("", text).encode()).hexdigest()
