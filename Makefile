# Every verb a contributor needs; `make help` lists them.

PYTHON ?= python3
PYTEST_ARGS ?=
LOCK_ARGS ?=
KERNEL ?= ledger
ROOFLINE ?= runs/roofline.html

BIN := .venv/bin
STAMP := .venv/.setup-done
PIP := $(BIN)/python -m pip --disable-pip-version-check --quiet
# What Python and pytest make of sources and tests is kept: else each worker and child makes it anew, for ten seconds and one.
PYTEST := PYTHONDONTWRITEBYTECODE= $(BIN)/python -m pytest
PEERS := .venv-peers
PEERS_STAMP := $(PEERS)/.setup-done
COMPILE_LOCK := $(BIN)/uv pip compile --universal --python-version 3.11 --generate-hashes --no-emit-index-url \
  --no-emit-find-links --quiet $(LOCK_ARGS) pyproject.toml --extra dev

.DEFAULT_GOAL := help
.PHONY: help run setup quick test full bench bench-compare bench-outcomes bench-theses bench-peers bench-start bench-loop bench-trend bench-roofline bench-allocation profile \
  bench-sweep bench-results bench-landscape lint types fmt lock lock-peers clean

help: ## List the verbs
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-16s %s\n", $$1, $$2 }' $(firstword $(MAKEFILE_LIST))

run: $(STAMP) ## Run a thesis on the embedded demo market; the report lands in runs/demo
	$(BIN)/eastbound run flow-momentum --market demo --out runs/demo

setup: $(STAMP) ## Create .venv with the locked dependencies (PYTHON=python3.12 to choose)

$(STAMP): requirements.lock pyproject.toml
	@test -x $(BIN)/python || { \
	  $(PYTHON) -c 'import sys; sys.exit(not (3, 11) <= sys.version_info[:2] < (3, 14))' || { \
	    echo "setup: Python 3.11, 3.12 or 3.13 is needed and '$(PYTHON)' is none of them; try: make setup PYTHON=python3.12" >&2; \
	    exit 1; }; \
	  echo "setup: creating .venv"; \
	  $(PYTHON) -m venv .venv; }
	@echo "setup: installing the locked dependencies (some minutes the first time)"
	@$(PIP) install --no-deps --require-hashes -r requirements.lock # the lock is whole: nothing is left to resolve
	@echo "setup: installing eastbound, editable"
	@$(PIP) install --no-deps --no-build-isolation -e .
	@$(PIP) check
	@$(BIN)/python -m compileall -q data strategies backtest # an editable install leaves that to the first run
	@touch $@
	@echo "setup: done"

# The peers' environment is made by the Python of .venv: the same numpy, numba and pandas, and the other engines beside.
$(PEERS_STAMP): $(STAMP) benchmarks/peers/requirements.lock
	@test -x $(PEERS)/bin/python || { echo "bench-peers: creating $(PEERS)"; $(BIN)/python -m venv $(PEERS); }
	@echo "bench-peers: installing the other engines (some minutes the first time)"
	@$(PEERS)/bin/python -m pip --disable-pip-version-check --quiet install --no-deps --require-hashes \
	  -r benchmarks/peers/requirements.lock
	@$(PEERS)/bin/python -m pip --disable-pip-version-check --quiet install --no-deps --no-build-isolation -e .
	@touch $@

quick: $(STAMP) ## Test in seconds: units and architecture
	$(PYTEST) tests/unit tests/test_architecture.py -m "not slow and not cross and not browser and not network" $(PYTEST_ARGS)

test: $(STAMP) ## Test in minutes: everything but slow, browser and network
	$(PYTEST) -n auto --dist worksteal -m "not slow and not browser and not network" $(PYTEST_ARGS)

full: $(STAMP) ## Test before a release: everything, then the kernels again uncompiled, with coverage
	$(PYTEST) $(PYTEST_ARGS)
	NUMBA_DISABLE_JIT=1 $(PYTEST) tests/unit tests/property -m "not cross" --timeout=600 --cov $(PYTEST_ARGS)

bench: $(STAMP) ## Measure every layer at the commit that is checked out, keep the record, print the table
	$(BIN)/python -m benchmarks.bench $(ARGS)

bench-compare: $(STAMP) ## Hold the commit that is checked out against an earlier one (make bench-compare HEAD~1): 1 if worse
	$(BIN)/python -m benchmarks.gates.compare $(REV) $(ARGS)

