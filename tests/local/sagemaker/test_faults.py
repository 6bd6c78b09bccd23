from mdlc_local.sagemaker import faults


def test_codes_and_words() -> None:
    assert (faults.in_use("m").code, faults.conflict("m").code) == ("ResourceInUse", "ConflictException")
    assert faults.already_exists("model", "arn").message == 'Cannot create already existing model "arn".'
    assert faults.could_not_find("model", "arn").message == 'Could not find model "arn".'
    assert str(faults.job_not_found("arn")) == "Requested resource not found: arn"
