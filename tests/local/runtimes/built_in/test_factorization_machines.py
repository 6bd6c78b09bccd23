"""The answers of factorization machines, without river."""

import json

import numpy
import pytest

from mdlc_local.runtimes.built_in import recordio
from mdlc_local.runtimes.built_in.container import CustomerError
from mdlc_local.runtimes.built_in.factorization_machines import ALGORITHM, FactorizedModel
from mdlc_local.runtimes.built_in.recordio import Record, Tensor
from tests.local.runtimes.built_in.containers import Container

STORED = {
    "bias": 1.0,
    "weights": numpy.array([0.0, 2.0, 0.0]),
    "factors": numpy.array([[1.0, 0.0], [3.0, 0.0], [0.0, 5.0]]),
}
BODY = json.dumps({"instances": [{"features": [1, 1, 1]}, {"features": [0, 0, 0]}]}).encode()
RECORDIO = "application/x-recordio-protobuf"


def test_pairs_of_features_have_a_weight() -> None:
    model = FactorizedModel({**STORED, "classifies": False})
    _, _, answer = model.answer(BODY, "application/json", "*/*")
    assert json.loads(answer) == {"predictions": [{"score": 1 + 2 + 3}, {"score": 1}]}


def test_classes() -> None:
    model = FactorizedModel({**STORED, "bias": -7.0, "classifies": True})
    _, _, answer = model.answer(BODY, "application/json", "application/jsonlines")
    first, second = (json.loads(line) for line in answer.splitlines())
    assert first == {"score": pytest.approx(1 / (1 + numpy.exp(2))), "predicted_label": 0}
    assert second["score"] < 0.001


def test_csv_is_not_taken(container: Container) -> None:
    model = FactorizedModel({**STORED, "classifies": False})
    assert model.answer(b"1,1,1", "text/csv", "*/*")[0] == 415
    chosen = {"feature_dim": 3, "num_factors": 2, "predictor_type": "regressor"}
    with pytest.raises(CustomerError, match="Content type 'text/csv' of channel 'train' is not one of"):
        container.train(ALGORITHM, chosen, {"train": "1,2\n"})


def test_records_that_do_not_fit(container: Container) -> None:
    folder = container.base / "input" / "data" / "train"
    chosen = {"feature_dim": 2, "num_factors": 2, "predictor_type": "binary_classifier"}
    for record, why in (
        (
            Record(features={"values": Tensor(values=[1.0, 1.0, 1.0])}, label={"values": Tensor(values=[1])}),
            "feature 2",
        ),
        (Record(features={"values": Tensor(values=[1.0])}), "'values'"),
        (
            Record(features={"values": Tensor(values=[1.0])}, label={"values": Tensor(values=[3])}),
            "neither 0 nor 1",
        ),
    ):
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "records").write_bytes(recordio.encode([record]))
        with pytest.raises(CustomerError, match=why):
            container.train(ALGORITHM, chosen, {"train": ""}, RECORDIO)
