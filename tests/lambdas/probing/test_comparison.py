"""Bands, shares and distances: what answers say of a new version."""

import json
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lambdas.probing.comparison import Answer, Book, Look, Probe, distance, drawn, judge, make_book, parsed
from lambdas.probing.errors import ChampionSilent, InvalidRows, ProbesLost
from lambdas.probing.rows import Row

pytestmark = pytest.mark.slow

NUMBERS = st.floats(-1e6, 1e6)


def answer(score: float, version: str | None = "7") -> Answer:
    return Answer(scores=(score,), version=version)


def probes(*champion: float, tolerance: float = 0.25) -> tuple[Probe, ...]:
    rows = [Row(body=str(number), content_type="t") for number in range(len(champion))]
    return make_book([(row, answer(s, "6")) for row, s in zip(rows, champion, strict=True)], tolerance).probes


@pytest.mark.parametrize(
    ("text", "scores", "version"),
    [
        ('{"score": 0.42, "version": 7}\n', (0.42,), "7"),
        ('{"score": [0.1, 0.9], "version": 7}', (0.1, 0.9), "7"),
        ('{"score": 1}', (1.0,), None),
        ("0.25\n", (0.25,), None),
        ("0.1,0.9", (0.1, 0.9), None),
        ("[1, 2.5]", (1.0, 2.5), None),
        # Answers of algorithms of AWS, and the distance of a cluster that the endpoint has stamped.
        ('{"predictions": [{"score": 0.25, "predicted_label": 0}]}', (0.25,), None),
        ('{"predictions": [{"predicted_label": 2.0}]}', (2.0,), None),
        ('{"closest_cluster": 3.0, "distance_to_cluster": 1.5}', (1.5,), None),
        ('{"score": 1.5, "cluster": 3, "distance": 1.5, "version": 7}', (1.5,), "7"),
        ('{"projections": [{"projection": [1.0, 2.0]}]}', (1.0, 2.0), None),
    ],
)
def test_an_answer_is_read(text: str, scores: tuple[float, ...], version: str | None) -> None:
    assert parsed(text) == Answer(scores=scores, version=version)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "late",
        "NaN",
        '{"score": null, "version": 7}',
        '{"score": true}',
        "{}",
        "[]",
        "1,x",
        '"1"',
        '{"predictions": []}',
        '{"predictions": [{"score": NaN}]}',
    ],
)
def test_an_answer_without_numbers_is_none(text: str) -> None:
    assert parsed(text) is None


def test_a_band_holds_the_champions_and_the_expected_answer() -> None:
    golden = Row(body="g", content_type="t", expected=0.9)
    recent = Row(body="r", content_type="t")
    silent = Row(body="s", content_type="t", expected=0.5)
    unknown = Row(body="u", content_type="t")
    kept = make_book([(golden, answer(0.5)), (recent, answer(0.3)), (silent, None), (unknown, None)], 0.25)
    assert kept.version == "7"
    assert [(probe.body, probe.low, probe.high) for probe in kept.probes] == [
        ("g", (0.25,), (1.15,)),
        ("r", (pytest.approx(0.05),), (0.55,)),
        ("s", (0.25,), (0.75,)),
    ]
    assert Book.from_json(kept.to_json()) == kept


def test_a_champion_without_answers_cannot_be_compared_with() -> None:
    with pytest.raises(ChampionSilent, match="answered none of the probes"):
        make_book([(Row(body="g", content_type="t", expected=0.9), None)], 0.25)
    with pytest.raises(InvalidRows, match="by one number and the model answers 2"):
        make_book([(Row(body="g", content_type="t", expected=0.9), Answer(scores=(1, 2)))], 0.25)


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"version": 1, "probes": [{}]}'])
def test_lost_probes_are_no_probes(text: str) -> None:
    with pytest.raises(ProbesLost):
        Book.from_json(text)


@given(st.lists(st.tuples(NUMBERS, st.floats(-0.2, 0.2)), min_size=1), st.floats(0.01, 1))
def test_a_good_new_version_never_alarms(rows: list[tuple[float, float]], share: float) -> None:
    asked = probes(*(score for score, _ in rows))
    answers = [answer(score + off, "7" if number % 2 else "6") for number, (score, off) in enumerate(rows)]
    for version in ("7", "6", None):
        look = judge(list(zip(asked, answers, strict=True)), champion="6", version=version, share=share)
        assert look.outside in (0, None)


@given(st.integers(0, 40), st.integers(1, 40), st.integers(0, 300))
def test_the_old_versions_answers_do_not_dilute_the_new_ones(bad: int, good: int, old: int) -> None:
    asked = probes(*[0.0] * (bad + good + old))
    answers = [answer(9.0)] * bad + [answer(0.1)] * good + [answer(0.0, "6")] * old
    look = judge(list(zip(asked, answers, strict=True)), champion="6", version="7", share=0.1)
    assert (look.probes, look.seen) == (bad + good + old, bad + good)
    # From half of the share on; fewer are too few to tell by.
    assert look.outside == pytest.approx(bad / max(bad + good, (bad + good + old) / 20))


