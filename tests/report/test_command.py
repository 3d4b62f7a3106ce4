"""The command as a pipeline uses it: exit codes, sources, files, colours, and one clear line for what cannot be read."""

import io
import json
import os
import pty
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import report_cases
from report_cases import at

from checkly_dynamic.cli import main

Command = Callable[..., tuple[int, str, str]]


def write(path: Path, data: Any) -> str:
    """Write JSON to a file and return its name."""
    path.write_text(json.dumps(data))
    return str(path)


def story(name: str, folder: Path) -> str:
    """Write the state of a story to a file and return its name."""
    return write(folder / f"{name}.json", report_cases.CASES[name]())


@pytest.fixture
def report(capsys: pytest.CaptureFixture[str]) -> Command:
    """Return a function that runs the command and returns its exit code, output and errors."""
    return lambda *arguments: (main(["report", *map(str, arguments)]), *capsys.readouterr())


def python(*arguments: str, **more: Any) -> subprocess.CompletedProcess[str]:
    """Run Python in its own process."""
    return subprocess.run([sys.executable, *arguments], capture_output=True, text=True, check=False, **more)


@pytest.mark.parametrize(
    ("name", "code"), [("flaky", 0), ("empty", 0), ("pending", 1), ("unknown", 1), ("two_gates", 1)]
)
def test_the_exit_code_tells_the_verdict(report: Command, name: str, code: int, tmp_path: Path) -> None:
    """A report can end a pipeline step: 0 only when every gate passed."""
    assert report("--input", story(name, tmp_path))[0] == code


def test_an_exported_summary_can_be_read_instead(report: Command, pulumi: Path) -> None:
    """--output reads the stack outputs; a missing, secret or other output is refused in one line."""
    summary = report_cases.summary(report_cases.outputs(report_cases.shop()))
    write(pulumi / "stack-output", {"smoke": summary, "url": "x", "hidden": "[secret]"})
    assert report("--output", "smoke")[0] == 0
    for name in ("none", "hidden", "url"):
        code, _, error = report("--output", name)
        assert (code, error.endswith(f"in the output {name}; exported summaries: smoke\n")) == (2, True)
    other = {"passed": True, "conclusion": "PASSED", "deployment": {}, "format": "checkly-dynamic-report"}
    write(pulumi / "stack-output", {**other, "smoke": {**summary, "passed": False, "conclusion": "FAILED"}})
    assert report("--output", "smoke")[0] == 1, "other outputs may look like a summary, a state or a report"


@pytest.mark.parametrize(
    ("kind", "result", "started", "code"),
    [
        ("update", "in-progress", 100, 1),
        ("destroy", "failed", 100, 1),
        ("refresh", "failed", 100, 0),
        ("update", "failed", -10, 0),  # the verdict was judged in this update
        ("update", "failed", 23, 1),  # in the same second, so perhaps after the verdict
    ],
)
def test_a_later_deployment_that_failed_takes_the_green_away(
    *, kind: str, result: str, started: float, code: int, report: Command, pulumi: Path
) -> None:
    """A deployment that began after the verdict and failed may have changed what the checks are about."""
    write(pulumi / "stack-export", report_cases.green())
    stored = report_cases.outputs(report_cases.shop(), ended=23)
    write(pulumi / "stack-output", {"smoke": report_cases.summary(stored)})
    entry = {"kind": kind, "startTime": at(started), "endTime": at(started + 80), "result": result}
    older = {"kind": "update", "startTime": at(-10), "endTime": at(24), "result": "succeeded"}
    write(pulumi / "stack-history", [entry, older])
    for source in ([], ["--output", "smoke"]):
        found, said, _ = report(*source)
        assert (found, "began after this verdict" in said) == (code, bool(code))
        assert ("Note: " in said) == (code == 1 or (result == "failed" and kind == "update"))


@pytest.mark.parametrize("flag", ["target", "exclude"])
def test_an_update_of_a_part_repairs_no_failed_one(flag: str, report: Command, pulumi: Path) -> None:
    """It may have left out what failed. A whole update that succeeded does repair it, also behind many refreshes."""
    write(pulumi / "stack-export", report_cases.green())
    whole, failed, part = (
        {"kind": "update", "result": result, "startTime": at(start), "endTime": at(61)}
        for result, start in (("succeeded", 55), ("failed", 50), ("succeeded", 60))
    )
    part["environment"] = {f"pulumi.flag.{flag}": "set"}
    write(pulumi / "stack-history", [part, failed])
    assert report()[0] == 1
    write(pulumi / "stack-history", [part, whole, failed])
    assert report()[0] == 0


