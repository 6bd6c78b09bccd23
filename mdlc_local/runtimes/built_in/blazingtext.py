"""BlazingText by fastText, whose model files the image reads and writes too.

Source of the formats: "BlazingText algorithm" in the AWS documentation.
"""

import ctypes
import json
from abc import abstractmethod
from collections.abc import Mapping, Sequence
from http import HTTPStatus
from pathlib import Path
from typing import Any

from mdlc_local.runtimes.built_in import records
from mdlc_local.runtimes.built_in.algorithm import Algorithm, Predictor, TrainingInput
from mdlc_local.runtimes.built_in.container import CustomerError, log, model_folder
from mdlc_local.runtimes.built_in.hyperparameters import Parameter
from mdlc_local.runtimes.built_in.records import JSON, JSON_LINES, MediaType

SUPERVISED = "supervised"
LABEL = "__label__"

_CLASSIFIER, _VECTORS = "model.bin", "vectors.bin"
_TEXT = "text/plain; charset=utf-8"
_MIN_BUCKETS = 10_000
_BUCKETS_AN_N_GRAM = 10
"""With ten buckets for each n-gram of the text, one in twenty shares its bucket with another."""

_PARAMETERS = {
    "mode": Parameter(kind="word", choices=(SUPERVISED, "batch_skipgram", "skipgram", "cbow"), required=True),
    "epochs": Parameter(kind="int", low=1, default=5),
    "learning_rate": Parameter(kind="float", low=0, default=0.05),
    "min_count": Parameter(kind="int", low=0, default=5),
    "vector_dim": Parameter(kind="int", low=1, default=100),
    "buckets": Parameter(kind="int", low=1, default=2_000_000),
    "word_ngrams": Parameter(kind="int", low=1, default=2),
    "early_stopping": Parameter(kind="bool", default=False, used=False),
    "min_epochs": Parameter(kind="int", low=1, default=5, used=False),
    "patience": Parameter(kind="int", low=1, default=4, used=False),
    "window_size": Parameter(kind="int", low=1, default=5),
    "negative_samples": Parameter(kind="int", low=1, default=5),
    "sampling_threshold": Parameter(kind="float", low=0, default=0.0001),
    "subwords": Parameter(kind="bool", default=False),
    "min_char": Parameter(kind="int", low=1, default=3),
    "max_char": Parameter(kind="int", low=1, default=6),
    "batch_size": Parameter(kind="int", low=1, default=11, used=False),
    "evaluation": Parameter(kind="bool", default=True, used=False),
}


class TextPredictor(Predictor):
    """A model that answers texts, in the content type of the request."""

    def answer(self, content: bytes, content_type: str, accept: str) -> tuple[int, str, bytes]:
        """Status, content type and body; `accept` is ignored where it differs, as by the image."""
        kind = MediaType.read(content_type or JSON).name
        if kind not in (JSON, JSON_LINES):
            return HTTPStatus.UNSUPPORTED_MEDIA_TYPE, _TEXT, f"Content type {kind} is not supported.".encode()
        try:
            answers = [self.of(text, best) for text, best in _requests(content, kind)]
        except ValueError as error:
            return HTTPStatus.BAD_REQUEST, _TEXT, f"unable to evaluate payload provided: {error}".encode()
        if kind == JSON:
            return HTTPStatus.OK, JSON, json.dumps(answers).encode()
        return HTTPStatus.OK, JSON_LINES, "".join(json.dumps(answer) + "\n" for answer in answers).encode()

    @abstractmethod
    def of(self, text: str, best: int) -> dict[str, Any]:
        """The answer to one text."""


class Classifier(TextPredictor):
    """A model of the mode ``supervised``: its `best` labels with their probabilities."""

    def __init__(self, model: Any) -> None:
        self._model = model

    def of(self, text: str, best: int) -> dict[str, Any]:
        """The most probable labels of a text."""
        labels, probabilities = self._model.predict(text, k=best)
        # fastText adds a small number to each logarithm, so that a probability may exceed one.
        return {"label": list(labels), "prob": [min(float(share), 1.0) for share in probabilities]}


