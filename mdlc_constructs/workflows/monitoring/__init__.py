"""Monitoring: compares a model's requests and answers with its baseline and with labels."""
