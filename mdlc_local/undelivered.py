"""Events that a rule could not deliver: the metric FailedInvocations, and the target's dead-letter queue.

The queue's policy must allow EventBridge to send, with the rule as source. Source:
https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-rule-dlq.html
"""

import contextvars
import importlib
import logging
import threading
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from mdlc_local import clients, counts, options, patches, trust
from mdlc_local.counts import Measured

log = logging.getLogger("mdlc_local.undelivered")

NAMESPACE = "AWS/Events"
PRINCIPAL = "events.amazonaws.com"
SQS = "ministack.services.sqs"


def check_seams() -> None:
    """Check that the ministack function used here is as expected.

    Raises:
        PatchMovedError: when it is not.
    """
    patches.take(SQS, "queue_policy_for_arn", "queue_arn")


def record(target: dict[str, Any], rule: dict[str, Any], event: str, reason: str, region: str) -> None:
    """Count a delivery without permission, and send the event to the target's dead-letter queue, if any."""
    dimensions = (("RuleName", str(rule.get("Name"))),)
    counts.measure(NAMESPACE, region, Measured("FailedInvocations", 1.0, "Count", dimensions))
    queue_arn = (target.get("DeadLetterConfig") or {}).get("Arn")
    if not queue_arn:
        return
    rule_arn, account = str(rule.get("Arn", "")), clients.account()
    queue = patches.take(SQS, "queue_policy_for_arn", "queue_arn")(queue_arn)
    context = {"aws:sourcearn": rule_arn, "aws:sourceaccount": account}
    if options.current().iam and not (
        queue
        and trust.service_is_allowed(
            queue[0] or {}, PRINCIPAL, "sqs:SendMessage", queue_arn, region=region, context=context
        )
    ):
        log.warning("rule %s: the policy of %s does not let %s send", rule.get("Name"), queue_arn, PRINCIPAL)
        return
    attributes = {
        "RULE_ARN": rule_arn,
        "TARGET_ARN": str(target.get("Arn", "")),
        "ERROR_CODE": "NO_PERMISSIONS",
        "ERROR_MESSAGE": reason,
    }
    # The server answers its own request only outside of this one.
    send = contextvars.copy_context().run
    threading.Thread(
        target=send, args=(_send, queue_arn, event, attributes), daemon=True, name="dead letter"
    ).start()


def _send(queue_arn: str, event: str, attributes: dict[str, str]) -> None:
    _, _, _, region, account, name = queue_arn.split(":")
    importlib.import_module("ministack.core.responses").set_request_account_id(account)
    sqs = clients.client("sqs", role_arn=None, region=region, session="")
    try:
        sqs.send_message(
            QueueUrl=sqs.get_queue_url(QueueName=name)["QueueUrl"],
            MessageBody=event,
            MessageAttributes={
                key: {"DataType": "String", "StringValue": value} for key, value in attributes.items()
            },
        )
    except (ClientError, BotoCoreError) as error:
        log.warning("the dead letter for %s is lost: %s", queue_arn, error)
