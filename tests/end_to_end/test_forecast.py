"""The example that forecasts employment: it trains, continues each series, and is judged by what came."""

import json
import shutil
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from aws_cdk import App

from examples.forecast import data
from examples.forecast.stack import ForecastStack
from mdlc_cli.aws import local
from tests.docs.markdown import ROOT
from tests.end_to_end.aws import TIME_SCALE, Aws, parent
from tests.end_to_end.chapters import chapters
from tests.end_to_end.team import Team

pytestmark = chapters("forecast")

TEAM = Team(model="workforce")
SERIES, HORIZON = 22, 6


@pytest.fixture(scope="module")
def forecasting(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Aws]:
    """The deployed example on an embedded AWS that knows its image, with the data up to the end of 2014."""
    folder = tmp_path_factory.mktemp("forecast")
    for name in ("mdlc.toml", "container.py", "requirements.lock"):
        shutil.copy(ROOT / "examples" / "forecast" / name, folder / name)
    server, _ = local.up(folder, parent_pid=parent(), extra_arguments=("--time-scale", str(TIME_SCALE)))
    aws = Aws(server=server, folder=folder)
    app = App(outdir=str(folder / "cdk.out"))
    ForecastStack(app, TEAM.stack)
    aws.cdk_on(Path(app.synth().directory), "deploy", "--require-approval", "never")
    put(aws, data.write(folder / "until-2014.csv", before="2015-01-01"))
    yield aws
    local.down(folder)


def bucket_of(aws: Aws) -> str:
    resources = aws.client("cloudformation").describe_stack_resources(StackName=TEAM.stack)["StackResources"]
    (name,) = [each["PhysicalResourceId"] for each in resources if each["ResourceType"] == "AWS::S3::Bucket"]
    return str(name)


def put(aws: Aws, path: Path) -> None:
    aws.client("s3").upload_file(str(path), bucket_of(aws), f"raw/{path.name}")


def test_series_are_trained_on_and_forecast_from_several_origins(forecasting: Aws) -> None:
    done = forecasting.run(TEAM, "training")
    assert (done.status, done.output.get("outcome")) == ("SUCCEEDED", "Succeeded"), (done.error, done.cause)
    report = json.loads(forecasting.read(done.output["evaluation"] + "report.json"))
    assert report["rows"] == SERIES * HORIZON * 3
    metrics = {name: metric["value"] for name, metric in report["metrics"]["challenger"].items()}
    assert metrics["mase"] < 0.5 and metrics["wql"] < report["baseline"]["metrics"]["wql"]
    assert [step["step"] for step in report["steps"]] == [1, 2, 3, 4, 5, 6]


def test_a_batch_continues_each_series_with_quantiles(forecasting: Aws) -> None:
    done = forecasting.run(TEAM, "batch-inference")
    assert (done.status, done.output.get("outcome")) == ("SUCCEEDED", "Succeeded"), (done.error, done.cause)
    assert json.loads(forecasting.read(done.output["manifest"]))["quantiles"] == [0.1, 0.5, 0.9]
    rows = forecasting.predictions(done.output["manifest"])
    assert {(row["entity"], row["step"]) for row in rows} == {
        (industry, step) for industry in {point[0] for point in data.points()} for step in range(1, 7)
    }
    for row in rows:
        assert row["event_time"] == datetime(2015, row["step"], 1)
        low, median, high = row["quantiles"]
        assert low < median < high and row["score"] == median


def test_what_came_is_compared_with_what_was_foretold(forecasting: Aws) -> None:
    put(forecasting, data.write(forecasting.folder / "2015.csv", since="2015-01-01", before="2015-07-01"))
    now = datetime.now(UTC).replace(microsecond=0, tzinfo=None)
    window = {"start": (now - timedelta(hours=1)).isoformat(), "end": now.isoformat()}
    done = forecasting.run(TEAM, "batch-monitoring", {"window": window})
    assert done.status == "SUCCEEDED", (done.error, done.cause)
    (name,) = json.loads(done.output["windows"])
    (key,) = [key for key in keys_of_reports(forecasting) if f"/{name}/" in key]
    report = json.loads(forecasting.read(f"s3://{bucket_of(forecasting)}/{key}"))
    accuracy = report["accuracy"]
    assert (accuracy["labelled"], accuracy["coverage"]) == (SERIES * HORIZON, 1.0)
    assert accuracy["metrics"]["mase"]["value"] < 0.5 and accuracy["worse"] is False
    assert {"employed", "quantile:0.1"} <= {column["name"] for column in report["baseline"]["columns"]}


def test_the_next_model_is_compared_with_the_champion_on_the_same_steps(forecasting: Aws) -> None:
    done = forecasting.run(TEAM, "training")
    # The same container on half a year more chooses the same models: equal is not better.
    assert (done.status, done.output.get("outcome")) == ("SUCCEEDED", "Refused"), (done.error, done.cause)
    report = json.loads(forecasting.read(done.output["evaluation"] + "report.json"))
    assert report["rows"] == SERIES * HORIZON * 3
    assert set(report["metrics"]) == {"challenger", "champion"}
    (reason,) = [check["sentence"] for check in report["checks"] if not check["passed"]]
    assert reason.startswith("wql is ")


def keys_of_reports(aws: Aws) -> list[str]:
    keys = aws.keys(f"s3://{bucket_of(aws)}/monitoring/")
    return [key for key in keys if key.endswith("report.json")]
