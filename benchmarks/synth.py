"""Compares the cost of synthesis with two all-L2 twins: `python -m benchmarks.synth` prints the table.

All synthesize 1, 10 and 100 model stacks with a training and a batch inference workflow each. Stacks of a
whole team, with five workflows and a decision API, are measured too. Every measurement is a fresh process
with the CDK's built-in validation off, after a run that warms caches (bytecode, jsii's packages, the
bundles). CPU seconds are user and system time of the whole process tree, including jsii's Node processes.
"""

import argparse
import os
import resource
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from benchmarks.templates import check_equal, template, types
from mdlc_cli.tools.toolchain import node_environment

CORE = "benchmarks.core"
MAX_TEAMS = 10
SAMPLING_SECONDS = 0.05
ROOT = Path(__file__).resolve().parent.parent


@dataclass(frozen=True, kw_only=True)
class Program:
    """A CDK app.

    Attributes:
        name: its name in the table.
        command: the command; the number of stacks and the folder for their templates are appended.
        environment: environment variables that it needs besides `environment()`.
    """

    name: str
    command: tuple[str, ...]
    environment: Mapping[str, str] = field(default_factory=dict)

    @classmethod
    def python(cls, name: str, module: str) -> "Program":
        """The program of a module of this repository."""
        return cls(name=name, command=(sys.executable, "-m", module))


OURS = Program.python("ours", "benchmarks.ours")
PYTHON_TWIN = Program.python("all-L2 twin, Python", "benchmarks.all_l2.stack")
TYPESCRIPT = "all-L2 twin, TypeScript"
TEAM = Program.python("ours, five workflows and a decision API", "benchmarks.team")


@dataclass(frozen=True, kw_only=True)
class Measurement:
    """The resources that one process tree used, and the size of its result.

    Attributes:
        memory: the maximum sum of its processes' resident memory, in MB; 0 without /proc.
        template_bytes: the size of all templates together.
        resources: the number of resources of all templates together.
    """

    cpu_seconds: float
    memory: int
    template_bytes: int
    resources: int


def environment() -> dict[str, str]:
    """The environment of a process: Node from the lock file, no validation, bytecode is written."""
    kept = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    return {**kept, **node_environment(), "CDK_VALIDATION": "false"}


def measure(program: Program, number: int, outdir: Path) -> Measurement:
    """Synthesize that many model stacks in a fresh process.

    Raises:
        subprocess.CalledProcessError: when the process fails.
    """
    shutil.rmtree(outdir, ignore_errors=True)
    command = [*program.command, str(number), str(outdir)]
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    process = subprocess.Popen(command, cwd=ROOT, env={**environment(), **program.environment})
    memory = 0
    while process.poll() is None:
        memory = max(memory, _resident(process.pid))
        time.sleep(SAMPLING_SECONDS)
    if process.returncode != 0:
        raise subprocess.CalledProcessError(process.returncode, command)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    templates = [template(outdir, f"Model{index}") for index in range(number)]
    return Measurement(
        cpu_seconds=cpu,
        memory=memory // 1_000_000,
        template_bytes=sum(path.stat().st_size for path in outdir.glob("*.template.json")),
        resources=sum(len(template["Resources"]) for template in templates),
    )


def core(number: int) -> tuple[float, float]:
    """CPU seconds of the pure core for the first model and for all of them, in a fresh process."""
    answer = subprocess.run(
        [sys.executable, "-m", CORE, str(number)],
        cwd=ROOT,
        env=environment(),
        check=True,
        capture_output=True,
        text=True,
    )
    first, everything = answer.stdout.split()
    return float(first), float(everything)


def _resident(pid: int) -> int:
    """Resident bytes of a process and its descendants."""
    try:
        pages = int(Path(f"/proc/{pid}/statm").read_text().split()[1])
        children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    except OSError:  # the process has ended meanwhile, or there is no /proc
        return 0
    return pages * resource.getpagesize() + sum(_resident(int(child)) for child in children)


def _best(measurements: Sequence[Measurement]) -> Measurement:
    return min(measurements, key=lambda measurement: measurement.cpu_seconds)


