"""The states after the new version serves: champion pointer, registry, and deletion of old releases."""

from mdlc_constructs.asl.failures import Catch
from mdlc_constructs.asl.sequence import StateSequence
from mdlc_constructs.asl.states import Task
from mdlc_constructs.resources.places import PACKAGE_GROUP
from mdlc_constructs.tasks.model_package import update_model_package
from mdlc_constructs.workflows.champion import REFUSED, point_champion
from mdlc_constructs.workflows.ending import TO_FAILURE
from mdlc_constructs.workflows.real_time_inference.retention import retire_old
from mdlc_constructs.workflows.real_time_inference.settings import ReleaseSettings

STAGE, STATUS = "Production", "Deployed"
"""The life-cycle stage and stage status of a package that serves."""


def recorded(settings: ReleaseSettings) -> StateSequence:
    """`PointChampion`, `SetLifeCycle` (assigns `result`) and `RetireOld` (assigns `retired`)."""
    retire = retire_old(
        model=settings.model,
        endpoint_name=settings.endpoint_name,
        keep=settings.retained,
        function_arn="${RetireReleasesFunction}",
        next_state="RecordAudit",
        replaced="{% $plan.replaced_config %}",
    )
    return StateSequence.of(_point(settings), _life_cycle(settings), retire)


def _point(settings: ReleaseSettings) -> Task:
    """Make the serving version the champion, older or newer, unless another execution has changed it."""
    cause = (
        "{% 'The endpoint serves version ' & $string($plan.package.version) & ', and another execution "
        "moved the champion meanwhile: release the version that is wanted once more.' %}"
    )
    moved = Catch(
        errors=REFUSED,
        next="RecordFailure",
        assign={"failure": {"Error": "ChampionMoved", "Cause": cause}},
    )
    return point_champion(
        settings.model,
        condition="attribute_not_exists(#version) OR #version = :planned OR #version = :version",
        values={":planned": {"N": "{% $plan.champion %}"}},
        refused=moved,
    )


def _life_cycle(settings: ReleaseSettings) -> Task:
    """Set the package's life-cycle stage in the registry to that of a serving version.

    The previous version keeps its stage: SageMaker publishes an event for every change of a package, and one
    of an approved package looks almost like an approval.
    """
    description = f"{{% 'Served by the endpoint {settings.endpoint_name} since ' & $now() %}}"
    return update_model_package(
        "SetLifeCycle",
        package_arn="{% $plan.package.arn %}",
        group_name=PACKAGE_GROUP,
        overrides={
            "ModelLifeCycle": {"Stage": STAGE, "StageStatus": STATUS, "StageDescription": description}
        },
        assign={"result": {"outcome": "Succeeded"}},
        output={},
        catch=(TO_FAILURE,),
    )
