# Thin on purpose: what a target does in more than a few lines lives in tools/.
#
#   PYTHON=python3.12   the interpreter for the virtual environment (3.10 or newer)
#   ARGS="-k gate -x"   more arguments for test and emulator
#   JOBS=4              how many tests run at once
#   N=2000              how many fault schedules `make chaos` plays; SEED=1 plays others

PYTHON ?= python3
JOBS ?= auto
N ?= 2000
SEED ?= 0
VENV := .venv
RUN := $(VENV)/bin/
READY := $(VENV)/.ready
PIP := $(RUN)python -m pip --disable-pip-version-check --quiet
EXTRAS := .[cli,emulator,policy]

.DEFAULT_GOAL := help
.PHONY: help demo test chaos lint mutants emulator bench docs constraints clean

help: ## show this list
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "  make %-12s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

demo: $(READY) ## show the main job: the real Pulumi engine against a local Checkly
	@$(RUN)python tools/demo.py $(ARGS)

test: $(READY) ## run all tests
	@$(RUN)python tools/pulumi_cli.py
	$(RUN)pytest -n $(JOBS) --dist worksteal $(ARGS)

chaos: $(READY) ## play N random fault schedules over whole runs of a trigger and a gate
	CHAOS_N=$(N) CHAOS_SEED=$(SEED) $(RUN)pytest tests/chaos -n $(JOBS) $(ARGS)

lint: $(READY) ## check style, types and layers
	$(RUN)ruff check
	$(RUN)ruff format --check
	$(RUN)mypy
	$(RUN)lint-imports

emulator: $(READY) ## run a local Checkly on port 3000; ARGS="--port 4000 --scenario FILE.yaml"
	@$(RUN)checkly-dynamic emulator $(ARGS)

bench: $(READY) ## measure the speed; ARGS="--quick" or ARGS="lag --growth"
	@$(RUN)python benchmarks $(ARGS)

mutants: $(READY) ## break transport, schema, verdict and waiting in small ways and see which the tests notice; takes hours
	@$(PIP) install --constraint constraints.txt --group mutants
	-$(RUN)mutmut run $(ARGS)
	$(RUN)mutmut results

docs: $(READY) ## build the documentation into docs/_build; a warning is an error
	@$(PIP) install --constraint constraints.txt --group docs
	$(RUN)sphinx-build -W --keep-going -q -b html docs docs/_build/html

constraints: ## renew constraints.txt; needs PYTHON=python3.10, the oldest supported one
	$(PYTHON) tools/constraints.py -e '$(EXTRAS)' --group test --group lint --group docs --group bench --group mutants --group package hatchling

clean: ## remove what was made in this folder, the virtual environment included
	rm -rf $(VENV) build dist artifacts mutants docs/_build .coverage* .*_cache .hypothesis
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

# The virtual environment, renewed when a requirement or a pinned version changes.
$(READY): pyproject.toml constraints.txt
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 10) and "Python 3.10 or newer is needed: set PYTHON=")'
	@echo "installing what pyproject.toml names into $(VENV), in the versions of constraints.txt"
	@$(PYTHON) -m venv $(VENV)
	@$(PIP) install --upgrade --constraint constraints.txt pip
	@$(PIP) install --constraint constraints.txt --build-constraint constraints.txt \
		-e '$(EXTRAS)' --group test --group lint
	@touch $@
