"""
JSON Schema validation of inputs and payloads that steps over what is not known yet.

The only room with ``jsonschema``. The rules stand in ``schemas/*.json``, with one key of our own: ``x-hint``, shown to the user
after the broken rule. Returns lines for people and never quotes a value, which may be secret.
"""

from checkly_dynamic.core.validation.reading import problems, read

__all__ = ["problems", "read"]
