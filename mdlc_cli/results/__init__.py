"""What versions, batches, windows and executions left: a summary, files, predictions, and what comes next."""
