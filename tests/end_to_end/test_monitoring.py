"""A model is monitored: each test goes on where the one before it stopped."""

import json
from typing import Any

import pytest

from mdlc_constructs import Serving
from mdlc_constructs.workflows.monitoring.machine import monitoring_machine
from tests.end_to_end.aws import Aws, Execution
from tests.end_to_end.chapters import chapters
from tests.end_to_end.team import Team, write_orders
from tests.end_to_end.watched import Watched, id_of
from tests.workflows.settings import MONITORING

pytestmark = chapters("monitoring")

TEAM = Team(model="watched", serving=Serving(), monitors=True)


@pytest.fixture(scope="module")
def watched(aws: Aws) -> Watched:
    """The team with a version in service, and its events in a queue."""
    aws.deploy(TEAM)
    aws.upload(TEAM, "raw/training/", write_orders(aws.folder / "orders" / TEAM.model, seed=7))
    queue = aws.client("sqs").create_queue(QueueName="monitored")["QueueUrl"]
    pattern = {"source": ["mdlc"], "detail": {"model": [TEAM.model]}}
    aws.client("events").put_rule(Name="monitored", EventPattern=json.dumps(pattern))
    target = "arn:aws:sqs:us-east-1:000000000000:monitored"
    aws.client("events").put_targets(Rule="monitored", Targets=[{"Id": "queue", "Arn": target}])
    aws.queue = queue
    found = Watched(aws=aws, team=TEAM)
    trained = aws.run(TEAM, "training")
    assert trained.status == "SUCCEEDED", (trained.error, trained.cause)
    found.released()
    found.record_golden()
    return found


@pytest.fixture(scope="module")
def quiet(watched: Watched) -> dict[str, str]:
    """A window in which orders like those of training were asked about."""
    return watched.ask()


@pytest.fixture(scope="module")
def shifted(watched: Watched, quiet: dict[str, str]) -> dict[str, str]:
    """The window after it: prices have tripled."""
    return watched.ask(price=lambda price: round(3 * price, 2))


def succeeded(execution: Execution, outcome: str = "Succeeded") -> Execution:
    assert execution.status == "SUCCEEDED", (execution.error, execution.cause, execution.states)
    assert execution.output["outcome"] == outcome
    return execution


def completed(watched: Watched) -> dict[str, dict[str, Any]]:
    """The windows that were announced since the last look, by name."""
    found = {}
    for detail_type, detail in watched.events():
        assert detail_type == "Monitoring Completed", detail
        found[id_of(detail["window"])] = detail
    return found


def test_a_window_like_training_is_quiet(watched: Watched, quiet: dict[str, str]) -> None:
    watched.events()
    done = succeeded(watched.monitor(quiet, reason="first"))
    assert done.states == (
        *("Plan", "Resume", "MonitorWindows", "WindowStands", "MonitorWindow", "ReplayWanted"),
        *("ScoreReplay", "CompareAnswers", "RecordWindow", "WindowsVerdict", "RecordAudit"),
    )
    item = watched.item(quiet)
    assert (item["rows"], item["version"], item.drifted) == ("400", "1", False), item
    (event,) = completed(watched).values()
    assert (event["rows"], event["drifted"], event["update"]) == (400, False, False)
    assert event["page"] in {f"s3://{watched.bucket}/{key}" for key in watched.aws.keys(event["page"])}
    audit = watched.aws.audit(TEAM)[-1]
    assert (audit["workflow"], audit["outcome"], audit["reason"]) == ("monitoring", "Succeeded", "first")
    assert json.loads(audit["windows"]) == [id_of(quiet)]
    assert watched.metric("Rows") == [400.0]
    assert watched.alarm("Drift") != "ALARM"


def test_the_same_requests_keep_their_answers(watched: Watched, quiet: dict[str, str]) -> None:
    consistency = watched.item(quiet).json("consistency")
    assert consistency["moved"] == 0.0, consistency
    assert set(consistency["comparisons"]) == {
        "package_and_captured",
        "now_and_captured",
        "now_and_package",
    }
    assert consistency["comparisons"]["now_and_package"]["rows"] == 200
    assert "golden rows were kept to compare with" in consistency["notes"][0]


def test_the_same_window_again_computes_nothing(watched: Watched, quiet: dict[str, str]) -> None:
    before = watched.jobs()
    again = succeeded(watched.monitor(quiet), "Unchanged")
    assert again.states == ("Plan", "Resume", "RecordAudit")
    assert watched.jobs() == before
    assert completed(watched) == {}


