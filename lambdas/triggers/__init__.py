"""Triggers of retrainings: recording them, coalescing them into one request, and starting executions."""
