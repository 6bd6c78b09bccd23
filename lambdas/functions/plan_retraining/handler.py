"""Entry point of a retraining's own steps; the payload's `step` selects one of `_STEPS`."""

from collections.abc import Callable, Mapping

from aws_lambda_powertools import Logger

from lambdas.aws.clients import client
from lambdas.aws.executions import execution_of, is_running, send_task_success
from lambdas.functions.plan_retraining import logic
from lambdas.leases.fleet import FleetLeases, LeaseLost, open_fleet
from lambdas.leases.requests import LeaseRequest
from lambdas.planning.audit import champion_version, labels_known_until
from lambdas.planning.execution_plan import utc_now
from lambdas.planning.items import audit_key, item_of
from lambdas.triggers.coalescing import is_replaced
from lambdas.triggers.dataset_size import dataset_size
from lambdas.triggers.starting import abandoned, start_pending, with_worker
from lambdas.triggers.store import PendingTrigger, TrainingData, TriggerStore
from mdlc_constructs.settings.patience import Patience
from mdlc_constructs.settings.payloads.codec import JsonValue, decode, encode
from mdlc_constructs.settings.payloads.retraining import (
    AcquireRequest,
    ApprovalRequest,
    ClaimRequest,
    CoalescedTriggers,
    CoalesceRequest,
    ConcludeRequest,
    RetrainingSections,
    RetrainingWork,
)

logger = Logger(service="plan-retraining")

Event = Mapping[str, JsonValue]

PENDING, TIMED_OUT = "PendingManualApproval", "States.Timeout"


def handler(event: Event, context: object) -> dict[str, JsonValue]:
    """Run the step that the payload names; returns its result."""
    answer = _STEPS[event["step"]](event)
    logger.info(event["step"], extra={"answer": answer})
    return answer


def _coalesce(event: Event) -> dict[str, JsonValue]:
    """Record and coalesce triggers; returns the retraining to run, and how long to wait before it."""
    request = decode(CoalesceRequest, event)
    settings, execution, now = request.settings, request.execution, utc_now()
    store = _store(settings)
    retraining = logic.checked_input(request.input)
    pending = store.pending()
    left = _abandoned(pending, execution.id)
    own = None
    # A start by hand while a dead execution's triggers are left takes up those instead.
    if not retraining.for_pending and not left:
        own = logic.requested_trigger(retraining, execution, settings.priority)
        store.record(own, now)
        pending = store.pending()
    past, patience = store.history().past, Patience.from_payload(settings.patience)
    work = logic.next_retraining(settings.model, left, pending, past, patience, now)
    if work is None:
        return encode(CoalescedTriggers(step=logic.NOTHING))
    # Other executions must see that this one works on the triggers, though it still waits.
    for trigger in with_worker(pending, left, work):
        if not trigger.worker or not is_running(client("stepfunctions"), trigger.worker):
            store.take_up(trigger, execution.id)
    for trigger in pending:
        if own is not None and trigger.event.event_id == own.event_id and not trigger.worker:
            store.take_up(trigger, execution.id)
    return encode(logic.waiting(work, past, now, resumed=bool(left)))


def _acquire(event: Event) -> dict[str, JsonValue]:
    """Request the lease; the answer is sent to the task token."""
    request = decode(AcquireRequest, event)
    settings, coalesced = request.settings, request.coalesced
    lease_request = LeaseRequest(
        request_id=coalesced.request_id,
        model=settings.model,
        owner=request.execution.id,
        arrived=utc_now(),
        task_token=request.token,
        resumed=coalesced.resumed,
        priority=coalesced.priority,
        instances=settings.instances,
    )
    return {"lease": _fleet(settings).acquire(lease_request, utc_now())}


def _claim(event: Event) -> dict[str, JsonValue]:
    """With the lease held, claim the triggers; returns the training's rows and what is done already."""
    return encode(_claimed(decode(ClaimRequest, event)))


def _claimed(request: ClaimRequest) -> CoalescedTriggers | RetrainingWork:
    settings, owner, now = request.settings, request.execution.id, utc_now()
    request_id = request.coalesced.request_id
    store, stepfunctions = _store(settings), client("stepfunctions")
    pending = store.pending()
    own = [trigger for trigger in pending if trigger.claimed_by == request_id]
    past = store.history().past
    if not own:
        patience = Patience.from_payload(settings.patience)
        coalesced = logic.next_retraining(settings.model, [], pending, past, patience, now)
        if coalesced is None or coalesced.request_id != request_id:
            return CoalescedTriggers(step=logic.NOTHING)
        if logic.past_text(past) != request.coalesced.past and coalesced.starts_at > now:
            # Another retraining ended while this one was in the queue, so its cool-down has to pass first.
            _fleet(settings).requeue(request_id, owner, now)
            return logic.waiting(coalesced, past, now)
    training = execution_of(stepfunctions, settings.training, request_id)
    if not own or training.first_input is None:
        own += [trigger for trigger in pending if not trigger.claimed_by]
    own = store.claim(own, request_id, owner)
    if training.first_input is None:
        own = _still_about_the_champion(settings, store, own)
        if not own:
            return CoalescedTriggers(step=logic.REPLACED)
    retraining = logic.next_retraining(settings.model, own, [], past, Patience(), now)
    if retraining is None:
        return CoalescedTriggers(step=logic.NOTHING)
    known = labels_known_until(client("dynamodb"), settings.table, settings.model, now)
    return logic.work(
        retraining,
        logic.chosen_intervals(settings, retraining.events, now, known=known),
        training=training,
        release=execution_of(stepfunctions, settings.release, request_id) if settings.release else None,
        data=dataset_size(client("s3"), settings.dataset),
    )


