"""Shared by tests without sockets: an event loop, which Pulumi's mocks need."""

import asyncio
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any

import pytest


class AtOnce(ThreadPoolExecutor):
    """Runs everything where it is submitted: in threads, Pulumi's mocks leave event loops open."""

    def submit(self, function, /, *args, **kwargs):
        """Run now and return what is already done."""
        done: Future[Any] = Future()
        done.set_result(function(*args, **kwargs))
        return done


@pytest.fixture(scope="module", autouse=True)
def event_loop():
    """Give Pulumi its own loop: another test may have closed the existing one."""
    loop = asyncio.new_event_loop()
    loop.set_default_executor(AtOnce())
    asyncio.set_event_loop(loop)
    yield
    asyncio.set_event_loop(None)
    loop.close()
