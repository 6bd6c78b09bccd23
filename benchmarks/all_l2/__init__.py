"""The twin: the same model stack as an ordinary user of the CDK writes it, with L2 constructs throughout.

It makes the same resources and grants the same actions; `benchmarks/synth.py` holds it to that. It is written
to be quick where that is ordinary: policies inline, durations made once, asset hashes given.
"""