class WordVectors(TextPredictor):
    """A model of the other modes: the vector of a word, of zeros for a word that it does not know."""

    def __init__(self, model: Any) -> None:
        self._model = model

    def of(self, text: str, best: int) -> dict[str, Any]:
        """The vector of a word."""
        return {"vector": [float(value) for value in self._model.get_word_vector(text)], "word": text}


class BlazingText(Algorithm):
    """The image ``blazingtext``."""

    parameters = _PARAMETERS
    packages = ("fasttext-numpy2",)
    channels = ("train", "validation")

    def train(self, data: TrainingInput) -> None:
        """Train a classifier or word vectors, on one thread so that it repeats."""
        supervised = data.values["mode"] == SUPERVISED
        texts = {name: _only_file(name) for name in data.channels}
        if not supervised and "validation" in texts:
            raise CustomerError("The channel 'validation' is only supported by the mode 'supervised'.")
        if supervised:
            for name, path in texts.items():
                _check_labels(name, path)
            _classify(data.values, texts)
        else:
            _embed(data.values, texts["train"])

    def load(self) -> Predictor:
        """The trained model; one that the image or fastText wrote is read too."""
        import fasttext

        for name, kind in ((_CLASSIFIER, Classifier), (_VECTORS, WordVectors)):
            if (model_folder() / name).is_file():
                return kind(fasttext.load_model(str(model_folder() / name)))
        raise CustomerError(f"the model has neither {_CLASSIFIER} nor {_VECTORS}")


def _classify(values: Mapping[str, Any], texts: Mapping[str, Path]) -> None:
    grams = _word_n_grams(texts["train"].read_text(encoding="utf-8"), values["word_ngrams"])
    model = _fit(
        "supervised",
        texts["train"],
        values,
        wordNgrams=values["word_ngrams"],
        bucket=_buckets(values["buckets"], grams),
        minn=0,
        maxn=0,
    )
    for name, path in texts.items():
        count, precision, _ = model.test(str(path))
        log(f"#{name}_accuracy: {precision:.4f}")
        log(f"Number of {name} examples: {count}")
    model.save_model(str(model_folder() / _CLASSIFIER))


def _embed(values: Mapping[str, Any], path: Path) -> None:
    mode = values["mode"]
    if mode == "batch_skipgram":
        log("batch_skipgram is trained as skipgram, without its mini-batches")
    if values["evaluation"]:
        log("evaluation: there is no eval.json, because the word pairs of WS-353 are not here")
    shortest, longest = (values["min_char"], values["max_char"]) if values["subwords"] else (0, 0)
    grams = _subwords(path.read_text(encoding="utf-8"), shortest, longest) if values["subwords"] else 0
    model = _fit(
        "unsupervised",
        path,
        values,
        model="cbow" if mode == "cbow" else "skipgram",
        ws=values["window_size"],
        neg=values["negative_samples"],
        t=values["sampling_threshold"],
        bucket=_buckets(values["buckets"], grams),
        minn=shortest,
        maxn=longest,
    )
    model.save_model(str(model_folder() / _VECTORS))
    with (model_folder() / "vectors.txt").open("w", encoding="utf-8") as lines:
        lines.write(f"{len(model.words)} {model.get_dimension()}\n")
        for word in model.words:
            lines.write(" ".join([word, *(f"{value:.6g}" for value in model.get_word_vector(word))]) + "\n")


def _fit(task: str, path: Path, values: Mapping[str, Any], **arguments: Any) -> Any:
    import fasttext

    _zero_new_memory()
    train = fasttext.train_supervised if task == "supervised" else fasttext.train_unsupervised
    try:
        model = train(
            str(path),
            lr=values["learning_rate"],
            dim=values["vector_dim"],
            epoch=values["epochs"],
            minCount=values["min_count"],
            thread=1,
            verbose=0,
            **arguments,
        )
    except (ValueError, RuntimeError) as error:
        raise CustomerError(f"Training failed: {error}") from error
    if not set(model.words) - {"</s>"}:
        raise CustomerError(f"No word occurs {values['min_count']} times, as min_count asks.")
    return model


