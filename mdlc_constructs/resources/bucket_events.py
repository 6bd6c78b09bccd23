"""Warns about a user's own bucket that sends no events to EventBridge: a rule on them would never match.

A bucket sends no events unless it is configured to:
https://docs.aws.amazon.com/AmazonS3/latest/userguide/enable-event-notifications-eventbridge.html
"""

from typing import Any

import jsii
from aws_cdk import Annotations, Aspects, CfnResource, IAspect, Stack
from aws_cdk import aws_s3 as s3
from constructs import Construct, IConstruct

_MEMBER = "eventbridgeconfiguration"
"""The property of a notification configuration that enables the events, in lower case: the CDK and
CloudFormation spell it differently."""


def warn_without_events(rule: Construct, bucket: s3.IBucket | None, name: str, *, what: str) -> None:
    """Warn at synth when the bucket sends no events to EventBridge, or when that cannot be determined.

    The check runs when the app is synthesized, because the bucket may be configured until then.

    Args:
        rule: the EventBridge rule on the bucket's events, to which the warning is attached.
        bucket: the bucket; None when only its name is known.
        name: the bucket's name.
        what: a clause that says what does not happen without events: "no new data starts a retraining".
    """
    Aspects.of(rule).add(_Look(bucket, name, what))


@jsii.implements(IAspect)
class _Look:
    """An aspect that adds the warning to the rule that it visits; the rule has no children."""

    def __init__(self, bucket: s3.IBucket | None, name: str, what: str) -> None:
        self._bucket, self._name, self._what = bucket, name, what

    def visit(self, node: IConstruct) -> None:
        """Check the bucket, and add the warning to the rule when it sends no events."""
        sends = None if self._bucket is None else sends_events(self._bucket)
        shown = repr(self._name if self._bucket is None else self._bucket.node.path)
        if sends:
            return
        if sends is None:
            said = (
                f"Whether the bucket {shown} sends its events to EventBridge cannot be seen here: unless it "
                f"does, {self._what}. Switch it on at the bucket, and acknowledge this warning."
            )
        else:
            said = (
                f"The bucket {shown} sends no events to EventBridge, so that {self._what}: "
                f"give it event_bridge_enabled=True."
            )
        Annotations.of(node).add_warning_v2("mdlc:bucket-without-events", said)


def sends_events(bucket: s3.IBucket) -> bool | None:
    """Whether a bucket sends its events to EventBridge; None when it is not defined in this app."""
    managed = bucket.node.try_find_child("Notifications")
    resource = managed.node.try_find_child("Resource") if managed is not None else None
    if isinstance(resource, CfnResource) and _names_event_bridge(resource, resource._cfn_properties):
        return True
    own = bucket.node.default_child
    if not isinstance(own, s3.CfnBucket):
        return None
    return _names_event_bridge(own, own.notification_configuration)


def _names_event_bridge(resource: CfnResource, properties: Any) -> bool:
    resolved = Stack.of(resource).resolve(properties) or {}
    resolved = resolved.get("NotificationConfiguration", resolved)
    for name, value in resolved.items():
        if name.lower() == _MEMBER:
            return not isinstance(value, dict) or all(on is not False for on in value.values())
    return False
