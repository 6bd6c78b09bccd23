"""What a release does: pure decisions over what was looked up."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from lambdas.aws.endpoints import BUSY, Endpoint
from lambdas.aws.packages import Package, check_version
from lambdas.functions.plan_release import trials
from lambdas.functions.plan_release.direction import goes_back, superseded
from lambdas.functions.plan_release.live import check_live, left_unscaled, must_deregister, situation
from lambdas.functions.plan_release.trials import Noted
from lambdas.planning.errors import InvalidInput, NoGolden
from lambdas.planning.execution_plan import checked_object, finished_by, met, next_state, passed
from lambdas.planning.sources import SourceFile, data_version
from lambdas.planning.steps import Job, digest, read_by, standing, verdict
from mdlc_constructs.settings.payloads.codec import decode
from mdlc_constructs.settings.payloads.job_plan import (
    DataSection,
    DatasetSection,
    GoldenSection,
    JobPlan,
    PackageSection,
)

LookUp = Callable[[str], Job]

INPUT_KEYS = ("package_version", "forward_only")
"""The input contract besides the texts for the audit; the keys are optional."""

_UNCHANGED = {"CreateEndpoint": "Absent", "UpdateEndpoint": "Other"}
"""A call that was refused, to how the endpoint stands when no other execution was the reason."""

NOT_ASKED, NONE_RECORDED, SERVED_BEFORE, PASSED = "not asked", "none recorded", "served before", "passed"
"""What became of the golden checks, as the record of a success tells it."""


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
    forward = given.get("forward_only", False)
    if not isinstance(forward, bool):
        raise InvalidInput(f"forward_only is {forward!r}: give true or false, or leave it out.")
    return given


@dataclass(frozen=True, kw_only=True)
class Golden:
    """The files of the golden checks; without rows there is nothing to ask."""

    rows: SourceFile | None = None
    expected: SourceFile | None = None

    def check(self, folder: str, *, serves_another: bool) -> None:
        """Refuse a release that recorded rows should have judged and cannot.

        The very first release goes on without them: nobody had a version to record answers of.

        Raises:
            NoGolden: naming the file and the remedy.
        """
        if self.rows is None and serves_another:
            raise NoGolden(
                f"{folder}rows.jsonl is missing, and another version serves: record rows there, one JSON "
                "object a line, with expected.csv beside it, or give the workflow golden=None."
            )
        if self.rows is not None and self.expected is None:
            raise NoGolden(
                f"{folder}expected.csv is missing beside rows.jsonl: give row_key,expected, one line a row "
                "in the same order."
            )


def golden_plan(event: Mapping[str, Any], rows: SourceFile, package: Package) -> JobPlan:
    """The `plan.json` of the golden job, but for the run, which follows from it."""
    settings = event["settings"]
    return JobPlan(
        workflow="batch",
        model=event["model"],
        dataset=decode(DatasetSection, settings["dataset"]),
        golden=decode(GoldenSection, settings["golden"]),
        data=DataSection(
            version=data_version([rows]),
            uri=f"s3://{event['home']['bucket']}/golden/",
            files=(rows.to_plan(),),
        ),
        package=PackageSection(arn=package.arn, version=package.version),
    )


def decide(
    event: Mapping[str, Any],
    golden: Golden,
    package: Package,
    live: Endpoint | None,
    champion: Mapping[str, Any] | None,
    recorded: Callable[[str], Mapping[str, Any] | None],
    look_up: LookUps,
    *,
    noted: Noted | None = None,
    now: datetime | None = None,
) -> dict[str, Any]:
    """The plan of the execution: names, places, how the endpoint stands, and the state to go on with.

    Args:
        golden: what is recorded of the golden checks; ignored when the settings ask for none.
        live: the endpoint, or None when there is none.
        recorded: the audit table's entry of a finished run, by the run's digest.
        noted: the experiment that the audit table holds of the endpoint.
        now: with a time zone; needed where the settings hold an experiment.

    Raises:
        PlanningError: for an endpoint that cannot be released to, golden checks without their files, and
            the very error that an update met.
    """
    settings, requests, bound, model = event["settings"], event["requests"], event["bound"], event["model"]
    serving = settings["endpoint"]
    is_champion = champion is not None and champion["package_arn"] == package.arn
    back = goes_back(package, champion)
    asks = settings["golden"] is not None and not back
    late = superseded(event["input"], package, champion) or trials.repeated(event["input"], package, noted)
    experiment = settings.get("experiment")
    if not late:
        trials.check_free(event["input"], package, noted, live, serving["name"], tries=experiment is not None)
        check_live(live, serving["name"], serving["variant"], tried=trials.serves(noted, live))

    def step(name: str, *parts: object) -> str:
        return digest(requests[name], bound, *parts)

    bucket, taken = event["home"]["bucket"], event.get("taken")

    def at(*path: str) -> str:
        return f"s3://{bucket}/" + "/".join(path)

    program = package.metadata["program"]
    made = step(
        "CreateModel", package.arn, package.image, package.artifact, dict(package.environment), program
    )
    served = standing(model, "serving", made, look_up.model)
    jobs: dict[str, list[Job]] = {"CreateModel": [served.job]}
    names = {"CreateModel": served.name}
    uris: dict[str, str] = {}
    judged, data, checks = None, "none", SERVED_BEFORE if back else NOT_ASKED
    if asks:
        if not late:
            golden.check(at("golden", ""), serves_another=live is not None and not is_champion)
        checks = NONE_RECORDED
    if asks and golden.rows is not None and golden.expected is not None:
        data, checks = data_version([golden.rows]), PASSED
        score = step("ScoreGolden", made, data)
        read = read_by("golden", golden_plan(event, golden.rows, package))
        check = step("CheckGolden", score, read, data_version([golden.expected]))
        scored = standing(model, "scoregold", score, look_up.transform)
        checked = standing(model, "compare", check, look_up.processing)
        jobs |= {"ScoreGolden": [scored.job], "CheckGolden": [checked.job]}
        names |= {"ScoreGolden": scored.name, "CheckGolden": checked.name}
        uris = {"scores": at("golden-scores", score[:20], ""), "report": at("quality", check[:20], "golden/")}
        judged = verdict(checked.job)
    refused = {"CheckGolden": "GoldenVerdict"} if "CheckGolden" in jobs and not passed(judged) else {}
    config = standing(model, "config", step("CreateConfig", served.name), look_up.config)
    jobs["CreateConfig"] = [config.job]
    names["CreateConfig"] = config.name

    run = digest(config.name, names.get("CheckGolden"))[:16]
    stands = situation(live, config.name)
    before = recorded(run)
    done = before if stands == "Serving" and is_champion else None
    replaced = event.get("replaced", ())
    going = (
        "Done"
        if done or late
        else next_state(jobs, refused=refused, last="Deploy", taken=taken, replaced=replaced)
    )
    if going == "Deploy" and stands == "Other" and live is not None and live.status in BUSY:
        going = "Wait"
    elif not late and taken and stands == _UNCHANGED.get(taken["step"]):
        if not left_unscaled(live, serving):
            raise met(taken)
        # Scaling ended for this update: it comes back before the refusal is told.
        stands = "Refused"
    tried: dict[str, Any] = {"step": trials.SKIP if experiment is None else trials.AGAIN}
    if going == "Deploy" and experiment is not None and live is not None and now is not None:
        tried = trials.trial(
            event,
            live=live,
            noted=noted,
            forward=champion is not None and int(champion["version"]) < package.version,
            served=served.name,
            look_up=look_up.config,
            now=now,
        )
    replaced = tried.get("champion_config") or (live.config if live is not None else config.name)
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
            "program": program,
        },
        "uris": uris,
        "golden": judged,
        "golden_checks": checks,
        "endpoint": stands,
        "deregister": must_deregister(live, serving),
        "champion": str(champion["version"]) if champion else "0",
        "replaced_config": replaced if replaced != config.name else "",
        "trial": tried,
        "experiment": "none",
        "refused": {"Error": taken["error"], "Cause": taken["cause"]}
        if taken and stands == "Refused"
        else None,
        "back": back,
        # What fails while a version is released that serves, or served, says nothing against it.
        "rejectable": not is_champion and not back,
        "outcome": "Superseded" if late else "Unchanged",
        "recorded": dict(done) if done else None,
        # A release that goes back finds the run of the time before, and records it anew.
        "finished_by": finished_by(before),
        "step": going,
    }