_PERTURB = -6
"""``M_PERTURB`` of glibc's mallopt."""


def _zero_new_memory() -> None:
    """Let new memory hold zeros, where the C library can: what fastText does not initialize is then the same.

    With one thread fastText initializes a tenth of its input matrix (``DenseMatrix::uniform``); in the others
    is whatever the memory held before, sometimes NaN.
    """
    mallopt = getattr(ctypes.CDLL(None), "mallopt", None)
    if mallopt is not None:
        # Memory is filled with the complement of this byte.
        mallopt(_PERTURB, 0xFF)


def _buckets(asked: int, grams: int) -> int:
    """The number of hash buckets: no more than the text can use, since each takes memory for a vector."""
    if not grams:
        return 0
    enough = max(_MIN_BUCKETS, _BUCKETS_AN_N_GRAM * grams)
    if enough < asked:
        log(f"buckets: {enough} of {asked}, because the text has {grams} n-grams")
    return min(asked, enough)


def _word_n_grams(text: str, longest: int) -> int:
    """The number of different sequences of two up to `longest` words."""
    grams: set[tuple[str, ...]] = set()
    for line in text.splitlines():
        words = line.split()
        for size in range(2, longest + 1):
            grams.update(zip(*(words[start:] for start in range(size)), strict=False))
    return len(grams)


def _subwords(text: str, shortest: int, longest: int) -> int:
    """The number of different character sequences in the words, which fastText puts in angle brackets."""
    grams: set[str] = set()
    for word in {f"<{word}>" for word in text.split()}:
        for size in range(shortest, longest + 1):
            grams.update(word[start : start + size] for start in range(len(word) - size + 1))
    return len(grams)


def _only_file(channel: str) -> Path:
    paths = records.files(channel)
    if len(paths) > 1:
        raise CustomerError(
            f"The channel {channel!r} has {len(paths)} files: BlazingText expects a single text file."
        )
    try:
        paths[0].read_text(encoding="utf-8")
    except UnicodeDecodeError as error:
        raise CustomerError(f"The file {paths[0].name} of channel {channel!r} is no UTF-8 text.") from error
    return paths[0]


def _check_labels(channel: str, path: Path) -> None:
    with path.open(encoding="utf-8") as lines:
        for number, line in enumerate(lines, start=1):
            if line.strip() and not any(word.startswith(LABEL) for word in line.split()):
                raise CustomerError(
                    f"Line {number} of channel {channel!r} has no word that begins with {LABEL}."
                )


def _requests(content: bytes, kind: str) -> Sequence[tuple[str, int]]:
    """The texts of a request, and how many labels each is to be answered with."""
    if kind == JSON:
        document = json.loads(content)
        if not isinstance(document, dict) or not isinstance(document.get("instances"), list):
            raise ValueError("the request has no list of instances")
        configuration = document.get("configuration") or {}
        entries = [{"source": text, **configuration} for text in document["instances"]]
    else:
        entries = [json.loads(line) for line in content.splitlines() if line.strip()]
    if not entries:
        raise ValueError("there are no texts")
    return [_request(entry) for entry in entries]


def _request(entry: Any) -> tuple[str, int]:
    text, best = (entry.get("source"), entry.get("k", 1)) if isinstance(entry, dict) else (None, 1)
    if not isinstance(text, str):
        raise ValueError("an instance is no text")
    if not isinstance(best, int) or best < 1:
        raise ValueError(f"k={best!r} is no positive integer")
    # fastText refuses a text of several lines.
    return " ".join(text.split("\n")), best


ALGORITHM = BlazingText()
