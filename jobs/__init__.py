"""The data jobs, which run as SageMaker Processing jobs or by hand.

They are quality, features, evaluate, prepare, check, golden and monitor. Every job reads one ``plan.json``
and files from folders, and writes files to folders; it calls no AWS API. The jobs query data with SQL
(DuckDB), with a memory limit and spill to disk.
"""
