"""Assembles a workflow's machine from its steps, their verdicts and the seams around them."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from mdlc_constructs.asl.machine import Machine
from mdlc_constructs.asl.placeholders import PSEUDO_PARAMETERS, bind_tokens, names_in
from mdlc_constructs.asl.sequence import StateSequence
from mdlc_constructs.asl.states import Choice, Rule, State
from mdlc_constructs.settings import Compute
from mdlc_constructs.workflows.data_jobs import patience
from mdlc_constructs.workflows.ending import TO_FAILURE, failure
from mdlc_constructs.workflows.parts import NO_SEAM, Parts, Seams, starts_otherwise
from mdlc_constructs.workflows.planning import DONE, on_step, plan, resume


@dataclass(frozen=True, kw_only=True)
class Template:
    """The parts of a machine that differ between workflows.

    Attributes:
        steps: the steps in order; each state has the name of its step (`check_quality`: CheckQuality).
        jobs: the steps whose work is reused when an earlier execution completed it.
        verdicts: steps whose job returns a verdict, with the choice that evaluates it.
        variables: variables that hold those verdicts, restored from jobs completed earlier.
        leads: by step, states directly before its task and after the seam before it.
        planner: placeholder of the planning function's ARN.
        unchanged: variables to assign when an earlier execution completed the whole run.
        failure_fields: fields of a failure's audit item and event besides the error.
    """

    workflow: str
    model: str
    comment: str
    steps: tuple[str, ...]
    jobs: tuple[str, ...]
    verdicts: Mapping[str, Choice]
    variables: tuple[str, ...]
    planner: str
    settings: Mapping[str, object]
    unchanged: Mapping[str, object]
    ending: StateSequence
    failure_event: str
    timeout_seconds: int
    failure_fields: Mapping[str, str] = field(default_factory=dict)
    leads: Mapping[str, StateSequence] = field(default_factory=dict)


def machine_timeout(*computes: Compute) -> int:
    """The machine's timeout in seconds: an execution that is stuck would otherwise run for a year.

    It is twice what the jobs may take, because the execution may have to wait for another one with the same
    work, plus a day. Each state's own timeout is much shorter, and can be caught and recorded.
    """
    return 2 * sum(patience(compute) for compute in computes) + 24 * 3600


def state_name(step: str) -> str:
    """The name of a step's state: CheckQuality for `check_quality`."""
    return "".join(word.title() for word in step.split("_"))


def verdict(
    name: str,
    variable: str,
    *,
    error: str,
    instead: str,
    otherwise: str = "RecordFailure",
    report: str = "$plan.uris.report",
) -> Choice:
    """A choice that continues when a job's verdict passed, and otherwise goes to the state `otherwise`.

    Args:
        name: the choice's name.
        variable: the variable that holds the verdict.
        error: the failure's error name.
        instead: the failure's cause when the job returned no verdict.
        otherwise: the next state when the verdict did not pass.
        report: expression of the report's S3 URI.
    """
    cause = (
        f"{{% ($exists(${variable}.reasons) ? $join(${variable}.reasons, ' ') : '{instead}') "
        f"& ' Report: ' & {report} %}}"
    )
    refused = Rule(
        condition=f"{{% $not(${variable}.passed = true) %}}",
        next=otherwise,
        assign={"failure": {"Error": error, "Cause": cause}},
    )
    return Choice(name=name, rules=(refused,))


