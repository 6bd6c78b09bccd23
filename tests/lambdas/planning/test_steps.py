import json
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lambdas.planning.steps import Job, Status, derived_name, derived_names_of, digest, find_step_job, verdict
from mdlc_constructs.settings.payloads.verdict import Verdict

pytestmark = pytest.mark.slow

values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=8,
)


@given(st.dictionaries(st.text(), values))
def test_a_digest_does_not_depend_on_the_order_of_keys(value: dict[str, object]) -> None:
    assert digest(value) == digest(dict(reversed(value.items())))


@given(values, values)
def test_parts_do_not_run_into_each_other(first: object, second: object) -> None:
    assert digest(first, second) != digest([first, second])


def test_a_name_that_is_too_long_is_refused_with_its_length() -> None:
    with pytest.raises(ValueError, match="70 characters and SageMaker accepts 63"):
        derived_name("m" * 40, "evaluate", "a" * 64)


def look_up_from(found: dict[str, Status]) -> Callable[[str], Job]:
    def look_up(name: str) -> Job:
        return Job(status=found.get(name, "Absent"))

    return look_up


@pytest.mark.parametrize("status", ["Absent", "InProgress", "Completed"])
def test_a_name_is_kept_unless_what_stands_behind_it_failed(status: Status) -> None:
    name = derived_name("m", "train", "ab" * 32)
    found = find_step_job("m", "train", "ab" * 32, look_up_from({name: status}))
    assert found.name == name
    assert found.job.status == status


@given(st.integers(min_value=1, max_value=30))
def test_each_failure_takes_the_next_suffix(failures: int) -> None:
    names = [derived_name("m", "train", "ab" * 32, attempt) for attempt in range(1, failures + 2)]
    found = find_step_job("m", "train", "ab" * 32, look_up_from(dict.fromkeys(names[:-1], "Failed")))
    assert found.name == names[-1]
    assert found.job.status == "Absent"


def test_a_verdict_is_read_only_from_a_completed_job() -> None:
    said = json.dumps({"passed": True})
    assert verdict(Job(status="Completed", exit_message=said)) == Verdict(passed=True)
    assert verdict(Job(status="InProgress", exit_message=said)) is None
    assert verdict(Job(status="Completed", exit_message="no JSON")) is None
    assert verdict(Job(status="Completed", exit_message="[1]")) is None
    assert verdict(Job(status="Completed")) is None


def test_a_models_own_names_are_told_from_those_of_a_longer_name_and_of_people() -> None:
    own = [derived_name("flight", step, digest(step)) for step in ("serving", "config", "score2")]
    own.append(derived_name("flight", "config", digest("again"), attempt=2))
    others = [derived_name("flight-delay", "config", digest(1)), "flight-config-mine", "flight-config"]
    assert derived_names_of("flight", own + others) == own
    assert derived_names_of("flight", own + others, "config") == [own[1], own[3]]
