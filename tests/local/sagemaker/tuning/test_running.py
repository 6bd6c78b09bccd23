import re
import time

from lambdas.functions.collect_trials import logic
from mdlc_constructs.settings.payloads.tuning import TrialsRequest
from tests.local.sagemaker.lab import Lab, table, unique
from tests.local.sagemaker.tuning import searches
from tests.local.sagemaker.tuning.searches import METRIC


def test_trials_are_training_jobs_and_the_best_is_named(lab: Lab) -> None:
    given = searches.request(lab, trials=4, Strategy="Bayesian")
    name = given["HyperParameterTuningJobName"]
    done = searches.run(lab, given)
    assert done["HyperParameterTuningJobStatus"] == "Completed", done
    assert done["TrainingJobStatusCounters"]["Completed"] == 4
    assert done["ObjectiveStatusCounters"] == {"Succeeded": 4, "Pending": 0, "Failed": 0}
    found = searches.trials(lab, name)
    assert len(found) == 4
    metric = "FinalHyperParameterTuningJobObjectiveMetric"
    assert all(re.fullmatch(rf"{name}-00[1-4]-[0-9a-f]{{8}}", each["TrainingJobName"]) for each in found)
    best = min(found, key=lambda each: float(each[metric]["Value"]))
    assert done["BestTrainingJob"]["TrainingJobName"] == best["TrainingJobName"]
    x = float(best["TunedHyperParameters"]["x"])
    assert abs(best[metric]["Value"] - (1 + (x - 0.3) ** 2)) < 1e-4
    trained = lab.sagemaker.describe_training_job(TrainingJobName=best["TrainingJobName"])
    assert trained["TuningJobArn"] == done["HyperParameterTuningJobArn"]
    assert trained["HyperParameters"]["_tuning_objective_metric"] == METRIC
    assert trained["ModelArtifacts"]["S3ModelArtifacts"].endswith(
        f"{best['TrainingJobName']}/output/model.tar.gz"
    )
    ordered = lab.sagemaker.list_training_jobs_for_hyper_parameter_tuning_job(
        HyperParameterTuningJobName=name, SortBy="FinalObjectiveMetricValue", MaxResults=1
    )["TrainingJobSummaries"]
    assert ordered[0]["TrainingJobName"] == best["TrainingJobName"]
    listed = lab.sagemaker.list_hyper_parameter_tuning_jobs(NameContains=name)
    assert listed["HyperParameterTuningJobSummaries"][0]["HyperParameterTuningJobStatus"] == "Completed"


def test_xgboost_is_told_the_metric(lab: Lab) -> None:
    place = unique("tuned")
    for part, seed in (("train", 1), ("validation", 2)):
        lab.put(f"{place}/{part}/a.csv", table(300, seed))
    training = lab.training({part: f"s3://{lab.bucket}/{place}/{part}/" for part in ("train", "validation")})
    given = searches.request(lab, trials=2)
    config = given["HyperParameterTuningJobConfig"]
    config["HyperParameterTuningJobObjective"] = {"Type": "Maximize", "MetricName": "validation:auc"}
    config["ParameterRanges"] = {
        "IntegerParameterRanges": [{"Name": "max_depth", "MinValue": "2", "MaxValue": "5"}]
    }
    definition = given["TrainingJobDefinition"]
    definition["AlgorithmSpecification"] = training["AlgorithmSpecification"]
    definition["InputDataConfig"] = training["InputDataConfig"]
    definition["StaticHyperParameters"] = {"num_round": "5", "objective": "binary:logistic"}
    done = searches.run(lab, given)
    assert done["HyperParameterTuningJobStatus"] == "Completed", done
    final = done["BestTrainingJob"]["FinalHyperParameterTuningJobObjectiveMetric"]
    assert final["MetricName"] == "validation:auc" and final["Value"] > 0.9


def test_trials_that_all_fail(lab: Lab) -> None:
    given = searches.request(lab, trials=8, static={"fail": "always"})
    done = searches.run(lab, given)
    assert done["HyperParameterTuningJobStatus"] == "Failed"
    assert re.match("No training job succeeded after [5-7] attempts", done["FailureReason"])
    found = searches.trials(lab, given["HyperParameterTuningJobName"])
    assert len(found) < 8 and "x is out of its mind" in found[0]["FailureReason"]


def test_some_trials_may_fail(lab: Lab) -> None:
    done = searches.run(lab, searches.request(lab, trials=4, static={"fail": "above"}))
    counters = done["TrainingJobStatusCounters"]
    assert done["HyperParameterTuningJobStatus"] == "Completed"
    assert counters["NonRetryableError"] and counters["Completed"]
    assert float(done["BestTrainingJob"]["TunedHyperParameters"]["x"]) <= 0.5


