"""Approves and rejects versions: what may be decided, the audit item, and the status in the registry."""

from __future__ import annotations

import json
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import asdict, dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from mdlc_cli.aws import aws_errors
from mdlc_cli.aws.models import Model
from mdlc_cli.aws.target import Target
from mdlc_cli.errors import CommandError
from mdlc_cli.versions.versions import Version, champion_of
from mdlc_client import approvals, registered
from mdlc_client.approvals import APPROVED, EXPIRED, PENDING, REJECTED
from mdlc_client.audit import MODEL_PREFIX, Item

SCHEMA_VERSION = "1"
MAX_REASON = 1000
"""The registry takes descriptions of 1,024 characters."""
CLAIM_HOLDS = timedelta(minutes=10)
"""How long an item counts as a decision that is being made, while its version is still pending. It is much
longer than the two calls take; after it, the command that wrote the item is taken to have died."""
_EARLIER = ("decision", "reason", "decided_by", "decided_at")
SERVER_ERRORS = 500
"""The least HTTP status of an error after which a request may have been carried out all the same."""
VERBS = {APPROVED: "approved", REJECTED: "rejected"}


@dataclass(frozen=True, kw_only=True)
class Decision:
    """A decision on a version; the fields are those of its audit item.

    Attributes:
        earlier: the decision that this one takes back, as JSON; empty for the first one.
    """

    model: str
    version: int
    package_arn: str
    decision: str
    reason: str
    decided_by: str
    decided_at: str
    earlier: str = ""

    def item(self) -> dict[str, dict[str, str]]:
        """The audit item in DynamoDB's notation."""
        texts = {
            "pk": MODEL_PREFIX + self.model,
            "sk": approvals.key_of(self.version),
            "schema_version": SCHEMA_VERSION,
            **{name: str(value) for name, value in asdict(self).items()},
        }
        return {name: {"S": value} for name, value in texts.items()}


def checked_reason(reason: str | None, *, needed: bool) -> str:
    """The reason as one line.

    Raises:
        CommandError: it is empty and needed, or too long for the registry.
    """
    text = " ".join((reason or "").split())
    if needed and not text:
        raise CommandError('--reason is empty: say why, such as --reason "the holdout has only one season"')
    if len(text) > MAX_REASON:
        raise CommandError(
            f"--reason has {len(text):,} characters and the registry takes {MAX_REASON:,}: shorten it"
        )
    return text


def decided_already(
    model: Model, version: Version, decision: str, *, releases: bool, now: datetime
) -> str | None:
    """A sentence when a version has that decision already; None when it can be decided.

    Args:
        model: the version's model, with its audit items.
        version: the version.
        decision: `APPROVED` or `REJECTED`.
        releases: whether the model has a release machine.
        now: the time, which distinguishes a claim in progress from an abandoned one.

    Raises:
        CommandError: it cannot be decided so; the sentence says why and what to do.
    """
    name, status = f"version {version.number} of {model.name}", str(version.package.get("status", ""))
    item = approvals.decision_of(model.items, version.number)
    if not version.package:
        raise CommandError(
            f"{name} is not in the registry any more: train another one with "
            f"`mdlc run training --model {model.name}`"
        )
    if status == PENDING:
        _check_nobody_decides(name, item, decision, now)
        return None
    standing = approvals.standing(item, status)
    if status == decision:
        return f"{name} {_how(standing, version, VERBS[status])} already: nothing was changed"
    if status == REJECTED:
        raise CommandError(_why_not_approved(model, version, standing))
    if version.number == champion_of(model):
        remedy = (
            f"bring the one before it back with `mdlc rollback --model {model.name}`, then reject it"
            if releases
            else "approve a newer one, let batch inference take it, then reject this one"
        )
        raise CommandError(f"{name} is the champion, whose answers are in use: {remedy}")
    return None


def _check_nobody_decides(name: str, item: Item, decision: str, now: datetime) -> None:
    if not item or item.get("decision") == decision:
        return
    if now - datetime.fromisoformat(str(item["decided_at"])) < CLAIM_HOLDS:
        what = {EXPIRED: "expires", REJECTED: "is being rejected"}.get(
            str(item["decision"]), "is being approved"
        )
        raise CommandError(
            f"{name} {what} right now, by {approvals.who(item)}: look again with `mdlc models` in ten minutes"
        )


def _how(item: Item, version: Version, verb: str) -> str:
    if not item:
        by = str(version.package.get("changed_by") or "")
        return f"is {verb}{f' (last changed by {by})' if by else ''}"
    if item.get("decision") == EXPIRED:
        return f"is {verb}, because nobody decided in time,"
    reason = f" ({item['reason']})" if item.get("reason") else ""
    return f"was {verb} by {approvals.who(item)} on {_day(item)}{reason}"


def _why_not_approved(model: Model, version: Version, item: Item) -> str:
    name, training = f"version {version.number} of {model.name}", version.training
    again = f"`mdlc run training --model {model.name}`"
    if item.get("decision") == EXPIRED:
        return (
            f"{name} can no longer be approved, because nobody decided until {_day(item)}: upload newer data "
            f"and train another one with {again}"
        )
    if item:
        return f"{name} {_how(item, version, 'rejected')}, which is final: train another one with {again}"
    if str(training.get("passed")) == "false":
        reasons = str(training.get("reasons", "")).rstrip(".")
        return (
            f"{name} was refused by the gate{f' ({reasons})' if reasons else ''}: change the data, the "
            f"algorithm or the gate, then `mdlc deploy` and {again}"
        )
    why = str(version.package.get("description", "")).rstrip(".")
    return f"{name} is rejected{f' ({why})' if why else ''}: train another one with {again}"


