"""The command line called in this process: what a process prints and returns, without the second it takes to start.

What is no plain refusal comes out as the exception it is, so a test sees it with its traceback.
"""

import contextlib
import gc
import io
from dataclasses import dataclass
from pathlib import Path
from unittest import mock

from backtest.cli import main


@dataclass(frozen=True)
class Done:
    """What a call left: exit code and what was printed."""

    returncode: int
    stdout: str
    stderr: str


def eastbound(*arguments: str, cwd: Path | None = None) -> Done:
    """Call `eastbound` with arguments, in a folder."""
    out, err = io.StringIO(), io.StringIO()
    with contextlib.ExitStack() as stack:
        stack.enter_context(mock.patch.dict("os.environ"))
        stack.callback(gc.set_threshold, *gc.get_threshold())
        stack.enter_context(mock.patch("atexit.register"))
        if cwd is not None:
            stack.enter_context(contextlib.chdir(cwd))
        stack.enter_context(contextlib.redirect_stdout(out))
        stack.enter_context(contextlib.redirect_stderr(err))
        stack.enter_context(mock.patch("sys.argv", ["eastbound", *arguments]))
        try:
            main()
            code = 0
        except SystemExit as end:
            code = end.code if isinstance(end.code, int) else 0
    return Done(code, out.getvalue(), err.getvalue())
