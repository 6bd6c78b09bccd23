import pytest

from mdlc_constructs.settings.algorithms.table import algorithm_facts, algorithm_names
from mdlc_constructs.settings.algorithms.trained_tasks import algorithms_of
from mdlc_constructs.settings.algorithms.xgboost import TABLE
from mdlc_constructs.settings.payloads.tasks import TASKS


def test_every_task_of_a_dataset_is_trained_by_some_algorithm() -> None:
    assert all(algorithms_of(task) for task in TASKS)
    assert algorithms_of("forecast") == ("forecasting-deepar",)
    assert algorithms_of("embedding") == ("lda", "ntm", "pca")


@pytest.mark.parametrize("name", algorithm_names())
def test_defaults_and_tuned_ranges_are_values_that_the_algorithm_takes(name: str) -> None:
    for row in algorithm_facts(name).hyperparameters.values():
        if row.default and not (row.kind == "boolean" and row.default == "auto"):
            assert row.text(row.default)
        tunable = row.tunable
        if tunable is not None:
            ends = tunable.choices or (int(tunable.low), int(tunable.high))
            for end in ends if row.kind == "integer" or tunable.choices else (tunable.low, tunable.high):
                assert row.text(end), f"{name}.{row.name}"


@pytest.mark.parametrize("name", algorithm_names())
def test_conditions_name_hyperparameters_and_their_values(name: str) -> None:
    rows = algorithm_facts(name).hyperparameters
    for row in rows.values():
        for other, among in (*row.needs.items(), *row.required_with.items()):
            assert all(word in rows[other].words for word in among), f"{name}.{row.name}"
    facts = algorithm_facts(name)
    needs = [channel.needs for channel in facts.channels.values()]
    needs += [metric.needs for metric in facts.objective_metrics.values()]
    for conditions in (facts.parallel_when, facts.cpu_only_when, *needs):
        assert all(set(among) <= set(rows[other].words) for other, among in conditions.items())


@pytest.mark.parametrize("name", algorithm_names())
def test_channels_of_labels_describe_a_channel_of_content_types_that_the_algorithm_takes(name: str) -> None:
    facts = algorithm_facts(name)
    for channel in facts.channels.values():
        assert set(channel.required_with) <= set(facts.training_types)
        assert not channel.required_with or channel.described in ("train", "validation")


def test_ranges_of_three_decades_are_searched_on_a_logarithmic_scale() -> None:
    tunable = algorithm_facts("linear-learner").tunable
    assert (tunable["learning_rate"].kind, tunable["learning_rate"].scaling) == ("Continuous", "Logarithmic")
    assert (tunable["mini_batch_size"].kind, tunable["mini_batch_size"].scaling) == ("Integer", "Auto")
    assert tunable["use_bias"].choices == ("false", "true")


def test_metrics_have_a_direction_and_scripts_a_pattern() -> None:
    assert algorithm_facts("kmeans").objective_metrics["test:msd"].direction == "Minimize"
    lightgbm = algorithm_facts("lightgbm").objective_metrics
    assert (lightgbm["auc"].direction, lightgbm["auc"].pattern) == ("Maximize", r"auc: ([0-9\.]+)")
    assert lightgbm["binary_logloss"].direction == "Minimize"


def test_the_row_of_xgboost_is_the_table_of_its_image() -> None:
    rows = algorithm_facts("xgboost").hyperparameters
    assert set(rows) == set(TABLE)
    for name, allowed in TABLE.items():
        assert allowed is None or allowed in (rows[name].range, rows[name].words, rows[name].words[::-1])


def test_an_unknown_algorithm_is_refused_with_a_suggestion() -> None:
    with pytest.raises(ValueError, match="no such built-in algorithm; did you mean 'kmeans'"):
        algorithm_facts("k-means")