def test_shifted_traffic_is_drift_with_its_reason(
    watched: Watched, quiet: dict[str, str], shifted: dict[str, str]
) -> None:
    succeeded(watched.monitor(shifted))
    item = watched.item(shifted)
    assert item.drifted and "price" in item.json("columns")
    assert "price" in item["reasons"]
    event = completed(watched)[id_of(shifted)]
    assert event["drifted"] is True
    summary = json.loads(watched.aws.read(item["report"].replace("report.json", "summary.json")))
    # The window before was like training, so that this one differs from both.
    assert summary["last_window"]["window"] == quiet
    assert "price" in summary["last_window"]["columns"]
    assert item.json("consistency")["comparisons"]["golden"]["moved"] == 0.0
    watched.until_alarm("Drift", "ALARM")


def test_a_window_is_shown_with_its_columns_and_its_rows_are_written(
    watched: Watched, shifted: dict[str, str]
) -> None:
    name, file = f"endpoint/{id_of(shifted)}", watched.aws.folder / "rows.jsonl"
    shown = watched.aws.mdlc("show", name, "--model", TEAM.model, "--predictions", str(file))
    assert shown.exit_code == 0, shown.output
    assert shown.stdout.startswith(f"Window {name} of watched: drifted, accuracy is not known\n")
    assert ["columns", "price"] in [line.split() for line in shown.stdout.splitlines()]
    assert len(file.read_text().splitlines()) == 400
    folder = watched.aws.folder / "shown"
    assert watched.aws.mdlc("show", "endpoint/latest", "--save", str(folder)).exit_code == 0
    assert {"report.html", "summary.json"} <= {path.name for path in folder.iterdir()}


def test_the_end_of_a_monitoring_names_its_windows(watched: Watched, shifted: dict[str, str]) -> None:
    arn = watched.aws.audit(TEAM)[-1]["execution_arn"]
    ended = watched.aws.mdlc("watch", arn)
    assert ended.exit_code == 0, ended.output
    name = f"endpoint/{id_of(shifted)}"
    assert [name, "400", "price"] == next(
        line.split()[:3] for line in ended.stdout.splitlines() if line.strip().startswith(name)
    )
    assert f"`mdlc show {name} --model watched` shows its report." in ended.stdout


def test_labels_that_come_late_update_the_window_they_belong_to(
    watched: Watched, quiet: dict[str, str], shifted: dict[str, str]
) -> None:
    item = watched.item(quiet)
    assert item.json("metrics") == {}
    watched.label(quiet)
    before = watched.jobs()
    done = succeeded(watched.monitor())
    # Both windows await labels; the last whole day, in which nothing was served, is known to be empty now.
    assert {id_of(quiet), id_of(shifted)} < set(json.loads(done.output["windows"]))
    assert len(json.loads(done.output["windows"])) == 3
    assert len(watched.jobs() - before) == 2
    assert "ScoreReplay" not in done.states
    labelled = watched.item(quiet)
    assert (labelled["labelled"], float(labelled["coverage"])) == ("400", 1.0)
    assert 0.6 < labelled.json("metrics")["auc"]["value"] < 0.9
    assert labelled.json("consistency") == item.json("consistency")
    assert completed(watched)[id_of(quiet)]["update"] is True
    assert watched.metric("Measured", Metric="auc") == [
        pytest.approx(labelled.json("metrics")["auc"]["value"])
    ]


def test_with_no_new_label_nothing_is_computed_again(watched: Watched) -> None:
    before = watched.jobs()
    succeeded(watched.monitor(), "Unchanged")
    assert watched.jobs() == before


def test_a_job_killed_midway_loses_no_window(watched: Watched) -> None:
    window = watched.ask(rows=100)
    before = watched.jobs()
    # It does not begin before its process is looked for, because it may take less time than finding its name.
    with watched.aws.held(f"{TEAM.model}-monitor*"):
        arn = watched.aws.start(TEAM, "monitoring", {"window": window})
        watched.aws.until_entered(arn, "MonitorWindow", then="TaskSubmitted")
        (job,) = watched.jobs() - before
    watched.kill(job)
    failed = watched.aws.wait(arn)
    assert (failed.status, failed.error) == ("FAILED", "WindowFailed")
    assert id_of(window) in failed.cause
    assert failed.states[-4:] == ("WindowsVerdict", "RecordFailure", "PublishFailure", "Failed")
    assert id_of(window) not in watched.items()
    (event,) = [detail for kind, detail in watched.events() if kind == "Monitoring Failed"]
    assert event["monitor"] == "endpoint"
    # Meanwhile the package's model went too, which is made anew to be asked again.
    champion = watched.aws.champion(TEAM)
    assert champion is not None
    watched.aws.client("sagemaker").delete_model(ModelName=champion["model"])
    done = succeeded(watched.monitor(window))
    assert "CreateModel" in done.states
    assert f"{job}-2" in watched.jobs()
    assert json.loads(done.output["windows"]) == [id_of(window)]
    assert watched.item(window)["rows"] == "100"
    assert watched.item(window).json("consistency")["moved"] == 0.0


