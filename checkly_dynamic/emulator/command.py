"""The command line of the local Checkly, for ``checkly-dynamic emulator`` and ``python -m checkly_dynamic.emulator``."""

import errno
import sys
from typing import NoReturn

import click

from checkly_dynamic.emulator import INSTALL


@click.command(
    short_help="Run a local Checkly, for tests without an account.",
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100, "show_default": True},
)
@click.option("--host", default="127.0.0.1", help="The address to listen on. The default is this machine only.")
@click.option("--port", type=click.IntRange(0, 65535), default=3000, help="The port to listen on; 0 takes a free one.")
@click.option("--scenario", metavar="FILE", help="A JSON or YAML file. Without it, a small shop with demo checks.")
@click.option("--seed", type=int, default=0, help="The same seed and scenario give the same ids.")
@click.option(
    "--speed",
    type=click.FloatRange(0, 100_000, min_open=True),
    default=1.0,
    help="Scenario seconds per real second: with 60, a check of a minute takes a second.",
)
def emulator(*, host: str, port: int, scenario: str | None, seed: int, speed: float) -> None:
    """
    Run a local Checkly: its API on this machine, without an account.

    It prints the environment variables that point a client at it. Open its address in a browser to see checks, sessions
    and requests. Ctrl-C ends it.

    \b
    Examples:
      checkly-dynamic emulator
      checkly-dynamic emulator --port 4000 --scenario examples/scenarios/red-then-green.yaml
      checkly-dynamic emulator --speed 60
    """  # noqa: D301 - \b is click's mark for lines that stay as they are
    try:
        from checkly_dynamic.emulator.problems import ScenarioError  # noqa: PLC0415 - the extra may be missing
        from checkly_dynamic.emulator.server import serve  # noqa: PLC0415 - same
    except ModuleNotFoundError as error:
        _stop(f"{error.name} is not installed; run: {INSTALL}")
    try:
        serve(host, port, scenario, seed=seed, speed=speed)
    except ScenarioError as error:
        _stop(*error.problems)
    except OSError as error:
        in_use = error.errno == errno.EADDRINUSE
        why = "the port is in use; --port 0 takes a free one" if in_use else error.strerror or error
        _stop(f"cannot listen on {host}:{port}: {why}")


def _stop(*problems: str) -> NoReturn:
    for problem in problems:
        click.echo(f"error: {problem}", err=True)
    sys.exit(2)
