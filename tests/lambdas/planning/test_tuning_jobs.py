import hashlib

import pytest

from lambdas.planning.steps import Status, StepJob
from lambdas.planning.tuning_jobs import TooManyAttempts, TuningJob, find_tuning
from mdlc_constructs.settings.model_name import MAX_NAME_CHARACTERS
from mdlc_constructs.settings.payloads.tuning import (
    MAX_ATTEMPT,
    TuningPlan,
    TuningSection,
    tuning_name,
    tuning_names_of,
    tuning_prefix,
)
from mdlc_constructs.settings.payloads.tuning import (
    MAX_NAME_CHARACTERS as MAX_TUNING_NAME,
)

DIGEST = hashlib.sha256(b"work").hexdigest()
NAMES = [tuning_name("wine", DIGEST, attempt) for attempt in range(1, 9)]
TWELVE = TuningSection(trials=12)
STOPPED = TuningJob(status="Failed", completed=5, succeeded=6)


def found(jobs: list[TuningJob], section: TuningSection = TWELVE) -> tuple[StepJob, TuningPlan]:
    known = dict(zip(NAMES, jobs, strict=False))
    return find_tuning("wine", DIGEST, section, lambda name: known.get(name, TuningJob(status="Absent")))


def test_names_fit_and_tell_models_apart() -> None:
    longest = "m" * MAX_NAME_CHARACTERS
    assert len(tuning_name(longest, DIGEST, MAX_ATTEMPT)) <= MAX_TUNING_NAME
    assert tuning_prefix("flight-delay") == "flight-delay-tune-"
    assert tuning_prefix("flight-delay-of-2013") != tuning_prefix("flight-delay-of-2014")
    assert tuning_names_of("wine", [*NAMES, "wine-tune-else", "wine-red-tune-0123456789"]) == NAMES


def test_a_search_begins_and_is_found_again() -> None:
    job, plan = found([])
    assert (job.name, job.job.status, plan.parents, plan.remaining) == (NAMES[0], "Absent", (), 12)
    statuses: tuple[Status, ...] = ("InProgress", "Completed")
    for status in statuses:
        job, plan = found([TuningJob(status=status, completed=3)])
        assert (job.name, job.job.status, plan.jobs) == (NAMES[0], status, (NAMES[0],))


def test_a_stopped_search_goes_on_from_its_trials() -> None:
    job, plan = found([STOPPED])
    assert (job.name, job.job.status, job.attempt) == (NAMES[1], "Absent", 2)
    assert [parent.name for parent in plan.parents] == NAMES[:1]
    assert (plan.jobs, plan.remaining) == ((NAMES[0], NAMES[1]), 7)
    again, plan = found([STOPPED, STOPPED])
    assert (again.name, plan.remaining, len(plan.parents)) == (NAMES[2], 2, 2)


def test_trials_that_were_stopped_early_count_when_the_search_stops_trials() -> None:
    assert found([STOPPED], TuningSection(trials=12, counts_stopped=True))[1].remaining == 6


def test_a_search_that_was_stopped_after_its_last_trial_is_done() -> None:
    job, plan = found([TuningJob(status="Failed", completed=12)])
    assert (job.name, job.job.status, plan.jobs) == (NAMES[0], "Completed", (NAMES[0],))


def test_a_search_whose_trials_all_failed_begins_anew() -> None:
    job, plan = found([TuningJob(status="Failed")])
    assert (job.name, plan.parents, plan.remaining) == (NAMES[1], (), 12)


def test_a_grid_begins_anew_and_own_parents_are_kept() -> None:
    job, plan = found([STOPPED], TuningSection(trials=12, continues=False))
    assert (job.name, plan.parents, plan.jobs) == (NAMES[1], (), (NAMES[1],))
    _, plan = found([STOPPED], TuningSection(trials=12, parents=("old",)))
    assert [parent.name for parent in plan.parents] == ["old", NAMES[0]]


def test_a_search_that_always_fails_ends_in_a_sentence() -> None:
    with pytest.raises(TooManyAttempts, match="99 times"):
        find_tuning("wine", DIGEST, TWELVE, lambda _: TuningJob(status="Failed"))
