"""The end of a retraining: an audit item, triggers marked as done, the lease released, an event.

The audit item is written before the conclusion. When an execution is stopped in between, the next start
records and concludes it again; in the other order, it could be concluded without any record.
"""

from mdlc_constructs.asl.failures import Catch
from mdlc_constructs.asl.sequence import StateSequence
from mdlc_constructs.asl.states import Pass, State
from mdlc_constructs.resources.places import AUDIT_TABLE, AUDIT_TABLE_ARN, KEY_ARN
from mdlc_constructs.tasks import dynamodb, events
from mdlc_constructs.workflows.ending import FAILURE, audit_item, event, failure
from mdlc_constructs.workflows.retraining.lease import step
from mdlc_constructs.workflows.retraining.settings import WORKFLOW, RetrainingSettings

COMPLETED, FAILED = "Retraining Completed", "Retraining Failed"
"""Detail types of the events that end an execution."""

TO_CONCLUSION = Catch(next="ConcludeFailure", assign={"failure": FAILURE})
"""Catches every error that no other catcher caught; the lease is released before the failure is recorded."""


def result(outcome: str, reasons: str) -> dict[str, object]:
    """Variables to assign when the outcome is known."""
    return {"result": {"outcome": outcome, "reasons": reasons}}


def lost(reasons: str) -> dict[str, object]:
    """Variables to assign when the challenger lost: the champion stays, and the cool-down grows."""
    return result("Lost", reasons)


_PACKAGE = "{% $exists($trained.package_arn) ? $trained.package_arn : '' %}"
_PASSED = "{% $exists($trained.passed) ? $trained.passed : '' %}"


def won(settings: RetrainingSettings) -> Pass:
    """`Won`: the challenger is the champion, or is approved for the next batch run."""
    if settings.releases:
        # The approval's own rule may have released it already; then this execution's release is Unchanged.
        unchanged = "$trained.outcome = 'Unchanged' and $released.outcome != 'Succeeded'"
    else:
        unchanged = "$trained.outcome = 'Unchanged'"
    reasons = "{% $exists($trained.reasons) ? $trained.reasons : '' %}"
    return Pass(name="Won", assign=result(f"{{% {unchanged} ? 'Unchanged' : 'Succeeded' %}}", reasons))


def ending(settings: RetrainingSettings) -> StateSequence:
    """`RecordAudit`, `Conclude`, `PublishEvent`."""
    kept = {
        "package_arn": _PACKAGE,
        "passed": _PASSED,
        "reasons": "{% $result.reasons %}",
        "training_execution": "{% $work.training.arn %}",
        "release_execution": "{% $release_execution %}",
        "triggers": "{% $work.triggers %}",
        "window": "{% $work.window %}",
        "holdout": "{% $work.holdout %}",
    }
    about = _about()
    record = dynamodb.put_item(
        "RecordAudit",
        table_name=AUDIT_TABLE,
        table_arn=AUDIT_TABLE_ARN,
        kms_key_arn=KEY_ARN,
        item=audit_item(
            settings.model,
            WORKFLOW,
            "{% $result.outcome %}",
            {**about, **kept, "without_comparison": settings.without_comparison or ""},
        ),
        output={},
    )
    conclude = step(
        "Conclude",
        "conclude",
        {
            "request_id": "{% $gathered.request_id %}",
            "outcome": "{% $result.outcome %}",
            "counted": "{% $exists($work.counted) ? $work.counted : null %}",
            "rows": "{% $exists($trained.rows) ? $trained.rows : '' %}",
        },
        output={},
        comment="Triggers are done, the lease is released, what waits is started; a repeat does the rest",
    )
    detail = {"outcome": "{% $result.outcome %}", "request_id": "{% $gathered.request_id %}", **kept}
    publish = events.put_events(
        "PublishEvent", events=(event(settings.model, COMPLETED, detail),), output=dict(detail)
    )
    return StateSequence.of(record, conclude, publish).caught(TO_CONCLUSION)


def failing(settings: RetrainingSettings) -> tuple[State, ...]:
    """`ConcludeFailure`, then the failure states of every workflow."""
    conclude = step(
        "ConcludeFailure",
        "conclude",
        {
            "request_id": "{% $gathered.request_id %}",
            "outcome": "Failed",
            "error": "{% $failure.Error %}",
        },
        output={},
        # The reaper evicts a lease that is not released here; the first error is still reported.
        catch=(Catch(next="RecordFailure"),),
        next="RecordFailure",
    )
    return (
        conclude,
        *failure(
            settings.model,
            WORKFLOW,
            detail_type=FAILED,
            fields={**_about(), "triggers": "{% $work.triggers %}"},
        ),
    )


def _about() -> dict[str, str]:
    return {
        "trigger": "{% $work.trigger %}",
        "reason": "{% $work.reason %}",
        "request_id": "{% $gathered.request_id %}",
    }
