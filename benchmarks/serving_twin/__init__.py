"""The serving container that most teams build: Flask behind gunicorn, as AWS's documentation shows."""
