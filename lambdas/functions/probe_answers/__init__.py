"""Asks an endpoint questions with known answers while a new version bakes.

Alarms look at a minute at a time, so looks begin a little less than `every` apart (a minute unless set
otherwise): each of the alarm's periods gets a data point, some get two, and their average is taken. A period
without data would hide nothing: missing data does not breach, and an alarm with one period to break raises at
the first bad point. With several (`RollbackAlarms.periods`), CloudWatch fills gaps from older points within
its evaluation range. So looks may be slower than periods; then a release is only sent back later.

A request is one row, since one request goes to one fleet. Probes carry an inference id that begins with
`probe-`, by which monitoring tells them from callers' requests.
"""
