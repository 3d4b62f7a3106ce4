"""
Compare a real Checkly account with what this library takes for granted.

Runs one harmless check, once as a check session and once in a test session, and compares each answer with Checkly's API document
and with the local Checkly's list of what no document settles. Prints what differs. See docs/verify.md.
"""

import os
import sys
import time
import uuid
from collections.abc import Iterator, Mapping
from typing import Any

import click
import requests

from checkly_dynamic.api.settings import Settings
from checkly_dynamic.emulator.conformance import problem
from checkly_dynamic.emulator.document import NOT_VERIFIED, Operation, document, operations
from checkly_dynamic.errors import ConfigError

_FINAL = ("PASSED", "FAILED", "DEGRADED", "TIMED_OUT", "CANCELLED")
_NOTHING = {"target": {"matchTags": [[f"checkly-dynamic-{uuid.uuid4()}"]]}}


class CannotVerify(Exception):
    """The comparison cannot go on."""


class Account:
    """
    The account under examination, and what was found in it.

    Attributes:
        differences: What differs, one line each.
        examined: The points of the "not verified" list that were looked at.
    """

    def __init__(self, settings: Settings) -> None:
        self.differences: list[str] = []
        self.examined: set[str] = set()
        self._url = settings.api_url
        self._session = requests.Session()
        self._session.trust_env = not settings.is_local
        self._headers = {
            "Authorization": f"Bearer {settings.api_key.reveal()}",
            "X-Checkly-Account": settings.account_id,
        }

    def compare(self, what: str, *, same: bool, found: object = "") -> None:
        """Print one comparison."""
        click.echo(f"{'ok      ' if same else 'DIFFERS '} {what}{f': {found}' if found != '' and not same else ''}")
        if not same:
            self.differences.append(what)

    def settle(self, start: str, *, same: bool, found: object) -> None:
        """Compare with the point of the "not verified" list that starts like this."""
        point = next(line for line in NOT_VERIFIED if line.startswith(start))
        self.examined.add(point)
        self.compare(f"not verified: {point}", same=same, found=found)

    def ask(
        self,
        method: str,
        path: str,
        parts: Mapping[str, str] | None = None,
        *,
        body: Any = None,
        anonymous: bool = False,
    ) -> requests.Response:
        """Send a request, compare the answer with the document, and return it."""
        route, _, query = path.partition("?")
        operation = next(o for o in operations() if o.method == method and o.path == route)
        try:
            answer = self._session.request(
                method,
                self._url + route.format(**parts or {}),
                params=query,
                json=body,
                headers={} if anonymous else self._headers,
                timeout=60,
                allow_redirects=False,
            )
        except requests.RequestException as error:
            message = f"{method} {path}: {type(error).__name__}"
            raise CannotVerify(message) from None
        self._compare_with_document(operation, answer)
        return answer

    def succeed(self, method: str, path: str, parts: Mapping[str, str] | None = None, *, body: Any = None) -> Any:
        """Send a request that has to succeed; return the body."""
        answer = self.ask(method, path, parts, body=body)
        if answer.status_code not in (200, 201):
            message = f"{method} {path} answered {answer.status_code}: {answer.text[:200]!r}"
            raise CannotVerify(message)
        return answer.json()

    def completed(self, path: str, parts: Mapping[str, str]) -> Any:
        """Wait until a session has ended, five minutes at most."""
        deadline = time.monotonic() + 300
        wait = 1
        while time.monotonic() < deadline:
            answer = self.ask("GET", f"{path}?maxWaitSeconds={wait}", parts)
            if answer.status_code == 200:
                return answer.json()
            if answer.status_code != 408:
                break
            if path.startswith("/v1/check"):
                after = answer.headers.get("Retry-After")
                self.settle("The v1 408 carries Retry-After", same=after == "1", found=f"v1: {after}")
            wait = 30
        message = f"{path} did not end with 200"
        raise CannotVerify(message)

    def match_nothing(self, path: str, body: Mapping[str, Any]) -> bool:
        """Send a trigger whose target matches nothing; return whether the answer is the known 404."""
        answer = self.ask("POST", path, body={**body, **_NOTHING})
        same = answer.status_code == 404 and "no matching checks" in answer.text.lower()
        self.compare(f"POST {path}: a target that matches nothing is the known 404", same=same, found=answer.text[:200])
        return same

    def _compare_with_document(self, operation: Operation, answer: requests.Response) -> None:
        what = f"{operation.method} {operation.path} {answer.status_code}"
        schema = operation.answer_schema(answer.status_code)
        if schema is None:
            self.compare(what, same=answer.status_code in operation.statuses(), found="not in the document")
            return
        try:
            body = answer.json()
        except ValueError:
            self.compare(what, same=False, found="not JSON")
            return
        wrong = problem(schema, body, "body")
        self.compare(what, same=wrong is None, found=wrong or "")
        if more := ", ".join(sorted(set(_extra(schema, body, "body")))):
            click.echo(f"note     {what}: not in the document: {more}")


def _extra(schema: dict[str, Any], value: Any, where: str) -> Iterator[str]:
    """Name the keys of an answer that the document does not have."""
    while "$ref" in schema:
        schema = document()["components"]["schemas"][schema["$ref"].rpartition("/")[2]]
    if isinstance(value, dict) and schema.get("properties") and "additionalProperties" not in schema:
        for key, item in value.items():
            if key in schema["properties"]:
                yield from _extra(schema["properties"][key], item, f"{where}.{key}")
            else:
                yield f"{where}.{key}"
    if isinstance(value, list) and "items" in schema:
        for item in value:
            yield from _extra(schema["items"], item, f"{where}[]")


