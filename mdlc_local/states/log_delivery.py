"""Checks the KMS permissions for the log of an encrypted state machine.

The log of a machine with a customer managed key is encrypted in transit. The machine's role needs
`kms:GenerateDataKey`; the log delivery service decrypts as its own principal, so the key policy must allow it
`kms:Decrypt`. Source: "Data at rest encryption in Step Functions", the steps on CloudWatch Logs.
"""

import importlib
from typing import Any

from ministack.core import responses

from mdlc_local import iam, options, trust

DELIVERY = "delivery.logs.amazonaws.com"
SESSION = "StepFunctions"
KMS = "ministack.services.kms"


def refusal(machine: dict[str, Any]) -> str | None:
    """The reason why a machine (ministack's record) cannot log, or None when it can."""
    encryption = machine.get("encryptionConfiguration") or {}
    if encryption.get("type") != "CUSTOMER_MANAGED_KMS_KEY" or not options.current().iam:
        return None
    key = importlib.import_module(KMS)._resolve_key(encryption.get("kmsKeyId"))
    if key is None:
        return f"the key {encryption.get('kmsKeyId')} does not exist"
    region, account = responses.get_region(), responses.get_account_id()
    # The value contains a literal asterisk.
    source = f"arn:aws:logs:{region}:{account}:*"
    reason = iam.denial(
        machine["roleArn"],
        "kms:GenerateDataKey",
        key["Arn"],
        region=region,
        context={"kms:EncryptionContext:SourceArn": source},
        session=SESSION,
    )
    if reason is not None:
        return reason
    context = {"kms:encryptioncontext:sourcearn": source}
    if trust.service_is_allowed(
        key.get("Policy") or {}, DELIVERY, "kms:Decrypt", key["Arn"], region=region, context=context
    ):
        return None
    return f"no statement of the key's policy allows {DELIVERY} kms:Decrypt for {source}"
