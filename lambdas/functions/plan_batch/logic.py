"""What a batch inference execution does: pure decisions over what was looked up."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from lambdas.aws.packages import Package, check_version
from lambdas.planning.errors import InvalidInput
from lambdas.planning.execution_plan import checked_object, finished_by, next_state, passed
from lambdas.planning.sources import SourceFile, data_version
from lambdas.planning.steps import Job, digest, read_by, standing, verdict
from mdlc_constructs.settings.payloads.codec import decode
from mdlc_constructs.settings.payloads.job_plan import (
    DataSection,
    DatasetSection,
    DeliverySection,
    JobPlan,
    PackageSection,
    QualitySection,
)

LookUp = Callable[[str], Job]

INPUT_KEYS = ("prefix", "package_version")
"""The input contract besides the texts for the audit; every key is optional."""


@dataclass(frozen=True, kw_only=True)
class LookUps:
    """What stands behind a name, by kind of resource."""

    processing: LookUp
    transform: LookUp
    model: LookUp


def checked_input(value: object) -> dict[str, Any]:
    """The execution's input, or an error that names the key, its value and the remedy.

    Raises:
        InvalidInput: for anything but an object with the contract's keys.
    """
    given = checked_object(value, INPUT_KEYS)
    check_version(given)
    prefix = given.get("prefix")
    if prefix is not None and not _is_folder(prefix):
        raise InvalidInput(f"prefix is {prefix!r}: give a folder below the dataset's uri, such as 2013-12/.")
    return given


def _is_folder(prefix: object) -> bool:
    return (
        isinstance(prefix, str)
        and prefix.endswith("/")
        and not prefix.startswith(("/", "s3:"))
        and ".." not in prefix.split("/")
    )


def shards(files: Sequence[SourceFile], bound: int) -> dict[str, str]:
    """Spread files over at most `bound` shards of about the same size in bytes: file name to shard name.

    The largest file first goes to the shard with the least so far; the result does not depend on input order.
    """
    load = dict.fromkeys((f"{number:02d}" for number in range(min(bound, len(files)))), 0)
    chosen = {}
    for file in sorted(files, key=lambda f: (-f.size, f.name)):
        shard = min(load, key=lambda name: (load[name], name))
        load[shard] += max(file.size, 1)
        chosen[file.name] = shard
    return chosen


def job_plan(
    event: Mapping[str, Any], files: Sequence[SourceFile], package: Package, spread: Mapping[str, str]
) -> JobPlan:
    """The `plan.json` of the execution's jobs, but for the run, which follows from it, and the time.

    Args:
        spread: each file's shard.
    """
    settings = event["settings"]
    dataset, delivery = decode(DatasetSection, settings["dataset"]), settings.get("delivery")
    return JobPlan(
        workflow="batch",
        model=event["model"],
        dataset=dataset,
        quality=decode(QualitySection, settings["quality"]),
        data=DataSection(
            version=data_version(files),
            uri=dataset.uri,
            files=tuple(file.to_plan(spread[file.name]) for file in files),
        ),
        package=PackageSection(arn=package.arn, version=package.version),
        delivery=decode(DeliverySection, delivery) if delivery else None,
    )


def decide(
    event: Mapping[str, Any],
    files: Sequence[SourceFile],
    package: Package,
    recorded: Callable[[str], Mapping[str, Any] | None],
    look_up: LookUps,
) -> dict[str, Any]:
    """The plan of the execution: names, places, shards, and the state to go on with.

    Args:
        recorded: the audit table's entry of a finished run, by the run's digest.
    """
    settings, requests, bound, model = event["settings"], event["requests"], event["bound"], event["model"]
    spread = shards(files, int(settings["parallel"]))
    read = job_plan(event, files, package, spread)
    data = read.data.version

    def step(name: str, *parts: object) -> str:
        return digest(requests[name], bound, *parts)

    quality = step("CheckInput", read_by("quality", read))
    prepare = step("PrepareInput", read_by("prepare", read), package.metadata["program"])
    score = step("ScoreInput", prepare, package.metadata["model"])
    # What is delivered is written by the same job; settings of the delivery that change deliver anew.
    delivery = settings.get("delivery")
    # Its result lies below the run, which other rules for the input change.
    check = step("CheckOutput", score, read_by("check", read), quality)
    run = digest(quality, check)[:16]
    bucket = event["home"]["bucket"]

    def at(*path: str) -> str:
        return f"s3://{bucket}/" + "/".join(path)

    found = {
        "CheckInput": standing(model, "input", quality, look_up.processing),
        "PrepareInput": standing(model, "prepare", prepare, look_up.processing),
        "CheckOutput": standing(model, "output", check, look_up.processing),
    }
    scoring = {
        shard: standing(model, f"score{shard}", score, look_up.transform)
        for shard in sorted(set(spread.values()))
    }
    jobs: dict[str, list[Job]] = {
        "CreateModel": [look_up.model(package.metadata["model"])],
        "CheckInput": [found["CheckInput"].job],
        "PrepareInput": [found["PrepareInput"].job],
        "ScoreInput": [entry.job for entry in scoring.values()],
        "CheckOutput": [found["CheckOutput"].job],
    }
    done = recorded(run)
    plan: dict[str, Any] = {
        "run": run,
        "data_version": data,
        "names": {name: entry.name for name, entry in found.items()},
        "package": {
            "arn": package.arn,
            "version": package.version,
            "model": package.metadata["model"],
            "image": package.image,
            "artifact": package.artifact,
            "environment": dict(package.environment),
            "program": package.metadata["program"],
        },
        "uris": {
            "data": settings["dataset"]["uri"],
            "report": at("quality", quality[:20], "report/"),
            "quarantine": at("quarantine", quality[:20], ""),
            "shards": at("prepared", prepare[:20], "shards/"),
            "keys": at("prepared", prepare[:20], "keys/"),
            "scores": at("scores", score[:20], ""),
            "staged": at("staged", run, ""),
            "parts": at("predictions", run, "parts/"),
            "manifest": at("predictions", run, "manifest.json"),
            **({"delivery": at("deliveries", run, "")} if delivery else {}),
        },
        "keys": {
            "staged": f"staged/{run}/manifest.json",
            "manifest": f"predictions/{run}/manifest.json",
            **({"delivery": f"deliveries/{run}/"} if delivery else {}),
        },
        "scoring": [
            {
                "job": entry.name,
                "model": package.metadata["model"],
                "input": at("prepared", prepare[:20], "shards", shard, ""),
                "output": at("scores", score[:20], shard, ""),
            }
            for shard, entry in scoring.items()
            if entry.job.status == "Absent"
        ],
        "shards": spread,
        "quality": verdict(found["CheckInput"].job),
        "output": verdict(found["CheckOutput"].job),
        "recorded": dict(done) if done else None,
        "finished_by": finished_by(done),
    }
    refused = {
        step: choice
        for step, choice, said in (
            ("CheckInput", "InputVerdict", plan["quality"]),
            ("CheckOutput", "OutputVerdict", plan["output"]),
        )
        if not passed(said)
    }
    plan["step"] = (
        "Done"
        if done
        else next_state(
            jobs,
            refused=refused,
            last="OutputVerdict",
            taken=event.get("taken"),
            replaced=event.get("replaced", ()),
        )
    )
    return plan
