"""What passes between a state machine, its functions and its jobs: one frozen dataclass a payload.

Both sides use the same class: the machine's pure half and the planning functions write it with
`codec.encode`, the functions and the jobs read it with `codec.decode`. Plain Python without third-party
packages, because the zips of the functions and of the jobs carry it. A job's image has Python 3.10 or newer.
"""
