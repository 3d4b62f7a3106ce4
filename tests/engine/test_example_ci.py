"""docs/ci.md: both pipelines are read as YAML, and every shell line of theirs runs against a real project, green and red."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

import pytest
import yaml
from example_projects import example

PAGE = Path(__file__).parents[2] / "docs" / "ci.md"
# Needs the network; what it installs is what these tests run with.
INSTALLS = "pip install -r requirements.txt"


def pipeline(title):
    """Return the pipeline that stands below a title."""
    (text,) = re.findall(rf"^## {title}\n\n```yaml\n(.*?)^```$", PAGE.read_text(), re.MULTILINE | re.DOTALL)
    return yaml.safe_load(text)


class Shell:
    """Runs lines as a runner does: in bash, in the project, stopping at the first that fails."""

    def __init__(self, project, **env):
        self.project, self.env = project, env

    def run(self, lines):
        """Return whether all lines ended well."""
        kept = [line for line in lines if line != INSTALLS]
        done = subprocess.run(
            ["bash", "-e", "-o", "pipefail", "-c", "\n".join(kept)],
            cwd=self.project.work,
            env={**self.project.environment(), **self.env},
            capture_output=True,
            text=True,
            timeout=180,
            check=False,
        )
        self.text = done.stdout + done.stderr
        return done.returncode == 0


@pytest.fixture
def project(make_project, checkly):
    """Return the promotion example's service, with a stack called as in the pipelines."""
    project = example(make_project, "promotion/service", name="service", env=checkly.env)
    project.run("stack", "init", "prod")
    return project


def constants(variables):
    """Return the variables that are not taken from a secret store."""
    return {name: value for name, value in variables.items() if "${{" not in value}


def github(project, version):
    """Run the jobs of the GitHub workflow for a commit; return whether each ended well, and the job summary."""
    workflow = pipeline("GitHub Actions")
    summary = project.work / "summary.md"
    summary.write_text("")
    ended = {}
    for name, job in workflow["jobs"].items():
        shell = Shell(project, **constants(workflow["env"]), GITHUB_SHA=version, GITHUB_STEP_SUMMARY=str(summary))
        ended[name] = True
        for step in job["steps"]:
            if "run" in step and (ended[name] or step.get("if") == "always()"):
                ended[name] = shell.run([step["run"]]) and ended[name]
    return ended, summary.read_text()


def gitlab(project, version):
    """Run the jobs of the GitLab pipeline for a commit; return whether each ended well."""
    whole = pipeline("GitLab CI")
    ended = {}
    for stage in whole["stages"]:
        job = whole[stage]
        assert job["stage"] == stage
        shell = Shell(project, **constants(whole["variables"]), CI_COMMIT_SHA=version)
        ended[stage] = shell.run([*whole["default"]["before_script"], *job["script"]])
        assert shell.run(job.get("after_script", [])), shell.text
    return ended


def test_the_github_workflow(project, checkly):
    """Green ends well with a summary; red fails the job and still leaves the report and the page."""
    ended, summary = github(project, "c0ffee")
    assert ended == {"preview": True, "deploy": True}
    assert "Home page answers" in summary
    project.run("config", "set", "tag", "broken", "--stack", "prod")
    (project.work / "checks.html").unlink()
    ended, summary = github(project, "badc0de")
    assert ended == {"preview": True, "deploy": False}
    assert "Legacy invoices" in summary
    assert "Legacy invoices" in (project.work / "checks.html").read_text()


def test_the_gitlab_pipeline(project, checkly):
    """Green ends well; red fails the job, and both artefacts name the check that failed."""
    assert gitlab(project, "c0ffee") == {"preview": True, "deploy": True}
    project.run("config", "set", "tag", "broken", "--stack", "prod")
    assert gitlab(project, "badc0de") == {"preview": True, "deploy": False}
    for artefact in pipeline("GitLab CI")["deploy"]["artifacts"]["paths"]:
        assert "Legacy invoices" in (project.work / artefact).read_text()


def test_both_pipelines_are_what_their_services_expect():
    """The keys that decide are spelt right: a typing error would silently leave out a condition or a lock."""
    workflow = pipeline("GitHub Actions")
    assert set(workflow) == {"name", True, "permissions", "env", "jobs"}  # YAML 1.1 reads `on` as true
    known = {"if", "runs-on", "timeout-minutes", "concurrency", "steps"}
    assert all(set(job) <= known for job in workflow["jobs"].values())
    assert all(set(step) <= {"uses", "with", "run", "if"} for job in workflow["jobs"].values() for step in job["steps"])
    whole = pipeline("GitLab CI")
    jobs = {name: job for name, job in whole.items() if name not in {"stages", "default", "variables"}}
    keys = {
        "stage",
        "rules",
        "script",
        "after_script",
        "artifacts",
        "resource_group",
        "interruptible",
        "timeout",
        "variables",
    }
    assert set(jobs) == set(whole["stages"])
    assert all(set(job) <= keys for job in jobs.values())
