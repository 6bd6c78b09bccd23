"""Entry point of a retraining's own steps. Each asks for one, with the machine's `plan` beside what it knows.

The plan holds `model`, `table`, `machine`, `training` and `release` (ARNs of machines; the last may be null),
`dataset`, `patience`, `window`, `label_delay`, `by_time`, `priority`, `instances` and `fleet`.
"""

from collections.abc import Mapping
from typing import Any

from aws_lambda_powertools import Logger

from lambdas.aws.clients import client
from lambdas.aws.executions import is_running, standing, tell
from lambdas.functions.plan_retraining import logic
from lambdas.leases.fleet import Fleet, LeaseLost
from lambdas.leases.requests import Request
from lambdas.leases.sharing import fleet_from
from lambdas.planning.audit import champion_version, labels_known_until
from lambdas.planning.execution_plan import utc_now
from lambdas.triggers.coalescing import is_replaced
from lambdas.triggers.dataset_size import counted
from lambdas.triggers.starting import abandoned, followed, start_pending
from lambdas.triggers.store import Noted, Notes, Trained
from mdlc_constructs.settings.patience import Patience

logger = Logger(service="plan-retraining")

PENDING, TIMED_OUT = "PendingManualApproval", "States.Timeout"


def handler(event: dict[str, Any], context: object) -> dict[str, Any]:
    """Do the step that is asked for."""
    found = _STEPS[event["step"]](event)
    logger.info(event["step"], extra={"found": found})
    return found


def _gather(event: Mapping[str, Any]) -> dict[str, Any]:
    """What there is to work for, and how long to wait before."""
    plan, execution, now = event["plan"], event["execution"], utc_now()
    notes = _notes(plan)
    given = logic.checked_input(event["input"])
    noted = notes.noted()
    left = _abandoned(noted, execution["id"])
    asked = None
    # Who starts the machine by hand while work lies about asks for that work.
    if not given.get("noted") and not left:
        asked = logic.asked(given, execution, plan["priority"])
        notes.note(asked, now)
        noted = notes.noted()
    past = notes.history().past
    found = logic.wanted(plan["model"], left, noted, past, Patience.from_plan(plan["patience"]), now)
    if found is None:
        return {"step": logic.NOTHING}
    # Whoever looks for work that nobody does must see that this execution does it, though it still waits.
    for one in followed(noted, left, found):
        if not one.worker or not is_running(client("stepfunctions"), one.worker):
            notes.take_up(one, execution["id"])
    for one in noted:
        if asked is not None and one.fired.event_id == asked.event_id and not one.worker:
            notes.take_up(one, execution["id"])
    return {**logic.waiting(found, past, now), "resumed": bool(left)}


def _ask(event: Mapping[str, Any]) -> dict[str, Any]:
    """Ask for the lease; the answer goes to the task's token."""
    plan, asked = event["plan"], event["gathered"]
    request = Request(
        request_id=asked["request_id"],
        model=plan["model"],
        owner=event["execution"]["id"],
        arrived=utc_now(),
        task_token=event["token"],
        resumed=asked.get("resumed", False),
        priority=int(asked["priority"]),
        instances=plan["instances"],
    )
    return {"lease": _fleet(plan).ask(request, utc_now())}


def _claim(event: Mapping[str, Any]) -> dict[str, Any]:
    """Under the lease: which triggers this is for, on which rows, and what of it is done already."""
    plan, owner, now = event["plan"], event["execution"]["id"], utc_now()
    request_id = event["gathered"]["request_id"]
    notes, stepfunctions = _notes(plan), client("stepfunctions")
    noted = notes.noted()
    own = [one for one in noted if one.claimed_by == request_id]
    past = notes.history().past
    if not own:
        found = logic.wanted(plan["model"], [], noted, past, Patience.from_plan(plan["patience"]), now)
        if found is None or found.request_id != request_id:
            return {"step": logic.NOTHING}
        if logic.told_past(past) != event["gathered"]["past"] and found.starts_at > now:
            # Another retraining ended while this one stood in line, so its cool-down is to be kept.
            _fleet(plan).put_off(request_id, owner, now)
            return logic.waiting(found, past, now)
    training = standing(stepfunctions, plan["training"], request_id)
    if not own or training.first_input is None:
        own += [one for one in noted if not one.claimed_by]
    own = notes.claim(own, request_id, owner)
    if training.first_input is None:
        own = _still_about_the_champion(plan, notes, own)
        if not own:
            return {"step": logic.REPLACED}
    retraining = logic.wanted(plan["model"], own, [], past, Patience(), now)
    if retraining is None:
        return {"step": logic.NOTHING}
    release = standing(stepfunctions, plan["release"], request_id) if plan["release"] else None
    known = labels_known_until(client("dynamodb"), plan["table"], plan["model"], now)
    return logic.work(
        retraining,
        logic.chosen_intervals(plan, retraining.fired, now, by_time=plan["by_time"], known=known),
        training=training,
        release=release,
        counted=counted(client("s3"), plan["dataset"]),
    )


