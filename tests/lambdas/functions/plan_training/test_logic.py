"""The training planner's decisions, over a made-up registry of jobs."""

import json
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

import pytest

from lambdas.aws.registry import LookUps
from lambdas.functions.plan_training import logic
from lambdas.functions.plan_training.logic import Champion, TrainingWork
from lambdas.planning.errors import ChampionLost, InvalidInput
from lambdas.planning.intervals import checked_input, resolve_split
from lambdas.planning.sources import SourceFile
from lambdas.planning.steps import Job, derived_name
from mdlc_constructs.settings.model_name import MAX_NAME_CHARACTERS
from mdlc_constructs.settings.payloads.codec import decode, encode
from mdlc_constructs.settings.payloads.moments import Interval
from mdlc_constructs.settings.payloads.records import RecordsSection, RecordTypes
from mdlc_constructs.settings.payloads.split import RandomSection, SplitSection
from mdlc_constructs.settings.payloads.training import TrainingPlannerRequest
from tests.workflows.settings import TRAINING

FILES = (SourceFile(name="a.csv", size=5, algorithm="CRC32", value="x"),)
STEPS = ("CheckQuality", "PrepareFeatures", "Train", "CreateModel", "ScoreHoldout", "Evaluate")
SPLIT = SplitSection(
    intervals={
        "train": Interval(end="2013-09-01T00:00:00"),
        "validation": Interval(start="2013-09-01T00:00:00", end="2013-10-01T00:00:00"),
        "holdout": Interval(start="2013-10-01T00:00:00"),
    }
)
SETTINGS: dict[str, Any] = {**TRAINING.to_plan(), "split": encode(SPLIT)}
PASSED = json.dumps({"passed": True, "reasons": [], "metrics": {"auc": 0.7}})
CHAMPION = Champion(package_arn="arn:p/3", version=3, model="m-model-old", program={"features": []})


def event(**changes: Any) -> dict[str, Any]:
    base = {
        "model": "m",
        "settings": SETTINGS,
        "requests": {step: f"request of {step}" for step in STEPS},
        "bound": {"Bucket": "b"},
        "home": {"bucket": "b", "table": "t", "group": "m"},
        "execution": {"id": "arn:e", "started_at": "2026-01-01T00:00:00+00:00"},
        "input": {},
        "taken": None,
    }
    return {**base, **changes}


def work(e: dict[str, Any], files: Sequence[SourceFile], champion: Champion | None) -> TrainingWork:
    request = decode(TrainingPlannerRequest, e)
    return logic.work(request, logic.job_plan(request, checked_input(request.input), files, champion))


def decide(
    e: dict[str, Any],
    files: Sequence[SourceFile],
    champion: Champion | None,
    recorded: dict[str, str] | None,
    look_up: LookUps,
) -> dict[str, Any]:
    """`$plan`, as the machine reads it."""
    request = decode(TrainingPlannerRequest, e)
    return encode(logic.decide(request, work(e, files, champion), champion, recorded, look_up))


def names_of(e: dict[str, Any], champion: Champion | None = None) -> dict[str, str]:
    made = work(e, FILES, champion)
    return {
        "CheckQuality": derived_name("m", "quality", made.quality),
        "PrepareFeatures": derived_name("m", "features", made.features),
        "Train": derived_name("m", "train", made.train),
        "CreateModel": derived_name("m", "model", made.model),
        "ScoreHoldout": derived_name("m", "score", made.score),
        "Evaluate": derived_name("m", "evaluate", made.evaluate),
    }


def look_ups(found: dict[str, Job]) -> LookUps:
    def look_up(name: str) -> Job:
        return found.get(name, Job(status="Absent"))

    return LookUps(processing=look_up, training=look_up, transform=look_up, model=look_up, config=look_up)


def done(*steps: str, **verdicts: str) -> Callable[[dict[str, Any]], dict[str, Job]]:
    def build(e: dict[str, Any]) -> dict[str, Job]:
        names = names_of(e)
        return {
            names[step]: Job(status="Completed", exit_message=verdicts.get(step, PASSED)) for step in steps
        }

    return build


