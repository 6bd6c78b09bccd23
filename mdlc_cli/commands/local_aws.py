"""``mdlc local up|down|status``."""

from __future__ import annotations

import shlex
from typing import Annotated, Any

import typer

from mdlc_cli import places
from mdlc_cli.aws import absence, local, target
from mdlc_cli.commands import options
from mdlc_cli.errors import CommandError
from mdlc_cli.output import progress, terminal

app = typer.Typer(help="Run AWS on this machine: no account, no Docker, no costs.", no_args_is_help=True)


IN_REAL_TIME = (
    "It waits in real time, as AWS does: a release that bakes for ten minutes takes ten minutes. To wait 20 "
    f"times as fast, write `[local]` and below it `time_scale = 20` into {places.SETTINGS_FILE}, then "
    "`mdlc local down` and `mdlc local up`."
)


@app.command()
def up(
    port: Annotated[int | None, typer.Option(help="TCP port. Default: 4566 or the next free one.")] = None,
    idle_minutes: Annotated[
        float, typer.Option(help="End by itself after so many minutes without use.")
    ] = local.IDLE_MINUTES,
    parent_pid: Annotated[int | None, typer.Option(help="End when this process ends.")] = None,
    as_json: options.AsJson = False,
) -> None:
    """Start the local AWS of this project. It runs until `mdlc local down`."""
    server, started = local.up(
        places.project_root(), port=port, idle_minutes=idle_minutes, parent_pid=parent_pid
    )
    if as_json:
        terminal.write_json(
            {"endpoint": server.endpoint, "started": started, "time_scale": server.time_scale}
        )
        return
    out = progress.stderr_console()
    out.print(f"The local AWS {'is up' if started else 'was already up'} at {server.endpoint}", markup=False)
    if server.time_scale == 1:
        out.print(IN_REAL_TIME, markup=False)
    if started:
        out.print(
            "Next: `mdlc deploy`, `mdlc put FILE`, `mdlc run training`. End it with `mdlc local down`.",
            markup=False,
        )


@app.command()
def down(as_json: options.AsJson = False) -> None:
    """End the local AWS of this project and every process it started."""
    count = local.down(places.project_root())
    if as_json:
        terminal.write_json({"ended_processes": count})
        return
    text = f"The local AWS has ended ({count} processes)" if count else "No local AWS was running"
    progress.stderr_console().print(text, markup=False)


@app.command()
def status(as_json: options.AsJson = False) -> None:
    """Say whether the local AWS runs, and since when. Exit status 1 when it does not."""
    root = places.project_root()
    server = local.find(root)
    if server is None:
        progress.stderr_console().print(absence.sentence(root), markup=False)
        raise typer.Exit(1)
    if as_json:
        terminal.write_json(
            {
                "endpoint": server.endpoint,
                "uptime_seconds": server.uptime_seconds,
                "iam": server.iam,
                "time_scale": server.time_scale,
                "running_jobs": _running_jobs(server),
                "folder": str(absence.state_folder(root)),
            }
        )
        return
    minutes, seconds = divmod(int(server.uptime_seconds), 60)
    print(f"endpoint  {server.endpoint}")
    print(f"uptime    {minutes} min {seconds} s")
    print(f"IAM       {'enforced' if server.iam else 'not enforced'}")
    print(f"jobs      {_running_jobs(server)} running")
    print(f"files     {absence.state_folder(root)}")


@app.command()
def env(as_json: options.AsJson = False) -> None:
    r"""Print the variables by which the AWS CLI and any SDK reach the local AWS: `eval "$(mdlc local env)"`.

    They hold the secret of this server, by which anything may be done there: do not paste them anywhere.
    """
    root = places.project_root()
    server = local.find(root)
    if server is None:
        raise CommandError(absence.sentence(root))
    if as_json:
        terminal.write_json(target.at(server).exports())
        return
    for name in target.REAL_VARIABLES:
        print(f"unset {name}")
    for name, value in target.at(server).exports().items():
        print(f"export {name}={shlex.quote(value)}")


def _running_jobs(server: local.Server) -> int:
    sagemaker: Any = target.at(server).client("sagemaker")
    kinds = ("Processing", "Training", "Transform")
    listed = [
        getattr(sagemaker, f"list_{kind.lower()}_jobs")(StatusEquals="InProgress")[f"{kind}JobSummaries"]
        for kind in kinds
    ]
    return sum(map(len, listed))
