"""
The commands: what each takes and returns. The work is done in rooms of their own.

Exit codes are the same everywhere: 0 good, 1 bad, 2 could not be told.
"""

from __future__ import annotations

import os
import shutil
import sys
from pathlib import Path
from typing import Any

import click

from checkly_dynamic._version import __version__
from checkly_dynamic.cli.pulumi_stack import NotReadable, PulumiStack
from checkly_dynamic.cli.source import from_file, from_stack
from checkly_dynamic.emulator.command import emulator
from checkly_dynamic.errors import ChecklyError
from checkly_dynamic.report import Changes, Report, compare, insist_on

__all__ = ["app", "run"]

BAD, NOT_READABLE = 1, 2


def run(arguments: list[str] | None = None) -> int:
    """
    Run the command line.

    Returns:
        The exit code; every expected error was shown in one line each.
    """
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
    return code if isinstance(code, int) else 0


@click.group(context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.version_option(__version__, message="%(prog)s %(version)s")
def app() -> None:
    """
    Reports and help for deployments that Checkly's checks must pass.

    \b
    Shell completion, for bash (zsh and fish likewise):
      eval "$(_CHECKLY_DYNAMIC_COMPLETE=bash_source checkly-dynamic)"
    """  # noqa: D301 - click's mark for lines that stay as they are


def _stack_options(command: Any) -> Any:
    """Add what says which stack is meant."""
    folder = click.Path(exists=True, file_okay=False, path_type=Path)
    command = click.option("-s", "--stack", default="", help="The stack; by default the selected one.")(command)
    return click.option("-C", "--cwd", default=".", type=folder, help="The Pulumi project, or a folder in it.")(command)


@app.command(short_help="Show what the gates of a stack recorded.")
@_stack_options
@click.option("--output", metavar="NAME", default="", help="Read the exported summary NAME in place of the state.")
@click.option(
    "--input", "source", metavar="FILE", help="Read a file (- for standard input): a state, outputs or a JSON report."
)
@click.option("--previous", metavar="FILE", help="Compare with this earlier run: a JSON report, or a state.")
@click.option("--deploy-version", metavar="V", help="Accept only what was judged for this deploy version.")
@click.option(
    "-f",
    "--format",
    "form",
    type=click.Choice(["text", "markdown", "junit", "html", "json"]),
    default="text",
    show_default=True,
)
@click.option("-o", "--out", metavar="FILE", help="Write the report to FILE, and one line to standard error.")
@click.option(
    "--max-bytes",
    type=click.IntRange(min=200),
    default=65_536,
    show_default=True,
    help="The size of a Markdown report; a GitHub job summary takes 1048576, a comment 65536.",
)
def report(
    *,
    stack: str,
    cwd: Path,
    output: str,
    source: str | None,
    previous: str | None,
    deploy_version: str | None,
    form: str,
    out: str | None,
    max_bytes: int,
) -> int:
    """
    Tell what the gates of a stack have stored.

    Reads the state (pulumi stack export), so that also a red or interrupted deployment is told as it is. The exit code is 0 when
    every gate passed, 1 when not, and 2 when that cannot be read.

    \b
    Examples:
      checkly-dynamic report
      checkly-dynamic report --stack prod --format html --out checks.html
      checkly-dynamic report --format markdown --max-bytes 1048576 >> "$GITHUB_STEP_SUMMARY"
      checkly-dynamic report --format junit --out checks.xml --deploy-version "$GIT_SHA"
      checkly-dynamic report --format json --out last.json
      checkly-dynamic report --previous last.json
      pulumi stack export | checkly-dynamic report --input -
    """  # noqa: D301 - click's mark for lines that stay as they are
    pulumi = PulumiStack(stack, cwd)
    found = from_file(source, output=output) if source else from_stack(pulumi, output=output)
    changes = compare(found, from_file(previous)) if previous else None
    if deploy_version is not None:
        found = insist_on(found, deploy_version)
    _write(_rendered(found, changes, form, max_bytes, to_file=bool(out)), out)
    if out:
        click.echo(f"{found.conclusion}: {len(found.gates)} gate{'s' * (len(found.gates) != 1)}, see {out}", err=True)
    return 0 if found.passed else BAD


def _rendered(found: Report, changes: Changes | None, form: str, max_bytes: int, *, to_file: bool) -> str:
    """Render; each format is imported where it is used, because each needs libraries of its own."""
    if form == "html":
        from checkly_dynamic.report import html  # noqa: PLC0415

        return html.render(found, changes)
    if form == "junit":
        from checkly_dynamic.report import junit  # noqa: PLC0415

        return junit.render(found)
    if form == "json":
        from checkly_dynamic.report import as_json  # noqa: PLC0415

        return as_json.render(found)
    if form == "markdown":
        from checkly_dynamic.report import markdown  # noqa: PLC0415

        return markdown.render(found, changes, limit=max_bytes)
    from checkly_dynamic.report import text  # noqa: PLC0415

    terminal = sys.stdout.isatty() and not to_file
    width = shutil.get_terminal_size().columns if terminal else None
    return text.render(found, changes, width=width, color=terminal and wants_color())


def wants_color() -> bool:
    """Whether a terminal may be coloured: not with ``NO_COLOR`` set to anything, and not on a dumb one."""
    return not os.environ.get("NO_COLOR") and os.environ.get("TERM") != "dumb"


def _write(text: str, out: str | None) -> None:
    if out is None:
        click.echo(text, nl=False, color=True)
        return
    try:
        Path(out).write_text(text, encoding="utf-8", newline="\n")
    except OSError as error:
        msg = f"--out: {out}: {error.strerror or 'cannot be written'}"
        raise NotReadable(msg) from None


@app.command(short_help="Check the set-up and say what to do.")
@_stack_options
@click.option("--offline", is_flag=True, help="Send no request to Checkly.")
def doctor(*, stack: str, cwd: Path, offline: bool) -> int:
    """
    Check the set-up: the Pulumi CLI, the Python of the program, the settings, and whether Checkly answers.

    Changes nothing and runs no check. Shows no part of the API key, only its source and length. The exit code is 0 if all is
    well and 1 if there is something to do.

    \b
    Examples:
      checkly-dynamic doctor
      checkly-dynamic doctor --offline
    """  # noqa: D301 - click's mark for lines that stay as they are
    from checkly_dynamic.cli.doctor import examine  # noqa: PLC0415 - needs the HTTP client

    well = True
    for finding in examine(PulumiStack(stack, cwd, timeout=30), offline=offline):
        well &= finding.ok
        sign = "ok  " if finding.ok else "TODO"
        if _terminal():
            sign = click.style(sign, fg="green" if finding.ok else "red")
        click.echo(f"{sign}  {finding.subject}: {finding.text}", color=True)
        if finding.todo:
            click.echo(f"      → {finding.todo}")
    return 0 if well else BAD


@app.command(short_help="List the checks that a target would run.")
@_stack_options
@click.option(
    "-t",
    "--tag",
    "tags",
    multiple=True,
    metavar="TAG[,TAG]",
    help="Tags that a check must all have; !TAG: must not have.",
)
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

    Several --tag options mean any of them; with --check-id both must hold. Without either, all checks are listed. The exit
    code is 0 if there are any, 1 if there are none or a trigger refuses the target, and 2 if Checkly cannot be asked.

    \b
    Examples:
      checkly-dynamic checks --tag 'production,!skip-e2e'
      checkly-dynamic checks --tag smoke --tag critical --all
      checkly-dynamic checks --check-id 5e6f1b2c-3d4e-4f5a-8b9c-0d1e2f3a4b5c --format json
    """  # noqa: D301 - click's mark for lines that stay as they are
    from checkly_dynamic.cli import matching  # noqa: PLC0415 - needs the HTTP client

    def say(line: str) -> None:
        click.echo(line, err=True)

    pulumi = PulumiStack(stack, cwd, timeout=30)
    found = matching.find(pulumi, tags, check_ids, allow_deactivated=allow_deactivated, say=say)
    if form == "json":
        click.echo(matching.as_json(found, everything=everything), nl=False)
    else:
        width = shutil.get_terminal_size().columns if _terminal() else None
        click.echo(matching.as_table(found, everything=everything, width=width), nl=False)
    for line in (*found.refused, *found.hints):
        say(line)
    return 0 if found.runs else BAD


app.add_command(emulator)


def _terminal() -> bool:
    return sys.stdout.isatty() and wants_color()
