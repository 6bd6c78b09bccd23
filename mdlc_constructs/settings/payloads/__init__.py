"""The payloads between a state machine, its functions and its jobs: one frozen dataclass per payload.

Both sides use the same class: the code that renders the machine and the planning functions write it with
`codec.encode`, the functions and the jobs read it with `codec.decode`. Plain Python without third-party
packages, because the zips of the functions and of the jobs include it; for Python 3.11 and newer.
"""
