"""The entry point of a team's own container: ``train``, ``serve``, or ``check`` while the image is built."""

import os
import signal
import sys
from types import FrameType

from mdlc_container import logs, own_code, places, privileges
from mdlc_container.errors import ContainerError


def main(arguments: list[str]) -> int:
    """Run one of the commands; returns the exit status."""
    command = arguments[0] if arguments else "serve"
    logs.configure()
    if command == "check":
        try:
            own_code.load(places.own_code())
        except ContainerError as error:
            print(error, file=sys.stderr)
            return 1
        return 0
    if command == "train":
        # First of all: Linux gives a container's first process no signal that it has no handler for.
        signal.signal(signal.SIGTERM, _end)
    base = places.base()
    # Hosting mounts the model read-only, and serving writes nothing.
    written = ("model", "output", "checkpoints") if command == "train" else ()
    privileges.give_up_root(base / name for name in written)
    if command == "train":
        # Imported only here: pandas takes a second, in which a signal must have its handler.
        from mdlc_container import training

        return training.run()
    if command != "serve":
        print(f"This image does not know {command!r}: it has train and serve.", file=sys.stderr)
        return 2
    os.environ.setdefault("OMP_NUM_THREADS", "1")
    # Imported only to serve: training needs no server.
    from serve import serve

    serve("mdlc_container.app:application", log_config=None)
    return 0


def _end(number: int, _: FrameType | None) -> None:
    """End at once, with nothing to keep; `training` replaces this when ``train`` is known."""
    sys.exit(128 + number)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
