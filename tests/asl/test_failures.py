from collections.abc import Callable

import pytest

from mdlc_constructs.asl.failures import THROTTLING_RETRY, Catch, Retry, throttling_retry


def test_retry_backs_off_with_full_jitter_and_a_longest_pause() -> None:
    assert Retry(errors=("A",)).to_asl() == {
        "ErrorEquals": ["A"],
        "IntervalSeconds": 2,
        "MaxAttempts": 6,
        "BackoffRate": 2.0,
        "MaxDelaySeconds": 60,
        "JitterStrategy": "FULL",
    }
    assert "MaxDelaySeconds" not in Retry(errors=("A",), max_delay_seconds=None).to_asl()


def test_catch_keeps_the_error_where_told() -> None:
    catch = Catch(
        next="Record", assign={"failure": "{% $states.errorOutput %}"}, output="{% $states.input %}"
    )
    assert catch.to_asl() == {
        "ErrorEquals": ["States.ALL"],
        "Assign": {"failure": "{% $states.errorOutput %}"},
        "Output": "{% $states.input %}",
        "Next": "Record",
    }


def test_throttling_is_retried_by_the_names_of_the_service() -> None:
    (retry,) = throttling_retry("DynamoDB")
    assert all(error.startswith("DynamoDB.") for error in retry.errors)
    assert set(retry.errors) <= set(THROTTLING_RETRY[0].errors)


@pytest.mark.parametrize(
    ("build", "said"),
    [
        (lambda: Retry(errors=()), r"errors=\(\) must be a tuple"),
        (lambda: Retry(errors=("States.ALL", "A")), "let States.ALL stand alone"),
        (lambda: Retry(errors=("A",), interval_seconds=0), "interval_seconds=0 must be at least 1"),
        (lambda: Retry(errors=("A",), max_attempts=-1), "max_attempts=-1 must be between"),
        (lambda: Retry(errors=("A",), backoff_rate=0.5), "backoff_rate=0.5 must be at least 1.0"),
        (
            lambda: Retry(errors=("A",), interval_seconds=90),
            "max_delay_seconds=60 must be above interval_seconds=90",
        ),
        (lambda: Retry(errors=("A",), jitter="SOME"), "jitter='SOME' must be 'FULL' or 'NONE'"),
        (lambda: Catch(next="X", errors=()), r"errors=\(\) must be a tuple"),
    ],
)
def test_what_aws_refuses_is_refused(build: Callable[[], object], said: str) -> None:
    with pytest.raises(ValueError, match=said):
        build()