@pytest.mark.parametrize(
    ("completed", "step"),
    [
        ((), "CheckQuality"),
        (STEPS[:1], "PrepareFeatures"),
        (STEPS[:2], "Train"),
        (STEPS[:3], "CreateModel"),
        (STEPS[:4], "ScoreHoldout"),
        (STEPS[:5], "Evaluate"),
        (STEPS[:6], "Register"),
        # Checked anew under other rules, with the rest done: the check comes first.
        (STEPS[1:], "CheckQuality"),
    ],
)
def test_an_execution_goes_on_behind_what_is_done(completed: tuple[str, ...], step: str) -> None:
    plan = decide(event(), FILES, None, None, look_ups(done(*completed)(event())))
    assert plan["step"] == step


def test_a_refused_batch_is_refused_again_without_another_job() -> None:
    refused = json.dumps({"passed": False, "reasons": ["Column late is missing."]})
    plan = decide(event(), FILES, None, None, look_ups(done("CheckQuality", CheckQuality=refused)(event())))
    assert plan["step"] == "QualityVerdict"
    assert plan["quality"]["reasons"] == ["Column late is missing."]


def test_a_check_without_a_verdict_does_not_pass() -> None:
    plan = decide(event(), FILES, None, None, look_ups(done(*STEPS, CheckQuality="")(event())))
    assert plan["step"] == "QualityVerdict"
    assert plan["quality"] is None


@pytest.mark.parametrize("step", STEPS)
def test_another_execution_at_the_same_job_is_awaited(step: str) -> None:
    before = STEPS[: STEPS.index(step)]
    found = done(*before)(event()) | {names_of(event())[step]: Job(status="InProgress")}
    assert decide(event(), FILES, None, None, look_ups(found))["step"] == "Wait"


@pytest.mark.parametrize("step", STEPS)
def test_a_failed_job_is_tried_again_under_the_next_name(step: str) -> None:
    before = STEPS[: STEPS.index(step)]
    first = names_of(event())[step]
    found = done(*before)(event()) | {first: Job(status="Failed")}
    plan = decide(event(), FILES, None, None, look_ups(found))
    assert plan["step"] == step
    assert plan["names"][step] == first + "-2"


def test_a_finished_run_leaves_nothing_to_do() -> None:
    plan = decide(event(), FILES, None, {"package_arn": "arn:p/1"}, look_ups({}))
    assert plan["step"] == "Done"
    assert plan["recorded"] == {"package_arn": "arn:p/1"}


def test_a_champion_scores_the_same_holdout_and_trains_nothing_anew() -> None:
    alone, compared = work(event(), FILES, None), work(event(), FILES, CHAMPION)
    assert (alone.train, alone.model, alone.run) == (compared.train, compared.model, compared.run)
    assert alone.evaluate != compared.evaluate
    # The champion's own features of the holdout must be prepared, even when the split was written before it.
    assert alone.features != compared.features
    found = done(*STEPS[:4])(event()) | {
        derived_name("m", "features", compared.features): Job(status="Completed"),
        "m-model-old": Job(status="Completed"),
    }
    plan = decide(event(), FILES, CHAMPION, None, look_ups(found))
    # The baseline is the run's: a champion changes nothing in it.
    assert plan["uris"]["baseline"].endswith(f"/baselines/{alone.run}/")
    assert plan["uris"]["trained_on"] == plan["uris"]["split"] + "baseline/"
    challenger, champion = plan["scoring"]
    assert challenger["model"] == plan["names"]["CreateModel"]
    assert champion["model"] == "m-model-old"
    assert champion["input"].endswith("/split/champion/")
    assert (challenger["output"][-12:], champion["output"][-10:]) == ("/challenger/", "/champion/")
    assert challenger["records"] == champion["records"] == encode(RecordTypes())


