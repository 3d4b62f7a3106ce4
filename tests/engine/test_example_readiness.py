"""examples/readiness on the real engine: checks never start while the old version still answers."""

from __future__ import annotations

import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
from example_projects import example


class Rollout:
    """A service in the middle of a rollout: it answers with the versions of a list, one by one, then with the last."""

    def __init__(self):
        self.answers, self.asked, self.started = ["v1"], [], []

    def answer(self, started):
        """Return the next version; remember how many triggers there were by then."""
        self.started.append(started)
        version = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
        self.asked.append(version)
        return version


@pytest.fixture
def rollout(checkly):
    """Serve a rollout on a free port of this machine."""
    service = Rollout()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self):
            self.send_response(200)
            self.end_headers()
            self.wfile.write(f"{service.answer(len(checkly.triggers))}\n".encode())

        def log_message(self, *_):
            """Say nothing."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
        thread.start()
        service.url = f"http://127.0.0.1:{server.server_port}/version"
        yield service
        server.shutdown()
        thread.join()


def test_checks_start_only_when_the_new_version_answers(make_project, checkly, rollout):
    """Old answers, also between new ones, hold the checks back; a rollout that does not end fails without a check."""
    project = example(make_project, "readiness", name="readiness", env=checkly.env)
    for key, value in {"url": rollout.url, "times": "3", "everySeconds": "0.05", "timeoutSeconds": "30"}.items():
        project.config(f"readiness:{key}", value)
    rollout.answers = ["v1", "v1", "v2", "v1", "v2", "v2", "v1", "v2"]
    project.up("-c", "version=v2")
    # Three in a row, and nothing more: it stopped asking when it was sure.
    assert rollout.asked == ["v1", "v1", "v2", "v1", "v2", "v2", "v1", "v2", "v2", "v2"]
    assert set(rollout.started) == {0}
    assert len(checkly.triggers) == 1
    assert project.outputs()["smoke"]["deployVersions"] == ["v2"]

    done = project.up("-c", "version=v3", "-c", "timeoutSeconds=0.5", expect="failure")
    assert f"{rollout.url} did not answer with v3 in 0.5 s, last with v2" in done.text
    assert len(checkly.triggers) == 1
    assert project.outputs()["smoke"]["deployVersions"] == ["v2"]
