"""Finds what a person names: an execution, a run, a version, a monitoring window or a job."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from functools import cached_property

from mdlc_cli.aws import models
from mdlc_cli.aws.models import Model
from mdlc_cli.aws.target import Target
from mdlc_cli.errors import CommandError
from mdlc_cli.executions import advice, job_logs, machines
from mdlc_cli.executions.history import Job
from mdlc_cli.executions.machines import Execution
from mdlc_client import audit, lineage
from mdlc_client.audit import Item

LATEST, CHAMPION = "latest", "champion"
APPROVAL = "approval"
"""The workflow that waits for days beside a version on which a person must decide."""
MONITORS = ("endpoint", "batch")
MIN_LETTERS = 6
"""The fewest characters of a run's or an execution's name that are accepted as its beginning."""
MAX_EXECUTIONS = 1000
"""How many of the newest executions are looked through for a name."""
NO_RUN = ("", "none")
"""Values of `run` in items of executions that failed before they had one."""
MAX_CHOICES = 5
NOTHING_YET = "nothing has run yet: start with `mdlc run training`"

_VERSION = re.compile(r"v?([1-9][0-9]{0,5})")
_WINDOW = re.compile(r"(?:(endpoint|batch)/)?([0-9]{8}T[0-9]{6}Z_[0-9]{8}T[0-9]{6}Z)")
_PACKAGE = re.compile(r"arn:[^:]+:sagemaker:[^:]*:[^:]*:model-package/([^/]+)/([0-9]+)")
_EXECUTION = re.compile(r"arn:[^:]+:states:[^:]*:[^:]*:execution:[^:]+:[^:]+")


@dataclass(frozen=True, kw_only=True)
class ExecutionReference:
    """An execution.

    Attributes:
        item: its audit item; empty before it has ended, and for machines that are not the library's.
        model: the model of the item; None without an item.
    """

    execution: Execution
    item: Item = field(default_factory=dict)
    model: Model | None = None


@dataclass(frozen=True, kw_only=True)
class RunReference:
    """The work of a training or a batch inference, with the audit item of the execution that did it."""

    model: Model
    item: Item

    @property
    def run(self) -> str:
        """The run's name."""
        return str(self.item["run"])

    @property
    def execution(self) -> ExecutionReference:
        """The execution that did the work."""
        return _recorded(self.model, self.item)


@dataclass(frozen=True, kw_only=True)
class VersionReference:
    """A version of a model, which need not exist."""

    model: Model
    version: int


@dataclass(frozen=True, kw_only=True)
class WindowReference:
    """A monitoring window with its audit item."""

    model: Model
    item: Item

    @property
    def name(self) -> str:
        """The monitor and the window's name, such as ``endpoint/20131101T000000Z_20131201T000000Z``."""
        return lineage.window_name(self.item)


@dataclass(frozen=True, kw_only=True)
class JobReference:
    """A SageMaker job that has a log."""

    job: Job


Reference = ExecutionReference | RunReference | VersionReference | WindowReference | JobReference


def resolve(target: Target, name: str, *, stack: str | None = None, model: str | None = None) -> Reference:
    """What a name stands for.

    Args:
        target: the AWS to look in.
        name: an execution's name or ARN, a run, a version (``7``, ``v7``, ``champion`` or a package's ARN), a
            window (``endpoint/<window>``, its name alone, ``endpoint/latest``), a job's name, or ``latest``
            for the newest execution. The beginning of a run's or an execution's name is enough if it is
            unique.
        stack: look only at what this stack made.
        model: look only at this model.

    Raises:
        CommandError: nothing or several things have this name.
    """
    return _Names(target=target, stack=stack, model=model).resolve(name)


def newest_version(target: Target, *, stack: str | None = None, model: str | None = None) -> VersionReference:
    """The newest version of the only model that is looked at.

    Raises:
        CommandError: it has none yet, or there are several models.
    """
    chosen = models.choose(target, stack=stack, model=model)
    trained = lineage.executions(chosen.items, lineage.TRAINING)
    numbers = [number for item in trained if (number := lineage.version_of(item)) is not None]
    if not numbers:
        raise CommandError(f"{chosen.name} has no version yet: train with `mdlc run training`")
    return VersionReference(model=chosen, version=max(numbers))


def execution_of(target: Target, reference: Reference) -> Execution:
    """The execution that did what a reference names.

    Raises:
        CommandError: it is a job, or no execution of it is recorded.
    """
    if isinstance(reference, ExecutionReference):
        return reference.execution
    if isinstance(reference, JobReference):
        name = reference.job.name
        raise CommandError(f"{name} is a job of an execution: read its log with `mdlc logs {name}`")
    if isinstance(reference, VersionReference):
        item = lineage.training_of(reference.model.items, reference.version)
        if not item:
            raise CommandError(
                f"no training that registered version {reference.version} of {reference.model.name} is "
                f"recorded: see `mdlc audit --model {reference.model.name}`"
            )
    else:
        item = reference.item
    return machines.described(target, str(item["execution_arn"]))


