"""The benchmark_dir of asv.

asv measures other commits by the jobs of this tree: `benchmarks` is imported from here, and the packages that it
measures from the environment that the commit was installed into. The folder above must therefore not get onto the path.
"""

import importlib.util
import sys
from pathlib import Path

PLACE = Path(__file__).resolve().parents[2] / "__init__.py"

if "benchmarks" not in sys.modules:
    found = importlib.util.spec_from_file_location("benchmarks", PLACE, submodule_search_locations=[str(PLACE.parent)])
    if found is None or found.loader is None:
        raise ImportError(f"{PLACE} cannot be imported")
    sys.modules["benchmarks"] = importlib.util.module_from_spec(found)
    found.loader.exec_module(sys.modules["benchmarks"])

from benchmarks.record import pin_threads  # noqa: E402 - found by what stands above

pin_threads()
