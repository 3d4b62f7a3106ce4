"""The commands and their options. All have the same exit codes: 0 good, 1 bad, 2 when that cannot be read."""

import os
import tempfile
import webbrowser
from dataclasses import replace
from importlib import import_module
from pathlib import Path
from typing import Any

import click

from checkly_dynamic._version import __version__
from checkly_dynamic.cli.pulumi_stack import PulumiStack
from checkly_dynamic.cli.source import from_file, from_stack
from checkly_dynamic.core.text import number_of, printable
from checkly_dynamic.emulator.command import emulator
from checkly_dynamic.errors import ChecklyError
from checkly_dynamic.report.compare import compare
from checkly_dynamic.report.doubts import insist_on

BAD, NOT_READABLE = 1, 2


def run(arguments: list[str] | None = None) -> int:
    """Run the command line and return its exit code; show each expected error in one line."""
    try:
        code = app.main(arguments, prog_name="checkly-dynamic", standalone_mode=False)
    except click.exceptions.Abort:
        return 130
    except click.ClickException as error:
        error.show()
        return error.exit_code
    except ChecklyError as error:
        for line in str(error).splitlines():
            click.echo(f"error: {line}", err=True)
        return NOT_READABLE
    except OSError as error:  # a file that cannot be read or written
        file = printable(str(error.filename or "output"))  # a full disk has no name
        click.echo(f"error: {file}: {error.strerror}", err=True)
        return NOT_READABLE
    return code if isinstance(code, int) else 0