@pytest.mark.parametrize("told", [True, False])
def test_the_share_of_bad_answers_is_estimated_without_bias(told: bool) -> None:
    """Five hundred looks at a tenth of the traffic, a fifth of whose answers are bad."""
    marks = ("7", "6") if told else (None, None)
    random, share, wrong, count = Random(3), 0.1, 0.2, 400
    asked = probes(*[0.0] * count)
    estimates = []
    for _ in range(500):
        answers = [
            answer(9.0 if random.random() < wrong else 0.1, marks[0])
            if random.random() < share
            else answer(0.0, marks[1])
            for _ in range(count)
        ]
        look = judge(
            list(zip(asked, answers, strict=True)),
            champion=marks[1],
            version=marks[0],
            share=share,
        )
        estimates.append(look.outside or 0.0)
    assert sum(estimates) / len(estimates) == pytest.approx(wrong, abs=0.012)


@given(st.integers(0, 40), st.integers(1, 40), st.integers(0, 300), st.sampled_from(["6", None]))
def test_a_container_that_names_its_version_unbidden_is_not_diluted(
    bad: int, good: int, old: int, champion: str | None
) -> None:
    asked = probes(*[0.0] * (bad + good + old))
    answers = [answer(9.0)] * bad + [answer(0.1)] * good + [answer(0.0, champion)] * old
    look = judge(list(zip(asked, answers, strict=True)), champion=champion, version=None, share=0.1)
    assert look.seen == bad + good
    assert look.outside == pytest.approx(bad / max(bad + good, (bad + good + old) / 20))


@pytest.mark.parametrize("version", ["6", None])
def test_containers_that_all_call_themselves_alike_are_estimated(version: str | None) -> None:
    asked = probes(*[0.0] * 100)
    answers = [answer(9.0 if number < 5 else 0.1, version) for number in range(100)]
    look = judge(list(zip(asked, answers, strict=True)), champion=version, version=None, share=0.1)
    assert look.seen is None
    assert look.outside == pytest.approx(0.5)


def test_errors_and_answers_without_a_mark_are_held_against_the_new_version() -> None:
    (probe,) = probes(0.5)
    asked = [(probe, None), (probe, answer(0.5, None)), (probe, answer(0.5, "6")), (probe, answer(0.5))]
    look = judge(asked, champion="6", version="7", share=0.1)
    assert look == Look(probes=4, seen=3, outside=1 / 3, drift=0.0)


def test_one_failure_of_the_champion_is_no_bad_version() -> None:
    asked = probes(*[0.5] * 1379)
    answers = [None] + [answer(0.5, "6")] * 1378
    look = judge(list(zip(asked, answers, strict=True)), champion="6", version="7", share=0.1)
    assert look.outside == pytest.approx(2 / 137.9)


def test_a_fleet_that_fails_always_is_a_bad_version() -> None:
    asked = probes(*[0.5] * 1379)
    answers = [None] * 130 + [answer(0.5, "6")] * 1249
    look = judge(list(zip(asked, answers, strict=True)), champion="6", version="7", share=0.1)
    assert look.outside == 1


def test_few_answers_of_a_fleet_that_came_in_the_middle_of_a_look_decide_nothing() -> None:
    asked = probes(*[0.5] * 1379)
    answers = [answer(0.5, "6")] * 1377 + [answer(9.0), answer(0.5)]
    look = judge(list(zip(asked, answers, strict=True)), champion="6", version="7", share=0.1)
    assert look.outside is not None
    assert look.drift is not None
    assert max(look.outside, look.drift) < 0.02


def test_a_look_that_saw_nobody_new_says_nothing() -> None:
    (probe,) = probes(0.5)
    assert judge([(probe, answer(0.5, "6"))], champion="6", version="7", share=0.1) == Look(
        probes=1, seen=0, outside=None, drift=None
    )
    assert judge([], champion="6", version=None, share=0.1).outside is None


def test_where_nobody_says_the_share_is_counted_against_the_traffic() -> None:
    asked = [(probe, answer(9.0 if n == 0 else 0.0, None)) for n, probe in enumerate(probes(*[0.0] * 40))]
    look = judge(asked, champion=None, version=None, share=0.1)
    assert look.seen is None
    assert look.outside == pytest.approx(0.25)
    same = judge([(probe, answer(0.0, "6")) for probe, _ in asked], champion="6", version="6", share=0.1)
    assert (same.seen, same.outside, same.drift) == (None, 0.0, 0.0)
    assert judge([(asked[0][0], None)], champion=None, version=None, share=0.1).outside == 1.0


