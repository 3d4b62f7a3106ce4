"""
Compare a real Checkly account with what this library takes for granted.

Runs one harmless check, once as a check session and once in a test session, and compares each answer with Checkly's API document
and with the local Checkly's list of what no document settles. Prints what differs. See docs/verify.md.
"""

import sys
import uuid
from typing import Any

import click
import requests

from checkly_dynamic.api.settings import Settings
from checkly_dynamic.emulator.conformance import problem
from checkly_dynamic.emulator.document import NOT_VERIFIED, Operation, operations
from checkly_dynamic.errors import ConfigError

FINAL = ("PASSED", "FAILED", "DEGRADED", "TIMED_OUT", "CANCELLED")
NOTHING = {"matchTags": [[f"checkly-dynamic-{uuid.uuid4()}"]]}


class Stopped(Exception):
    """The comparison cannot go on."""


class Account:
    """The account under examination, and what was found in it."""

    def __init__(self, settings: Settings, check_id: str) -> None:
        self.ids = {"checkId": check_id}  # the values of path parameters, by their names in the document
        self.differences: list[str] = []
        self.examined: set[str] = set()  # points of the "not verified" list
        self._url = settings.api_url
        self._http = requests.Session()
        self._http.trust_env = not settings.is_local
        self._headers = {
            "Authorization": f"Bearer {settings.api_key.reveal()}",
            "X-Checkly-Account": settings.account_id,
        }

    def compare(self, what: str, found: object, expected: object) -> None:
        """Print one comparison."""
        if found == expected:
            click.echo(f"ok       {what}")
        else:
            click.echo(f"DIFFERS  {what}: {found}")
            self.differences.append(what)

    def settle(self, start: str, found: object, expected: object) -> None:
        """Compare with the point of the "not verified" list that starts like this."""
        point = next(line for line in NOT_VERIFIED if line.startswith(start))
        self.examined.add(point)
        self.compare(f"not verified: {point}", found, expected)

    def ask(self, method: str, path: str, body: Any = None, *, anonymous: bool = False) -> requests.Response:
        """Send a request, compare the answer with the document, and return it."""
        route, _, query = path.partition("?")
        operation = next(one for one in operations() if (one.method, one.path) == (method, route))
        try:
            answer = self._http.request(
                method,
                self._url + route.format(**self.ids),
                params=query,
                json=body,
                headers={} if anonymous else self._headers,
                timeout=60,
                allow_redirects=False,
            )
        except requests.RequestException as error:
            raise Stopped(f"{method} {path}: {type(error).__name__}") from None
        self.compare(f"{method} {route} {answer.status_code}", _problem(operation, answer), None)
        return answer

    def read(self, method: str, path: str, body: Any = None) -> Any:
        """Send a request that has to succeed; return what it answers."""
        answer = self.ask(method, path, body)
        if answer.status_code not in (200, 201):
            raise Stopped(f"{method} {path} answered {answer.status_code}: {answer.text[:200]!r}")
        return answer.json()

    def completion(self, path: str) -> Any:
        """Wait until a session has ended, about five minutes at most."""
        for seconds in (1, *[30] * 10):
            answer = self.ask("GET", f"{path}?maxWaitSeconds={seconds}")
            if answer.status_code == 200:
                return answer.json()
            if answer.status_code != 408:
                break
            if path.startswith("/v1/check"):
                self.settle("The v1 408 carries Retry-After", answer.headers.get("Retry-After"), "1")
        raise Stopped(f"{path} did not end with 200")

    def match_nothing(self, path: str, body: dict[str, Any]) -> bool:
        """Send a trigger whose target matches nothing; return whether the answer is the known 404."""
        answer = self.ask("POST", path, {**body, "target": NOTHING})
        known = answer.status_code == 404 and "no matching checks" in answer.text.lower()
        what = f"POST {path}: a target that matches nothing is the known 404"
        self.compare(what, "" if known else answer.text[:200], "")
        return known


def _problem(operation: Operation, answer: requests.Response) -> str | None:
    """Say where an answer breaks the document."""
    if answer.status_code not in operation.statuses():
        return "not in the document"
    schema = operation.answer_schema(answer.status_code)
    try:
        return problem(schema, answer.json(), "body") if schema else None
    except ValueError:
        return "not JSON"


def _account(account: Account) -> None:
    account.read("GET", "/v1/accounts/me")
    account.read("GET", "/v1/checks?limit=1&page=1")
    paths = ("/v1/locations", "/v1/check-groups?limit=1")
    statuses = [account.ask("GET", path, anonymous=True).status_code for path in paths]
    account.settle("A request without the X-Checkly-Account header gets 401", statuses, [200, 401])
    for version in ("v1", "v2"):
        account.match_nothing(f"/{version}/check-sessions/trigger", {})