def _still_about_the_champion(
    settings: RetrainingSections, store: TriggerStore, own: list[PendingTrigger]
) -> list[PendingTrigger]:
    """Drop the triggers about a version that was replaced since; returns the others."""
    champion = champion_version(client("dynamodb"), settings.table, settings.model)
    replaced = [trigger for trigger in own if is_replaced(trigger.event.version, champion)]
    store.drop(replaced)
    return [trigger for trigger in own if trigger not in replaced]


def _release_capacity(event: Event) -> dict[str, JsonValue]:
    """After the training: return its capacity to the budget, for waiting requests."""
    request = decode(ClaimRequest, event)
    fleet = _fleet(request.settings)
    fleet.release_capacity(request.coalesced.request_id, request.execution.id, utc_now())
    return {}


def _await_approval(event: Event) -> dict[str, JsonValue]:
    """Store the task token for the approval's event, then check whether the decision was made before."""
    request = decode(ApprovalRequest, event)
    key = audit_key(request.settings.model, f"WAITING#approval#{request.execution.name}")
    waiting = item_of({"task_token": request.token, "package_arn": request.package_arn})
    client("dynamodb").put_item(TableName=request.settings.table, Item={**key, **waiting})
    package = client("sagemaker").describe_model_package(ModelPackageName=request.package_arn)
    status = package["ModelApprovalStatus"]
    if status != PENDING:
        send_task_success(client("stepfunctions"), request.token)
    return {"status": status}


def _conclude(event: Event) -> dict[str, JsonValue]:
    """Conclude the triggers, update the history, release the lease, and start the next retraining."""
    request, now = decode(ConcludeRequest, event), utc_now()
    settings, owner, outcome, request_id = (
        request.settings,
        request.execution.id,
        request.outcome,
        request.request_id,
    )
    if not request_id:
        return {}
    store, fleet = _store(settings), _fleet(settings)
    own = [
        trigger for trigger in store.pending() if trigger.claimed_by == request_id and trigger.owner == owner
    ]
    if own and outcome != logic.DUPLICATE:
        store.conclude(
            own, logic.concluded(store.history(), request_id, outcome, _training_data(request), now)
        )
    if own or outcome not in (logic.FAILED, logic.DUPLICATE):
        try:
            fleet.release(request_id, owner, now)
        except LeaseLost:
            logger.exception("the lease was another execution's")
    else:
        # Nothing was claimed: the same triggers will make a request with the same id again.
        fleet.requeue(request_id, owner, now)
    # If nothing was claimed, a new execution would fail like this one, again and again. Exceptions: the
    # triggers of this one were superseded, or it waited in the queue for too long.
    again = bool(own) or outcome == logic.SUPERSEDED or request.error == TIMED_OUT
    if outcome == logic.DUPLICATE or not again:
        return {}
    return {"next": start_pending(store, client("stepfunctions"), settings.machine, besides=owner)}


def _training_data(request: ConcludeRequest) -> TrainingData | None:
    data, rows = request.counted, request.rows
    if data is None:
        return None
    return TrainingData(files=data.files, size=data.size, rows=int(rows) if rows else None)


def _abandoned(pending: list[PendingTrigger], execution: str) -> list[PendingTrigger]:
    stepfunctions = client("stepfunctions")
    return abandoned(pending, lambda arn: arn != execution and is_running(stepfunctions, arn))


def _store(settings: RetrainingSections) -> TriggerStore:
    return TriggerStore(dynamodb=client("dynamodb"), table=settings.table, model=settings.model)


def _fleet(settings: RetrainingSections) -> FleetLeases:
    return open_fleet(settings.fleet, client("dynamodb"), client("stepfunctions"))


_STEPS: Mapping[str, Callable[[Event], dict[str, JsonValue]]] = {
    "gather": _coalesce,
    "ask": _acquire,
    "claim": _claim,
    "rest": _release_capacity,
    "await_approval": _await_approval,
    "conclude": _conclude,
}
"""By `step` in the machine's payload. Never rename: running executions send old names after a deployment."""
