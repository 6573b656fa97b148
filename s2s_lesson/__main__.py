"""The command line: s2s-lesson COMMAND, as ``s2s-lesson --help`` lists them.

All that takes time to import is imported within the functions, where Ctrl-C is heard.
"""

import sys
from collections.abc import Sequence
from typing import NoReturn


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command.

    Args:
        arguments: list of str; None takes those of the process.

    Returns:
        The exit code: 0 if all went well; 1 after an error, of which one line on standard error tells; 130
        after Ctrl-C; 141 where nobody reads the output any more.

    Raises:
        SystemExit: arguments are wrong (code 2), or ask for help or the version (code 0).
    """
    try:
        from s2s_lesson.commands.running import run

        return run(arguments)
    except KeyboardInterrupt:
        return _stopped()


def console() -> NoReturn:
    """Run the command that a terminal asks for, as ``main`` does, in a process of its own, and end it."""
    try:
        from s2s_lesson.commands.streams import own_process

        with own_process():
            code = main()
    except KeyboardInterrupt:
        code = _stopped()
    sys.exit(code)


def _stopped():
    """What is said after Ctrl-C, below the ^C of a terminal; and the exit code."""
    print("\nStopped." if sys.stderr.isatty() else "Stopped.", file=sys.stderr)
    return 130


if __name__ == "__main__":
    console()