def test_an_answer_of_another_shape_is_bad() -> None:
    (probe,) = probes(0.5)
    look = judge([(probe, Answer(scores=(0.5, 0.5), version="7"))], champion="6", version="7", share=1)
    assert (look.outside, look.drift) == (1.0, None)


def test_answers_about_other_classes_are_bad_and_have_no_distance() -> None:
    names = ("a", "b", "c")
    band = (0.2, 0.3, 0.5)
    probe = Probe(body="x", content_type="text/csv", low=band, high=band, champion=band, names=names)
    others = Answer(scores=band, version="7", names=("a", "b", "d"))
    look = judge([(probe, others)], champion="6", version="7", share=1)
    assert (look.outside, look.drift) == (1.0, None)
    same = judge([(probe, Answer(scores=band, version="7", names=names))], champion="6", version="7", share=1)
    assert (same.outside, same.drift) == (0.0, 0.0)


@given(st.lists(NUMBERS, min_size=1, max_size=30), st.lists(NUMBERS, min_size=1, max_size=30))
def test_the_distance_is_the_largest_gap(first: list[float], second: list[float]) -> None:
    expected = max(
        abs(sum(x <= at for x in first) / len(first) - sum(x <= at for x in second) / len(second))
        for at in first + second
    )
    found = distance([(x,) for x in first], [(x,) for x in second])
    assert found == pytest.approx(expected)
    assert 0 <= found <= 1


@given(st.lists(st.tuples(NUMBERS, st.booleans()), min_size=1, max_size=50))
def test_no_more_drifts_than_rows_are_answered_differently(rows: list[tuple[float, bool]]) -> None:
    moved = [(value + 1 if change else value,) for value, change in rows]
    assert distance([(value,) for value, _ in rows], moved) <= sum(c for _, c in rows) / len(rows) + 1e-9


def test_of_several_answers_a_row_the_farthest_counts() -> None:
    assert distance([(0, 0), (0, 1)], [(0, 5), (0, 6)]) == 1.0


@given(st.integers(1, 50), st.integers(0, 200), st.text(max_size=5))
def test_every_row_comes_before_any_comes_again(rows: int, count: int, seed: str) -> None:
    order = drawn(rows, count, seed)
    assert len(order) == count
    assert order == drawn(rows, count, seed)
    times = [order.count(row) for row in range(rows)]
    assert max(times) - min(times) <= 1
    assert all(0 <= row < rows for row in order)


def test_another_look_asks_in_another_order() -> None:
    assert drawn(50, 50, "run 1") != drawn(50, 50, "run 2")


def of_classes(version: int, **probabilities: float) -> str:
    return json.dumps({"prediction": "a", "score": 1, "probabilities": probabilities, "version": version})


def test_versions_of_classes_are_compared_by_name() -> None:
    champion = parsed(of_classes(1, b=0.2, a=0.7, c=0.1))
    reordered = parsed(of_classes(2, c=0.1, a=0.6, b=0.3))
    assert champion == Answer(scores=(0.7, 0.2, 0.1), version="1", names=("a", "b", "c"))
    golden = Row(body="g", content_type="t", expected="b", written="b")
    silent = Row(body="s", content_type="t", expected="c", written="c")
    recent = Row(body="r", content_type="t")
    book = make_book([(golden, champion), (silent, None), (recent, champion)], 0.1)
    assert Book.from_json(book.to_json()) == book
    first, second, third = book.probes
    # The band reaches from the champion's answer to the expected class.
    assert first.low == pytest.approx((-0.1, 0.1, -0.1))
    assert first.high == pytest.approx((0.8, 1.1, 0.2))
    assert second.low == pytest.approx((-0.1, -0.1, 0.9)) and second.champion is None
    assert third.holds(reordered) and first.holds(reordered) and not second.holds(reordered)
    assert not third.holds(parsed(of_classes(2, a=0.7, b=0.2, d=0.1)))
    assert not third.holds(Answer(scores=(0.7, 0.2, 0.1)))


@pytest.mark.parametrize(
    ("expected", "answer", "said"),
    [
        ("d", of_classes(1, a=1, b=0), "is expected to be 'd' and the model knows a, b"),
        (1.0, of_classes(1, a=1, b=0), "is expected to be '01' and the model knows a, b"),
        ("d", "0.5", "the model answers numbers"),
    ],
)
def test_an_expected_answer_that_the_model_cannot_give_is_refused(
    expected: float | str, answer: str, said: str
) -> None:
    written = expected if isinstance(expected, str) else "01"
    row = Row(body="g", content_type="t", expected=expected, written=written)
    with pytest.raises(InvalidRows, match=said):
        make_book([(row, parsed(answer))], 0.25)
