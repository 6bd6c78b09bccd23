from benchmarks.sample import Sample


def test_executions_are_counted_by_workflow_and_outcome() -> None:
    sample = Sample(models=1, starts=2, time_scale=50)
    sample.add("training", "Succeeded", ("Plan", "Train"))
    sample.add("training", "Refused", ("Plan",))
    sample.add("release", "Succeeded", ("Plan",))
    assert sample.transitions["training", "Succeeded"] == [2]
    assert (sample.count("training"), sample.count("release"), sample.count("retraining")) == (2, 1, 0)
