"""The ``mdlc`` command: set up the tools, run a local AWS, deploy, run workflows and read what they did."""