def test_many_refreshes_hide_no_failed_update(report: Command, pulumi: Path) -> None:
    """The history is read page by page until an update is found."""
    write(pulumi / "stack-export", report_cases.green())
    refresh = {"kind": "refresh", "result": "succeeded", "startTime": at(90), "endTime": at(95)}
    write(pulumi / "stack-history-1", [refresh] * 20)
    write(pulumi / "stack-history-2", [{**refresh, "kind": "update", "result": "failed"}])
    code, said, _ = report()
    assert (code, "did not succeed" in said) == (1, True)


def test_an_output_of_an_interrupted_deployment_is_not_good(report: Command, pulumi: Path) -> None:
    """Outputs alone do not tell; the state does, where it can be read."""
    state = report_cases.green()
    write(pulumi / "stack-output", {"smoke": report_cases.summary(report_cases.outputs(report_cases.shop()))})
    state["deployment"]["pending_operations"] = [{"type": "updating", "resource": {}}]
    write(pulumi / "stack-export", state)
    assert report("--output", "smoke")[0] == 1
    (pulumi / "stack-export").unlink()
    code, said, _ = report("--output", "smoke")
    assert (code, "Note: The state was not read" in said) == (0, True)


def test_every_summary_among_outputs_counts(report: Command, tmp_path: Path) -> None:
    """One in an object counts too. A secret output cannot be read, which is a note."""
    green, red = (
        report_cases.summary(story()["deployment"]["resources"][-1]["outputs"])
        for story in (report_cases.green, report_cases.red)
    )
    outputs = tmp_path / "outputs.json"
    write(outputs, {"smoke": green, "gates": [green, red]})
    assert report("--input", outputs)[0] == 1
    write(outputs, {"smoke": green, "gates": {"e2e": red}, "deployment": {"name": "web"}})
    code, said, _ = report("--input", outputs)
    assert (code, "gates.e2e" in said) == (1, True)
    assert [report("--input", outputs, "--output", name)[0] for name in ("smoke", "gates", "gates.e2e")] == [0, 1, 1]
    write(outputs, {"smoke": green, "e2e": "[secret]", "gates": {"api": "[secret]"}})
    code, said, _ = report("--input", outputs)
    assert (code, "These outputs are secret, so they were not read: e2e, gates.api." in said) == (0, True)


def test_what_a_file_cannot_tell_is_a_note(report: Command, pulumi: Path, tmp_path: Path) -> None:
    """A state from a file, or a stack without a readable history, stays green with a note; a red one needs none."""
    write(pulumi / "stack-export", report_cases.green())
    for source in ([], ["--input", story("green", tmp_path)]):
        code, said, _ = report(*source)
        assert (code, "Note: The history of the stack was not read" in said) == (0, True)
    code, said, _ = report("--input", story("red", tmp_path))
    assert (code, "Note: " in said) == (1, False)


@pytest.mark.parametrize(
    ("encoding", "mark", "source"), [("utf-8", b"\xef\xbb\xbf", "-"), ("utf-16-be", b"\xfe\xff", "")]
)
def test_a_source_may_have_any_encoding_of_json(
    *, encoding: str, mark: bytes, source: str, report: Command, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """PowerShell's `>` and its pipe write UTF-16 or UTF-8, with a byte order mark. A pipe is read as standard input."""
    text = json.dumps(report_cases.green(), ensure_ascii=False).replace("Home page", "Startseite für Käufer")
    data = mark + text.encode(encoding)
    (tmp_path / "state.json").write_bytes(data)
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(data)))
    code, said, _ = report("--input", source or tmp_path / "state.json")
    assert (code, "Startseite für Käufer" in said) == (0, True)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("[" * 100_000, "not JSON"),
        ("[]", "neither a stack's state, nor stack outputs, nor a report"),
        ('{"deployment": {"resources": null}}', "has no CheckSessionGate"),
        ('{"passed": true, "conclusion": "PASSED", "counts": {"PASSED": Infinity}}', "not in a form that can be read"),
        ('{"format": "checkly-dynamic-report", "version": 9, "gates": []}', "of version 1"),
    ],
)
def test_what_cannot_be_read_is_neither_green_nor_red(text: str, said: str, report: Command, tmp_path: Path) -> None:
    """Exit code 2, one line that says why, no traceback."""
    (tmp_path / "x.json").write_text(text)
    code, _, error = report("--input", tmp_path / "x.json")
    assert (code, error.count("\n")) == (2, 1)
    assert said in error


