"""Real-time inference: releases approved packages to an endpoint, and rolls back versions that fail."""
