"""Updates the lock file of the CDK CLI: ``python -m mdlc_cli.tools.node_lock``, which `make lock` runs."""

from __future__ import annotations

from mdlc_cli import places
from mdlc_cli.output import progress
from mdlc_cli.tools import toolchain
from mdlc_cli.tools.tool_process import clean_environment, run_tool


def main() -> None:
    """Writes ``package-lock.json`` for ``package.json``, without the hosts of the files.

    So a configured mirror is used; the integrity hashes apply to files of any host.
    """
    node = toolchain.find_node()
    with progress.step("locking the CDK CLI") as step:
        run_tool(
            [node.program, node.npm, "install", "--package-lock-only", "--no-audit", "--no-fund",
             "--omit-lockfile-registry-resolved=true", "--update-notifier=false"],
            what="npm",
            remedy=toolchain.ONLINE,
            on_line=step.detail,
            environment=clean_environment(toolchain.node_environment()),
            folder=places.node_source(),
        )  # fmt: skip


if __name__ == "__main__":
    main()
