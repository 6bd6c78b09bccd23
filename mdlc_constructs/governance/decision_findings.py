"""cdk-nag findings that a decision API causes on purpose, except wildcards, each with its reason.

Pure text.
"""

import re
from collections.abc import Mapping

LOG_ROLE = "ApiGatewayLogRole"
"""The only resource outside the API's construct: it is set for the account and created once a stack."""

_LOG_POLICY = (
    "AwsSolutions-IAM4[Policy::arn:<AWS::Partition>:iam::aws:policy/service-role"
    "/AmazonAPIGatewayPushToCloudWatchLogs]"
)

_NO_LOGS = (
    "API Gateway writes logs by a role that is a setting of the whole account: pass logs=True to DecisionApi "
    "where the account has one. Every decision has its record."
)

_REASONS: Mapping[tuple[str, str], str] = {
    ("Post(Express)?", "AwsSolutions-COG4"): (
        "Callers are services of one's own that sign with AWS credentials, or whoever a function judges: "
        "pass Authorizer.user_pool to DecisionApi to ask for a user pool's tokens."
    ),
    ("Stage", "AwsSolutions-APIG3"): (
        "No web ACL was given: pass web_acl_arn to DecisionApi. Only authorized callers reach the API, their "
        "requests are held against a schema, and their rate is limited."
    ),
    ("Stage", "AwsSolutions-APIG1"): _NO_LOGS,
    ("Stage", "AwsSolutions-APIG6"): _NO_LOGS,
    ("Machine/Resource", "AwsSolutions-SF1"): (
        "Steps carry rows, which may be personal data, and are logged when log_rows is passed; errors always "
        "are, and every decision has its record."
    ),
    (LOG_ROLE, _LOG_POLICY): (
        "The policy is the one that API Gateway asks for on the account's log role; it names log groups that "
        "API Gateway alone makes."
    ),
}


def decision_reason(part: str, finding: str) -> str | None:
    """Why a decision API causes a finding on one of its parts, or None when it does not.

    Args:
        part: the path below the API's construct, or `LOG_ROLE`.
        finding: the finding's id.
    """
    return next(
        (
            reason
            for (pattern, known), reason in _REASONS.items()
            if known == finding and re.fullmatch(pattern, part)
        ),
        None,
    )
