"""
A local Checkly: the check-session API on this machine, without an account.

Start it with ``python -m checkly_dynamic.emulator``, or in tests with
:class:`checkly_dynamic.emulator.testing.LocalCheckly`. It must not know the library beside it: client and emulator
read the API document separately, so that one misreading cannot cancel out.
"""
