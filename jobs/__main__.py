"""``python -m jobs COMMAND``: also what the zip with the jobs' code runs."""

import sys

from jobs.bootstrap import ensure_dependencies
from jobs.errors import JobError
from jobs.folders import leave
from mdlc_constructs.settings.payloads.verdict import Verdict


def main() -> int:
    """Make the dependencies available, then do what the command line says; returns the exit status."""
    # What ran in our name before is what argparse would print; inside a zip it is a path.
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