@click.group(context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.version_option(__version__, message="%(prog)s %(version)s")
@click.pass_context
def app(context: click.Context) -> None:
    """
    Reports and help for deployments that Checkly's checks must pass.

    \b
    Shell completion, for bash (zsh and fish likewise):
      eval "$(_CHECKLY_DYNAMIC_COMPLETE=bash_source checkly-dynamic)"
    """  # noqa: D301 - click's mark for lines that stay as they are
    if os.environ.get("NO_COLOR") or os.environ.get("TERM") == "dumb":
        context.color = False


def _stack_options(command: Any) -> Any:
    """Add the options that select the stack."""
    folder = click.Path(exists=True, file_okay=False, path_type=Path)
    command = click.option("-s", "--stack", default="", help="The stack; by default the selected one.")(command)
    return click.option("-C", "--cwd", default=".", type=folder, help="The Pulumi project, or a folder in it.")(command)


@app.command(short_help="Show what the gates of a stack recorded.")
@_stack_options
@click.option("--output", metavar="NAME", default="", help="Read the exported summary NAME instead of the state.")
@click.option(
    "--input", "source", metavar="FILE", help="Read a file (- for standard input): a state, outputs or a JSON report."
)
@click.option("--previous", metavar="FILE", help="Compare with this earlier run: a JSON report, or a state.")
@click.option("--deploy-version", metavar="V", help="Accept only a verdict on this deploy version.")
@click.option(
    "-f",
    "--format",
    "form",
    type=click.Choice(["text", "markdown", "junit", "html", "json", "github"]),
    help="The format; text by default. github: annotations of a GitHub workflow.",
)
@click.option("-o", "--out", metavar="FILE", help="Write the report to FILE, and one line to standard error.")
@click.option("--open", "in_browser", is_flag=True, help="Open the HTML report in the browser.")
@click.option(
    "--max-bytes",
    type=click.IntRange(min=200),
    default=65_536,
    show_default=True,
    help="The limit for a Markdown report: 65536 for a GitHub comment, 1048576 for a job summary.",
)
def report(
    *,
    stack: str,
    cwd: Path,
    output: str,
    source: str | None,
    previous: str | None,
    deploy_version: str | None,
    form: str | None,
    out: str | None,
    in_browser: bool,
    max_bytes: int,
) -> int:
    """
    Report on the gates of a stack.

    Reads the state (pulumi stack export), so it works after a red or interrupted deployment too. The exit code is 0 when every
    gate passed, 1 when not, and 2 when that cannot be read.

    \b
    Examples:
      checkly-dynamic report --open
      checkly-dynamic report --format markdown --max-bytes 1048576 >> "$GITHUB_STEP_SUMMARY"
      checkly-dynamic report --format github --deploy-version "$GITHUB_SHA"
      checkly-dynamic report --format junit --out checks.xml
      pulumi stack export | checkly-dynamic report --input -
    """  # noqa: D301 - click keeps the lines of such a block
    if in_browser and form not in (None, "html"):
        raise click.UsageError("--open shows the HTML report, so it does not go with another --format")
    found = from_file(source, output=output) if source else from_stack(PulumiStack(stack, cwd), output=output)
    if previous:
        found = compare(found, from_file(previous))
    if deploy_version is not None:
        found = replace(found, gates=tuple(insist_on(gate, deploy_version.strip()) for gate in found.gates))
    form = form or ("html" if in_browser else "text")
    render = import_module(f"checkly_dynamic.report.as_{form}").render
    text = render(found, limit=max_bytes) if form == "markdown" else render(found)
    if in_browser and not out:
        out = f"{tempfile.mkdtemp(prefix='checkly-report-')}/report.html"
    if out is None:
        click.echo(text, nl=False)
    else:
        Path(out).write_text(click.unstyle(text), encoding="utf-8", newline="\n")
        click.echo(f"{found.conclusion}: {number_of(len(found.gates), 'gate')}, see {out}", err=True)
        if in_browser:
            webbrowser.open(Path(out).resolve().as_uri())
    return 0 if found.passed else BAD


@app.command(short_help="Check the set-up and say what to do.")
@_stack_options
@click.option("--offline", is_flag=True, help="Send no request to Checkly.")
def doctor(*, stack: str, cwd: Path, offline: bool) -> int:
    """
    Check the set-up: the Pulumi CLI, the Python of the program, the settings, and whether Checkly answers.

    Changes nothing and runs no check. Shows no part of the API key, only its source and length. The exit code is 0 if all is
    well and 1 if there is something to do.

    \b
    Example: checkly-dynamic doctor --offline
    """  # noqa: D301 - click's mark for lines that stay as they are
    from checkly_dynamic.cli.doctor import examine  # noqa: PLC0415 - needs the HTTP client

    code = 0
    for finding in examine(PulumiStack(stack, cwd, timeout=30), offline=offline):
        sign = click.style("TODO", fg="red") if finding.todo else click.style("ok  ", fg="green")
        click.echo(f"{sign}  {finding.subject}: {finding.text}")
        if finding.todo:
            code = BAD
            click.echo(f"      → {finding.todo}")
    return code


@app.command(short_help="List the checks that a target would run.")
@_stack_options
@click.option("-t", "--tag", "tags", multiple=True, metavar="TAG[,TAG]", help="Tags of a check; !TAG: must not have.")
@click.option("--check-id", "check_ids", multiple=True, metavar="ID", help="The id of a check.")
@click.option("--allow-deactivated", is_flag=True, help="Let deactivated checks match, as TestSessionTrigger can.")
@click.option("-a", "--all", "everything", is_flag=True, help="Show the other checks too, and why they would not run.")
@click.option("-f", "--format", "form", type=click.Choice(["table", "json"]), default="table", show_default=True)
def checks(
    *,
    stack: str,
    cwd: Path,
    tags: tuple[str, ...],
    check_ids: tuple[str, ...],
    allow_deactivated: bool,
    everything: bool,
    form: str,
) -> int:
    """
    List the checks that a target would run, without running any.

    Several --tag options mean any of them. If you give --check-id too, a check must match both. Without any option, the
    active checks are listed. The exit code is 0 if there are any, 1 if there are none or a trigger refuses the target, and 2
    if Checkly cannot be asked.

    \b
    Examples:
      checkly-dynamic checks --tag 'production,!skip-e2e'
      checkly-dynamic checks --tag smoke --tag critical --all --format json
    """  # noqa: D301 - click's mark for lines that stay as they are
    from checkly_dynamic.cli import matching  # noqa: PLC0415 - needs the HTTP client

    found = matching.find(PulumiStack(stack, cwd, timeout=30), tags, check_ids, allow_deactivated=allow_deactivated)
    write = matching.as_json if form == "json" else matching.as_table
    click.echo(write(found, everything=everything), nl=False)
    for line in (*found.refused, *found.hints):
        click.echo(line, err=True)
    return 0 if found.selection.checks and not found.refused else BAD


app.add_command(emulator)
