import subprocess
import sys


def test_settings_import_without_aws_cdk_boto3_or_the_jobs() -> None:
    program = (
        "import sys, mdlc_constructs.settings as s; [getattr(s, name) for name in s.__all__]; "
        "print(sorted({'aws_cdk', 'jsii', 'boto3', 'botocore', 'duckdb', 'numpy'} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
