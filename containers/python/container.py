"""The entry point of a team's own container: ``train``, ``serve``, or ``check`` while the image is built."""

import os
import sys

from mdlc_container import logs, own_code, places, privileges, training
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
    base = places.base()
    # Hosting mounts the model read-only, and serving writes nothing.
    written = ("model", "output", "checkpoints") if command == "train" else ()
    privileges.give_up_root(base / name for name in written)
    if command == "train":
        return training.run()
    if command != "serve":
        print(f"This image does not know {command!r}: it has train and serve.", file=sys.stderr)
        return 2
    os.environ.setdefault("OMP_NUM_THREADS", "1")
    # Imported only to serve: training needs no server.
    from serve import serve

    serve("mdlc_container.app:application", log_config=None)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
