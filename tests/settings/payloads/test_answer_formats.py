import json
import math
from typing import Any

import pytest

from mdlc_constructs.settings.algorithms.record_formats import records_of
from mdlc_constructs.settings.algorithms.table import algorithm_facts, algorithm_names
from mdlc_constructs.settings.payloads.answer_formats import ANSWER_FORMATS, expected_names, read_answers
from mdlc_constructs.settings.payloads.tasks import Answer

CLASSES = ("red", "green")


@pytest.mark.parametrize(
    ("algorithm", "answer", "document", "rows"),
    [
        ("kmeans", "cluster", {"closest_cluster": 1.0, "distance_to_cluster": 3.0}, [(1.0, 3.0)]),
        (
            "kmeans",
            "cluster",
            {"predictions": [{"closest_cluster": 1.0, "distance_to_cluster": 3.0}] * 2},
            [(1.0, 3.0)] * 2,
        ),
        ("knn", "score", {"predicted_label": 2.5}, [(2.5,)]),
        (
            "knn",
            "score",
            {"predicted_label": 1.0, "distances": [1, 2, 3, 4], "labels": [1.0, 1.0, 0.0, 1.0]},
            [(0.75,)],
        ),
        (
            "knn",
            "probabilities",
            {"predicted_label": 0.0, "distances": [1, 2, 3, 4], "labels": [0.0, 0.0, 1.0, 0.0]},
            [(0.75, 0.25)],
        ),
        ("pca", "vector", {"projections": [{"projection": [1.0, 2.0]}]}, [(1.0, 2.0)]),
        ("lda", "vector", {"topic_mixture": [0.3, 0.7]}, [(0.3, 0.7)]),
        ("ntm", "vector", {"predictions": [{"topic_weights": [0.02, 0.1]}]}, [(0.02, 0.1)]),
        ("linear-learner", "score", {"score": 0.4, "predicted_label": 0}, [(0.4,)]),
        ("linear-learner", "score", {"predictions": [{"score": 0.4}, {"score": 5}]}, [(0.4,), (5.0,)]),
        ("linear-learner", "probabilities", {"score": [0.1, 0.9], "predicted_label": 1}, [(0.1, 0.9)]),
        ("factorization-machines", "score", {"score": 0.4, "predicted_label": 0}, [(0.4,)]),
        ("randomcutforest", "score", {"scores": [{"score": 0.02}, {"score": 0.25}]}, [(0.02,), (0.25,)]),
        ("ipinsights", "score", {"predictions": [{"dot_product": -1.5}]}, [(-1.5,)]),
        (
            "blazingtext",
            "probabilities",
            {"label": ["__label__green", "__label__red"], "prob": [0.9, 0.1]},
            [(0.1, 0.9)],
        ),
        ("blazingtext", "vector", {"word": "a", "vector": [0.5, -0.5]}, [(0.5, -0.5)]),
        ("object2vec", "probabilities", {"predictions": [{"scores": [0.2, 0.8]}]}, [(0.2, 0.8)]),
        ("object2vec", "vector", {"predictions": [{"embeddings": [0.2, 0.8]}]}, [(0.2, 0.8)]),
        ("image-classification", "probabilities", {"probabilities": [0.2, 0.8]}, [(0.2, 0.8)]),
        (
            "jumpstart",
            "probabilities",
            {"probabilities": [[0.2, 0.8], [0.6, 0.4]], "labels": [0, 1], "predicted_label": [1, 0]},
            [(0.2, 0.8), (0.6, 0.4)],
        ),
        ("jumpstart", "score", {"probabilities": [[0.2, 0.8]], "labels": [0, 1]}, [(0.8,)]),
        ("jumpstart", "score", {"prediction": [[1.5], [2.5]]}, [(1.5,), (2.5,)]),
        ("jumpstart", "score", {"prediction": [1.5, 2.5]}, [(1.5,), (2.5,)]),
    ],
)
def test_each_algorithms_answers_are_read_into_one_shape(
    algorithm: str, answer: Answer, document: dict[str, Any], rows: list[tuple[float, ...]]
) -> None:
    assert ANSWER_FORMATS[algorithm].members
    assert any(f'"{member}"' in json.dumps(document) for member in ANSWER_FORMATS[algorithm].members)
    assert read_answers(document, answer, CLASSES if answer == "probabilities" else ()) == rows


@pytest.mark.parametrize("answer", ["score", "probabilities", "quantiles", "cluster", "vector"])
@pytest.mark.parametrize("document", [None, [], "x", {}, {"predictions": [{}]}, {"closest_cluster": 1}])
def test_what_is_no_answer_is_none(document: object, answer: Answer) -> None:
    assert read_answers(document, answer, CLASSES) is None
    assert expected_names(answer, CLASSES)


@pytest.mark.parametrize("value", [None, True, "x", math.nan, math.inf, [], {}, 10**400])
def test_what_is_no_finite_number_is_nan(value: object) -> None:
    answers = read_answers({"closest_cluster": value, "distance_to_cluster": 1}, "cluster")
    assert answers is not None
    ((cluster, distance),) = answers
    assert math.isnan(cluster) and distance == 1.0


def test_answers_that_are_no_numbers_say_why() -> None:
    refused = {name for name, known in ANSWER_FORMATS.items() if known.refused}
    assert refused == {"seq2seq", "object-detection", "semantic-segmentation"}


@pytest.mark.parametrize("name", [name for name in algorithm_names() if algorithm_facts(name).tasks])
def test_each_algorithm_of_a_table_has_answers_that_can_be_read(name: str) -> None:
    facts = algorithm_facts(name)
    for task in facts.tasks:
        known = ANSWER_FORMATS[records_of(facts, task).answers]
        assert not known.refused
