"""What is slow to make is made once for each user at a time."""

import pytest

from mdlc_local.states.pools import Pool


def pool(made: list[str], **bounds: int) -> Pool[object]:
    def make(text: str) -> object:
        made.append(text)
        return object()

    return Pool(make, **{"texts": 2, "spare": 1, **bounds})


def test_lent_again_but_never_twice_at_once() -> None:
    made: list[str] = []
    lender = pool(made)
    with lender.lend("a") as first, lender.lend("a") as second:
        assert first is not second
    with lender.lend("a") as again:
        assert again in (first, second)
    assert made == ["a", "a"]


def test_one_is_spare() -> None:
    made: list[str] = []
    lender = pool(made)
    with lender.lend("a"), lender.lend("a"):
        pass
    with lender.lend("a"), lender.lend("a"):
        pass
    assert made == ["a", "a", "a"]


def test_the_longest_unused_is_forgotten() -> None:
    made: list[str] = []
    lender = pool(made)
    for text in ("a", "b", "a", "c", "a", "b"):
        with lender.lend(text):
            pass
    assert made == ["a", "b", "c", "b"]


def test_not_kept_when_its_use_fails() -> None:
    made: list[str] = []
    lender = pool(made)

    def fail() -> None:
        with lender.lend("a"):
            raise KeyError("x")

    with pytest.raises(KeyError):
        fail()
    with lender.lend("a"):
        pass
    assert made == ["a", "a"]
