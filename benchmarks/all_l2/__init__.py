"""The twin: the same model stack, as a typical CDK user writes it, with L2 constructs only.

It creates the same resources and grants the same actions; `benchmarks/synth.py` checks this. It uses common
optimizations: inline policies, shared `Duration` objects, precomputed asset hashes.
"""
