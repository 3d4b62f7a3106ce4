"""
Save time in test projects, where Python imports this module at each start.

Before each update Pulumi lists the installed packages to find plugins, and there are none. After a failed update the engine
leaves the request of the failed resource open, so the program cannot end by itself, and the CLI waits five seconds for it. By
then nobody listens to the program any more.
"""

import os
import sys
import threading
import time


def _end_with(parent: int) -> None:
    while os.getppid() == parent:
        time.sleep(0.05)
    os._exit(1)


if sys.orig_argv[1:4] == ["-m", "pip", "list"]:
    print("[]", flush=True)
    os._exit(0)
if any(word.endswith("pulumi-language-python-exec") for word in sys.orig_argv[:2]):
    threading.Thread(target=_end_with, args=(os.getppid(),), daemon=True).start()
