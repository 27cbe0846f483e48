"""The command `sampan`, which Ctrl-C ends quietly from its first moment.

It stands outside the package: whatever stands inside loads the package first, which takes half a
second, and Ctrl-C in that half second would print a traceback. `sampan.cli` is the command line.
"""

import os
import signal
import sys

INTERRUPTED = 130
"""As `sampan.commands.output` has it, which is not loaded yet."""


def main() -> int:
    """Load the command line, then run it; returns its exit code."""
    before = signal.getsignal(signal.SIGINT)
    if before is not signal.SIG_IGN:  # who started this in the background wants it to go on
        signal.signal(signal.SIGINT, _stop)
    from sampan.cli import main as run

    if before is not signal.SIG_IGN:
        signal.signal(signal.SIGINT, before)
    return run()


def _stop(*_: object) -> None:
    """At once, in the middle of loading: an exception would end in whatever is being loaded."""
    os.write(2, b"sampan: interrupted; nothing was done.\n")
    os._exit(INTERRUPTED)


if __name__ == "__main__":
    sys.exit(main())
