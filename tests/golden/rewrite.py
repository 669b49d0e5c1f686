"""Rewrite the golden summaries that have changed, and say why: `python -m tests.golden.rewrite --reason "..."`."""

import argparse
import sys
from datetime import UTC, datetime

from strategies.catalogue import catalogue
from tests.golden.summaries import FOLDER, LOG, golden_names, sha256_of, summary_text


def rewrite(reason: str) -> list[str]:
    """Write what has changed, drop what has no thesis any more, and log both."""
    said, today = [], datetime.now(UTC).date()
    for name in golden_names():
        if name not in catalogue():
            (FOLDER / f"{name}.json").unlink()
            said.append(f"| {today} | {name} | {reason} | gone |")
    for name in catalogue():
        path, text = FOLDER / f"{name}.json", summary_text(name)
        if not path.exists() or path.read_text(encoding="utf-8") != text:
            path.write_text(text, encoding="utf-8")
            said.append(f"| {today} | {name} | {reason} | `{sha256_of(name)}` |")
    with LOG.open("a", encoding="utf-8") as log:
        log.writelines(f"{line}\n" for line in said)
    return said


def main() -> None:
    """Read the reason, and rewrite."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--reason", required=True, help="why the figures may change, in one sentence")
    reason = " ".join(parser.parse_args().reason.replace("|", "/").split())
    if len(reason) < 10:
        sys.exit("rewrite: say why, in a sentence.")
    said = rewrite(reason)
    sys.stdout.write("\n".join(said or ["nothing has changed"]) + "\n")


if __name__ == "__main__":
    main()
