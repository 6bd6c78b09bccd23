"""Entry point of ``python -m jobs COMMAND``, and of the zip file with the jobs' code."""

import sys

from jobs.bootstrap import ensure_dependencies
from jobs.errors import JobError
from jobs.folders import leave
from mdlc_constructs.settings.payloads.verdict import Verdict


def main() -> int:
    """Install the dependencies if needed, then run the command line; returns the exit status."""
    # The name in argparse's messages; in a zip file it would be a path.
    sys.argv[0] = "jobs"
    try:
        ensure_dependencies()
    except Exception as error:
        known = isinstance(error, JobError)
        reason = str(error) if known else f"{type(error).__name__}: {error}"
        leave(Verdict(passed=False, reasons=(reason,)))
        if not known:
            raise
        print(f"error: {error}", file=sys.stderr)
        return 1
    from jobs.cli import main as run

    return run(sys.argv[1:])


if __name__ == "__main__":
    raise SystemExit(main())