def assemble(template: Template, parts: Parts) -> Machine:
    """The complete machine.

    A step that an earlier execution completed is not run again, but the seam after it is, when that execution
    stopped before the next step began. `Resume` enters a seam that runs always before it goes to a later
    step; a choice after the seam (`ResumeAfter...`) then continues at that step.
    """
    tasks, seams = parts.tasks, parts.seams
    entries, always = _entries(template, tasks, seams), _always(template, seams)
    finished = on_step(DONE, "RecordAudit", template.unchanged)

    def on_the_way(region: int, passed: int, entry: Rule) -> Rule:
        """The rule to a step, redirected to the next seam that runs always before that step, if any."""
        for number, (between, seam) in enumerate(always):
            if number >= passed and between < region:
                return replace(entry, next=seams[seam].first.name, assign=None)
        return entry

    def targets(passed: int) -> list[tuple[int, Rule]]:
        """Rules to all steps of a plan with their regions; `passed` always-seams have already run."""
        rules = [(region, on_step(name, entry)) for name, (region, entry) in entries.items()]
        rules.append((len(template.steps) + 1, finished))
        return [(region, on_the_way(region, passed, rule)) for region, rule in rules]

    def seam(name: str) -> StateSequence:
        states = seams.get(name, NO_SEAM)
        if not states.runs_always:
            return states
        number = [seam for _, seam in always].index(name)
        region = always[number][0]
        later = tuple(rule for at, rule in targets(number + 1) if at > region)
        return StateSequence.of(states, Choice(name=f"ResumeAfter{state_name(name)}", rules=later))

    def part(step: str) -> StateSequence:
        following = (template.verdicts[step],) if step in template.verdicts else ()
        lead = template.leads.get(step, NO_SEAM)
        return StateSequence.of(seam(f"before_{step}"), lead, tasks[step], *following, seam(f"after_{step}"))

    body = StateSequence.of(*(part(step) for step in template.steps)).caught(TO_FAILURE)
    jobs = [tasks[step] for step in template.jobs]
    first = plan(
        model=template.model,
        settings=template.settings,
        requests={task.name: task.request_digest() for task in jobs},
        bound=_values("".join(task.request for task in jobs)),
        verdicts=template.variables,
        function_arn=template.planner,
        replaced=[
            tasks[step].name for step in template.jobs if starts_otherwise(tasks[step], parts.defaults[step])
        ],
    ).linked("Resume")
    resumed = [rule for _, rule in targets(0)]
    states = (
        first,
        *resume(dict(zip(entries, (rule.next for rule in resumed), strict=False)), finished=resumed[-1]),
        *body.then(template.ending).states,
        *failure(
            template.model,
            template.workflow,
            detail_type=template.failure_event,
            fields=template.failure_fields,
        ),
    )
    return Machine(
        states,
        comment=template.comment,
        timeout_seconds=template.timeout_seconds,
        bindings=dict(parts.bindings),
    )


def _values(requests: str) -> dict[str, str]:
    """The values in requests that are known only at deployment, by names that do not differ by synth."""
    named = {name: f"${{{name}}}" for name in sorted(names_in(requests) - PSEUDO_PARAMETERS)}
    # Tokens are included unchanged: the machine numbers the tokens of all its states itself.
    return {**named, **bind_tokens(requests)[1]}


def _always(template: Template, seams: Seams) -> list[tuple[int, str]]:
    """The seams that run always, in order, each with its region: the number of steps before it."""
    around = zip(("", *template.steps), (*template.steps, ""), strict=True)
    names = [
        (region, name)
        for region, (before, step) in enumerate(around)
        for name in (f"after_{before}", f"before_{step}")
    ]
    return [(region, name) for region, name in names if seams.get(name, NO_SEAM).runs_always]


def _entries(template: Template, tasks: Mapping[str, State], seams: Seams) -> dict[str, tuple[int, str]]:
    """Maps each value of the plan's `step` to its region (number of steps before it) and its first state."""
    entries: dict[str, tuple[int, str]] = {}
    before: str | None = None
    for region, step in enumerate(template.steps):
        entry = template.leads[step].first.name if step in template.leads else tasks[step].name
        for seam in (f"before_{step}", f"after_{before}"):
            if seams.get(seam):
                entry = seams[seam].first.name
        if before is not None and before in template.verdicts:
            # Evaluate the verdict again; the seam after it follows.
            entries[template.verdicts[before].name] = (region, template.verdicts[before].name)
        entries[state_name(step)] = (region, entry)
        before = step
    wanted = {state_name(step) for step in template.jobs} | {c.name for c in template.verdicts.values()}
    after_last = template.steps[template.steps.index(template.jobs[-1]) + 1 :][:1]
    return {
        name: entry for name, entry in entries.items() if name in wanted | {state_name(s) for s in after_last}
    }
