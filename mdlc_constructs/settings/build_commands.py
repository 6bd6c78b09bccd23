"""The commands of a delivery pipeline's build."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from mdlc_constructs.settings.environment import check_environment
from mdlc_constructs.settings.numbers import check_whole
from mdlc_constructs.settings.refusal import refusal

ASSEMBLY = "cdk.out"
"""The folder that `synth` must write: the cloud assembly with all stacks."""
CDK_CLI = "aws-cdk@2.1148.1"
"""The CDK CLI that publishes assets; a test holds it equal to the one that `mdlc` runs."""
DECLARED = "MDLC_DECLARED_IMAGES"
"""The environment variable with the images that a pipeline builds, as JSON."""
FILE = "images.json"
"""The file with the digests of the images."""
REPORTS = "reports"
"""The folder whose `*.xml` files are test reports, in JUnit's format."""


@dataclass(frozen=True, kw_only=True)
class BuildCommands:
    """What a commit must pass before it is deployed anywhere. The defaults fit what `mdlc init` makes.

    A step is a tuple of shell commands; all steps share one shell. The first command that fails ends the
    build, and nothing of the commit is deployed.

    Args:
        install: install what the other commands need.
        lint: check the code.
        test: run the tests; JUnit reports in `reports/` are kept.
        synth: synthesize the app into `cdk.out`.
        validate: check the templates.
        images: build the images that `$MDLC_DECLARED_IMAGES` declares and write `images.json`, in a build of
            its own; used only by a pipeline with images.
        integration: run the workflows on the embedded AWS, inside the build.
        publish: publish the assets of the cloud assembly in the working folder, in a build of its own; the
            names of the stacks are in `$STACKS`.
        python: the version of Python.
        image: CodeBuild's image.
        compute_type: CodeBuild's compute type.
        environment: environment variables.
        minutes: how long a build may take.

    Raises:
        ValueError: naming the argument, its value and the remedy.
    """

    install: tuple[str, ...] = ("pip install --quiet --requirement requirements.txt",)
    lint: tuple[str, ...] = ("pip install --quiet ruff && ruff check .",)
    test: tuple[str, ...] = (f"pytest --junitxml={REPORTS}/tests.xml",)
    synth: tuple[str, ...] = (f"cdk synth --quiet --output {ASSEMBLY}",)
    validate: tuple[str, ...] = (f"pip install --quiet cfn-lint && cfn-lint {ASSEMBLY}/*.template.json",)
    integration: tuple[str, ...] = (f"pytest -m slow --junitxml={REPORTS}/integration.xml",)
    images: tuple[str, ...] = ("python -m mdlc_cli.tools.build_images",)
    publish: tuple[str, ...] = (
        f"npx --yes {CDK_CLI} publish-assets --app . --unstable=publish-assets --exclusively $STACKS",
    )
    python: str = "3.11"
    image: str = "aws/codebuild/amazonlinux-x86_64-standard:5.0"
    compute_type: str = "BUILD_GENERAL1_MEDIUM"
    environment: Mapping[str, str] = field(default_factory=dict)
    minutes: int = 60

    def __post_init__(self) -> None:
        for name in ("install", "lint", "test", "synth", "validate", "integration", "images", "publish"):
            commands = getattr(self, name)
            if not isinstance(commands, tuple):
                raise refusal(name, commands, "give a tuple of commands, such as ('make check',).")
            for command in commands:
                if not isinstance(command, str) or not command.strip():
                    raise refusal(name, command, "give commands as texts.")
        if not self.images:
            raise refusal("images", self.images, f"give the command that builds images and writes {FILE}.")
        if not self.synth:
            raise refusal("synth", self.synth, f"give the command that synthesizes the app into {ASSEMBLY}.")
        if not isinstance(self.python, str):
            raise refusal("python", self.python, "give the version as text, such as '3.11'.")
        check_environment(self.environment)
        check_whole("minutes", self.minutes, 5, 480, unit="minutes")