# The revision is the word after the verb; make would take it for another verb.
ifeq ($(firstword $(MAKECMDGOALS)),bench-compare)
REV ?= $(or $(word 2,$(MAKECMDGOALS)),HEAD~1)
ifneq ($(word 2,$(MAKECMDGOALS)),)
.PHONY: $(word 2,$(MAKECMDGOALS))
$(word 2,$(MAKECMDGOALS)): ; @:
endif
endif

bench-outcomes: $(STAMP) ## Run every thesis on pinned data, and hold what it earns against what was accepted
	$(BIN)/python -m benchmarks.outcomes $(ARGS)

bench-theses: $(STAMP) ## Run every thesis with its references: one table (ARGS="--markdown docs/theses.md")
	$(BIN)/python -m benchmarks.theses $(ARGS)

bench-start: $(STAMP) ## Time --help, a cached run and a first run ever, and what each is made of
	$(BIN)/python -m benchmarks.start $(ARGS)

bench-loop: $(STAMP) ## Time jobs while working on them (ARGS="-k ledger --benchmark-compare")
	@mkdir -p .asv
	OMP_NUM_THREADS=1 OPENBLAS_NUM_THREADS=1 MKL_NUM_THREADS=1 NUMBA_NUM_THREADS=1 $(PYTEST) benchmarks/test_loop.py \
	  -o timeout=0 -o filterwarnings=default -q --benchmark-storage=file://.asv/loop --benchmark-autosave \
	  --benchmark-columns=median,iqr,min,rounds --benchmark-sort=name $(ARGS)

bench-trend: $(STAMP) ## Draw the history of measurements: runs/trend.html
	$(BIN)/python -m benchmarks.trend

bench-peers: $(PEERS_STAMP) ## Time the same jobs in other engines, parity asserted first (ARGS="--markdown FILE")
	$(PEERS)/bin/python -m benchmarks.peers $(ARGS)

bench-allocation: $(PEERS_STAMP) ## Time optimisers beside other libraries and the solvers themselves, parity asserted first
	$(PEERS)/bin/python -m benchmarks.allocation $(ARGS)

bench-sweep: $(STAMP) ## Time a sweep of a million candidates, some of them held against their single runs first
	$(BIN)/python -m benchmarks.sweep

bench-results: $(STAMP) ## Time the writing of a sweep's results
	$(BIN)/python -m benchmarks.sweep.results

bench-landscape: $(STAMP) ## Time what is read of a sweep's table, and its report
	$(BIN)/python -m benchmarks.sweep.landscape

bench-roofline: $(STAMP) ## Write the roofline page of the kernels: FLOP and bytes counted, ceilings measured
	$(BIN)/python -m benchmarks.machine_code.roofline --out $(ROOFLINE) $(ARGS)

profile: $(STAMP) ## Print the hot source lines of a kernel (KERNEL=ledger, lanes, lots, sleeves or sleeves-month)
	$(BIN)/python -m benchmarks.machine_code.profile $(KERNEL)

lint: $(STAMP) ## Check style and format
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

types: $(STAMP) ## Check types, strictly
	$(BIN)/mypy data strategies backtest

fmt: $(STAMP) ## Format, and fix what can be fixed safely
	$(BIN)/ruff check --fix-only .
	$(BIN)/ruff format .

lock: $(STAMP) ## Rewrite requirements.lock from pyproject.toml, and that of the peers (LOCK_ARGS=--upgrade for newer versions)
	$(COMPILE_LOCK) --custom-compile-command "make lock" --output-file requirements.lock
	@if grep -n "://" requirements.lock; then echo "lock: an address got into requirements.lock" >&2; exit 1; fi
	@$(MAKE) --no-print-directory lock-peers # which holds all of it

lock-peers: $(STAMP) ## Rewrite benchmarks/peers/requirements.lock: requirements.lock and the other engines
	$(COMPILE_LOCK) benchmarks/peers/requirements.in --custom-compile-command "make lock-peers" \
	  --output-file benchmarks/peers/requirements.lock
	@if grep -n "://" benchmarks/peers/requirements.lock; then \
	  echo "lock-peers: an address got into benchmarks/peers/requirements.lock" >&2; exit 1; fi

clean: ## Remove caches and build outputs; .venv and runs stay
	rm -rf build dist .pytest_cache .mypy_cache .ruff_cache .hypothesis .coverage htmlcov *.egg-info
	find . -name __pycache__ -type d -not -path './.venv*' -prune -exec rm -rf {} +
