"""The states that act on a recorded decision and record the action's status. Pure."""

from mdlc_constructs.asl.failures import Catch
from mdlc_constructs.asl.states import Choice, Rule, State
from mdlc_constructs.resources.places import KEY_ARN
from mdlc_constructs.tasks import dynamodb, lambda_
from mdlc_constructs.workflows.decision.counting import counted, to_failure
from mdlc_constructs.workflows.decision.expressions import REQUEST_ID
from mdlc_constructs.workflows.decision.permissions import (
    ACTION_FUNCTION,
    DECISION_TABLE,
    DECISION_TABLE_ARN,
)
from mdlc_constructs.workflows.decision.settings import RECORD_SECONDS, DecisionSettings, whole_seconds


def acting(settings: DecisionSettings) -> tuple[State, ...]:
    """`ActionVerdict`, `PerformAction`, `QueueAction` when that fails, and the updates of the status."""
    action = settings.decisions.action
    waits = {"timeout_seconds": whole_seconds(action.timeout)}
    idle = Rule(condition="{% $not($made.act) %}", next="Answer")
    perform = lambda_.invoke(
        "PerformAction",
        function_arn=ACTION_FUNCTION,
        payload="{% $made.action %}",
        queued=not action.waits,
        timeout_seconds=waits["timeout_seconds"],
        retry=(),
        assign={"reached": "done" if action.waits else "queued"},
        output={},
        catch=(Catch(next="CountActionFailure", output={}),),
        next="NoteAction",
        comment="Called with the request's id as its key: a second call does nothing",
    )
    queue = lambda_.invoke(
        "QueueAction",
        function_arn=ACTION_FUNCTION,
        payload="{% $made.action %}",
        queued=True,
        timeout_seconds=waits["timeout_seconds"],
        retry=(),
        assign={"reached": "queued"},
        output={},
        catch=(to_failure("NoteFailure"),),
        next="NoteAction",
        comment="Lambda's own queue repeats it",
    )
    return (
        Choice(name="ActionVerdict", rules=(idle,), default="PerformAction"),
        perform,
        counted("CountActionFailure", "ActionsFailed", settings, following="QueueAction"),
        queue,
        # The action was called: if the update fails, a repeated call at most does nothing.
        _action_update("NoteAction", "{% $reached %}", following="Answer"),
        # The action failed: a repeated request calls it again at once.
        _action_update("NoteFailure", "failed", following="PublishFailure"),
    )


def _action_update(name: str, reached: str, *, following: str) -> State:
    return dynamodb.update_item(
        name,
        table_name=DECISION_TABLE,
        table_arn=DECISION_TABLE_ARN,
        kms_key_arn=KEY_ARN,
        key={"request_id": {"S": f"{{% {REQUEST_ID} %}}"}},
        update="SET #action = :reached",
        condition="#action <> :done",
        names={"#action": "action"},
        values={":reached": {"S": reached}, ":done": {"S": "done"}},
        timeout_seconds=RECORD_SECONDS,
        retry=(),
        output={},
        catch=(Catch(next=following, output={}),),
        next=following,
    )
