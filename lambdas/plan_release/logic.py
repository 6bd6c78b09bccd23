"""What a release does: pure decisions over what was looked up."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from lambdas.endpoints import BUSY, Endpoint
from lambdas.errors import EndpointBroken, VariantsChanged
from lambdas.packages import Package, check_version
from lambdas.planning import checked_object, met, next_state, passed
from lambdas.sources import SourceFile, data_version
from lambdas.steps import Job, digest, standing, verdict

LookUp = Callable[[str], Job]

INPUT_KEYS = ("package_version",)
"""The input contract besides the texts for the audit; the key is optional."""

_UNCHANGED = {"CreateEndpoint": "Absent", "UpdateEndpoint": "Other"}
"""A call that was refused, to how the endpoint stands when no other execution was the reason."""

SHARD = "00"
"""Recorded rows are few: they go to one transform job."""


@dataclass(frozen=True, kw_only=True)
class LookUps:
    """What stands behind a name, by kind of resource."""

    processing: LookUp
    transform: LookUp
    model: LookUp
    config: LookUp


def checked_input(value: object) -> dict[str, Any]:
    """The execution's input, or an error that names the key, its value and the remedy.

    Raises:
        InvalidInput: for anything but an object with the contract's keys.
    """
    given = checked_object(value, INPUT_KEYS)
    check_version(given)
    return given


def check_live(live: Endpoint | None, name: str, variant: str) -> None:
    """Refuse an endpoint that cannot be moved to a configuration of ours.

    Raises:
        EndpointBroken: when no update leads out of its state.
        VariantsChanged: when its variants have other names.
    """
    if live is None or live.status in BUSY:
        return
    if live.status != "InService":
        raise EndpointBroken(
            f"The endpoint {name} is {live.status}: look at its FailureReason, delete it, and release again."
        )
    if set(live.variants) != {variant}:
        raise VariantsChanged(
            f"The endpoint {name} has the variants {sorted(live.variants)}, the settings name {variant!r}: "
            "traffic shifts only between equal names, so keep the name, or delete the endpoint first."
        )


def situation(live: Endpoint | None, config: str) -> str:
    """How the endpoint stands to a configuration: Absent, Serving, Deploying (it) or Other."""
    if live is None:
        return "Absent"
    if live.status == "InService":
        return "Serving" if live.config == config else "Other"
    if live.status in ("Creating", "Updating", "SystemUpdating"):
        return "Deploying" if config == (live.pending or live.config) else "Other"
    return "Other"


def must_deregister(live: Endpoint | None, settings: Mapping[str, Any]) -> bool:
    """Whether scaling must end before the update: an instance type changes only without it."""
    if live is None or not live.registered:
        return False
    same = live.variants.get(settings["variant"]) == settings["instance_type"]
    return not (same and settings["scaled"])


def decide(
    event: Mapping[str, Any],
    files: Sequence[SourceFile],
    expected: Sequence[SourceFile],
    package: Package,
    live: Endpoint | None,
    champion: Mapping[str, Any] | None,
    recorded: Callable[[str], Mapping[str, Any] | None],
    look_up: LookUps,
) -> dict[str, Any]:
    """The plan of the execution: names, places, how the endpoint stands, and the state to go on with.

    Args:
        files: the recorded rows of the golden checks; none when there are no checks.
        expected: the file of the answers expected to them.
        live: the endpoint, or None when there is none.
        recorded: the audit table's entry of a finished run, by the run's digest.

    Raises:
        PlanningError: for an endpoint that cannot be released to, and the very error that an update met.
    """
    settings, requests, bound, model = event["settings"], event["requests"], event["bound"], event["model"]
    serving = settings["endpoint"]
    check_live(live, serving["name"], serving["variant"])

    def step(name: str, *parts: object) -> str:
        return digest(requests[name], bound, *parts)

    bucket, taken = event["home"]["bucket"], event.get("taken")

    def at(*path: str) -> str:
        return f"s3://{bucket}/" + "/".join(path)

    config = standing(
        model, "config", step("CreateConfig", package.arn, package.metadata["model"]), look_up.config
    )
    jobs: dict[str, list[Job]] = {"CreateModel": [look_up.model(package.metadata["model"])]}
    names = {"CreateConfig": config.name}
    uris: dict[str, str] = {}
    scoring: list[dict[str, str]] = []
    judged, data = None, "none"
    if settings["golden"] is not None:
        data = data_version(files)
        prepare = step("PrepareGolden", settings["dataset"], data, package.metadata["program"])
        score = step("ScoreGolden", prepare, package.metadata["model"])
        check = step("CheckGolden", score, settings["golden"], data_version(expected))
        prepared = standing(model, "golden", prepare, look_up.processing)
        scored = standing(model, "scoregold", score, look_up.transform)
        checked = standing(model, "compare", check, look_up.processing)
        jobs |= {
            "PrepareGolden": [prepared.job],
            "ScoreGolden": [scored.job],
            "CheckGolden": [checked.job],
        }
        names |= {"PrepareGolden": prepared.name, "CheckGolden": checked.name}
        scoring = [
            {
                "job": scored.name,
                "model": package.metadata["model"],
                "input": at("prepared", prepare[:20], "shards", SHARD, ""),
                "output": at("scores", score[:20], ""),
            }
        ]
        uris = {
            "shards": at("prepared", prepare[:20], "shards/"),
            "keys": at("prepared", prepare[:20], "keys/"),
            "scores": at("scores", score[:20], ""),
            "report": at("quality", check[:20], "golden/"),
        }
        judged = verdict(checked.job)
    refused = {"CheckGolden": "GoldenVerdict"} if "CheckGolden" in jobs and not passed(judged) else {}
    jobs["CreateConfig"] = [config.job]

    run = digest(config.name, names.get("CheckGolden"))[:16]
    stands = situation(live, config.name)
    is_champion = champion is not None and champion["package_arn"] == package.arn
    done = recorded(run) if stands == "Serving" and is_champion else None
    going = "Done" if done else next_state(jobs, refused=refused, last="Deploy", taken=taken)
    if going == "Deploy" and stands == "Other" and live is not None and live.status in BUSY:
        going = "Wait"
    elif taken and stands == _UNCHANGED.get(taken["step"]):
        raise met(taken)
    return {
        "run": run,
        "data_version": data,
        "names": names,
        "package": {
            "arn": package.arn,
            "version": package.version,
            "model": package.metadata["model"],
            "image": package.image,
            "artifact": package.artifact,
            "environment": dict(package.environment),
            "program": package.metadata["program"],
        },
        "uris": uris,
        "scoring": scoring,
        "golden": judged,
        "endpoint": stands,
        "deregister": must_deregister(live, serving),
        "champion": str(champion["version"]) if champion else "0",
        # What fails while the champion is released again says nothing against the champion.
        "rejectable": not is_champion,
        "recorded": dict(done) if done else None,
        "step": going,
    }
