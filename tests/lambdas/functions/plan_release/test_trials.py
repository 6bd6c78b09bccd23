"""What a release that tries its version first does next, and whom it may disturb."""

from datetime import datetime, timedelta
from typing import Any

import pytest

from lambdas.aws.endpoints import LiveEndpoint
from lambdas.functions.plan_release.trials import seconds_left
from lambdas.planning.audit import RecordedExperiment
from lambdas.planning.errors import ExperimentLeft, ExperimentRunning, PlanningError, StorageMoves
from lambdas.planning.steps import Job
from tests.lambdas.functions.plan_release import test_logic as releases
from tests.lambdas.functions.plan_release.test_logic import NOW, PACKAGE, READY

OLD = "m-config-" + "0" * 20
EXPERIMENT = {"seconds": 3600, "request": "request of CreateTrial"}
OLDER, NEWER = {"version": 1, "package_arn": "arn:p/1"}, {"version": 3, "package_arn": "arn:p/3"}


def live(config: str = OLD, status: str = "InService", **changes: Any) -> LiveEndpoint:
    given: dict[str, Any] = {
        "variants": {"main": "ml.m5.large"},
        "models": {"main": "m-serving-old"},
        "instances": {"main": 3},
    }
    return LiveEndpoint(status=status, config=config, **{**given, **changes})


def noted(trial: str, **changes: Any) -> RecordedExperiment:
    given: dict[str, Any] = {
        "execution": "arn:other",
        "package_arn": PACKAGE.arn,
        "version": "2",
        "champion_config": OLD,
        "trial_config": trial,
    }
    return RecordedExperiment(**{**given, **changes})


def plan(
    endpoint: LiveEndpoint | None,
    *,
    note: RecordedExperiment | None = None,
    champion: Any = OLDER,
    found: dict[str, Job] | None = None,
    given: Any = None,
    taken: Any = None,
    experiment: Any = EXPERIMENT,
) -> dict[str, Any]:
    return releases.plan(
        READY if found is None else found,
        endpoint=endpoint,
        champion=champion,
        taken=taken,
        given=given,
        experiment_item=note,
        experiment=experiment,
    )


def step(*arguments: Any, **more: Any) -> str:
    return str(plan(*arguments, **more)["trial"]["step"])


TRIAL = plan(live())["trial"]["config"]
MADE = {**READY, TRIAL: Job(status="Completed")}


def test_the_champion_is_tried_as_it_serves() -> None:
    made = plan(live())
    assert made["trial"] == {
        "step": "Create",
        "config": TRIAL,
        "champion_config": OLD,
        "champion_model": "m-serving-old",
        "instance_type": "ml.m5.large",
        "instances": 3,
        "seconds": 3600,
        "owner": "",
    }
    assert TRIAL.startswith("m-trial-")
    assert (made["step"], made["endpoint"], made["replaced_config"]) == ("Deploy", "Other", OLD)
    assert step(live(), found=MADE) == "Begin"


def test_a_trials_name_follows_from_all_that_is_tried() -> None:
    others = [
        plan(live(models={"main": "m-serving-other"})),
        plan(live(variants={"main": "ml.m5.xlarge"})),
        plan(live(), experiment={**EXPERIMENT, "request": "another"}),
    ]
    assert TRIAL not in {made["trial"]["config"] for made in others}
    # How many instances there are, scaling decides.
    assert plan(live(instances={"main": 9}))["trial"]["config"] == TRIAL


@pytest.mark.parametrize(
    ("endpoint", "champion"),
    [
        (live(), None),
        (live(), NEWER),
        (live(), {"version": 2, "package_arn": PACKAGE.arn}),
        (live(models={}), OLDER),
        (live("made-by-hand"), OLDER),
    ],
)
def test_what_is_tried_beside_nothing_or_goes_back_takes_over_at_once(
    endpoint: LiveEndpoint, champion: Any
) -> None:
    assert step(endpoint, champion=champion) == "Skip"


@pytest.mark.parametrize("serving", ["ml.m5d.large", "ml.g5.xlarge"])
def test_a_trial_beside_disks_of_another_kind_is_refused(serving: str) -> None:
    elsewhere = live(variants={"main": serving})
    with pytest.raises(StorageMoves) as error:
        plan(elsewhere)
    assert str(error.value) == (
        f"The champion serves on {serving} and the new version would be tried on ml.m5.large, of which "
        f"{serving} alone has disks of its own, and one endpoint configuration has one volume key for both: "
        "move to ml.m5.large by a release with rollout=AllAtOnce(), and try versions again after it."
    )
    # An update without a trial has a configuration of its own.
    assert plan(elsewhere, experiment=None)["step"] == "Deploy"
    assert step(elsewhere, champion=NEWER) == "Skip"


