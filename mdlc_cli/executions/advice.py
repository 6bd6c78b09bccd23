"""Explains an execution's outcome or error and names the command to run next. Pure functions.

The outcomes are those of `docs/contracts.md`; a test compares the table with the state machines.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from mdlc_cli.executions import failure_causes

WORKFLOWS = (
    "approval",
    "batch-inference",
    "batch-monitoring",
    "monitoring",
    "release",
    "retraining",
    "training",
)
"""The workflows' names, with which the names of the library's state machines end (after the model's)."""

OUTCOMES: Mapping[tuple[str, str], str] = {
    ("training", "PendingApproval"): (
        "the model passed the gate and waits for a person: `mdlc approve {version}` shows its evaluation "
        "beside the champion's and asks, `mdlc reject {version} --reason TEXT` declines it"
    ),
    ("training", "Refused"): (
        "the execution did its work, and the gate refused the model, whose version stands as Rejected and is "
        "not used: look at `reasons` and the evaluation, change the data, the algorithm or the gate, then "
        "`mdlc deploy` and `mdlc run training`"
    ),
    ("training", "Unchanged"): (
        "the same work was done before, and nothing was trained (`mdlc audit` shows what came of it): change "
        "the data, the algorithm, the gate or the input to train anew"
    ),
    ("batch-inference", "Unchanged"): (
        "the same data were scored before by the same version, and nothing was done: add data, or give "
        "another version with --input"
    ),
    ("release", "Unchanged"): "the endpoint served this version already, and nothing was done",
    ("release", "Superseded"): (
        "a newer version serves, or this one was rejected meanwhile, and nothing was done: "
        "`mdlc release --version N` brings an older one back all the same"
    ),
    ("monitoring", "Unchanged"): (
        "no window has anything new in it, and nothing was computed: come back when more was served, or give "
        "a window with --input"
    ),
    ("batch-monitoring", "Unchanged"): (
        "no window has anything new in it, and nothing was computed: publish a batch with "
        "`mdlc run batch-inference`, or give a window with --input"
    ),
    ("retraining", "Unchanged"): (
        "there was nothing new to train on, and the champion stays: wait for more labelled data"
    ),
    ("retraining", "Superseded"): (
        "the version that was found wanting serves no more, or a newer one was released meanwhile, and "
        "nothing was changed: see `mdlc audit`"
    ),
    ("retraining", "Lost"): (
        "the challenger was trained and did not win, because the gate refused it, a person rejected it, "
        "nobody decided in time, or the release sent it back; the champion stays: `mdlc audit` says which of "
        "these and why"
    ),
    ("retraining", "Duplicate"): (
        "another execution does, or did, what this one was started for: see `mdlc executions retraining`"
    ),
}
"""By workflow and outcome of an execution that succeeded: its meaning, and what to do next.

`{version}` stands for the version and its model.
"""

ERRORS: Mapping[str, str] = {
    "DataRefused": "mend the data as the cause says, upload them, then {again}",
    "NoData": "upload data where the cause says, then {again}",
    "InvalidInput": "give what the cause asks for, then {again}",
    "OutputRefused": "see what the model answered with `mdlc logs {execution}`",
    "NoPackage": "`mdlc run training`, and approve its version where a person has to",
    "NoGolden": "`mdlc golden record`, then `mdlc release`",
    "GoldenRefused": (
        "compare the report with what is recorded (`mdlc golden show`), then train again or record anew"
    ),
    "RolledBack": "see why with `mdlc logs {execution}`; the version before serves",
    "EndpointFailed": "see why with `mdlc logs {execution}`, delete the endpoint, then `mdlc release`",
    "EndpointBroken": "delete the endpoint, then `mdlc release`",
    "EndpointMoved": "`mdlc release` for the version that is wanted",
    "ChampionMoved": "`mdlc release` for the version that is wanted",
    "AlarmsActive": "`mdlc rollback` when the version that serves is the reason, else `mdlc release`",
    "NoCapacity": "`mdlc release` again later, or with another instance type",
    "NotDecided": "`mdlc models` names the version that waits, and the command that approves it",
    "NoBaseline": "`mdlc run training`, which leaves a baseline",
    "Undelivered": "{again}, which delivers and scores nothing anew",
    "WindowFailed": "see `mdlc logs {execution}`, then {again}",
    "ExperimentRunning": "wait for the trial to end, which `mdlc executions release` shows",
    "Teardown": "nothing, it was stopped by `mdlc teardown`",
    "StackDeleted": "nothing, it was stopped when its stack was deleted",
}
"""By an error's name: what to do next, with placeholders for the execution and the command to repeat."""

_REMEDY_IN_CAUSE = "do as the cause says, then {again}"
"""What to do after an error that no job raised: the planning functions' messages name the remedy."""


@dataclass(frozen=True, kw_only=True)
class Failure:
    """Why an execution failed.

    Attributes:
        error: the name of the first error.
        why: the reason in one sentence.
        following: what to do next, beginning in lower case.
    """

    error: str
    why: str
    following: str

    @property
    def sentence(self) -> str:
        """The reason and what to do next."""
        return f"{self.why} Next: {self.following}."


def workflow_of(machine: str) -> str:
    """The workflow of a state machine, by its name; empty for one that is not the library's."""
    return max((workflow for workflow in WORKFLOWS if machine.endswith(f"-{workflow}")), key=len, default="")


def meaning(workflow: str, outcome: str, package_arn: str = "") -> str:
    """A sentence on an outcome's meaning and what to do; empty for one that needs no explanation.

    Args:
        workflow: the workflow's name.
        outcome: the outcome.
        package_arn: the version that the execution made, which commands then name.
    """
    sentence = OUTCOMES.get((workflow, outcome))
    if not sentence:
        return ""
    model, _, number = package_arn.rpartition(":")[2].removeprefix("model-package/").rpartition("/")
    version = f"{number} --model {model}" if model else "VERSION"
    return f"{outcome}: {sentence.format(version=version)}."


def failure(arn: str, error: str, cause: str, *, job: str = "", logs_shown: bool = False) -> Failure:
    """Why an execution failed, from its first error.

    Args:
        arn: the execution's ARN.
        error: the error's name.
        cause: the error's cause.
        job: the name of the job that failed in it, or empty.
        logs_shown: whether its logs were just printed, so that `mdlc logs` is not suggested.
    """
    inner = failure_causes.execution(cause)
    # When a nested execution failed, that one has the logs.
    _, machine, name = f"::{inner or arn}".rsplit(":", 2)
    workflow = workflow_of(machine)
    again = "`mdlc release`" if workflow == "release" else f"`mdlc run {workflow or machine}`"
    first = failure_causes.innermost_error(error, cause)
    following = ERRORS.get(
        first, _REMEDY_IN_CAUSE if failure_causes.explained(cause) else "start it anew with {again}"
    )
    if first not in ERRORS and (job or failure_causes.names_a_job(first, cause)):
        following = f"see `mdlc logs {job}`" if job and not inner else "see `mdlc logs {execution}`"
    if logs_shown and inner is None and "`mdlc logs " in following:
        following = "mend what the log shows, then {again}"
    return Failure(
        error=first,
        why=failure_causes.sentence(first, cause),
        following=following.format(execution=name, again=again),
    )
