"""The ``mdlc`` command: registers its subcommands and shows errors as one sentence."""

from __future__ import annotations

import sys
from importlib.metadata import version as version_of
from typing import Annotated

import typer

from mdlc_cli.aws import aws_errors
from mdlc_cli.commands import (
    approving,
    beginning,
    comparing,
    conformance,
    containers,
    data_files,
    decision,
    deploying,
    golden_rows,
    local_aws,
    pipelines,
    records,
    releasing,
    rule_files,
    showing,
    tools,
    workflows,
)
from mdlc_cli.errors import CommandError
from mdlc_cli.output import closed_pipe, progress, slips, terminal

HELP = """Train, score and keep account of models on AWS, or on this machine.

A first session: `mdlc init churn`, `cd churn`, `mdlc local up`, `mdlc deploy`,
`mdlc put data/customers.csv`, `mdlc run training`, `mdlc show`, `mdlc approve 1`,
`mdlc teardown`. Every command says which AWS it uses.
"""

app = typer.Typer(
    help=HELP,
    no_args_is_help=True,
    rich_markup_mode="markdown",
    pretty_exceptions_enable=False,
    suggest_commands=False,
)


def _print_version(wanted: bool) -> None:
    if wanted:
        terminal.write(f"mdlc {version_of('mdlc-constructs')}")
        raise typer.Exit


@app.callback()
def root(
    version: Annotated[
        bool,
        typer.Option("--version", help="Print the version.", callback=_print_version, is_eager=True),
    ] = False,
) -> None:
    """Options before a command."""


MACHINE, WORK, RECORD = "This machine", "Your stacks and workflows", "What happened"

app.command(rich_help_panel=MACHINE)(beginning.init)
app.command(rich_help_panel=MACHINE)(containers.container)
app.command(rich_help_panel=MACHINE)(beginning.doctor)
app.add_typer(local_aws.app, name="local", rich_help_panel=MACHINE)
app.command(rich_help_panel=MACHINE)(tools.tools)
app.command(rich_help_panel=MACHINE)(conformance.conformance)
app.command(rich_help_panel=WORK)(beginning.diff)
app.command(rich_help_panel=WORK)(deploying.deploy)
app.command(rich_help_panel=WORK)(data_files.put)
app.command(rich_help_panel=WORK)(workflows.run)
app.command(rich_help_panel=WORK)(approving.approve)
app.command(rich_help_panel=WORK)(approving.reject)
app.command(rich_help_panel=WORK)(releasing.release)
app.command(rich_help_panel=WORK)(releasing.rollback)
app.command(rich_help_panel=WORK)(decision.ask)
app.command("openapi", rich_help_panel=WORK)(decision.write_openapi)
app.add_typer(pipelines.app, name="pipeline", rich_help_panel=WORK)
app.add_typer(golden_rows.app, name="golden", rich_help_panel=WORK)
app.add_typer(rule_files.app, name="rules", rich_help_panel=WORK)
app.command(rich_help_panel=WORK)(deploying.teardown)
app.command(rich_help_panel=RECORD)(workflows.executions)
app.command(rich_help_panel=RECORD)(showing.show)
app.command(rich_help_panel=RECORD)(showing.watch)
app.command(rich_help_panel=RECORD)(comparing.compare)
app.command(rich_help_panel=RECORD)(workflows.logs)
app.command(rich_help_panel=RECORD)(records.audit)
app.command("models", rich_help_panel=RECORD)(approving.list_models)


def main() -> None:
    """Runs ``mdlc``; an error that the user can correct is printed as one sentence, with exit status 1."""
    if sys.platform == "win32":
        sys.exit("mdlc needs Linux or macOS: on Windows, run it in WSL")
    closed_pipe.handle()
    try:
        try:
            status = app(prog_name=slips.COMMAND, standalone_mode=False)
        finally:
            # What was printed last may fail only now.
            sys.stdout.flush()
        sys.exit(status)
    except typer.TyperException as error:
        # Without a message, the help was printed instead.
        if error.format_message().strip():
            _say(slips.sentence(error), "")
        sys.exit(error.exit_code)
    except typer.Abort:
        _say("nothing was done: the answer was no, or none", "")
    except CommandError as error:
        _say(str(error), error.detail)
    except BrokenPipeError:
        closed_pipe.end()
    except Exception as error:
        if not aws_errors.is_of_aws(error):
            raise
        _say(aws_errors.sentence(error), "")
    sys.exit(1)


def _say(sentence: str, detail: str) -> None:
    out = progress.stderr_console()
    if detail:
        out.print(detail, markup=False, style="dim")
    out.print(terminal.line(("error:", "bold red"), f" {sentence}"))


if __name__ == "__main__":
    main()
