"""What may start a retraining: recorded, coalesced into one request, started, and counted."""
