"""Runs a command in its own mount namespace, in which a folder is mounted at /opt/ml (Linux only).

A plain script, ``python -I -S namespace.py [--isolate | --join PID] [--hosts FILE] FOLDER COMMAND ...``, that
only needs the standard library and replaces itself by the command. It works for root, and for other users
where user namespaces are allowed. With ``--isolate`` the command also gets its own network namespace, with
only a loopback interface; with ``--join`` it shares the one that another such command has. ``--hosts`` mounts
a file at /etc/hosts. Exit status 97 means that the system does not allow this.
"""

import ctypes
import fcntl
import os
import socket
import struct
import sys
import tempfile
import time

REFUSED = 97
NOT_FOUND = 127
"""The shells' exit status for a command that cannot be started."""

_NEWNS, _NEWUSER, _NEWNET = 0x00020000, 0x10000000, 0x40000000
_JOIN_SECONDS = 20.0
_BIND, _REC, _PRIVATE = 4096, 16384, 1 << 18
_GET_FLAGS, _SET_FLAGS, _UP = 0x8913, 0x8914, 1


def main(arguments: list[str]) -> None:
    """Enter the namespaces and replace this process by the command."""
    options = {"--isolate": "", "--join": "", "--hosts": ""}
    while arguments[0] in options:
        name, *arguments = arguments
        options[name] = name if name == "--isolate" else arguments.pop(0)
    folder, *command = arguments
    try:
        if options["--join"]:
            _join(int(options["--join"]))
        _enter(_NEWNS | (_NEWNET if options["--isolate"] else 0))
        _lay_at_opt_ml(os.path.abspath(folder))
        if options["--hosts"]:
            _mount(os.path.abspath(options["--hosts"]), "/etc/hosts", None, _BIND)
        if options["--isolate"]:
            _raise_loopback()
        os.chdir("/opt/ml")
    except OSError as error:
        print(f"/opt/ml: {error}", file=sys.stderr)
        sys.exit(REFUSED)
    try:
        os.execvp(command[0], command)
    except OSError as error:
        print(f"cannot start {command[0]!r}: {error.strerror}", file=sys.stderr)
        sys.exit(NOT_FOUND)


def _enter(flags: int) -> None:
    """Enter new namespaces; without the privilege for that, inside a new user namespace."""
    library = ctypes.CDLL(None, use_errno=True)
    if os.geteuid() == 0 and library.unshare(flags) == 0:
        return
    user, group = os.getuid(), os.getgid()
    if library.unshare(flags | _NEWUSER) != 0:
        raise OSError(ctypes.get_errno(), "no mount namespace")
    for name, content in (("setgroups", "deny"), ("uid_map", f"0 {user} 1"), ("gid_map", f"0 {group} 1")):
        with open(f"/proc/self/{name}", "w") as file:
            file.write(content)


def _join(pid: int) -> None:
    """Enter the network namespace of a command that was started with ``--isolate``, once it has one."""
    deadline = time.monotonic() + _JOIN_SECONDS
    while os.readlink(f"/proc/{pid}/ns/net") == os.readlink("/proc/self/ns/net"):
        if time.monotonic() > deadline:
            raise OSError(0, f"process {pid} has no network namespace of its own")
        time.sleep(0.01)
    library = ctypes.CDLL(None, use_errno=True)
    for kind in ("user", "net"):
        # The same user namespace as its own cannot be entered again.
        if os.readlink(f"/proc/{pid}/ns/{kind}") == os.readlink(f"/proc/self/ns/{kind}"):
            continue
        with open(f"/proc/{pid}/ns/{kind}") as handle:
            if library.setns(handle.fileno(), 0) != 0:
                raise OSError(ctypes.get_errno(), f"cannot enter the {kind} namespace of process {pid}")


def _lay_at_opt_ml(folder: str) -> None:
    """Bind-mount `folder` at /opt/ml and keep the other entries of /opt."""
    _mount("none", "/", None, _REC | _PRIVATE)
    if os.path.isdir("/opt/ml"):
        _mount(folder, "/opt/ml", None, _BIND | _REC)
        return
    stage = tempfile.mkdtemp(prefix="mdlc-opt-")
    _mount("tmpfs", stage, "tmpfs", 0)
    for entry in os.scandir("/opt"):
        target = os.path.join(stage, entry.name)
        if entry.is_symlink():
            os.symlink(os.readlink(entry.path), target)
        elif entry.is_dir():
            os.mkdir(target)
            _mount(entry.path, target, None, _BIND | _REC)
        else:
            with open(target, "w"):
                _mount(entry.path, target, None, _BIND)
    os.mkdir(os.path.join(stage, "ml"))
    _mount(folder, os.path.join(stage, "ml"), None, _BIND | _REC)
    _mount(stage, "/opt", None, _BIND | _REC)
    _detach(stage)


def _mount(source: str, target: str, kind: str | None, flags: int) -> None:
    library = ctypes.CDLL(None, use_errno=True)
    done = library.mount(
        source.encode(), target.encode(), kind.encode() if kind else None, ctypes.c_ulong(flags), None
    )
    if done != 0:
        raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()), target)


def _detach(stage: str) -> None:
    """Unmount and remove the staging folder in /tmp; its contents stay mounted at /opt."""
    lazily = 2
    if ctypes.CDLL(None, use_errno=True).umount2(stage.encode(), lazily) == 0:
        os.rmdir(stage)


def _raise_loopback() -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as handle:
        request = struct.pack("16sh", b"lo", 0) + bytes(22)
        flags = struct.unpack("16sh", fcntl.ioctl(handle, _GET_FLAGS, request)[:18])[1]
        fcntl.ioctl(handle, _SET_FLAGS, struct.pack("16sh", b"lo", flags | _UP) + bytes(22))


if __name__ == "__main__":
    main(sys.argv[1:])
