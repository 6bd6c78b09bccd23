from benchmarks import core


def test_the_first_pair_is_part_of_the_whole() -> None:
    cost = core.build(2)
    assert 0 < cost.first <= cost.all
