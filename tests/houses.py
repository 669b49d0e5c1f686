"""A small house that keeps every rule of the architecture, file by file, for faults to be planted in."""

GUARD = "from data.siblings import check_siblings\ncheck_siblings(__file__)\n"
LONG_GUARD = """'''The face.'''
try:
    from data.siblings import check_siblings
except ImportError as error:
    import data
    raise ImportError(f'{data.__file__} is in the way') from error
check_siblings(__file__)
from strategies.targets import Targets
__all__ = ['Targets']
"""

OFFER = """'''The face.'''
from typing import TYPE_CHECKING
from data.faces import offer
if TYPE_CHECKING:
    from backtest.engine import simulate
    from backtest.result import R as Result
__all__ = ['Result', 'simulate']
offer(__name__, {'Result': 'backtest.result:R', 'simulate': 'backtest.engine'})
"""

SOUND_HOUSE = {
    "data/__init__.py": GUARD,
    "data/siblings.py": "def check_siblings(own_file): ...",
    "data/faces.py": "def offer(package, homes): ...",
    "data/errors.py": "class DataError(Exception): ...",
    "data/jit.py": "import numba\nimport platformdirs\ndef kernel(function): ...",
    "data/load.py": "from data.errors import DataError\nfrom data.costs import models\ntext = 'print(1)'",
    "data/costs/__init__.py": "from data.costs import models\nfrom data.costs.models import Costs",
    "data/costs/models.py": "from data.costs.kernels import fee_nb\nclass Costs: ...",
    "data/costs/kernels.py": "from collections import abc\nfrom data.jit import kernel\nfee_nb = 1",
    "strategies/__init__.py": LONG_GUARD,
    "strategies/targets.py": "import data\nfrom data import DataError\nclass Targets: ...",
    "backtest/__init__.py": OFFER,
    "backtest/engine.py": "import typing as t\nif t.TYPE_CHECKING:\n    from backtest.result import R",
    "backtest/result.py": "def run():\n    from backtest.engine import simulate\nR = 1",
    "backtest/kernels/__init__.py": "",
    "backtest/kernels/ledger.py": "import numpy as np\nfrom data.costs.kernels import fee_nb",
    "backtest/cli/__init__.py": "from backtest.cli.main import main",
    "backtest/cli/main.py": "def main():\n    print('NAV')",
}