def test_a_stopped_search_stops_its_trials_and_another_goes_on_from_them(lab: Lab) -> None:
    given = searches.request(lab, trials=8, static={"epochs": "3", "pause": "0.3"})
    name = given["HyperParameterTuningJobName"]
    lab.sagemaker.create_hyper_parameter_tuning_job(**given)
    deadline = time.monotonic() + searches.WAIT_SECONDS
    while searches.described(lab, name)["TrainingJobStatusCounters"]["Completed"] < 2:
        assert time.monotonic() < deadline
        time.sleep(0.05)
    lab.sagemaker.stop_hyper_parameter_tuning_job(HyperParameterTuningJobName=name)
    stopped = searches.wait(lab, name)
    assert stopped["HyperParameterTuningJobStatus"] == "Stopped"
    found = searches.trials(lab, name)
    assert {each["TrainingJobStatus"] for each in found} == {"Completed", "Stopped"}
    more = searches.request(lab, trials=2, static={"epochs": "3"}, RandomSeed=8)
    more["TrainingJobDefinition"]["InputDataConfig"] = given["TrainingJobDefinition"]["InputDataConfig"]
    more["WarmStartConfig"] = {
        "ParentHyperParameterTuningJobs": [{"HyperParameterTuningJobName": name}],
        "WarmStartType": "IdenticalDataAndAlgorithm",
    }
    done = searches.run(lab, more)
    assert done["HyperParameterTuningJobStatus"] == "Completed", done
    metric = "FinalHyperParameterTuningJobObjectiveMetric"
    finished = [each for each in found if each["TrainingJobStatus"] == "Completed"]
    least = min(each[metric]["Value"] for each in [*finished, done["BestTrainingJob"]])
    assert done["OverallBestTrainingJob"][metric]["Value"] == least
    assert len(searches.trials(lab, more["HyperParameterTuningJobName"])) == 2


def test_hyperband_stops_trials_but_not_at_the_last_epoch_and_median_rule_too(lab: Lab) -> None:
    static = {"epochs": "9", "pause": "0.05"}
    hyperband = searches.request(
        lab,
        trials=8,
        static=static,
        Strategy="Hyperband",
        StrategyConfig={"HyperbandStrategyConfig": {"MinResource": 1, "MaxResource": 9}},
    )
    # No trial completes, and yet one is the best.
    shorter = searches.request(
        lab,
        trials=2,
        static={"epochs": "400", "pause": "0.03"},
        Strategy="Hyperband",
        StrategyConfig={"HyperbandStrategyConfig": {"MinResource": 1, "MaxResource": 3}},
    )
    median = searches.request(lab, trials=5, static=static, TrainingJobEarlyStoppingType="Auto")
    for given in (hyperband, shorter, median):
        lab.sagemaker.create_hyper_parameter_tuning_job(**given)
    done = {}
    for given in (hyperband, shorter, median):
        name = given["HyperParameterTuningJobName"]
        found = done[name] = searches.wait(lab, name)
        assert found["HyperParameterTuningJobStatus"] == "Completed", found
        assert found["TrainingJobStatusCounters"]["Stopped"] > 0
        trials = [logic.trial(each, name) for each in searches.trials(lab, name)]
        assert found["ObjectiveStatusCounters"]["Succeeded"] == len(trials)
        request = TrialsRequest(bucket=lab.bucket, jobs=(name,), trials="s3://b/t")
        best = logic.collected(request, found, trials).best
        assert found["BestTrainingJob"]["TrainingJobName"] == best
        assert min(trials, key=lambda each: each.value or 0.0).name == best
    whole, cut = (done[given["HyperParameterTuningJobName"]] for given in (hyperband, shorter))
    assert whole["TrainingJobStatusCounters"]["Completed"] > 0
    assert whole["BestTrainingJob"]["TrainingJobStatus"] == "Completed"
    assert cut["TrainingJobStatusCounters"]["Stopped"] == 2


def test_a_grid_tries_each_combination_once(lab: Lab) -> None:
    given = searches.request(lab, Strategy="Grid")
    config = given["HyperParameterTuningJobConfig"]
    del config["ResourceLimits"]["MaxNumberOfTrainingJobs"]
    config["ParameterRanges"] = {
        "CategoricalParameterRanges": [
            {"Name": "x", "Values": ["0.1", "0.3"]},
            {"Name": "epochs", "Values": ["1", "2"]},
        ]
    }
    done = searches.run(lab, given)
    tried = [
        each["TunedHyperParameters"] for each in searches.trials(lab, given["HyperParameterTuningJobName"])
    ]
    assert done["HyperParameterTuningJobStatus"] == "Completed" and len(tried) == 4
    assert len({tuple(sorted(each.items())) for each in tried}) == 4
    assert done["BestTrainingJob"]["TunedHyperParameters"] == {"x": "0.3", "epochs": "2"}


def test_a_target_ends_the_search(lab: Lab) -> None:
    criteria = {"TargetObjectiveMetricValue": 2.0}
    done = searches.run(lab, searches.request(lab, trials=8, TuningJobCompletionCriteria=criteria))
    assert done["HyperParameterTuningJobStatus"] == "Completed"
    assert done["TrainingJobStatusCounters"]["Completed"] < 8