def decide(
    target: Target, model: Model, version: Version, decision: str, reason: str, *, now: datetime
) -> Decision:
    """Write the audit item, then set the version's status; the item is removed when AWS refuses the status.

    Raises:
        CommandError: somebody else decides at the same time, or a permission is missing.
    """
    who = str(target.client("sts").get_caller_identity()["Arn"])
    before = approvals.decision_of(model.items, version.number)
    earlier = approvals.standing(before, str(version.package["status"]))
    verdict = Decision(
        model=model.name,
        version=version.number,
        package_arn=str(version.package["package_arn"]),
        decision=decision,
        reason=reason,
        decided_by=who,
        decided_at=now.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z"),
        earlier=json.dumps({name: earlier[name] for name in _EARLIER}) if earlier else "",
    )
    _claim(target, model, verdict, before)
    _check_undecided(target, model, verdict, before, seen=str(version.package["status"]))
    _set_status(target, model, verdict, before)
    return verdict


def _claim(target: Target, model: Model, verdict: Decision, before: Item) -> None:
    """Write the decision's item when nobody has written one since `before` was read."""
    from botocore.exceptions import ClientError

    condition: dict[str, Any] = {"ConditionExpression": "attribute_not_exists(pk)"}
    if before:
        condition = {
            "ConditionExpression": "decided_at = :seen",
            "ExpressionAttributeValues": {":seen": {"S": str(before["decided_at"])}},
        }
    try:
        target.client("dynamodb").put_item(TableName=model.table, Item=verdict.item(), **condition)
    except ClientError as error:
        code = error.response["Error"]["Code"]
        if code == "ConditionalCheckFailedException":
            raise CommandError(
                f"somebody else decided on version {verdict.version} of {verdict.model} at the same time: "
                f"see `mdlc audit --model {verdict.model}`"
            ) from error
        if aws_errors.is_denied(error):
            raise _not_allowed(verdict, "dynamodb:PutItem", f"table {model.table}") from error
        raise


def _check_undecided(target: Target, model: Model, verdict: Decision, before: Item, *, seen: str) -> None:
    """Raise an error when the status was changed elsewhere, such as in the console, since it was shown."""
    status = str(registered.describe(target, verdict.package_arn).get("status", ""))
    if status == seen:
        return
    _withdraw(target, model, verdict, before)
    raise CommandError(
        f"version {verdict.version} of {verdict.model} became {status or 'deleted'} elsewhere meanwhile: see "
        f"`mdlc audit --model {verdict.model}`"
    )


def _set_status(target: Target, model: Model, verdict: Decision, before: Item) -> None:
    """Set the status; when AWS refuses it, nothing was decided and the item goes.

    After an error of the service or a broken connection the status may have changed, so the item stays, and
    the same command given again completes what it says.
    """
    from botocore.exceptions import ClientError

    description = verdict.reason or f"{VERBS[verdict.decision].title()} by {verdict.decided_by}."
    try:
        target.client("sagemaker").update_model_package(
            ModelPackageArn=verdict.package_arn,
            ModelApprovalStatus=verdict.decision,
            ApprovalDescription=description,
        )
    except ClientError as error:
        if error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 400) < SERVER_ERRORS:
            _withdraw(target, model, verdict, before)
        if aws_errors.is_denied(error):
            raise _not_allowed(verdict, "sagemaker:UpdateModelPackage", verdict.package_arn) from error
        raise


def _withdraw(target: Target, model: Model, verdict: Decision, before: Item) -> None:
    """Put the item back as it was before; where that is refused as well, it counts for ten minutes."""
    from botocore.exceptions import ClientError

    client, own = target.client("dynamodb"), {":own": {"S": verdict.decided_at}}
    condition: dict[str, Any] = {
        "TableName": model.table,
        "ConditionExpression": "decided_at = :own",
        "ExpressionAttributeValues": own,
    }
    with suppress(ClientError):
        if before:
            client.put_item(Item={name: {"S": str(value)} for name, value in before.items()}, **condition)
        else:
            key = {name: verdict.item()[name] for name in ("pk", "sk")}
            client.delete_item(Key=key, **condition)


def approve_card(target: Target, verdict: Decision) -> str:
    """Set the status of an approved package's model card; returns a remark when AWS refuses it."""
    from botocore.exceptions import ClientError

    client = target.client("sagemaker")
    card = client.describe_model_package(ModelPackageName=verdict.package_arn).get("ModelCard")
    if not card or card.get("ModelCardStatus") == APPROVED:
        return ""
    try:
        # With its content, because the API does not say that a card without one keeps what it had.
        client.update_model_package(
            ModelPackageArn=verdict.package_arn, ModelCard={**card, "ModelCardStatus": APPROVED}
        )
    except ClientError as error:
        return f"The model card keeps its status: {error.response['Error']['Message']}"
    return ""


def _not_allowed(verdict: Decision, action: str, resource: str) -> CommandError:
    return CommandError(
        f"{verdict.decided_by} may not decide on version {verdict.version} of {verdict.model}, because it "
        f"lacks {action} on {resource}: ask who administers the account for this permission"
    )


def _day(item: Mapping[str, Any]) -> str:
    return str(item.get("decided_at", ""))[:16].replace("T", " ")
