"""asv on this repository: our configuration, our name of the machine, one thread.

Run with `python -m benchmarks.asv.command COMMAND ...`, as `asv COMMAND ...`. The machine is described in `.asv/`, and
nothing is read from or written to the home of the user; its name never holds the host's.
"""

import json
import sys

from benchmarks.record import ROOT, machine, pin_threads

CONFIG = ROOT / "benchmarks" / "asv" / "asv.conf.json"
MACHINES = ROOT / ".asv" / "machines.json"


def main(arguments: list[str]) -> int:
    """Run a command of asv.

    Parameters
    ----------
    arguments : list of str
        The command first.

    Returns
    -------
    int
        Its exit status: of `continuous` 1 where something got worse.
    """
    from asv import main as asv
    from asv.machine import Machine, MachineCollection

    pin_threads()
    here = machine()
    known = {
        "machine": here["name"], "os": here["system"], "arch": here["architecture"], "cpu": here["cpu"],
        "num_cpu": here["cores"], "ram": here["memory"],
    }  # fmt: skip
    MACHINES.parent.mkdir(exist_ok=True)
    MACHINES.write_text(json.dumps({here["name"]: known, "version": MachineCollection.api_version}), encoding="utf-8")
    MachineCollection.get_machine_file_path = staticmethod(lambda: str(MACHINES))  # asv has no option for it
    Machine.hardcoded_machine_name = here["name"]
    sys.argv = ["asv", *arguments[:1], "--config", str(CONFIG), *arguments[1:]]
    try:
        asv.main()
    except SystemExit as ended:
        return int(ended.code or 0)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
