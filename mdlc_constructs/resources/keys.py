"""The KMS key of a model: a new one or the user's own, and the statements that its policy needs."""

import json
from collections.abc import Mapping, Sequence
from weakref import WeakSet

from aws_cdk import Annotations, Aws
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from aws_cdk import aws_s3 as s3
from constructs import Construct

_LOGS = f"logs.{Aws.REGION}.amazonaws.com"
_LOGS_ACTIONS = ("kms:Encrypt*", "kms:Decrypt*", "kms:ReEncrypt*", "kms:GenerateDataKey*", "kms:Describe*")
_ALL_LOGS = f"arn:{Aws.PARTITION}:logs:{Aws.REGION}:{Aws.ACCOUNT_ID}:*"
_DELIVERY = "delivery.logs.amazonaws.com"

SERVICES: Mapping[str, tuple[Sequence[str], Mapping[str, Mapping[str, str]]]] = {
    _LOGS: (_LOGS_ACTIONS, {"ArnLike": {"kms:EncryptionContext:aws:logs:arn": _ALL_LOGS}}),
    # The encryption context with which a machine's role generates the data key for delivered logs:
    # https://docs.aws.amazon.com/step-functions/latest/dg/encryption-at-rest.html, and its use as a condition
    # for the delivery: https://docs.aws.amazon.com/eventbridge/latest/userguide/encryption-bus-logs.html
    _DELIVERY: (("kms:Decrypt",), {"StringEquals": {"kms:EncryptionContext:SourceArn": _ALL_LOGS}}),
}
"""Service principals that use a model's key: their actions, and the condition that restricts them to the
account's own logs."""


def new_key(scope: Construct, description: str, *, also: Sequence[Mapping[str, object]] = ()) -> kms.CfnKey:
    """A new key with rotation; its policy lets IAM policies of the account grant its use.

    Args:
        also: further statements of its policy.
    """
    account = f"arn:{Aws.PARTITION}:iam::{Aws.ACCOUNT_ID}:root"
    return kms.CfnKey(
        scope,
        "Key",
        description=description,
        enable_key_rotation=True,
        key_policy={
            "Version": "2012-10-17",
            "Statement": [
                # Lets IAM policies of the account grant the use of the key.
                {"Effect": "Allow", "Principal": {"AWS": account}, "Action": "kms:*", "Resource": "*"},
                *_service_statements(),
                *also,
            ],
        },
    )


def chosen_key(key: kms.IKey | None, bucket: s3.IBucket | None) -> kms.IKey | None:
    """The user's own key: `key`, or the key of `bucket`; None when a new key is needed.

    The two must not differ: objects that are written without naming a key are encrypted with the bucket's.

    Raises:
        ValueError: when the bucket is encrypted with another key than `key`.
    """
    of_bucket = bucket.encryption_key if bucket is not None else None
    if key is not None and of_bucket is not None and key.key_arn != of_bucket.key_arn:
        raise ValueError(
            f"key={key.node.path!r} is not {of_bucket.node.path!r}, which encrypts the bucket: "
            f"leave key out, and the bucket's is used for everything."
        )
    return key or of_bucket


def admit_logs(scope: Construct, key: kms.IKey) -> None:
    """Add the statements for CloudWatch Logs to the policy of a user's own key; warn when it is imported.

    Every construct that takes a key calls this: the log groups of its functions and machines use that key.

    Source: https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/encrypt-log-data-kms.html
    """
    if key in _admitted:
        return
    added = [
        key.add_to_resource_policy(
            iam.PolicyStatement(
                principals=[iam.ServicePrincipal(service)],
                actions=list(actions),
                resources=["*"],
                conditions=condition,
            )
        ).statement_added
        for service, (actions, condition) in SERVICES.items()
    ]
    if not all(added):
        Annotations.of(scope).add_warning_v2(
            "mdlc:key-policy-of-logs",
            f"The key {key.node.path!r} is imported, and its policy cannot be completed here. Without the "
            f"first of these statements no log group can be made with it, and the deployment fails; without "
            f"the second state machines write no logs: {_statements_as_text()}",
        )
    admitted(key)


def admitted(key: kms.IKey) -> kms.IKey:
    """Remember that the key's policy has the statements of the log services; returns the key."""
    _admitted.add(key)
    return key


_admitted: WeakSet[kms.IKey] = WeakSet()


def _statements_as_text() -> str:
    """The statements of the log services as JSON text, for users to add to a key's policy themselves."""
    readable = {Aws.PARTITION: "<partition>", Aws.REGION: "<region>", Aws.ACCOUNT_ID: "<account>"}
    text = json.dumps(_service_statements())
    for token, name in readable.items():
        text = text.replace(json.dumps(token)[1:-1], name)
    return text


def _service_statements() -> list[dict[str, object]]:
    return [
        {
            "Effect": "Allow",
            "Principal": {"Service": service},
            "Action": list(actions) if len(actions) > 1 else actions[0],
            "Resource": "*",
            "Condition": condition,
        }
        for service, (actions, condition) in SERVICES.items()
    ]
