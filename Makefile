# Every verb a contributor needs; `make help` lists them.

PYTHON ?= python3
PYTEST_ARGS ?=
LOCK_ARGS ?=
KERNEL ?= ledger
ROOFLINE ?= runs/roofline.html

BIN := .venv/bin
STAMP := .venv/.setup-done
PIP := $(BIN)/python -m pip --disable-pip-version-check --quiet
PYTEST := $(BIN)/python -m pytest

.DEFAULT_GOAL := help
.PHONY: help run setup quick test full bench bench-loading bench-report bench-sweep bench-results bench-landscape bench-roofline profile lint types fmt lock clean

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
	@touch $@
	@echo "setup: done"

quick: $(STAMP) ## Test in seconds: units and architecture
	$(PYTEST) tests/unit tests/test_architecture.py -m "not slow and not cross and not browser and not network" $(PYTEST_ARGS)

test: $(STAMP) ## Test in minutes: everything but slow, browser and network
	$(PYTEST) -n auto --dist worksteal -m "not slow and not browser and not network" $(PYTEST_ARGS)

full: $(STAMP) ## Test before a release: everything, then the kernels again uncompiled, with coverage
	$(PYTEST) $(PYTEST_ARGS)
	NUMBA_DISABLE_JIT=1 $(PYTEST) tests/unit tests/property -m "not cross" --timeout=600 --cov $(PYTEST_ARGS)

bench: $(STAMP) ## Time the ledger beside vectorbt, parity asserted first
	$(BIN)/python -m benchmarks.ledger

bench-loading: $(STAMP) ## Time loading a folder beside plain pandas, parity asserted first
	$(BIN)/python -m benchmarks.loading

bench-report: $(STAMP) ## Time the report of a ten-year run, its sums asserted first
	$(BIN)/python -m benchmarks.report

bench-sweep: $(STAMP) ## Time a sweep of a million candidates, some of them held against their single runs first
	$(BIN)/python -m benchmarks.sweep

bench-results: $(STAMP) ## Time the writing of a sweep's results
	$(BIN)/python -m benchmarks.results

bench-landscape: $(STAMP) ## Time what is read of a sweep's table, and its report
	$(BIN)/python -m benchmarks.landscape

bench-roofline: $(STAMP) ## Write the roofline page of the kernels: FLOP and bytes counted, ceilings measured
	$(BIN)/python -m benchmarks.machine_code.roofline --out $(ROOFLINE)

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

lock: $(STAMP) ## Rewrite requirements.lock from pyproject.toml (LOCK_ARGS=--upgrade for newer versions)
	$(BIN)/uv pip compile pyproject.toml --extra dev --universal --python-version 3.11 --generate-hashes \
	  --no-emit-index-url --no-emit-find-links --custom-compile-command "make lock" \
	  --quiet --output-file requirements.lock $(LOCK_ARGS)
	@if grep -n "://" requirements.lock; then echo "lock: an address got into requirements.lock" >&2; exit 1; fi

clean: ## Remove caches and build outputs; .venv and runs stay
	rm -rf build dist .pytest_cache .mypy_cache .ruff_cache .hypothesis .coverage htmlcov *.egg-info
	find . -name __pycache__ -type d -not -path './.venv/*' -prune -exec rm -rf {} +