def test_an_aborted_execution_stops_its_job_and_two_that_follow_do_it_once(watched: Watched) -> None:
    window = watched.ask(rows=50)
    before, stopped = watched.jobs(), watched.aws.jobs(TEAM, "Processing", StatusEquals="Stopped")
    with watched.aws.held(f"{TEAM.model}-monitor*"):
        arn = watched.aws.start(TEAM, "monitoring", {"window": window})
        watched.aws.until_entered(arn, "MonitorWindow", then="TaskSubmitted")
        watched.aws.client("stepfunctions").stop_execution(executionArn=arn)
        assert watched.aws.wait(arn).status == "ABORTED"
        (job,) = watched.aws.stopped_since(stopped, TEAM, "Processing")
    arns = [watched.aws.start(TEAM, "monitoring", {"window": window}) for _ in range(2)]
    ended = [watched.aws.wait(arn) for arn in arns]
    assert {execution.status for execution in ended} == {"SUCCEEDED"}, [one.cause for one in ended]
    assert "WaitForOther" in ended[0].states + ended[1].states
    again, replay = sorted(watched.jobs() - before - {job})
    assert (again, replay.split("-")[1]) == (f"{job}-2", "replay")


def test_the_clock_starts_the_monitor(watched: Watched) -> None:
    execution = watched.started_by_clock()
    succeeded(execution, "Unchanged")
    assert watched.aws.audit(TEAM)[-1]["trigger"] == "schedule"


def test_published_batches_are_monitored_when_they_are_published(watched: Watched) -> None:
    watched.events()
    batch = write_orders(watched.aws.folder / "batch" / TEAM.model, seed=55, rows=300, files=2)
    watched.aws.upload(TEAM, "raw/batch/day/", batch)
    before = watched.executions("batch-monitoring")
    published = watched.aws.run(TEAM, "batch-inference", {"prefix": "day/"})
    assert published.status == "SUCCEEDED", (published.error, published.cause)
    done = succeeded(watched.aws.wait(watched.started_since(before, "batch-monitoring")))
    *_, item = [item for item in watched.items("batch").values() if item["rows"] != "0"]
    assert (item["rows"], item["version"], item.drifted) == ("300", "1", False), item
    assert list(item.json("consistency")["comparisons"]) == ["package_and_captured"]
    assert item.json("consistency")["moved"] == 0.0
    assert watched.aws.audit(TEAM)[-1]["trigger"] == "predictions"
    assert item.texts["sk"].removeprefix("WINDOW#batch#") in json.loads(done.output["windows"])
    # What is published later in the same window belongs to it.
    published = watched.aws.run(TEAM, "batch-inference", {"prefix": "day/", "package_version": 1})
    assert published.output["outcome"] == "Unchanged"


def test_an_endpoint_deleted_underneath_is_said_and_costs_no_window(watched: Watched) -> None:
    window = watched.ask(rows=50)
    watched.aws.client("sagemaker").delete_endpoint(EndpointName=TEAM.model)
    succeeded(watched.monitor(window))
    consistency = watched.item(window).json("consistency")
    assert any("could not be asked" in note for note in consistency["notes"])
    assert consistency["comparisons"]["package_and_captured"]["moved"] == 0.0


def test_an_input_that_cannot_be_used_is_refused_by_the_plan(watched: Watched) -> None:
    failed = watched.monitor({"start": "2013-01-02", "end": "2013-01-01"})
    assert (failed.status, failed.error) == ("FAILED", "InvalidInput")
    assert failed.states == ("Plan", "RecordFailure", "PublishFailure", "Failed")


def test_every_state_of_the_machine_was_entered(watched: Watched) -> None:
    entered = watched.aws.entered["monitoring"]
    # A name is taken only between a plan and its job: `tests/workflows` follows that path.
    assert {state.name for state in monitoring_machine(MONITORING).walk()} - entered <= {"NameTaken"}