def _check_session(account: Account) -> None:
    body = {"target": {"checkId": [account.ids["checkId"]]}}
    started = account.read("POST", "/v1/check-sessions/trigger", body)["sessions"]
    account.compare("one check id starts one check session", len(started), 1)
    account.ids["checkSessionId"] = started[0]["checkSessionId"]
    account.settle("A session is STARTED in the trigger's answer", started[0]["status"], "STARTED")
    ended = account.completion("/v1/check-sessions/{checkSessionId}/completion")
    account.compare("the final status is a known one", ended["status"] if ended["status"] not in FINAL else "", "")
    for version in ("v1", "v2"):
        status = account.read("GET", f"/{version}/check-sessions/{{checkSessionId}}")["status"]
        account.compare(f"{version} and completion say the same status", status, ended["status"])
    account.completion("/v2/check-sessions/{checkSessionId}/completion")
    results = [result for result in ended["results"] if result["resultType"] == "FINAL"]
    ran = sorted(result["runLocation"] for result in results)
    account.settle("A session runs in all locations of its check", ran, sorted(ended["runLocations"]))
    for result in results:
        account.ids["checkResultId"] = result["checkResultId"]
        status = account.ask("GET", "/v1/check-results/{checkId}/{checkResultId}").status_code
        account.settle("A result of a check session can be read as soon as it is there", status, 200)
    account.ids["checkSessionId"] = str(uuid.uuid4())
    status = account.ask("GET", "/v1/check-sessions/{checkSessionId}").status_code
    account.compare("an unknown check session is 404", status, 404)


def _test_session(account: Account, location: str) -> None:
    body = {"name": "checkly-dynamic verify_account", "runLocation": location}
    known = account.match_nothing("/v1/test-sessions/trigger", body)
    account.settle("A trigger of test sessions that matches nothing gets 404", known, True)
    target = {"checkId": [account.ids["checkId"]]}
    started = account.read("POST", "/v1/test-sessions/trigger", {**body, "target": target})
    rows = started.get("results") or []
    types = [row.get("resultType") for row in rows]
    account.settle("The answer to a test-session trigger has a PENDING row for each check", types, ["PENDING"])
    account.ids["testSessionId"] = started["testSessionId"]
    ended = account.completion("/v1/test-sessions/{testSessionId}/completion")
    final = [row for row in ended["results"] if row["resultType"] == "FINAL"]
    account.settle("Rows of a test session name their check", all(row.get("checkId") for row in final), True)
    before, after = ([row["testSessionResultId"] for row in part] for part in (rows, final))
    account.settle("A PENDING row has the id of the FINAL row", before, after)
    account.read("GET", "/v1/test-sessions/{testSessionId}")
    for result_id in after:
        account.ids["testSessionResultId"] = result_id
        account.read("GET", "/v1/test-sessions/{testSessionId}/results/{testSessionResultId}")


@click.command(context_settings={"help_option_names": ["-h", "--help"]})
@click.option("--check-id", type=click.UUID, required=True, help="A harmless check that is active. It runs twice.")
@click.option("--location", default="eu-central-1", show_default=True, help="Where the test session runs.")
@click.option("--yes", is_flag=True, help="Do not ask before the check runs.")
def main(*, check_id: uuid.UUID, location: str, yes: bool) -> None:
    """
    Run one harmless check in your account and compare each answer with Checkly's API document.

    Credentials come from CHECKLY_API_KEY, CHECKLY_ACCOUNT_ID and CHECKLY_API_URL. Exit code 0: nothing differs; 1: something
    does; 2: it could not be found out.
    """
    try:
        settings = Settings.load(lambda _: None)
    except ConfigError as error:
        raise click.UsageError(str(error)) from None
    if not (yes or click.confirm(f"Run check {check_id} at {settings.api_url}, with alerts if it fails?")):
        sys.exit(2)
    account, stopped = Account(settings, str(check_id)), ""
    try:
        _account(account)
        _check_session(account)
        _test_session(account, location)
    except Stopped as error:
        stopped = str(error)
    except (AttributeError, IndexError, KeyError, TypeError):
        stopped = "the last answer has another shape than the document says"
    click.echo("\nNot examined, because one harmless check cannot show it:")
    for point in NOT_VERIFIED:
        if point not in account.examined:
            click.echo(f"  - {point}")
    click.echo("\n  - ".join([f"\n{len(account.differences) or 'No'} differences", *account.differences]))
    if stopped:
        click.echo(f"error: {stopped}; the comparison ended early", err=True)
    sys.exit(2 if stopped else 1 if account.differences else 0)


if __name__ == "__main__":
    main()
