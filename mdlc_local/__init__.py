"""The embedded AWS: one local process that deploys unmodified CloudFormation templates and runs them.

It runs in its own environment (`requirements.lock` in this folder) and only depends on AWS's APIs, not on the
library's constructs. Start it with ``<embedded python> <this folder> --port N --state-dir DIR``.
"""
