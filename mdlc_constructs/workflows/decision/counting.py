"""States that count problems of an execution, and a catcher that keeps their cause. Pure."""

from mdlc_constructs.asl.failures import Catch
from mdlc_constructs.asl.states import State
from mdlc_constructs.tasks import metrics
from mdlc_constructs.workflows.decision.settings import COUNT_SECONDS, DecisionSettings
from mdlc_constructs.workflows.ending import FAILURE

NAMESPACE = "MDLC"


def counted(name: str, metric: str, settings: DecisionSettings, *, following: str) -> State:
    """A state that adds 1 to a metric; a failure of the count is ignored.

    The functions write the same metrics into their logs.
    """
    return metrics.put_metric(
        name,
        namespace=NAMESPACE,
        metric=metric,
        value=1,
        dimensions={"Api": settings.api},
        unit="Count",
        timeout_seconds=COUNT_SECONDS,
        retry=(),
        output={},
        catch=(Catch(next=following, output={}),),
        next=following,
    )


def to_failure(following: str) -> Catch:
    """What catches all else and keeps why, for the event of the failure."""
    return Catch(next=following, assign={"failure": FAILURE}, output={})
