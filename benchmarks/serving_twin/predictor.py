"""The web application of the classic bring-your-own container: Flask, a lazily loaded model, pandas for CSV.

It follows the documentation ("Use your own inference code with hosting services") and the container
``scikit_bring_your_own`` of amazon-sagemaker-examples, where teams edit the file of the same name. Only the
model differs: XGBoost instead of a pickled tree.
"""

import io
import os
from pathlib import Path
from typing import Any

import flask
import pandas
import xgboost

MODEL = Path(os.environ.get("SAGEMAKER_BASE_DIR", "/opt/ml")) / "model" / "xgboost-model"


class ScoringService:
    """Holds the model, which is loaded at the first request."""

    model: Any = None

    @classmethod
    def get_model(cls) -> Any:
        if cls.model is None:
            cls.model = xgboost.Booster({"nthread": 1})
            cls.model.load_model(MODEL)
        return cls.model

    @classmethod
    def predict(cls, table: Any) -> Any:
        return cls.get_model().predict(xgboost.DMatrix(table.to_numpy()), validate_features=False)


app = flask.Flask(__name__)


def ping() -> Any:
    healthy = ScoringService.get_model() is not None
    return flask.Response(response="\n", status=200 if healthy else 404, mimetype="application/json")


def transformation() -> Any:
    if flask.request.content_type != "text/csv":
        return flask.Response(
            response="This predictor only supports CSV data", status=415, mimetype="text/plain"
        )
    table = pandas.read_csv(io.StringIO(flask.request.data.decode("utf-8")), header=None)
    print(f"Invoked with {table.shape[0]} records")
    out = io.StringIO()
    pandas.DataFrame({"results": ScoringService.predict(table)}).to_csv(out, header=False, index=False)
    return flask.Response(response=out.getvalue(), status=200, mimetype="text/csv")


app.add_url_rule("/ping", view_func=ping, methods=["GET"])
app.add_url_rule("/invocations", view_func=transformation, methods=["POST"])
