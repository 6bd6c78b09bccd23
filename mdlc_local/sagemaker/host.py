"""Where SageMaker touches the server it runs in (ministack): who calls, events, and permissions."""

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
    """Refuse to start when ministack's private places have moved.

    Raises:
        PatchMovedError: when one has.
    """
    for seam in (_PUT_EVENTS, _ACCESS_KEY):
        patches.take(*seam)
    patches.take("ministack.services.iam", "_roles")


def scope() -> Scope:
    """The account and region of the request being served."""
    responses = importlib.import_module("ministack.core.responses")
    return Scope(str(responses.get_account_id()), str(responses.get_region()))


def access_key(headers: dict[str, str], query: dict[str, Any]) -> str:
    """The access key that signed the request."""
    return str(patches.take(*_ACCESS_KEY)(headers, query))


def put_event(detail_type: str, detail: dict[str, Any], resource_arn: str) -> None:
    """Put an ``aws.sagemaker`` event on the default bus of the scope being served."""
    entry = {
        "Source": "aws.sagemaker",
        "DetailType": detail_type,
        "Detail": json.dumps(detail, default=str),
        "Resources": [resource_arn],
    }
    put_events = patches.take(*_PUT_EVENTS)
    try:
        put_events({"Entries": [entry]}, allow_aws_source=True)
    except Exception:
        # A broken rule or target must not decide how a job ends; SageMaker publishes events best effort.
        log.exception("the event %s for %s could not be put", detail_type, resource_arn)


def authorize(key: str, action: str, resource_arn: str, region: str, context: dict[str, Any]) -> None:
    """Refuse unless the caller may do `action` on `resource_arn`, in IAM's words.

    Args:
        key: the caller's access key.
        action: for example ``iam:PassRole``.
        resource_arn: the resource.
        region: the request's region.
        context: condition keys and their values.

    Raises:
        SageMakerApiError: AccessDeniedException.
    """
    if not options.current().iam:
        return
    reason = iam.denial_of_key(key, action, resource_arn, region=region, context=context)
    if reason is not None:
        raise SageMakerApiError("AccessDeniedException", reason)


def check_role(role_arn: str, scope: Scope, source_arn: str) -> None:
    """Refuse a role that does not exist or that SageMaker may not assume (only while IAM is enforced).

    Args:
        role_arn: the role.
        scope: the account and region that SageMaker acts for.
        source_arn: the job or model that it acts for.

    Raises:
        SageMakerApiError: ValidationException as AWS words it.
    """
    if not trust.may_assume(
        role_arn, PRINCIPAL, account=scope.account, source_arn=source_arn, region=scope.region
    ):
        raise invalid(
            f"Could not assume role {role_arn}. Please ensure that the role exists and allows principal "
            f"'{PRINCIPAL}' to assume the role."
        )
