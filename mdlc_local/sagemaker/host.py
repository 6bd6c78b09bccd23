"""SageMaker's connection to ministack: the caller, events, and permissions."""

import importlib
import json
import logging
from typing import Any

from mdlc_local import iam, options, patches, trust
from mdlc_local.sagemaker.faults import SageMakerApiError, invalid
from mdlc_local.sagemaker.records import Scope

log = logging.getLogger("mdlc_local.sagemaker")

PRINCIPAL = "sagemaker.amazonaws.com"

_PUT_EVENTS = ("ministack.services.eventbridge", "_put_events", "data allow_aws_source")
_ACCESS_KEY = ("ministack.core.router", "extract_access_key_id", "headers query_params")


def check_seams() -> None:
    """Check that the ministack functions used here have the expected parameters.

    Raises:
        PatchMovedError: when one has not.
    """
    for seam in (_PUT_EVENTS, _ACCESS_KEY):
        patches.take(*seam)
    patches.take("ministack.services.iam", "_roles")


def scope() -> Scope:
    """The account and region of the current request."""
    responses = importlib.import_module("ministack.core.responses")
    return Scope(str(responses.get_account_id()), str(responses.get_region()))


def access_key(headers: dict[str, str], query: dict[str, Any]) -> str:
    """The access key that signed the request."""
    return str(patches.take(*_ACCESS_KEY)(headers, query))


def put_event(
    detail_type: str, detail: dict[str, Any], resource_arn: str, *, source: str = "aws.sagemaker"
) -> None:
    """Put an event of an AWS service on the default event bus of the resource's account and region."""
    entry = {
        "Source": source,
        "DetailType": detail_type,
        "Detail": json.dumps(detail, default=str),
        "Resources": [resource_arn],
    }
    put_events = patches.take(*_PUT_EVENTS)
    responses = importlib.import_module("ministack.core.responses")
    here = scope()
    parts = resource_arn.split(":", 5)
    try:
        # A package's event is its owner's, also when another account's role changes the package.
        with responses.request_scope(parts[4] or here.account, parts[3] or here.region):
            put_events({"Entries": [entry]}, allow_aws_source=True)
    except Exception:
        # An error in a rule or target must not fail a job; services publish events on a best-effort basis.
        log.exception("the event %s for %s could not be put", detail_type, resource_arn)


def authorize(key: str, action: str, resource_arn: str, region: str, context: dict[str, Any]) -> None:
    """Check that the caller may do `action` on `resource_arn`.

    Args:
        key: the caller's access key.
        action: the IAM action, for example ``iam:PassRole``.
        resource_arn: the resource.
        region: the request's region.
        context: condition keys and their values.

    Raises:
        SageMakerApiError: AccessDeniedException with IAM's message, when the caller may not.
    """
    if not options.current().iam:
        return
    reason = iam.denial_of_key(key, action, resource_arn, region=region, context=context)
    if reason is not None:
        raise SageMakerApiError("AccessDeniedException", reason)


def check_role(role_arn: str, scope: Scope, source_arn: str) -> None:
    """Check that a role exists and that SageMaker may assume it (only if IAM is enforced).

    Args:
        role_arn: the role.
        scope: the account and region on whose behalf SageMaker acts.
        source_arn: the job or model on whose behalf it acts.

    Raises:
        SageMakerApiError: ValidationException with AWS's message, when it does not or may not.
    """
    if not trust.may_assume(
        role_arn, PRINCIPAL, account=scope.account, source_arn=source_arn, region=scope.region
    ):
        raise invalid(
            f"Could not assume role {role_arn}. Please ensure that the role exists and allows principal "
            f"'{PRINCIPAL}' to assume the role."
        )
