"""What all tests share: names of cases that are the same in every process."""

import re


def pytest_make_parametrize_id(val: object) -> str | None:
    """
    Name a case without the address that an object's ``repr`` may hold.

    Parallel runs compare the names that each of their processes collects.
    """
    shown = repr(val)
    return re.sub(r" at 0x[0-9a-f]+", "", shown) if re.search(r" at 0x[0-9a-f]+", shown) else None
