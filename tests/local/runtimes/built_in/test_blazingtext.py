"""What BlazingText answers, with a model that has two labels and one word."""

import json
from typing import Any

import numpy
import pytest

from mdlc_local.runtimes.built_in.blazingtext import Classifier, WordVectors, _subwords, _word_n_grams


class Model:
    def predict(self, text: str, k: int) -> tuple[tuple[str, ...], Any]:
        assert "\n" not in text
        return ("__label__a", "__label__b")[:k], numpy.array([1.00001, 0.25])[:k]

    def get_word_vector(self, word: str) -> Any:
        return numpy.array([1.0, 2.0]) if word == "known" else numpy.zeros(2)


def test_classes() -> None:
    body = json.dumps({"instances": ["x", "a\nb"], "configuration": {"k": 2}}).encode()
    status, kind, answer = Classifier(Model()).answer(body, "application/json", "text/csv")
    assert (status, kind) == (200, "application/json")
    assert json.loads(answer) == [{"label": ["__label__a", "__label__b"], "prob": [1.0, 0.25]}] * 2
    lines = b'{"source": "x"}\n{"source": "y", "k": 2}\n'
    status, kind, answer = Classifier(Model()).answer(lines, "application/jsonlines", "*/*")
    assert (status, kind) == (200, "application/jsonlines")
    assert [len(json.loads(line)["label"]) for line in answer.splitlines()] == [1, 2]


def test_vectors() -> None:
    body = json.dumps({"instances": ["known", "unknown"]}).encode()
    _, _, answer = WordVectors(Model()).answer(body, "application/json", "*/*")
    assert json.loads(answer) == [
        {"vector": [1.0, 2.0], "word": "known"},
        {"vector": [0.0, 0.0], "word": "unknown"},
    ]


@pytest.mark.parametrize(
    ("kind", "body", "status"),
    [
        ("text/csv", b"a", 415),
        ("application/json", b"[]", 400),
        ("application/json", b'{"instances": [1]}', 400),
        ("application/json", b'{"instances": []}', 400),
        ("application/json", b'{"instances": ["a"], "configuration": {"k": 0}}', 400),
        ("application/jsonlines", b'"a"\n', 400),
        ("application/jsonlines", b"a\n", 400),
        ("application/jsonlines", b"\xff\n", 400),
    ],
)
def test_what_cannot_be_answered(kind: str, body: bytes, status: int) -> None:
    assert Classifier(Model()).answer(body, kind, "*/*")[0] == status


def test_n_grams_are_counted_once() -> None:
    assert _word_n_grams("a b c\na b\n", 2) == 2
    assert _word_n_grams("a b c\na b\n", 3) == 3
    assert _subwords("ab ab", 2, 3) == len({"<a", "ab", "b>", "<ab", "ab>"})