def _account(account: Account) -> None:
    account.succeed("GET", "/v1/accounts/me")
    account.succeed("GET", "/v1/checks?limit=1&page=1")
    free = account.ask("GET", "/v1/locations", anonymous=True).status_code
    bare = account.ask("GET", "/v1/check-groups?limit=1", anonymous=True).status_code
    point = "A request without the X-Checkly-Account header gets 401"
    account.settle(point, same=(free, bare) == (200, 401), found=f"{free} and {bare}, without any header")
    for version in ("v1", "v2"):
        account.match_nothing(f"/{version}/check-sessions/trigger", {})


def _check_session(account: Account, check_id: str) -> None:
    body = {"target": {"checkId": [check_id]}}
    started = account.succeed("POST", "/v1/check-sessions/trigger", body=body)["sessions"]
    account.compare("one check id starts one check session", same=len(started) == 1, found=len(started))
    session = {"checkSessionId": started[0]["checkSessionId"]}
    status = started[0]["status"]
    account.settle("A session is STARTED in the trigger's answer", same=status == "STARTED", found=status)
    ended = account.completed("/v1/check-sessions/{checkSessionId}/completion", session)
    account.compare("the final status is a known one", same=ended["status"] in _FINAL, found=ended["status"])
    for version in ("v1", "v2"):
        status = account.succeed("GET", f"/{version}/check-sessions/{{checkSessionId}}", session)["status"]
        account.compare(f"{version} and completion say the same status", same=status == ended["status"], found=status)
    account.completed("/v2/check-sessions/{checkSessionId}/completion", session)
    results = [result for result in ended["results"] if result["resultType"] == "FINAL"]
    ran, asked = sorted(result["runLocation"] for result in results), sorted(ended["runLocations"])
    account.settle("A session runs in all locations of its check", same=ran == asked, found=f"{ran}, not {asked}")
    for result in results:
        parts = {"checkId": check_id, "checkResultId": result["checkResultId"]}
        code = account.ask("GET", "/v1/check-results/{checkId}/{checkResultId}", parts).status_code
        account.settle("A result of a check session can be read as soon as it is there", same=code == 200, found=code)
    nobody = {"checkSessionId": str(uuid.uuid4())}
    code = account.ask("GET", "/v1/check-sessions/{checkSessionId}", nobody).status_code
    account.compare("an unknown check session is 404", same=code == 404, found=code)


def _test_session(account: Account, check_id: str, location: str) -> None:
    body = {"name": "checkly-dynamic verify_account", "runLocation": location}
    found = account.match_nothing("/v1/test-sessions/trigger", body)
    account.settle("A trigger of test sessions that matches nothing gets 404", same=found, found="see above")
    started = account.succeed("POST", "/v1/test-sessions/trigger", body={**body, "target": {"checkId": [check_id]}})
    rows = started.get("results") or []
    pending = [row.get("resultType") for row in rows]
    point = "The answer to a test-session trigger has a PENDING row for each check"
    account.settle(point, same=pending == ["PENDING"], found=pending)
    session = {"testSessionId": started["testSessionId"]}
    ended = account.completed("/v1/test-sessions/{testSessionId}/completion", session)
    final = [row for row in ended["results"] if row["resultType"] == "FINAL"]
    named = [bool(row.get("checkId")) for row in final]
    account.settle("Rows of a test session name their check", same=all(named), found=named)
    ids = [[row["testSessionResultId"] for row in part] for part in (rows, final)]
    account.settle("A PENDING row has the id of the FINAL row", same=ids[0] == ids[1], found="other ids")
    account.succeed("GET", "/v1/test-sessions/{testSessionId}", session)
    for row in final:
        parts = {**session, "testSessionResultId": row["testSessionResultId"]}
        account.succeed("GET", "/v1/test-sessions/{testSessionId}/results/{testSessionResultId}", parts)


@click.command(context_settings={"help_option_names": ["-h", "--help"]})
@click.option("--check-id", required=True, metavar="ID", help="A harmless check that is active. It runs twice.")
@click.option("--location", default="eu-central-1", show_default=True, help="Where the test session runs.")
@click.option("--yes", is_flag=True, help="Do not ask before the check runs.")
def main(*, check_id: str, location: str, yes: bool) -> None:
    """
    Run one harmless check in your account and compare each answer with Checkly's API document.

    Credentials come from CHECKLY_API_KEY, CHECKLY_ACCOUNT_ID and CHECKLY_API_URL. Exit code 0: nothing differs; 1: something
    does; 2: it could not be found out.
    """
    try:
        settings = Settings.load(lambda _: None, os.environ)
    except ConfigError as error:
        click.echo(f"error: {error}", err=True)
        sys.exit(2)
    if not yes:
        click.confirm(f"Run check {check_id} at {settings.api_url}, with alerts if it fails?", abort=True)
    account, stopped = Account(settings), ""
    try:
        _account(account)
        _check_session(account, check_id)
        _test_session(account, check_id, location)
    except CannotVerify as error:
        stopped = str(error)
    except (AttributeError, IndexError, KeyError, TypeError):
        stopped = "the last answer has another shape than the document says"
    click.echo("\nNot examined, because one harmless check cannot show it:")
    for point in NOT_VERIFIED:
        if point not in account.examined:
            click.echo(f"  - {point}")
    click.echo("\n  - ".join([f"\n{len(account.differences)} differences", *account.differences]))
    if stopped:
        click.echo(f"error: {stopped}; the comparison ended early", err=True)
    sys.exit(2 if stopped else 1 if account.differences else 0)


if __name__ == "__main__":
    main()