def test_a_stack_that_cannot_be_read_is_explained(
    report: Command, pulumi: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The first line of Pulumi's own error is passed on; a missing file and a missing CLI are named."""
    assert report() == (2, "", "error: pulumi stack export: no stack named 'x' at https://***@host found\n")
    assert "No such file" in report("--input", "/nowhere/x.json")[2]
    monkeypatch.setenv("PATH", "")
    code, _, error = report()
    assert (code, "not on PATH" in error) == (2, True)


def test_each_format_can_be_written_to_a_file(report: Command, tmp_path: Path) -> None:
    """The file has the report without colours; one line on standard error sums it up. If it cannot be written, the code is 2."""
    state, out = story("red", tmp_path), tmp_path / "report"
    for form in ("text", "markdown", "junit", "html", "json", "github"):
        assert report("--input", state, "--format", form, "--out", out) == (1, "", f"FAILED: 1 gate, see {out}\n")
        assert "Orders API" in out.read_text(encoding="utf-8")
        assert "\x1b" not in out.read_text(encoding="utf-8")
    missing = tmp_path / "no" / "folder"
    assert report("--input", state, "--out", missing) == (2, "", f"error: {missing}: No such file or directory\n")


def test_a_kept_report_shows_what_changed(report: Command, tmp_path: Path) -> None:
    """The JSON report of one run is the --previous of the next."""
    before, now, kept = story("green", tmp_path), story("red", tmp_path), tmp_path / "kept.json"
    assert report("--input", before, "--format", "json", "--out", kept)[0] == 0
    assert "newly failing  Orders API (PASSED → TIMED_OUT)" in report("--input", now, "--previous", kept)[1]
    assert "fixed  Orders API (TIMED_OUT → PASSED)" in report("--input", kept, "--previous", now)[1]


def test_a_verdict_on_another_version_is_not_accepted(report: Command, tmp_path: Path) -> None:
    """--deploy-version makes a green verdict on anything else red, and says of which version it speaks."""
    state = story("green", tmp_path)
    for version, expected in (("2.4.0", 0), (" 2.4.0\n", 0), (" ", 1), ("2.5.0", 1)):
        code, said, _ = report("--input", state, "--deploy-version", version)
        assert code == expected
    assert "nothing is known about deploy version 2.5.0; the stored verdict is about 2.4.0" in said


@pytest.mark.parametrize("module", ["click", "junitparser"])
def test_without_a_part_of_the_extra_one_line_says_what_to_install(module: str, tmp_path: Path) -> None:
    """Also with other extras installed, a missing part is exit code 2 (1 would mean that a check failed)."""
    blocked = f"import sys; sys.modules[{module!r}] = None; from checkly_dynamic.cli import main; sys.exit(main(sys.argv[1:]))"
    done = python("-c", blocked, "report", "--format", "junit", "--input", story("green", tmp_path))
    assert done.returncode == 2
    assert done.stderr == f"error: {module} is not installed; run: pip install 'checkly-dynamic[cli]'\n"


def test_the_report_opens_in_the_browser(tmp_path: Path) -> None:
    """--open writes the page to a file, which it names, and shows it; the exit code stays that of the verdict."""
    script = tmp_path / "browser"
    script.write_text(f'#!/bin/sh\necho "$1" > {tmp_path}/opened\n')
    script.chmod(0o755)
    hidden = {name: value for name, value in os.environ.items() if name not in ("DISPLAY", "WAYLAND_DISPLAY")}
    command = ("-m", "checkly_dynamic", "report", "--open", "--input", story("green", tmp_path))
    done = python(*command, env={**hidden, "BROWSER": f"{script} %s", "TMPDIR": str(tmp_path)})
    assert done.returncode == 0
    page = (tmp_path / "opened").read_text().strip().removeprefix("file://")
    assert "<!doctype html>" in Path(page).read_text()
    assert page in done.stderr


@pytest.mark.parametrize(
    ("variables", "colored"), [({"NO_COLOR": ""}, True), ({"NO_COLOR": "1"}, False), ({"TERM": "dumb"}, False)]
)
def test_a_terminal_is_coloured_unless_told_otherwise(
    *, variables: dict[str, str], colored: bool, tmp_path: Path
) -> None:
    """On a terminal there are colours; NO_COLOR and a dumb terminal switch them off."""
    ours, theirs = pty.openpty()
    env = {**os.environ, "TERM": "xterm", "NO_COLOR": "", **variables}
    command = [sys.executable, "-m", "checkly_dynamic", "report", "--input", story("red", tmp_path)]
    subprocess.run(command, stdout=theirs, env=env, check=False)
    seen = os.read(ours, 65_536)
    os.close(theirs)
    os.close(ours)
    assert b"FAILED" in seen
    assert (b"\x1b[" in seen) is colored


def test_open_goes_with_html_only(report: Command, tmp_path: Path) -> None:
    """Otherwise the file would not have the format that was asked for."""
    code, _, error = report("--input", story("green", tmp_path), "--format", "junit", "--open")
    assert (code, "--open shows the HTML report" in error) == (2, True)
