import pytest

from benchmarks.paid import BESIDE, Month, dollars, release_path, retraining_path, training_path


def test_a_retraining_that_wins_goes_through_training_and_release() -> None:
    path = retraining_path()
    assert path[0] == "Begin" and path[-1] == "PublishEvent"
    assert (
        path.index("AskLease") < path.index("Train") < path.index("ReleaseCapacity") < path.index("Release")
    )
    assert "AwaitApproval" not in path
    assert training_path().count("ScoreModel") == 2
    assert {"UpdateEndpoint", "ProbeAnswers", "PointChampion"} <= set(release_path())


def test_a_month_is_paid_for_by_what_was_done() -> None:
    nothing = Month(transitions=0, trainings=0, releases=0, calls=0, reads=0, writes=0)
    assert sum(dollars(nothing).values()) == 0
    paid = dollars(Month(transitions=1000, trainings=10, releases=4, calls=100, reads=1000, writes=100))
    assert paid["transitions of retraining machines"] == pytest.approx(0.025)
    assert paid["transitions of training machines"] == pytest.approx(10 * len(training_path()) * 0.000025)
    assert paid["transitions of release machines"] == pytest.approx(
        4 * (len(release_path()) + BESIDE) * 0.000025
    )
    # 100 calls of 0.2 s with half a GB.
    assert paid["functions"] == pytest.approx(100 * 0.2e-6 + 10 * 0.0000133334)
    assert paid["tables"] == pytest.approx(1000 * 0.125e-6 + 100 * 0.625e-6)
    assert paid["events"] == pytest.approx(34e-6)