def _row(name: str, number: int, measurement: Measurement) -> str:
    per_stack = measurement.template_bytes // number
    cells = (
        name,
        number,
        f"{measurement.cpu_seconds:.2f}",
        measurement.memory,
        f"{per_stack:,}",
        measurement.resources,
    )
    return f"| {' | '.join(map(str, cells))} |"


def report(
    measured: Mapping[tuple[str, int], Measurement],
    cores: Mapping[int, tuple[float, float]],
) -> str:
    """The tables, in Markdown.

    Args:
        measured: the measurements, by program name and number of stacks.
        cores: CPU seconds of the pure core for the first model and for all, by number of model stacks.
    """
    lines = [
        "| | stacks | CPU seconds | peak memory, MB | template bytes a stack | resources |",
        "|---|---:|---:|---:|---:|---:|",
        *(_row(name, number, measurement) for (name, number), measurement in measured.items()),
        "",
        "| model stacks | ours : twin in Python, CPU | ours : twin in TypeScript, CPU "
        "| pure core, CPU seconds | of which the first model |",
        "|---:|---:|---:|---:|---:|",
    ]
    for number, (first, everything) in cores.items():
        ours = measured[OURS.name, number].cpu_seconds
        ratios = [ours / measured[twin, number].cpu_seconds for twin in (PYTHON_TWIN.name, TYPESCRIPT)]
        shown = " | ".join(f"{ratio:.2f}" for ratio in ratios)
        lines.append(f"| {number} | {shown} | {everything:.3f} | {first:.3f} |")
    if {10, 100} <= set(cores):
        goal = measured[OURS.name, 100].cpu_seconds / measured[PYTHON_TWIN.name, 10].cpu_seconds
        lines += ["", f"Ours at 100 takes {goal:.2f} times the Python twin's CPU at 10 (the goal is 1)."]
    return "\n".join(lines)


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--numbers", type=int, nargs="+", default=[1, 10, 100], help="of model stacks")
    parser.add_argument("--repeat", type=int, default=3, help="the least of so many measurements counts")
    chosen = parser.parse_args()
    # Importing the CDK starts Node, and jsii then extracts the packages that the TypeScript twin requires.
    os.environ |= node_environment()
    from benchmarks import typescript_twin

    with tempfile.TemporaryDirectory(prefix="mdlc-benchmark-") as name:
        folder = Path(name)
        print("... bundles", file=sys.stderr)
        typescript = Program(
            name=TYPESCRIPT,
            command=typescript_twin.command(folder / "inputs.json"),
            environment=typescript_twin.environment(),
        )
        programs = (OURS, PYTHON_TWIN, typescript, TEAM)
        outdirs = {program.name: folder / str(place) for place, program in enumerate(programs)}
        for program in programs:
            print(f"... warming {program.name}", file=sys.stderr)
            measure(program, 1, outdirs[program.name])
        ours, *twins = (
            template(outdirs[program.name], "Model0") for program in (OURS, PYTHON_TWIN, typescript)
        )
        for twin in twins:
            check_equal(ours, twin)
        print(
            f"Ours and the twins make the same {sum(types(ours).values())} resources of {len(types(ours))} "
            f"types, grant the same actions, and run machines of the same states.\n"
        )
        taken: dict[tuple[str, int], list[Measurement]] = {
            (program.name, number): []
            for program in programs
            for number in chosen.numbers
            if program is not TEAM or number <= MAX_TEAMS
        }
        for number in chosen.numbers:
            # Alternate the programs, so that all are measured under the same conditions.
            for turn in range(chosen.repeat):
                for program in programs:
                    if (program.name, number) in taken:
                        print(f"... {program.name} {number}, {turn + 1} of {chosen.repeat}", file=sys.stderr)
                        measurement = measure(program, number, outdirs[program.name])
                        taken[program.name, number].append(measurement)
                        shutil.rmtree(outdirs[program.name])
    cores = {
        number: min((core(number) for _ in range(chosen.repeat)), key=lambda pair: pair[1])
        for number in chosen.numbers
    }
    print(report({key: _best(several) for key, several in taken.items()}, cores))


if __name__ == "__main__":
    main()
