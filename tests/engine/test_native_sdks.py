"""The native provider's schema as the Pulumi CLI sees it, the generated SDKs, and plain resources in Python."""

import ast
import shutil
import subprocess
import sys
from pathlib import Path

import pulumi_cli
import pytest
from gates import check, posts, runs

ROOT = Path(__file__).parents[2]
EXECUTABLE = str(Path(sys.executable).parent / "pulumi-resource-checkly-sessions")
RESOURCES = {"CheckSessionTrigger", "TestSessionTrigger", "CheckSessionVerdict", "CheckSessionBarrier"}


def write_sdk(project, language: str, folder: Path) -> Path:
    """Generate an SDK with the CLI if its language host can do that, and otherwise with Pulumi's generators."""
    command = ("package", "gen-sdk", EXECUTABLE, "--language", language, "--out", str(folder))
    if project.run(*command, expect=None).code:
        schema = project.folder / "schema.json"
        schema.write_text(project.run("package", "get-schema", EXECUTABLE).stdout)
        subprocess.run([pulumi_cli.sdk_generator(), language, schema, folder / language], check=True)
    return folder / language


def test_each_generated_sdk_has_the_resources(project, tmp_path):
    """Python's modules are valid, with Python's spelling of the inputs; those for Node.js have the schema's defaults."""
    package = write_sdk(project, "python", tmp_path / "sdk") / "pulumi_checkly_sessions"
    nodes = [node for module in package.glob("*.py") for node in ast.walk(ast.parse(module.read_text()))]
    assert {node.name for node in nodes if isinstance(node, ast.ClassDef)} >= RESOURCES
    assert "expected_deploy_versions" in (package / "check_session_barrier.py").read_text()

    package = write_sdk(project, "nodejs", tmp_path / "sdk")
    for name in RESOURCES:
        assert f"export class {name} " in (package / f"{name[0].lower()}{name[1:]}.ts").read_text()
    assert "?? 900" in (package / "checkSessionVerdict.ts").read_text()


@pytest.mark.long
def test_the_example_in_typescript_fits_the_generated_sdk(project, tmp_path):
    """The compiler accepts the example, and refuses it when an input has another type."""
    npm = shutil.which("npm")
    assert npm, "install Node.js with npm"
    folder = shutil.copytree(ROOT / "examples" / "typescript", tmp_path / "example")
    shutil.copytree(write_sdk(project, "nodejs", tmp_path / "sdk"), folder / "sdks" / "checkly-sessions")
    subprocess.run([npm, "install", "--no-audit", "--no-fund", "--loglevel=error"], cwd=folder, check=True)
    compiler = [npm, "exec", "--", "tsc", "--noEmit"]
    subprocess.run(compiler, cwd=folder, check=True)
    program = folder / "index.ts"
    program.write_text(program.read_text().replace("[smoke.handle]", "smoke.handle"))
    broken = subprocess.run(compiler, cwd=folder, capture_output=True, text=True, check=False)
    assert "TS2322" in broken.stdout


PROGRAM = """
import pulumi

class Provider(pulumi.ProviderResource):
    def __init__(self, name, props):
        super().__init__("checkly-sessions", name, props)

class Sessions(pulumi.CustomResource):
    def __init__(self, kind, name, props, *outputs):
        opts = pulumi.ResourceOptions(provider=provider)
        super().__init__(f"checkly-sessions:index:{kind}", name, {**props, **dict.fromkeys(outputs)}, opts)

config = pulumi.Config()
key, account, url = config.require_secret("key"), config.require("account"), config.require("url")
provider = Provider("account", {"apiKey": key, "accountId": account, "apiUrl": url})
asked = {"target": {"matchTags": [["smoke"]]}, "deployVersion": "1.10"}
smoke = Sessions("CheckSessionTrigger", "smoke", asked, "handle")
verdict = Sessions("CheckSessionVerdict", "verdict", {"waitFor": [pulumi.get(smoke, "handle")]}, "verdict", "summary")
judged = {"verdict": pulumi.get(verdict, "verdict"), "expectedDeployVersions": ["1.10"]}
gate = Sessions("CheckSessionBarrier", "gate", judged, "passed")
pulumi.Stash("live", input="live", opts=pulumi.ResourceOptions(depends_on=[gate]))
pulumi.export("summary", pulumi.get(verdict, "summary"))
"""


@pytest.mark.long
def test_plain_resources_with_a_provider_of_the_program_and_another_key(make_stack):
    """The key of an explicit provider is not in plain text in any state, and another key runs nothing."""
    project, checkly = make_stack(PROGRAM, check("a"), check("b"))
    project.env = {}
    project.config("url", checkly.url)
    project.config("account", checkly.env["CHECKLY_ACCOUNT_ID"])
    project.config("key", "cu_canary_1", secret=True)
    assert "live" in project.preview().text
    assert posts(checkly) == []
    project.up()
    assert project.outputs()["summary"]["deployVersions"] == ["1.10"]
    before = len(checkly.requests)
    project.config("key", "cu_canary_2", secret=True)
    project.up()
    assert len(checkly.requests) == before
    assert runs(checkly) == {"a": 1, "b": 1}
    assert "canary" not in project.state_text()
