# Thin on purpose: whatever needs more than a few lines is in tools/.
#
#   PYTHON=python3.12   the interpreter for the virtual environment (3.10 or newer)
#   ARGS="-k gate -x"   more arguments for test, test-all, demo, bench and emulator
#   JOBS=4              how many tests run at once; by default two for each core, because many of them wait
#   N=2000 SEED=0       how many random fault schedules `make test-all` plays, and which ones

PYTHON ?= python3
JOBS ?= $(shell expr 2 "*" $$(getconf _NPROCESSORS_ONLN))
N ?= 2000
SEED ?= 0
VENV := .venv
RUN := $(VENV)/bin/
READY := $(VENV)/.ready
PIP := $(RUN)python -m pip --disable-pip-version-check --quiet
EXTRAS := .[cli,emulator,policy]

.DEFAULT_GOAL := help
.PHONY: help demo test test-all lint emulator bench docs constraints clean

help: ## show this list
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "  make %-12s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

demo: $(READY) ## show what the library does: the real Pulumi engine against a local Checkly
	@$(RUN)python tools/demo.py $(ARGS)

test: $(READY) ## run the tests, without those marked long: about five minutes on two cores
	@$(RUN)python tools/pulumi_cli.py
	$(RUN)pytest -n $(JOBS) --dist worksteal $(ARGS)

test-all: $(READY) ## run all tests: N fault schedules, every kill moment, other interpreters and SDKs
	@$(RUN)python tools/pulumi_cli.py
	CHAOS_N=$(N) CHAOS_SEED=$(SEED) $(RUN)pytest -m "" -n $(JOBS) --dist worksteal $(ARGS)

lint: $(READY) ## check style, types and import rules
	$(RUN)ruff check
	$(RUN)ruff format --check
	$(RUN)mypy
	$(RUN)lint-imports

emulator: $(READY) ## run a local Checkly on port 3000; ARGS="--port 4000 --scenario FILE.yaml"
	@$(RUN)checkly-dynamic emulator $(ARGS)

bench: $(READY) ## measure speed and memory; ARGS="--quick" or ARGS="lag memory"
	@$(RUN)python benchmarks $(ARGS)

docs: $(READY) ## build the documentation into docs/_build; a warning is an error
	@$(PIP) install --constraint constraints.txt --group docs
	$(RUN)sphinx-build -W --keep-going -q -b html docs docs/_build/html

# Old Pythons come with an old setuptools, which would satisfy every requirement for it.
constraints: ## renew constraints.txt; needs PYTHON=python3.10, the oldest supported version
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info[:2] != (3, 10) and "Python 3.10 is needed: set PYTHON=python3.10")'
	$(PYTHON) -m venv --clear build/constraints
	build/constraints/bin/pip install --quiet --upgrade pip
	build/constraints/bin/pip uninstall --quiet --yes setuptools
	build/constraints/bin/pip install --quiet -e '$(EXTRAS)' --group test --group lint --group docs --group package hatchling
	sed -n '/^#/p' constraints.txt > build/constraints.txt
	build/constraints/bin/pip freeze --all --exclude-editable >> build/constraints.txt
	mv build/constraints.txt constraints.txt

clean: ## remove everything that was generated, and the virtual environment
	rm -rf $(VENV) build dist artifacts docs/_build .coverage* .*_cache .hypothesis
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

# The virtual environment; it is renewed when a requirement or a pinned version changes.
$(READY): pyproject.toml constraints.txt
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 10) and "Python 3.10 or newer is needed: set PYTHON=")'
	@echo "installing the requirements of pyproject.toml into $(VENV), in the versions of constraints.txt"
	@$(PYTHON) -m venv $(VENV)
	@$(PIP) install --upgrade --constraint constraints.txt pip
	@$(PIP) install --constraint constraints.txt --build-constraint constraints.txt \
		-e '$(EXTRAS)' --group test --group lint
	@touch $@
