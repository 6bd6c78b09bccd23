"""What of an execution goes wrong is counted and kept. Pure."""

from mdlc_constructs.asl.failures import Catch
from mdlc_constructs.asl.states import State
from mdlc_constructs.tasks import metrics
from mdlc_constructs.workflows.decision.settings import COUNT_SECONDS, DecisionSettings
from mdlc_constructs.workflows.ending import FAILURE

NAMESPACE = "MDLC"


def counted(name: str, metric: str, settings: DecisionSettings, *, following: str) -> State:
    """One more of what the functions count in their logs. A count that fails is nobody's failure."""
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
