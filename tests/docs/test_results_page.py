"""The commands on the page about results run, in their order, and its table of files is whole."""

import re
import shlex
from pathlib import Path

import pytest

from tests.terminal import eastbound

PAGE = (Path(__file__).resolve().parents[2] / "docs" / "results.md").read_text(encoding="utf-8")


@pytest.mark.timeout(300)
def test_the_commands_of_the_page_run_and_its_table_names_every_file(tmp_path):
    blocks = re.findall(r"```sh\n(.*?)```", PAGE, flags=re.DOTALL)
    commands = [shlex.split(line) for block in blocks for line in block.splitlines()]
    assert len(commands) == 7
    for program, *arguments in commands:
        assert program == "eastbound"
        done = eastbound(*arguments, cwd=tmp_path)
        assert done.returncode == 0, done.stderr
    left = {path.name for path in (tmp_path / "runs" / "demo").iterdir()}
    table = set(re.findall(r"^\| `([a-z]+\.(?:html|json|csv|txt))` \|", PAGE, flags=re.MULTILINE))
    assert table - {"ledger.txt"} == left
