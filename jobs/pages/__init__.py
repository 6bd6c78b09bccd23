"""The jobs' reports for people: HTML pages, and the charts of an evaluation."""