def test_each_model_scores_the_records_that_it_takes() -> None:
    """A champion of another algorithm takes other records than the challenger."""
    records = RecordsSection(
        training="recordio",
        scoring="recordio",
        accept="application/jsonlines",
        answers="factorization-machines",
    )
    plain, changed = event(), event(settings={**SETTINGS, "records": encode(records)})
    assert names_of(plain)["PrepareFeatures"] != names_of(changed)["PrepareFeatures"]
    assert names_of(plain)["CheckQuality"] == names_of(changed)["CheckQuality"]
    champion = replace(CHAMPION, records=RecordTypes(accept="application/jsonlines"))
    found = {"m-model-old": Job(status="Completed")}
    challenger, rival = decide(changed, FILES, champion, None, look_ups(found))["scoring"]
    assert challenger["records"] == {
        "content_type": "application/x-recordio-protobuf",
        "accept": "application/jsonlines",
        "split": "RecordIO",
    }
    assert rival["records"] == encode(champion.records)


def test_other_settings_of_importance_score_and_evaluate_anew_and_train_nothing() -> None:
    before = event()
    after = json.loads(json.dumps(before))
    after["settings"]["importance"] = {"rows": 77, "seed": 1}
    first, second = (work(e, FILES, None) for e in (before, after))
    changed = {name for name, value in vars(first).items() if getattr(second, name) != value}
    assert changed == {"features", "score", "evaluate", "run"}


def test_a_code_version_is_in_the_plan_and_changes_no_work() -> None:
    before = event()
    after = json.loads(json.dumps(before))
    after["settings"]["code_version"] = "v2"
    assert work(before, FILES, None) == work(after, FILES, None)
    request = decode(TrainingPlannerRequest, after)
    body = logic.job_plan(request, checked_input(request.input), FILES, None)
    assert (body.code_version, body.algorithm) == ("v2", request.settings.algorithm)


def test_a_champion_that_lost_its_model_is_named_with_the_remedy() -> None:
    with pytest.raises(ChampionLost, match=r"version 3.*run batch inference with package_version 3"):
        decide(event(), FILES, CHAMPION, None, look_ups({}))


@pytest.mark.parametrize(
    ("changed", "trains"),
    [
        ({"requests": {**event()["requests"], "Train": "another hyperparameter"}}, True),
        ({"bound": {"Bucket": "other"}}, True),
        ({"input": {"window": {"start": "2013-02-01"}}}, True),
        ({"settings": {**SETTINGS, "gate": {**SETTINGS["gate"], "at_least": {"auc": 0.9}}}}, False),
        ({"settings": {**SETTINGS, "quality": {**SETTINGS["quality"], "minimum_rows": 5}}}, False),
        ({"input": {"reason": "because"}}, False),
    ],
)
def test_training_happens_anew_only_when_it_would_differ(changed: dict[str, Any], trains: bool) -> None:
    before, after = work(event(), FILES, None), work(event(**changed), FILES, None)
    assert (before.train != after.train) == trains


def test_changed_data_trains_anew() -> None:
    other = (replace(FILES[0], value="y"),)
    assert work(event(), FILES, None).train != work(event(), other, None).train


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ([], "The input is"),
        ({"windw": {}}, "unknown key 'windw'"),
        ({"window": "2013"}, "window is '2013': give an object"),
        ({"window": {"from": 1}}, "window has the unknown key 'from': use start, end"),
        ({"window": {"start": "2013-01-01T00:00:00.5"}}, "give whole seconds"),
        ({"window": {"start": "yesterday"}}, "window.start is 'yesterday'"),
        ({"holdout": {"start": "2013-10-01", "end": "2013-09-01"}}, "holdout.start .* is not before"),
    ],
)
def test_an_input_outside_the_contract_is_refused_by_name(given: object, message: str) -> None:
    with pytest.raises(InvalidInput, match=message):
        checked_input(given)


@pytest.mark.parametrize(
    ("given", "utc"),
    [("2013-11-01", "2013-11-01T00:00:00"), ("2013-11-01T00:00:00-05:00", "2013-11-01T05:00:00")],
)
def test_moments_are_spelt_one_way_and_in_utc(given: str, utc: str) -> None:
    found = checked_input({"window": {"start": given}, "holdout": {"start": given}})
    assert found.window == Interval(start=utc)
    assert found.holdout is not None and found.holdout.start == utc


