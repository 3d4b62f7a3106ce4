"""Tells the open pages that something has changed."""

from __future__ import annotations

import asyncio
import random


class ChangeSignal:
    """A version that grows with every change, and those who wait for the next one."""

    def __init__(self) -> None:
        # Not that of a server that was here before: a page may still know it.
        self.version = random.getrandbits(40)
        self._waiting: list[asyncio.Future[None]] = []

    def note(self) -> None:
        """Note a change and wake whoever waits."""
        self.version += 1
        waiting, self._waiting = self._waiting, []
        for future in waiting:
            if not future.done():
                future.set_result(None)

    async def wait(self, since: int, seconds: float) -> None:
        """Wait until the version is no longer *since*, at most *seconds*."""
        if self.version != since:
            return
        future: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._waiting.append(future)
        await asyncio.wait({future}, timeout=seconds)
        if future in self._waiting:
            self._waiting.remove(future)
