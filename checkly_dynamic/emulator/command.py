"""The command line of the local Checkly: start it and say how to use it."""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import sys

from checkly_dynamic.emulator import scenario as scenarios
from checkly_dynamic.emulator.app import LocalChecklyApp
from checkly_dynamic.emulator.guards import FALLBACK_ACCOUNT
from checkly_dynamic.emulator.problems import ScenarioError
from checkly_dynamic.emulator.server import bind, make_server

EXIT_BAD_INPUT = 2


def parser() -> argparse.ArgumentParser:
    """Return the command line."""
    found = argparse.ArgumentParser(
        prog="python -m checkly_dynamic.emulator",
        description="A local Checkly: the check-session API on this machine, without an account.",
    )
    found.add_argument(
        "--host", default="127.0.0.1", help="address to listen on (default: %(default)s, this machine only)"
    )
    found.add_argument("--port", type=int, default=3000, help="port, 0 for a free one (default: %(default)s)")
    found.add_argument("--scenario", metavar="FILE", help="JSON or YAML file; without it a small shop with demo checks")
    found.add_argument("--seed", type=int, default=0, help="the same seed and scenario give the same ids")
    found.add_argument("--speed", type=float, default=1.0, help="scenario seconds per real second (default: 1)")
    found.add_argument(
        "--check-answers",
        action="store_true",
        help="check every answer against the API document; one that does not fit becomes a 500",
    )
    return found


def greeting(url: str, app: LocalChecklyApp) -> str:
    """Return what is printed at the start: where it is, and the variables that point a client there."""
    scenario = app.scenario
    key = "<the scenario's apiKey>" if scenario.api_key else "made-up-key"
    return "\n".join(
        [
            f"Local Checkly at {url} ({len(scenario.checks)} checks); open it in a browser. Ctrl-C ends it.",
            "",
            f"  export CHECKLY_API_URL={url}",
            f"  export CHECKLY_API_KEY={key}",
            f"  export CHECKLY_ACCOUNT_ID={scenario.account_id or FALLBACK_ACCOUNT}",
            "  export CHECKLY_ENV=local   # for Checkly's own command line",
        ],
    )


def main(arguments: list[str] | None = None) -> int:
    """
    Run until interrupted.

    Returns:
        0 after an ordinary end, 2 when an argument or the scenario cannot be used.
    """
    options = parser().parse_args(arguments)
    if not 0 <= options.port <= 65535:
        return _refuse(f"--port: {options.port} is not a port; allowed: 0 to 65535")
    if not 0 < options.speed <= 100_000:
        return _refuse(f"--speed: {options.speed:g} cannot be used; allowed: above 0, at most 100000")
    try:
        data = scenarios.load(options.scenario) if options.scenario else scenarios.default()
        scenario = scenarios.build(data, options.seed)
        app = LocalChecklyApp(scenario, seed=options.seed, speed=options.speed, check_answers=options.check_answers)
        listening = bind(options.host, options.port)
    except ScenarioError as error:
        return _refuse(*error.problems)
    except OSError as error:
        return _refuse(f"--port: cannot listen on {options.host}:{options.port}: {error.strerror or error}")
    host = f"[{options.host}]" if ":" in options.host else options.host
    print(greeting(f"http://{host}:{listening.getsockname()[1]}", app), flush=True)
    with contextlib.suppress(KeyboardInterrupt):
        asyncio.run(make_server(app).serve(sockets=[listening]))
    return 0


def _refuse(*problems: str) -> int:
    for problem in problems:
        print(f"error: {problem}", file=sys.stderr)
    return EXIT_BAD_INPUT
