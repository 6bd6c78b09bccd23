"""Reads what workflows left in an account: executions, versions, windows and predictions. Changes nothing.

Imports nothing of mdlc_constructs, so it works wherever boto3 does: in a notebook, a job or a report.
"""
