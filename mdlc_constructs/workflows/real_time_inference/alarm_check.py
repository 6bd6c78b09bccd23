"""Before an update of an endpoint in service: wait until no alarm is in ALARM.

SageMaker rolls a deployment back for an alarm even when the old fleet causes it:
https://docs.aws.amazon.com/sagemaker/latest/dg/deployment-guardrails-configuration.html. Without this check,
a good package would be rejected for the faults of the previous version, or because an alarm of the previous
release has not returned to OK yet, which takes a few minutes.
"""

from datetime import timedelta

from mdlc_constructs.asl.sequence import StateSequence
from mdlc_constructs.asl.states import Choice, Rule, Wait
from mdlc_constructs.settings.rollback_alarms import RollbackAlarms
from mdlc_constructs.tasks.alarms import describe_alarms
from mdlc_constructs.workflows.ending import TO_FAILURE

PATIENCE = timedelta(minutes=5)
"""How long alarms may stay in ALARM, besides the minutes of their evaluation periods."""

BETWEEN_LOOKS = timedelta(seconds=30)

_ACTIVE = "[$states.result.MetricAlarms[StateValue = 'ALARM'].AlarmName]"
_CAUSE = (
    "{% 'The alarms ' & $join($active_alarms, ', ') & ' are in ALARM before the update begins, and SageMaker "
    "would roll any version back for it: go back to an earlier version by `mdlc rollback`, or find out why "
    "they are, and release again when they are OK. Nothing was changed, and nothing speaks against the "
    "package.' %}"
)


def alarm_placeholders(alarms: RollbackAlarms) -> dict[str, str]:
    """Maps each alarm's key to the placeholder of its name."""
    return {spec.key: f"${{{spec.key}Alarm}}" for spec in alarms.specs()}


def alarms_ok_first(alarms: RollbackAlarms, *, following: str, back: str) -> StateSequence:
    """`GoesBack`, `LookAtAlarms`, `AlarmsOk` and `WaitForAlarms`; empty when there are no alarms.

    Args:
        alarms: the rollback alarms.
        following: the next state when all alarms are OK.
        back: the next state of a rollback, which skips the check: the version that it replaces may be the
            cause of an alarm.
    """
    names = tuple(alarm_placeholders(alarms).values())
    if not names:
        return StateSequence()
    patience = PATIENCE + timedelta(minutes=alarms.periods)
    looks = int(patience / BETWEEN_LOOKS) + 1
    return StateSequence.of(
        Choice(
            name="GoesBack",
            rules=(Rule(condition="{% $plan.back = true %}", next=back),),
            default="LookAtAlarms",
            assign={"alarm_looks": 0},
        ),
        describe_alarms(
            "LookAtAlarms",
            alarms=names,
            assign={"active_alarms": f"{{% {_ACTIVE} %}}", "alarm_looks": "{% $alarm_looks + 1 %}"},
            output={},
            next="AlarmsOk",
            catch=(TO_FAILURE,),
            comment="An alarm in ALARM before the update would end it",
        ),
        Choice(
            name="AlarmsOk",
            rules=(
                Rule(
                    condition=f"{{% $count($active_alarms) > 0 and $alarm_looks >= {looks} %}}",
                    next="RecordFailure",
                    assign={"failure": {"Error": "AlarmsActive", "Cause": _CAUSE}},
                ),
                Rule(condition="{% $count($active_alarms) > 0 %}", next="WaitForAlarms"),
            ),
            default=following,
        ),
        Wait(name="WaitForAlarms", seconds=int(BETWEEN_LOOKS.total_seconds()), next="LookAtAlarms"),
    )
