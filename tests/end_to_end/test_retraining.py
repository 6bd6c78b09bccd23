"""The loop closes by itself on the embedded AWS: what fires leads to one training, one release, one record.

The tests tell one story and run in order.
"""

import json

import pytest

from tests.end_to_end.aws import Aws
from tests.end_to_end.retraining import DECIDED, SERVED, Retraining


@pytest.fixture(scope="module")
def retraining(aws: Aws, tmp_path_factory: pytest.TempPathFactory) -> Retraining:
    made = Retraining(aws, tmp_path_factory.mktemp("retraining"))
    made.deploy(SERVED, DECIDED)
    for seed, model in enumerate((SERVED, DECIDED), start=3):
        made.upload(model, seed=seed, rows=900, files=1)
    return made


def test_a_request_trains_releases_and_is_on_record(retraining: Retraining) -> None:
    done = retraining.run(SERVED, reason="first model", labelled_until="2013-12-20")
    assert done.status == "SUCCEEDED", (done.error, done.cause, done.states)
    assert done.output["outcome"] == "Succeeded", done.output
    (item,) = retraining.audit(SERVED)
    assert (item["outcome"], item["trigger"], item["reason"]) == ("Succeeded", "request", "first model")
    assert json.loads(item["triggers"])[0]["reason"] == "first model"
    assert retraining.items(SERVED, "CHAMPION")[0]["package_arn"] == item["package_arn"]
    assert retraining.items(SERVED, "TRIGGER#") == []
    assert retraining.free()
