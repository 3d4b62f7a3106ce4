"""docs/ci.md: both pipelines are read as YAML, and all their shell lines run against a real project, green and red."""

import json
import os
import re
import shutil
import sys
from pathlib import Path

import pytest
import yaml

PAGE = Path(__file__).parents[2] / "docs" / "ci.md"
RED = "Legacy invoices"


def pipeline(title):
    """Return the pipeline below a title."""
    (text,) = re.findall(rf"^## {title}\n\n```yaml\n(.*?)^```$", PAGE.read_text(), re.MULTILINE | re.DOTALL)
    return yaml.safe_load(text)


def shell(project, lines, variables, **env):
    """Run lines as a CI runner does: in bash, in the project, stopping at the first that fails."""
    # The others are from a secret store.
    constants = {name: value for name, value in variables.items() if "${{" not in value}
    # Needs the network; these tests run with the same packages.
    script = lines.replace("pip install -r requirements.txt", "true")
    return project.execute("bash", "-e", "-o", "pipefail", "-c", script, expect=None, **constants, **env)


@pytest.fixture
def project(make_example, checkly):
    """Return the promotion example's service, with a stack named as in the pipelines."""
    project = make_example("promotion/service", env=checkly.env)
    project.run("stack", "init", "prod")
    return project


GH = """#!{python}
# The part of GitHub's command line and API that the pipeline uses; jq reads the filters as gh does.
import json, subprocess, sys
from pathlib import Path
store = Path(__file__).with_name("comments.json")
comments = json.loads(store.read_text())
words = sys.argv[1:]
def value(name):
    return words[words.index(name) + 1] if name in words else None
(path,) = [word.removeprefix("repos/acme/shop/") for word in words if word.startswith("repos/acme/shop/")]
body = Path(value("--field").removeprefix("body=@")).read_text() if value("--field") else None
assert words[0] == "api" and (body is None or len(body) < 65_536)
answer = []
if path in ("commits/c0ffee/pulls", "commits/badc0de/pulls"):
    answer = [{{"number": 7}}]
elif path == "issues/7/comments" and body is None:
    answer = comments
elif path == "issues/7/comments":
    comments.append({{"id": 100 + len(comments), "body": body}})
elif path.startswith("issues/comments/") and value("--method") == "PATCH":
    (comment,) = [comment for comment in comments if str(comment["id"]) == path.rpartition("/")[2]]
    comment["body"] = body
else:
    assert path.endswith("/pulls"), path
store.write_text(json.dumps(comments))
if value("--jq"):
    subprocess.run(["jq", "-r", value("--jq")], input=json.dumps(answer), text=True, check=True)
"""


@pytest.fixture
def gh(tmp_path):
    """Return the folder of a fake `gh`, with a comment that somebody else wrote."""
    if not shutil.which("jq") and not os.environ.get("CI"):
        pytest.skip("needs jq; with CI set this is a failure")
    folder = tmp_path / "gh"
    folder.mkdir()
    (folder / "gh").write_text(GH.format(python=sys.executable))
    (folder / "gh").chmod(0o755)
    (folder / "comments.json").write_text(json.dumps([{"id": 99, "body": "Looks good to me"}]))
    return folder


def github(project, version, gh, named=""):
    """Run the GitHub workflow for a commit, or only the named steps; return the jobs' success, the summary and the output."""
    workflow = pipeline("GitHub Actions")
    summary = project.work / "summary.md"
    summary.write_text("")
    ended, printed = {}, ""
    runner = {
        "GITHUB_SHA": version,
        "GITHUB_STEP_SUMMARY": str(summary),
        "GITHUB_REPOSITORY": "acme/shop",
        "PATH": os.pathsep.join([str(gh), project.environment()["PATH"]]),
    }
    for name, job in workflow["jobs"].items():
        ended[name] = True
        for step in job["steps"]:
            if "run" in step and named in step.get("name", "") and (ended[name] or step.get("if") == "always()"):
                done = shell(project, step["run"], workflow["env"], **runner)
                ended[name] = done.code == 0 and ended[name]
                printed += done.text
    return ended, summary.read_text(), printed


def gitlab(project, version):
    """Run the jobs of the GitLab pipeline for a commit; return whether each ended well."""
    whole = pipeline("GitLab CI")
    ended = {}
    for stage in whole["stages"]:
        job = whole[stage]
        assert job["stage"] == stage
        script = "\n".join([*whole["default"]["before_script"], *job["script"]])
        ended[stage] = shell(project, script, whole["variables"], CI_COMMIT_SHA=version).code == 0
        after = shell(project, "\n".join(job.get("after_script", [])), whole["variables"], CI_COMMIT_SHA=version)
        assert after.code == 0, after.text
    return ended


def test_the_github_workflow(project, gh):
    """Green ends well with a summary. Red fails the job, writes summary, page and annotation, and edits the same comment."""

    def comments():
        return [comment["body"] for comment in json.loads((gh / "comments.json").read_text())]

    ended, summary, printed = github(project, "c0ffee", gh)
    assert ended == {"preview": True, "deploy": True}, printed
    assert "Home page answers" in summary
    assert "::notice title=Checks passed" in printed
    assert [body.splitlines()[0] for body in comments()] == ["Looks good to me", "<!-- checks of prod -->"]
    assert "PASSED" in comments()[1]
    project.run("config", "set", "tag", "broken", "--stack", "prod")
    (project.work / "checks.html").unlink()
    ended, summary, printed = github(project, "badc0de", gh)
    assert ended == {"preview": True, "deploy": False}
    assert RED in summary
    assert RED in (project.work / "checks.html").read_text()
    assert f"::error title={RED}%3A FAILED::" in printed
    assert len(comments()) == 2
    assert RED in comments()[1]
    github(project, "0ther", gh, named="Comment")
    assert RED in comments()[1], "a commit without a pull request changed a comment"


@pytest.mark.long
def test_the_gitlab_pipeline(project):
    """Green ends well; red fails the job, and both artefacts name the check that failed."""
    assert gitlab(project, "c0ffee") == {"preview": True, "deploy": True}
    project.run("config", "set", "tag", "broken", "--stack", "prod")
    assert gitlab(project, "badc0de") == {"preview": True, "deploy": False}
    for artefact in pipeline("GitLab CI")["deploy"]["artifacts"]["paths"]:
        assert RED in (project.work / artefact).read_text()


def test_both_pipelines_are_what_their_services_expect():
    """The keys are spelt correctly: a typo would silently drop a condition or a lock."""
    workflow = pipeline("GitHub Actions")
    assert set(workflow) == {"name", True, "permissions", "env", "jobs"}  # YAML 1.1 reads `on` as true
    jobs = list(workflow["jobs"].values())
    assert {key for job in jobs for key in job} == {"if", "runs-on", "timeout-minutes", "concurrency", "steps"}
    steps = [step for job in jobs for step in job["steps"]]
    assert {key for step in steps for key in step} == {"name", "uses", "with", "run", "if", "env"}
    whole = pipeline("GitLab CI")
    assert set(whole) == {"stages", "default", "variables", *whole["stages"]}
    keys = {key for stage in whole["stages"] for key in whole[stage]}
    assert keys == {
        *("stage", "rules", "script", "after_script", "variables"),
        *("artifacts", "resource_group", "interruptible", "timeout"),
    }