def executions(target: Target, *, stack: str | None = None, model: str | None = None) -> list[Execution]:
    """The newest executions of the chosen machines, newest first."""
    chosen = machines.all_machines(target, stack=stack)
    if model is not None:
        chosen = machines.of_model(chosen, model)
    return machines.newest(target, chosen, limit=MAX_EXECUTIONS)


def newest_work(target: Target, *, stack: str | None = None, model: str | None = None) -> list[Execution]:
    """The newest executions of the library's machines and of others of its models, newest first.

    Those that only wait beside a pending version are left out: they do no work.
    """
    chosen = machines.of_library(machines.all_machines(target, stack=stack))
    if model is not None:
        chosen = machines.of_model(chosen, model)
    working = [machine for machine in chosen if advice.workflow_of(machine.name) != APPROVAL]
    return machines.newest(target, working, limit=MAX_EXECUTIONS)


def windows(model: Model) -> list[Item]:
    """A model's monitoring windows, newest first, those without any rows included."""
    items = (item for item in model.items if str(item["sk"]).startswith(audit.WINDOW_PREFIX))
    return sorted(items, key=lambda item: (str(item["end"]), str(item["start"])), reverse=True)


def windows_of(model: Model, item: Item) -> list[Item]:
    """The windows that a monitoring execution computed, by the execution's audit item, newest first."""
    names = audit.parsed(item.get("windows"))
    monitor = str(item.get("monitor", ""))
    wanted = {f"{monitor}/{name}" for name in names} if isinstance(names, list) else set()
    return [each for each in windows(model) if lineage.window_name(each) in wanted]


