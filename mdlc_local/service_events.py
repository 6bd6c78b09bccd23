"""Events that AWS services put on the default event bus."""

import importlib
import json
import logging
from typing import Any

from mdlc_local import patches, scopes

log = logging.getLogger("mdlc_local.service_events")

_PUT_EVENTS = ("ministack.services.eventbridge", "_put_events", "data allow_aws_source")


def check_seams() -> None:
    """Check that the ministack function used here has the expected parameters.

    Raises:
        PatchMovedError: when it has not.
    """
    patches.take(*_PUT_EVENTS)


def put_event(detail_type: str, detail: dict[str, Any], resource_arn: str, *, source: str) -> None:
    """Put an event of an AWS service on the default event bus of the resource's account and region.

    Args:
        detail_type: the event's detail type, for example ``SageMaker Model Package State Change``.
        detail: the event's detail.
        resource_arn: the resource that the event is about.
        source: the service, for example ``aws.sagemaker``.
    """
    entry = {
        "Source": source,
        "DetailType": detail_type,
        "Detail": json.dumps(detail, default=str),
        "Resources": [resource_arn],
    }
    put_events = patches.take(*_PUT_EVENTS)
    responses = importlib.import_module("ministack.core.responses")
    here = scopes.current()
    parts = resource_arn.split(":", 5)
    try:
        # A package's event is its owner's, also when another account's role changes the package.
        with responses.request_scope(parts[4] or here.account, parts[3] or here.region):
            put_events({"Entries": [entry]}, allow_aws_source=True)
    except Exception:
        # An error in a rule or target must not fail a job; services publish events on a best-effort basis.
        log.exception("the event %s for %s could not be put", detail_type, resource_arn)
