"""Probes an endpoint with rows of known answers while a new version bakes.

An alarm's period is one minute. Looks begin slightly less than `every` (by default a minute) apart, so that
each period gets one or two data points, whose average counts. Looks may also be less frequent than periods:
missing data does not breach, and an alarm with one evaluation period goes to ALARM at the first bad point.
With several (`RollbackAlarms.periods`), CloudWatch fills gaps with older points in its evaluation range. A
release is then only rolled back later.

A request has one row, since each request reaches one fleet. Probes have an inference id that begins with
`probe-`, so that monitoring can tell them from callers' requests.
"""