@dataclass(kw_only=True)
class _Names:
    target: Target
    stack: str | None
    model: str | None

    @cached_property
    def models(self) -> list[Model]:
        """The models that are looked at; their number is not limited to one."""
        listed = models.deployed(self.target, stack=self.stack, model=self.model)
        if not listed and self.model is not None:
            # Raises the sentence on an unknown model.
            return [models.choose(self.target, stack=self.stack, model=self.model)]
        return listed

    @cached_property
    def executions(self) -> list[Execution]:
        """The newest executions of the chosen machines, newest first."""
        return executions(self.target, stack=self.stack, model=self.model)

    def resolve(self, name: str) -> Reference:
        name = name.strip()
        if not name:
            raise CommandError("an empty name stands for nothing: see `mdlc executions` and `mdlc audit`")
        if _EXECUTION.fullmatch(name):
            return self._with_item(machines.described(self.target, name))
        if match := _PACKAGE.fullmatch(name):
            model = models.choose(self.target, stack=self.stack, model=match[1])
            return VersionReference(model=model, version=int(match[2]))
        if name == LATEST:
            return self._latest()
        if name == CHAMPION:
            return self._champion()
        monitor, _, of_monitor = name.partition("/")
        if (monitor in MONITORS and of_monitor) or _WINDOW.fullmatch(name):
            return self._window(monitor if of_monitor else "", of_monitor or name)
        # Before any execution is looked at, which takes a request a machine.
        if match := _VERSION.fullmatch(name):
            return VersionReference(model=self._one_model(), version=int(match[1]))
        named = self._named(name, whole=True)
        if not named and len(name) >= MIN_LETTERS:
            named = self._named(name, whole=False)
        if not named and (job := job_logs.find(self.target, name)):
            return JobReference(job=job)
        if not named:
            raise CommandError(self._unknown(name))
        if len(named) > 1:
            raise CommandError(f"{name!r} fits {_listed(named)}: give one of these names")
        return next(iter(named.values()))

    def _one_model(self) -> Model:
        if len(self.models) == 1:
            return self.models[0]
        return models.choose(self.target, stack=self.stack, model=self.model)

    def _latest(self) -> ExecutionReference:
        recent = newest_work(self.target, stack=self.stack, model=self.model)
        if not recent:
            raise CommandError(NOTHING_YET)
        return self._with_item(recent[0])

    def _champion(self) -> VersionReference:
        model = self._one_model()
        pointer = audit.champions(model.items).get(model.name)
        if pointer is None:
            raise CommandError(
                f"{model.name} has no champion yet: release a version with `mdlc release`, or score with it "
                "with `mdlc run batch-inference`"
            )
        return VersionReference(model=model, version=int(pointer["version"]))

    def _window(self, monitor: str, name: str) -> WindowReference:
        known = [
            WindowReference(model=model, item=item)
            for model in self.models
            for item in windows(model)
            if monitor in ("", item["monitor"])
        ]
        if not known:
            what = f"of the {monitor} monitor " if monitor else ""
            raise CommandError(f"no window {what}is recorded yet: compute one with `mdlc run monitoring`")
        if name == LATEST:
            with_rows = [each for each in known if str(each.item.get("rows")) != "0"] or known
            newest_of = {each.model.name: each for each in reversed(with_rows)}
            return self._only(name, list(newest_of.values()))
        fitting = [each for each in known if each.name.partition("/")[2] == name]
        if fitting:
            return self._only(name, fitting)
        near = difflib.get_close_matches(name, [each.name.partition("/")[2] for each in known], n=1)
        newest = [each.name for each in known if not near or each.name.endswith(near[0])][:MAX_CHOICES]
        remedy = f"did you mean {newest[0]}?" if near else f"the newest are {', '.join(newest)}"
        raise CommandError(f"no window is called {name!r}: {remedy}")

    def _only(self, name: str, fitting: Sequence[WindowReference]) -> WindowReference:
        of_models = sorted({each.model.name for each in fitting})
        if len(of_models) > 1:
            raise CommandError(
                f"window {name!r} is of several models ({', '.join(of_models)}): name one with --model"
            )
        if len(fitting) > 1:
            listed = _listed([each.name for each in fitting])
            raise CommandError(f"window {name!r} fits {listed}: give one of these names")
        return fitting[0]

    def _named(self, name: str, *, whole: bool) -> dict[str, Reference]:
        """What has this name, or a name that begins with it, among runs and executions; by full name."""

        def fits(known: str) -> bool:
            return known == name if whole else known.startswith(name)

        named: dict[str, Reference] = {}
        for model in self.models:
            items = audit.executions(model.items)
            runs = [str(item["run"]) for item in items if item.get("run") not in NO_RUN]
            for run in dict.fromkeys(filter(fits, runs)):
                named[run] = _run(model, run, items)
            for item in items:
                arn = str(item["execution_arn"])
                if fits(arn.rpartition(":")[2]):
                    named[machines.whole_name(arn)] = _recorded(model, item)
        # Executions that have not ended are not in the audit table, nor are those of other machines.
        for each in self.executions:
            if (fits(each.name) or each.arn.endswith(f":{name}")) and each.whole_name not in named:
                named[each.whole_name] = ExecutionReference(execution=each)
        return named

    def _with_item(self, execution: Execution) -> ExecutionReference:
        for model in self.models:
            for item in audit.executions(model.items):
                if item["execution_arn"] == execution.arn:
                    return ExecutionReference(execution=execution, item=item, model=model)
        return ExecutionReference(execution=execution)

    def _unknown(self, name: str) -> str:
        names = [execution.name for execution in self.executions]
        for model in self.models:
            names += [str(item["run"]) for item in audit.executions(model.items)]
            names += [lineage.window_name(item) for item in windows(model)]
        known = [each for each in dict.fromkeys(names) if each not in NO_RUN]
        if not known:
            return f"nothing has run yet, and nothing is called {name!r}: start with `mdlc run training`"
        if name in (model.name for model in self.models):
            return f"{name!r} is a model: name one of its versions, or see `mdlc audit --model {name}`"
        if name in MONITORS:
            return f"{name!r} is a monitor: name one of its windows, such as {name}/{LATEST}"
        if name in advice.WORKFLOWS:
            return f"{name!r} is a workflow: name one of its executions, which `mdlc executions {name}` lists"
        # A name may be a beginning, so it is compared with beginnings.
        beginnings = {each[: len(name)]: each for each in reversed(known)}
        near = difflib.get_close_matches(name, beginnings, n=1, cutoff=0.8)
        remedy = f"did you mean {beginnings[near[0]]}?" if near else "see `mdlc executions` and `mdlc audit`"
        what = "no execution, run, version, window or job"
        return f"{what} is called {name!r}: {remedy}"


def _run(model: Model, run: str, items: Iterable[Item]) -> Reference:
    """A run; one of another workflow than training and batch inference is shown by its execution."""
    own = [item for item in items if item.get("run") == run]
    did = [item for item in own if item.get("outcome") in lineage.REGISTERED or item.get("manifest")]
    # Later executions of the same work end as Unchanged.
    done = [item for item in did if item.get("outcome") != "Unchanged"]
    item = next(iter([*done, *did, *own]))
    if item.get("workflow") in (lineage.TRAINING, lineage.BATCH):
        return RunReference(model=model, item=item)
    return _recorded(model, item)


def _recorded(model: Model, item: Item) -> ExecutionReference:
    """An execution from its audit item, because AWS forgets executions 90 days after their end."""
    arn = str(item["execution_arn"])
    execution = Execution(
        arn=arn,
        name=arn.rpartition(":")[2],
        machine=f"{item.get('model')}-{item.get('workflow')}",
        status="FAILED" if item.get("error") else "SUCCEEDED",
        started=lineage.moment(item["started_at"]),
        stopped=lineage.moment(item["finished_at"]),
    )
    return ExecutionReference(execution=execution, item=item, model=model)


def _listed(named: Iterable[str]) -> str:
    names = list(named)
    more = len(names) - MAX_CHOICES
    return ", ".join(names[:MAX_CHOICES]) + (f" and {more} more" if more > 0 else "")
