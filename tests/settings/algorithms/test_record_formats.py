import pytest

from mdlc_constructs.settings.algorithms.table import algorithm_facts, algorithm_names
from mdlc_constructs.settings.payloads.answer_formats import ANSWER_FORMATS
from tests.settings.algorithms.minimal import MINIMAL


@pytest.mark.parametrize(
    ("name", "task", "training", "scoring", "accept", "answers"),
    [
        ("kmeans", "cluster", "text/csv;label_size=0", "text/csv", "application/jsonlines", "kmeans"),
        ("pca", "embedding", "text/csv;label_size=0", "text/csv", "application/jsonlines", "pca"),
        ("lda", "embedding", "text/csv;label_size=0", "text/csv", "application/jsonlines", "lda"),
        ("ntm", "embedding", "text/csv;label_size=0", "text/csv", "application/jsonlines", "ntm"),
        (
            "randomcutforest",
            "anomaly",
            "text/csv;label_size=0",
            "text/csv",
            "application/jsonlines",
            "randomcutforest",
        ),
        ("linear-learner", "binary", "text/csv", "text/csv", "application/jsonlines", "linear-learner"),
        ("knn", "multiclass", "text/csv", "text/csv", "application/jsonlines; verbose=true", "knn"),
        (
            "factorization-machines",
            "binary",
            "application/x-recordio-protobuf",
            "application/x-recordio-protobuf",
            "application/jsonlines",
            "factorization-machines",
        ),
        (
            "forecasting-deepar",
            "forecast",
            "application/jsonlines",
            "application/jsonlines",
            "application/jsonlines",
            "forecasting-deepar",
        ),
        ("lightgbm", "binary", "text/csv", "text/csv", "application/json", "jumpstart"),
        ("xgboost", "binary", "text/csv", "text/csv", "text/csv", ""),
        ("xgboost", "ranking", "text/libsvm", "text/csv", "text/csv", ""),
    ],
)
def test_the_records_of_an_algorithm(
    name: str, task: str, training: str, scoring: str, accept: str, answers: str
) -> None:
    records = MINIMAL[name]().records(task)
    assert (records.training_type, records.scoring_type) == (training, scoring)
    assert (records.accept, records.answers) == (accept, answers)


@pytest.mark.parametrize("name", [name for name in algorithm_names() if algorithm_facts(name).tasks])
def test_an_algorithm_takes_the_records_that_are_written_for_it(name: str) -> None:
    facts = algorithm_facts(name)
    for task in facts.tasks:
        records = MINIMAL[name]().records(task)
        assert records.training_type.partition(";")[0] in facts.training_types
        assert records.scoring_type in facts.scoring_types
        assert records.answers in ANSWER_FORMATS and not ANSWER_FORMATS[records.answers].refused
