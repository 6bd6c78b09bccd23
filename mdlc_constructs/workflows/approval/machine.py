"""The machine that waits beside a pending version: a pure function from settings to states.

With a reminder and an expiry, a version on which nobody decides passes

    Begin -> WaitToRemind -> LookBeforeReminder -> ReminderNeeded -> PublishReminder -> WaitToExpire ->
    LookBeforeExpiry -> ExpiryNeeded -> ClaimExpiry -> Expire -> PublishExpiry -> Ended

and a decision, given by a command or in the registry, leads from either choice to `Ended`. An execution's
input is `{package_arn, version, run, data_version, evaluation}`, all text.
"""

from dataclasses import dataclass
from datetime import timedelta

from mdlc_constructs.asl.failures import Catch
from mdlc_constructs.asl.machine import Machine
from mdlc_constructs.asl.sequence import StateSequence
from mdlc_constructs.asl.states import Choice, Pass, Rule, State, Succeed, Task, Wait
from mdlc_constructs.resources.places import AUDIT_TABLE, AUDIT_TABLE_ARN, KEY_ARN, PACKAGE_GROUP
from mdlc_constructs.settings import Approval
from mdlc_constructs.settings.refusal import refusal
from mdlc_constructs.tasks import dynamodb, events
from mdlc_constructs.tasks.model_package import describe_model_package, update_model_package
from mdlc_constructs.workflows.ending import SCHEMA_VERSION, TO_FAILURE, event, failure

WORKFLOW = "approval"
CLAIM_HOLDS = timedelta(minutes=10)
"""How long an audit item of a decision counts while the package is still pending: a command that was killed
between its two calls leaves one. `mdlc_cli.versions.approval` waits as long."""

_PENDING = "PendingManualApproval"
_INPUT = "$states.context.Execution.Input"
_STARTED = "$states.context.Execution.StartTime"


@dataclass(frozen=True, kw_only=True)
class ApprovalSettings:
    """The settings from which the machine is built.

    Raises:
        ValueError: when the approval declares neither a reminder nor an expiry.
    """

    model: str
    approval: Approval

    def __post_init__(self) -> None:
        if not self.approval.is_timed:
            raise refusal(
                "approval", self.approval.mode, "nothing to wait for; give remind_after or expires_after."
            )

    @property
    def timeout_seconds(self) -> int:
        """The machine's timeout: what it waits, and a day."""
        waiting = self.approval.expires_after or self.approval.remind_after or timedelta(0)
        return int((waiting + timedelta(days=1)).total_seconds())


def approval_machine(settings: ApprovalSettings) -> Machine:
    """The machine that reminds of a pending version, and rejects it when nobody decides."""
    begin = Pass(
        name="Begin",
        # For the record of a failure.
        assign={"plan": {name: f"{{% {_INPUT}.{name} %}}" for name in ("run", "data_version")}},
    )
    body = StateSequence.of(begin, _reminder(settings), _expiry(settings), Succeed(name="Ended", output={}))
    return Machine(
        (
            *body.caught(TO_FAILURE).states,
            *failure(settings.model, WORKFLOW, detail_type="Approval Failed"),
        ),
        comment=f"Reminds of a version of {settings.model} that waits for a person",
        timeout_seconds=settings.timeout_seconds,
    )


def _reminder(settings: ApprovalSettings) -> StateSequence:
    after = settings.approval.remind_after
    if after is None:
        return StateSequence()
    expires = settings.approval.expires_after
    until = "" if expires is None else _moment_after(expires)
    remind = events.put_events(
        "PublishReminder",
        events=(event(settings.model, "Approval Reminder", {**_about(settings), "expires_at": until}),),
        output={},
    )
    wait = Wait(name="WaitToRemind", seconds=int(after.total_seconds()))
    return StateSequence.of(wait, _look("LookBeforeReminder"), _unless_decided("ReminderNeeded"), remind)


