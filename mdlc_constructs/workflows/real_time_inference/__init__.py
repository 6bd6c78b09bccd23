"""Real-time inference: releases approved packages to an endpoint, and takes back what does not hold."""