@pytest.mark.parametrize("model", ["m" * 28])
@pytest.mark.parametrize(
    "label", ["quality", "features", "train", "model", "score", "scorerival", "evaluate"]
)
def test_the_longest_model_name_leaves_room_for_a_hundred_attempts(model: str, label: str) -> None:
    assert len(model) == MAX_NAME_CHARACTERS
    assert len(derived_name(model, label, "a" * 64, attempt=99)) <= 63


def test_a_holdout_moves_validation_along_and_ends_training_before_it() -> None:
    split = resolve_split(SPLIT, checked_input({"holdout": {"start": "2013-12-01", "end": "2014-01-01"}}))
    assert split.intervals == {
        "train": Interval(end="2013-11-01T00:00:00"),
        "validation": Interval(start="2013-11-01T00:00:00", end="2013-12-01T00:00:00"),
        "holdout": Interval(start="2013-12-01T00:00:00", end="2014-01-01T00:00:00"),
    }


@pytest.mark.parametrize("window", [{"start": "2013-09-15"}, {"end": "2013-09-15"}])
def test_a_window_that_empties_a_part_is_refused(window: dict[str, str]) -> None:
    with pytest.raises(InvalidInput, match="out of order or a part of it empty"):
        resolve_split(SPLIT, checked_input({"window": window}))


def test_fractions_take_a_window_and_no_holdout() -> None:
    split = SplitSection(fractions={"train": 0.7, "validation": 0.1, "holdout": 0.2})
    window = Interval(start="2013-02-01T00:00:00")
    assert resolve_split(split, checked_input({"window": encode(window)})) == replace(split, window=window)
    with pytest.raises(InvalidInput, match=r"Split\.by_time"):
        resolve_split(split, checked_input({"holdout": {"start": "2013-12-01"}}))


def test_rows_without_a_time_take_no_window() -> None:
    split = SplitSection(random=RandomSection(shares={"train": 0.7}, seed=1))
    assert resolve_split(split, checked_input({}), has_time=False) == split
    for name in ("window", "holdout"):
        with pytest.raises(InvalidInput, match=f"{name} was given but the dataset has no timestamp"):
            resolve_split(split, checked_input({name: {"start": "2013-12-01"}}), has_time=False)
    with pytest.raises(InvalidInput, match="the workflow splits at random"):
        resolve_split(split, checked_input({"holdout": {"start": "2013-12-01"}}))


def exporting(**changes: Any) -> dict[str, Any]:
    """The event of a machine with the export step."""
    settings = {**SETTINGS, "export": {"tolerance": 1e-5}}
    requests = {step: f"request of {step}" for step in (*STEPS, "Export")}
    return event(settings=settings, requests=requests, **changes)


def test_an_exported_model_is_another_run_of_the_same_training() -> None:
    plain, exported = work(event(), FILES, None), work(exporting(), FILES, None)
    assert (plain.export, plain.train, plain.score) == ("", exported.train, exported.score)
    assert exported.export and exported.run != plain.run
    assert work(exporting(), FILES, CHAMPION).export == exported.export
    plan = decide(exporting(), FILES, None, None, look_ups({}))
    assert plan["uris"]["export"] == f"s3://b/exports/{exported.export[:20]}/"
    assert "export" not in decide(event(), FILES, None, None, look_ups({}))["uris"]


@pytest.mark.parametrize(
    ("message", "step"),
    [(PASSED, "Evaluate"), (json.dumps({"passed": False, "reasons": ["Differs."]}), "ExportVerdict")],
)
def test_the_plan_continues_at_the_verdict_of_the_export(message: str, step: str) -> None:
    e = exporting()
    made = work(e, FILES, None)
    names = {**names_of(e), "Export": derived_name("m", "export", made.export)}
    found = {
        name: Job(status="Completed", exit_message=message if at == "Export" else PASSED)
        for at, name in names.items()
        if at != "Evaluate"
    }
    plan = decide(e, FILES, None, None, look_ups(found))
    assert plan["step"] == step
    assert plan["export"]["passed"] is (message == PASSED)
