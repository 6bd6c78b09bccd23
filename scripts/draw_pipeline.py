"""The delivery pipeline's picture, drawn from the stages that the construct deploys."""

from collections.abc import Iterable, Mapping
from itertools import pairwise
from typing import Any, ClassVar

from mdlc_constructs.asl.diagram import svg
from mdlc_constructs.asl.failures import Catch
from mdlc_constructs.asl.machine import Machine
from mdlc_constructs.asl.states import Fail, Parallel, State, Succeed, Task
from mdlc_constructs.delivery.stages import Places, stages
from mdlc_constructs.settings.environments import AlarmWatch, Environment, SmokeTest
from mdlc_constructs.settings.pipeline_source import Connection

HOME, SECOND, REGION = "111111111111", "222222222222", "eu-central-1"
DONE, STOPPED, BACK = "Released", "Stopped", "TakenBack"


def picture() -> str:
    """The pipeline of a team with two environments, of which the second one is approved by a person."""
    source = Connection(
        arn=f"arn:aws:codeconnections:{REGION}:{HOME}:connection/0f3a", repository="team/churn"
    )
    checks = (SmokeTest(machine="churn-training"), AlarmWatch(alarms=("churn-errors",)))
    beta = Environment(name="Beta", account=HOME, region=REGION, stacks=("ChurnBeta",), checks=checks)
    prod = Environment(
        name="Prod", account=SECOND, region=REGION, stacks=("ChurnProd",), approval=True, checks=checks[1:]
    )
    places = Places(
        partition="aws",
        account=HOME,
        region=REGION,
        pipeline="churn-delivery",
        stack="ChurnDelivery",
        project="churn-delivery-build",
        publisher="churn-delivery-publish",
    )
    return svg(machine_of(stages(source, (beta, prod), places)))


class Stage(Parallel):
    """A stage: a group whose states are its actions."""

    type: ClassVar[str] = "Stage"


def machine_of(declared: Iterable[Mapping[str, Any]]) -> Machine:
    """The stages as a machine with a group of states for each, for the layout of machines' pictures."""
    every = list(declared)
    following = [*(stage["name"] for stage in every[1:]), DONE]
    drawn = [_group(stage, after) for stage, after in zip(every, following, strict=True)]
    back = "The environment has the last commit that succeeded there."
    ends = (
        Succeed(name=DONE),
        Fail(name=STOPPED, error=STOPPED, cause="Nothing of the commit goes on."),
        Fail(name=BACK, error=BACK, cause=back),
    )
    return Machine((*drawn, *ends), comment="The stages and actions of a delivery pipeline")


def _group(stage: Mapping[str, Any], after: str) -> State:
    actions = sorted(stage["actions"], key=lambda action: int(action["runOrder"]))
    steps = [(action["name"], action["actionTypeId"]) for action in actions]
    for condition in stage.get("onSuccess", {}).get("conditions", ()):
        steps += [(rule["configuration"]["AlarmName"], rule["ruleTypeId"]) for rule in condition["rules"]]
    states = [
        Task(name=name, resource=f"arn:aws:states:::{kind['category']}:{kind['provider']}")
        for name, kind in steps
    ]
    linked = [state.linked(later.name) for state, later in pairwise(states)]
    failed = BACK if "onFailure" in stage else STOPPED
    return Stage(
        name=stage["name"],
        branches=(Machine((*linked, states[-1])),),
        next=after,
        catch=(Catch(next=failed),),
    )
