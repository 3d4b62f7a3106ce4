"""The commands report, doctor and checks with a real Pulumi CLI and a real stack."""

import sys

from gates import check, program


def test_a_report_is_green_only_for_what_was_checked(make_stack):
    """When version 2 fails in its trigger, neither state nor outputs of version 1 are reported as good; before that they are."""
    project, checkly = make_stack(program(version='pulumi.Config().get("version")'), check("Home"))
    assert "the stack has no CheckSessionGate" in project.checkly_dynamic("report", expect=2).stderr
    project.up()
    assert "Note" not in project.checkly_dynamic("report").text

    checkly.add_fault(route="trigger", status=503)
    project.up("--config", "version=2", expect="failure")
    for source in ([], ["--output", "summary"]):
        # A report does not decrypt anything.
        said = project.checkly_dynamic("report", *source, expect=1, PULUMI_CONFIG_PASSPHRASE="wrong").stdout
        assert "UNKNOWN" in said
        assert "began after this verdict" in said


def test_the_doctor_examines_a_real_project(project, checkly):
    """Python, key and Checkly are fine, and the key is not shown; a wrong passphrase or Python gets Pulumi's words and advice."""
    key = "cu_local_checkly_made_up_key"
    project.config("checkly:apiKey", key, secret=True)
    project.config("checkly:accountId", checkly.env["CHECKLY_ACCOUNT_ID"])
    project.config("checkly:apiUrl", checkly.url)
    fine = project.checkly_dynamic("doctor").text
    assert f"Python of the program: {sys.executable}" in fine
    assert f"API key: from config checkly:apiKey, {len(key)} characters" in fine
    assert "Checkly: answers for the account" in fine
    assert key not in fine
    project.checkly_dynamic("checks", "--format", "json")

    bad = project.checkly_dynamic("doctor", "--offline", expect=1, PULUMI_CONFIG_PASSPHRASE="wrong").stdout
    assert "incorrect passphrase" in bad
    assert "Set PULUMI_CONFIG_PASSPHRASE to the passphrase of this stack." in bad

    bad = project.checkly_dynamic("doctor", "--offline", expect=1, PULUMI_PYTHON_CMD="./no-python").stdout
    assert "./no-python" in bad
    assert "pulumi install" in bad
