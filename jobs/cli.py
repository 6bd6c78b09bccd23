"""The jobs' command line, on SageMaker and by hand."""

import argparse
import json
import sys
import time
from collections.abc import Mapping, Sequence
from importlib import import_module
from pathlib import Path

from jobs.errors import JobError
from jobs.folders import Folders, base, leave
from jobs.plan import read_plan
from mdlc_constructs.settings.payloads.verdict import Verdict

COMMANDS: Mapping[str, tuple[str, str]] = {
    "quality": (
        "data",
        "check a batch of data; a failing batch is reported and its bad rows are quarantined",
    ),
    "channels": ("data", "check the objects of channels; those that fail are reported"),
    "features": ("data", "divide the data by time, fit the feature program, write the split"),
    "evaluate": (
        "predictions",
        "metrics of the holdout with confidence intervals, a picture, the gate's verdict",
    ),
    "export": ("model", "write the trained model in ONNX, if it answers the holdout as before"),
    "prepare": ("data", "run a package's feature program over the input of batch inference"),
    "golden": ("predictions", "compare a new version's answers to recorded rows with the expected ones"),
    "answers": ("predictions", "check that every record of a batch of files has an answer, and write them"),
    "monitor": (
        "captured",
        "compare a window of served rows with the baseline: drift, accuracy by late labels, skew, a report",
    ),
    "check": ("predictions", "rejoin predictions to their rows, check them and write the result"),
}


def parser() -> argparse.ArgumentParser:
    """The command line's parser."""
    top = argparse.ArgumentParser(
        prog="python -m jobs",
        description="The data jobs. Without options they use SageMaker's folders under /opt/ml.",
    )
    commands = top.add_subparsers(dest="command", required=True, metavar="COMMAND")
    for name, (main_input, summary) in COMMANDS.items():
        command = commands.add_parser(
            name, help=summary, description=f"{summary[0].upper()}{summary[1:]}.", epilog=_outputs(name)
        )
        command.add_argument("--plan", type=Path, metavar="FILE", help="the plan.json of the run")
        command.add_argument(
            "--input",
            action="append",
            default=[],
            metavar="[NAME=]FOLDER",
            help=f"folder of an input; without a name, of {main_input!r} (may be given several times)",
        )
        command.add_argument(
            "--output",
            action="append",
            default=[],
            metavar="[NAME=]FOLDER",
            help="folder of an output; without a name, the folder under which all outputs are made",
        )
        command.add_argument("--memory", metavar="SIZE", help=_memory(name))
    return top


def _memory(name: str) -> str:
    capped = "the most memory for queries, such as 256MB; more spills to disk"
    beside = (
        ". Metrics take 150 to 250 MB a million rows beside it" if name in ("evaluate", "monitor") else ""
    )
    return capped + beside


def _outputs(name: str) -> str:
    texts = {
        "quality": "Inputs: plan, data. Outputs: report, quarantine (only when the batch fails).",
        "channels": "Inputs: plan, data-NAME of each channel, objects-NAME of each manifest. Outputs: "
        "report, split (the holdout of a training, when the objects pass).",
        "answers": "Inputs: plan, data-batch, predictions. Outputs: parts, staged.",
        "features": "Inputs: plan, data, champion_program (optional). Outputs: split, program.",
        "evaluate": "Inputs: plan, holdout_keys, predictions; champion_predictions, champion_program and "
        "trained_on (the split's folder baseline) may be left out. Outputs: evaluation, baseline (only with "
        "trained_on).",
        "export": "Inputs: plan, model (its artifact), holdout (the features), predictions. Output: export.",
        "prepare": "Inputs: plan, data, program. Outputs: shards, keys.",
        "golden": "Inputs: plan, rows, expected, predictions. Output: golden.",
        "monitor": "Inputs: plan, captured, program, baseline; labels (when the plan lists any), previous "
        "(statistics.json of the window before, when the plan names one), raw (of a batch monitor: what was "
        "scored). Output: monitoring.",
        "check": "Inputs: plan, keys, predictions. Outputs: parts, staged, delivery (only when rows are "
        "delivered).",
    }
    return texts[name]


def main(arguments: Sequence[str]) -> int:
    """Run the command of the command line.

    Returns:
        0 when the job completed, whatever its verdict; 1 when its inputs are invalid or the machine lacked
        something.
    """
    options = parser().parse_args(arguments)
    began = time.monotonic()
    try:
        folders = _folders(options)
        plan = read_plan(options.plan or folders.input("plan"))
        verdict = import_module(f"jobs.commands.{options.command}").run(plan, folders, options.memory)
    except Exception as error:
        from jobs.host import host_error  # imports DuckDB, which --help does not need

        stopped = error if isinstance(error, JobError) else host_error(error)
        # Print first: on a full disk the exit message cannot be written.
        if stopped is not None:
            print(f"error: {stopped}", file=sys.stderr)
            leave(Verdict(passed=False, reasons=(str(stopped),)))
            return 1
        # The reason goes into the exit message, the traceback to the log.
        leave(Verdict(passed=False, reasons=(f"{type(error).__name__}: {error}",)))
        raise
    print(json.dumps(json.loads(leave(verdict)), indent=1, ensure_ascii=False))
    print(f"{options.command} took {time.monotonic() - began:.1f} s", file=sys.stderr)
    return 0


def _folders(options: argparse.Namespace) -> Folders:
    main_input = COMMANDS[options.command][0]
    inputs = {name or main_input: path for name, path in map(_named, options.input)}
    outputs = dict(map(_named, options.output))
    everything = outputs.pop("", base() / "processing" / "output")
    return Folders(
        input_base=base() / "processing" / "input", output_base=everything, inputs=inputs, outputs=outputs
    )


def _named(text: str) -> tuple[str, Path]:
    name, separator, folder = text.partition("=")
    return (name, Path(folder)) if separator else ("", Path(text))
