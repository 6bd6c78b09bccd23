"""The archive of a team's scripts; `launcher.py` is part of it and runs in the container."""
