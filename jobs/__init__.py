"""Programs that run as SageMaker Processing jobs, and by hand: quality, features, evaluate, prepare,
check, golden, monitor.

Every job reads one ``plan.json`` and files from folders, and writes files to folders; it calls no AWS API.
The work is SQL over columns (DuckDB), capped in memory with spill to disk.
"""
