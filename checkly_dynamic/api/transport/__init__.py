"""
The only room that speaks HTTP: one exchange under one deadline, every failure as one of our errors.

The only room with ``urllib3``, and with ``requests`` for its rules about proxies.
"""

from checkly_dynamic.api.transport.answer import MAX_BODY, Answer
from checkly_dynamic.api.transport.budget import Budget
from checkly_dynamic.api.transport.exchange import Transport
from checkly_dynamic.api.transport.retries import Retries

__all__ = ["MAX_BODY", "Answer", "Budget", "Retries", "Transport"]
