"""The tools that mdlc installs and starts: the CDK CLI, the embedded AWS, environments from locks."""
