"""
Behaviour of the local Checkly without a source.

Each line of ``not-verified.txt`` says what it does where Checkly's public documents say nothing, so that nobody takes it
for a promise of the real service.
"""

from checkly_dynamic.emulator import packaged_text

NOT_VERIFIED = tuple(packaged_text("emulator/not-verified.txt").splitlines())
