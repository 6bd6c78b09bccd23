import dataclasses

import pytest

from examples.flight_delay.asking import Asked
from examples.flight_delay.meanwhile import Meanwhile


def asked(at: float, version: int | None, *, score: float = 0.3, status: int = 200) -> Asked:
    answer = {"model_version": version, "score": score} if status == 200 else {"message": "no"}
    return Asked(request_id=f"r{at}", flight_id="F", began=at, ended=at + 0.5, status=status, answer=answer)


def of(*requests: Asked) -> Meanwhile:
    return Meanwhile(asked=requests, good=1, broken=2, scores={"F": 0.3})


WELL = of(asked(0, 1), asked(1, 2, score=0.5), asked(2, 1), asked(3, 1), asked(4, 2, score=0.7), asked(5, 1))


def test_what_is_shown_is_counted_from_the_first_broken_answer_to_the_last() -> None:
    assert WELL.problems() == []
    assert [one.began for one in WELL.by_broken] == [1, 4]
    assert WELL.share == 0.5
    assert WELL.seconds == 3
    assert WELL.harm == pytest.approx(0.3)
    assert [one.began for one in WELL.later] == [5]


def test_a_fallback_is_an_answer_of_no_version() -> None:
    seen = dataclasses.replace(WELL, asked=(*WELL.asked, asked(6, None)))
    assert [one.began for one in seen.fallbacks] == [6]
    assert seen.problems() == []


@pytest.mark.parametrize(
    ("seen", "told"),
    [
        (of(*WELL.asked, asked(6, None, status=503)), "1 of 7 requests got no decision: r6 503"),
        (of(asked(0, 1), asked(1, 1)), "version 2 answered none of 2 requests"),
        (of(asked(1, 2), asked(2, 1)), "nobody asked before"),
        (of(asked(0, 1), asked(1, 2)), "version 1 does not answer alone"),
        (of(*WELL.asked, asked(6, 3)), "version 1 does not answer alone"),
    ],
)
def test_what_went_wrong_is_said(seen: Meanwhile, told: str) -> None:
    (problem,) = seen.problems()
    assert told in problem
