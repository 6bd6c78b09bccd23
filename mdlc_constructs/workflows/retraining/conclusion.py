"""How a retraining ends: one audit item, the triggers marked as done, the lease released, one event.

The record comes before the conclusion: what is stopped in between is found by the next start and recorded
again, while a conclusion without a record would have happened unseen.
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
"""Detail types of the events at the end of an execution."""

TO_CONCLUSION = Catch(next="ConcludeFailure", assign={"failure": FAILURE})
"""Catches whatever nothing narrower caught: the lease goes back before the failure is recorded."""


def result(outcome: str, reasons: str) -> dict[str, object]:
    """What to assign when the outcome is known."""
    return {"result": {"outcome": outcome, "reasons": reasons}}


def lost(reasons: str) -> dict[str, object]:
    """The champion stays, and the cool-down grows."""
    return result("Lost", reasons)


_PACKAGE = "{% $exists($trained.package_arn) ? $trained.package_arn : '' %}"
_PASSED = "{% $exists($trained.passed) ? $trained.passed : '' %}"


def won(settings: RetrainingSettings) -> Pass:
    """`Won`: the challenger took over, or is approved for the next batch."""
    if settings.releases:
        # The approval's rule may have released it beside this execution, whose release is Unchanged then.
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
    """`ConcludeFailure`, then what every workflow does of a failure."""
    conclude = step(
        "ConcludeFailure",
        "conclude",
        {
            "request_id": "{% $gathered.request_id %}",
            "outcome": "Failed",
            "error": "{% $failure.Error %}",
        },
        output={},
        # What cannot be given back the reaper takes back; the first error must not be hidden.
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
