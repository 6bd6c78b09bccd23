"""Who must be let in before the log of an encrypted state machine reaches its log group.

What a machine with a customer-managed key logs is encrypted on its way: the machine's role generates the data
key, and the log delivery decrypts with it, in its own name and so by the key's own policy. Source: "Data at
rest encryption in Step Functions", the steps on CloudWatch Logs.
"""

import importlib
from typing import Any

from ministack.core import responses

from mdlc_local import iam, options, trust

DELIVERY = "delivery.logs.amazonaws.com"
SESSION = "StepFunctions"
KMS = "ministack.services.kms"


def refusal(machine: dict[str, Any]) -> str | None:
    """Why nothing is logged of a machine (ministack's record), or None when something may be."""
    encryption = machine.get("encryptionConfiguration") or {}
    if encryption.get("type") != "CUSTOMER_MANAGED_KMS_KEY" or not options.current().iam:
        return None
    key = importlib.import_module(KMS)._resolve_key(encryption.get("kmsKeyId"))
    if key is None:
        return f"the key {encryption.get('kmsKeyId')} does not exist"
    region, account = responses.get_region(), responses.get_account_id()
    # The asterisk is part of the value.
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