def _still_about_the_champion(plan: Mapping[str, Any], notes: Notes, own: list[Noted]) -> list[Noted]:
    """Those that a release since then did not answer; the others are dropped."""
    champion = champion_version(client("dynamodb"), plan["table"], plan["model"])
    replaced = [one for one in own if is_replaced(one.fired.version, champion)]
    notes.drop(replaced)
    return [one for one in own if one not in replaced]


def _rest(event: Mapping[str, Any]) -> dict[str, Any]:
    """Training is over: its share of the budget goes to who waits for it."""
    _fleet(event["plan"]).rest(event["gathered"]["request_id"], event["execution"]["id"], utc_now())
    return {}


def _await_approval(event: Mapping[str, Any]) -> dict[str, Any]:
    """Leave the token for whoever hears of the decision, then look whether it was made before."""
    plan, token, package = event["plan"], event["token"], event["package_arn"]
    client("dynamodb").put_item(
        TableName=plan["table"],
        Item={
            "pk": {"S": f"MODEL#{plan['model']}"},
            "sk": {"S": f"WAITING#approval#{event['execution']['name']}"},
            "task_token": {"S": token},
        },
    )
    found = client("sagemaker").describe_model_package(ModelPackageName=package)
    if found["ModelApprovalStatus"] != PENDING:
        tell(client("stepfunctions"), token, {})
    return {"status": found["ModelApprovalStatus"]}


def _conclude(event: Mapping[str, Any]) -> dict[str, Any]:
    """The triggers are worked for, the past is another, the lease goes back, and what waits is started."""
    plan, owner, outcome, now = event["plan"], event["execution"]["id"], event["outcome"], utc_now()
    request_id = event["request_id"]
    if not request_id:
        return {}
    notes, fleet = _notes(plan), _fleet(plan)
    own = [one for one in notes.noted() if one.claimed_by == request_id and one.owner == owner]
    if own and outcome != logic.DUPLICATE:
        history = logic.concluded(notes.history(), request_id, outcome, _trained(event), now)
        notes.conclude(own, history)
    if own or outcome not in (logic.FAILED, logic.DUPLICATE):
        try:
            fleet.release(request_id, owner, now)
        except LeaseLost:
            logger.exception("the lease was another execution's")
    else:
        # Nothing was claimed: the same triggers will ask again under the same name.
        fleet.put_off(request_id, owner, now)
    # Where nothing was claimed, what waits would be started again and again only to fail: unless there is
    # nothing left of what this was for, or it stood in line for too long, as the next one may not.
    again = bool(own) or outcome == logic.SUPERSEDED or event.get("error") == TIMED_OUT
    if outcome == logic.DUPLICATE or not again:
        return {}
    return {"next": start_pending(notes, client("stepfunctions"), plan["machine"], besides=owner)}


def _trained(event: Mapping[str, Any]) -> Trained | None:
    counted_, rows = event.get("counted"), event.get("rows")
    if not counted_:
        return None
    return Trained(files=counted_["files"], size=counted_["size"], rows=int(rows) if rows else None)


def _abandoned(noted: list[Noted], execution: str) -> list[Noted]:
    stepfunctions = client("stepfunctions")
    return abandoned(noted, lambda arn: arn != execution and is_running(stepfunctions, arn))


def _notes(plan: Mapping[str, Any]) -> Notes:
    return Notes(dynamodb=client("dynamodb"), table=plan["table"], model=plan["model"])


def _fleet(plan: Mapping[str, Any]) -> Fleet:
    return fleet_from(plan["fleet"], client("dynamodb"), client("stepfunctions"))


_STEPS = {
    "gather": _gather,
    "ask": _ask,
    "claim": _claim,
    "rest": _rest,
    "await_approval": _await_approval,
    "conclude": _conclude,
}