@pytest.mark.parametrize("serving", ["ml.m5.large", "ml.c7i.xlarge", "ml.inf2.xlarge"])
def test_a_trial_beside_disks_of_the_same_kind_is_made(serving: str) -> None:
    assert step(live(variants={"main": serving})) == "Create"


def test_without_an_experiment_none_is_planned() -> None:
    assert plan(live(), experiment=None)["trial"]["step"] == "Skip"


def test_an_old_plan_is_made_again_right_before_the_trial() -> None:
    assert step(live(), found={}) == "Again"
    assert step(None, found={}) == "Again"


def test_an_endpoint_on_its_way_is_waited_for() -> None:
    assert plan(live(status="Updating", pending=TRIAL), note=noted(TRIAL), found=MADE)["step"] == "Wait"


def test_an_experiment_left_behind_goes_on_for_as_long_as_it_had() -> None:
    since = (NOW - timedelta(minutes=50)).isoformat()
    inside = live(TRIAL, variants={"main": "ml.m5.large", "challenger": "ml.m5.large"})
    made = plan(inside, note=noted(TRIAL, running_since=since), found=MADE)
    assert (made["trial"]["step"], made["trial"]["seconds"]) == ("Carry", 600)
    assert (made["trial"]["champion_config"], made["replaced_config"]) == (OLD, OLD)
    assert made["trial"]["owner"] == "arn:other"


@pytest.mark.parametrize(
    ("since", "seconds"),
    [
        (None, 3600),
        (NOW, 3600),
        (NOW + timedelta(minutes=5), 3600),
        (NOW - timedelta(minutes=59), 60),
        (NOW - timedelta(days=2), 1),
    ],
)
def test_what_an_experiment_still_has(since: datetime | None, seconds: int) -> None:
    note = noted(TRIAL, running_since=since.isoformat() if since else None)
    assert seconds_left(3600, note, NOW) == seconds


def test_anothers_experiment_is_ended_first() -> None:
    inside = live("m-trial-other", variants={"main": "ml.m5.large", "challenger": "ml.m5.large"})
    dead = noted("m-trial-other", package_arn="arn:p/9")
    assert step(inside, note=dead) == "End"
    # So it is on the way back to an older version, and while its execution runs, by hand.
    assert step(inside, note=dead, champion=NEWER) == "End"
    alive = noted("m-trial-other", package_arn="arn:p/9", alive=True)
    made = plan(inside, note=alive, given={"package_version": 2})
    assert (made["trial"]["step"], made["trial"]["champion_config"]) == ("End", OLD)


def test_an_item_without_its_trial_holds_nobody_up() -> None:
    assert step(live(), note=noted("m-trial-other"), found=MADE) == "Begin"
    assert plan(live(), note=noted("m-trial-other"), experiment=None)["step"] == "Deploy"


APPROVED = {"package_version": 2, "forward_only": True}


def test_an_approval_disturbs_no_experiment() -> None:
    alive = noted("m-trial-other", package_arn="arn:p/9", version="9", alive=True)
    with pytest.raises(ExperimentRunning, match="Version 9 is being tried on the endpoint m by arn:other"):
        plan(live("m-trial-other"), note=alive, given=APPROVED)


def test_an_approval_of_what_is_tried_already_does_nothing() -> None:
    made = plan(live(TRIAL), note=noted(TRIAL, alive=True), found=MADE, given=APPROVED)
    assert (made["step"], made["outcome"]) == ("Done", "Superseded")
    with pytest.raises(ExperimentRunning, match="wait for its end"):
        plan(live(TRIAL), note=noted(TRIAL, alive=True), found=MADE, given={"package_version": 2})


def test_a_workflow_that_tries_nothing_any_more_says_how_to_end_what_was_left() -> None:
    with pytest.raises(ExperimentLeft, match=f"update the endpoint to {OLD}, delete the item EXPERIMENT#m"):
        plan(live(TRIAL), note=noted(TRIAL), experiment=None)
    with pytest.raises(ExperimentRunning):
        plan(live(TRIAL), note=noted(TRIAL, package_arn="arn:p/9", alive=True), experiment=None)


@pytest.mark.parametrize(
    ("taken", "endpoint", "note", "found"),
    [
        ("CreateTrial", live(), None, READY),
        ("StartTrial", live(), noted(TRIAL), MADE),
        ("EndTrial", live(TRIAL), noted(TRIAL), MADE),
    ],
)
def test_a_refusal_that_is_nobodys_doing_is_raised_as_it_was(
    taken: str, endpoint: LiveEndpoint, note: RecordedExperiment | None, found: dict[str, Job]
) -> None:
    refused = {"step": taken, "error": "SageMaker.AmazonSageMakerException", "cause": "no quota"}
    with pytest.raises(PlanningError, match="no quota"):
        plan(endpoint, note=note, found=found, taken=refused)
    busy = live(TRIAL, "Updating", pending="m-config-next")
    assert plan(busy, note=note, found=found, taken=refused)["step"] == "Wait"