def _expiry(settings: ApprovalSettings) -> StateSequence:
    approval = settings.approval
    if approval.expires_after is None:
        return StateSequence()
    waiting = approval.expires_after - (approval.remind_after or timedelta(0))
    reason = f"Expired: nobody decided within {duration(approval.expires_after)}."
    look = _look("LookBeforeExpiry")
    expire = update_model_package(
        "Expire",
        package_arn=f"{{% {_INPUT}.package_arn %}}",
        group_name=PACKAGE_GROUP,
        approval_status="Rejected",
        approval_description=reason,
        output={},
    )
    detail = {**_about(settings, asks=False), "reason": reason}
    publish = events.put_events(
        "PublishExpiry", events=(event(settings.model, "Approval Expired", detail),), output={}, next="Ended"
    )
    later = Wait(
        name="WaitForDecision",
        seconds=int(CLAIM_HOLDS.total_seconds()),
        next=look.name,
        comment="Somebody decides at this moment, or was interrupted",
    )
    return StateSequence.of(
        Wait(name="WaitToExpire", seconds=int(waiting.total_seconds())),
        look,
        _unless_decided("ExpiryNeeded"),
        _claim(settings, reason, otherwise=later.name),
        expire,
        publish,
        later,
    )


def _look(name: str) -> Task:
    return describe_model_package(
        name,
        package_arn=f"{{% {_INPUT}.package_arn %}}",
        group_name=PACKAGE_GROUP,
        assign={"status": "{% $states.result.ModelApprovalStatus %}"},
        output={},
    )


def _unless_decided(name: str) -> Choice:
    return Choice(name=name, rules=(Rule(condition=f"{{% $status != '{_PENDING}' %}}", next="Ended"),))


def _claim(settings: ApprovalSettings, reason: str, *, otherwise: str) -> State:
    """Write the decision's audit item, unless somebody decides at this moment."""
    texts = {
        "pk": f"MODEL#{settings.model}",
        "sk": f"{{% 'APPROVAL#' & {_INPUT}.version %}}",
        "schema_version": SCHEMA_VERSION,
        "model": settings.model,
        "version": f"{{% {_INPUT}.version %}}",
        "package_arn": f"{{% {_INPUT}.package_arn %}}",
        "decision": "Expired",
        "reason": reason,
        "decided_by": "{% $states.context.Execution.Id %}",
        "decided_at": "{% $now() %}",
        "earlier": "",
    }
    given_up = f"{{% $fromMillis($millis() - {int(CLAIM_HOLDS.total_seconds() * 1000)}) %}}"
    return dynamodb.put_item(
        "ClaimExpiry",
        table_name=AUDIT_TABLE,
        table_arn=AUDIT_TABLE_ARN,
        kms_key_arn=KEY_ARN,
        item={name: {"S": value} for name, value in texts.items()},
        # The third condition is this state's own write, when the task was retried.
        condition="attribute_not_exists(pk) OR decided_at < :given_up OR decided_by = :own",
        values={
            ":given_up": {"S": given_up},
            ":own": {"S": "{% $states.context.Execution.Id %}"},
        },
        output={},
        catch=(Catch(errors=("DynamoDB.ConditionalCheckFailedException",), next=otherwise),),
    )


def _about(settings: ApprovalSettings, *, asks: bool = True) -> dict[str, object]:
    """An event's members on the version, and with `asks` the commands that decide on it."""
    about: dict[str, object] = {
        name: f"{{% {_INPUT}.{name} %}}" for name in ("version", "package_arn", "run", "evaluation")
    }
    about["pending_since"] = f"{{% {_STARTED} %}}"
    if asks:
        about |= {name: command(name, settings.model, f"{_INPUT}.version") for name in ("approve", "reject")}
    return about


def command(verb: str, model: str, version: str) -> str:
    """A JSONata expression for the command that decides on a version.

    Args:
        verb: `approve` or `reject`.
        model: the model's name.
        version: a JSONata expression for the version's number as text.
    """
    reason = ' --reason "..."' if verb == "reject" else ""
    return f"{{% 'mdlc {verb} ' & {version} & ' --model {model}{reason}' %}}"


def _moment_after(wait: timedelta) -> str:
    return f"{{% $fromMillis($toMillis({_STARTED}) + {int(wait.total_seconds() * 1000)}) %}}"


def duration(time: timedelta) -> str:
    """A duration in words, in the largest unit that it is a whole number of."""
    seconds = int(time.total_seconds())
    for unit, size in (("day", 86400), ("hour", 3600), ("minute", 60)):
        if seconds % size == 0:
            count = seconds // size
            return f"{count} {unit}{'' if count == 1 else 's'}"
    return f"{seconds} seconds"
