# No target may need anything installed by hand besides Python 3.11 or newer, git, make and the package registries.
# (Tests of the Spark engine need Java, which .ci/run installs.)
SHELL := /bin/sh
.DELETE_ON_ERROR:
.DEFAULT_GOAL := help

# What a process compiles the next need not compile, also where this is set, as in many containers.
unexport PYTHONDONTWRITEBYTECODE

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
UV := $(BIN)/uv
INSTALLED := $(VENV)/.installed
READY := $(VENV)/.ready
TOOL_LOCKS := $(wildcard mdlc_local/requirements.lock mdlc_cli/node/package-lock.json jobs/requirements*.lock)

.PHONY: help setup demo lifecycle quick test soak check docs screens lock clean

help: ## Say what there is to make
	@sed -n 's/^\([a-z]*\):.*## \(.*\)/  make \1|\2/p' Makefile | awk -F'|' '{printf "%-14s %s\n", $$1, $$2}'

setup: $(READY) ## Make the environment and all tools (the other targets do it by themselves)

demo: $(READY) ## Train, score and serve a real model on this machine, and have a broken one sent back
	@$(BIN)/python -m examples.flight_delay.demo

lifecycle: $(READY) ## Live through the year 2013: monitor, retrain, release and audit a model that no hand touches
	@$(BIN)/python -m examples.flight_lifecycle.demo

quick: $(READY) ## Run the tests that start no server, in under 90 s on two cores
	@MDLC_EXAMPLES=quick $(BIN)/python -m pytest -m "not slow and not soak" --ignore=tests/end_to_end --ignore=tests/local --ignore=tests/wheel

test: $(READY) ## Run all tests but the soaks
	@$(BIN)/python -m pytest

soak: $(READY) ## Run the property tests with forty times as many examples, and what takes as long
	@MDLC_EXAMPLES=soak $(BIN)/python -m pytest -m "soak or hypothesis"

check: $(READY) ## Run ruff, mypy and all tests, and hold the coverage to its floor
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(MAKE) docs
	$(BIN)/python -m pytest --cov --cov-report=
	$(BIN)/coverage report --skip-covered --skip-empty

docs: $(VENV)/docs/.installed ## Build the documentation site into build/site; every warning is an error
	@mkdir -p build && $(BIN)/python -m typer mdlc_cli.app utils docs --name mdlc --title Commands --output build/commands.md > build/commands.log
	@NO_MKDOCS_2_WARNING=1 $(VENV)/docs/bin/mkdocs build --strict --quiet && echo "ok  build/site/index.html"

$(VENV)/docs/.installed: docs/requirements.lock $(INSTALLED)
	@$(UV) venv --quiet --clear --python $(BIN)/python $(VENV)/docs
	@VIRTUAL_ENV="$(CURDIR)/$(VENV)/docs" $(UV) pip sync --quiet --require-hashes docs/requirements.lock
	@touch $@

# The environment, from the lock. uv itself comes by pip, held to the lock's hashes, and installs the rest.
$(INSTALLED): requirements.lock pyproject.toml
	@command -v git >/dev/null || { echo "git is not installed: install git with your system's package manager"; exit 1; }
	@command -v $(PYTHON) >/dev/null || { echo "$(PYTHON) is not installed: install Python 3.11 or newer"; exit 1; }
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "$$($(PYTHON) --version) is too old: install Python 3.11 or newer, or name one with \`make PYTHON=python3.12 ...\`"; exit 1; }
	@$(PYTHON) -c 'import ensurepip, venv' 2>/dev/null || { echo "$(PYTHON) lacks venv: install it (on Debian and Ubuntu: apt install python3-venv)"; exit 1; }
	@echo "... environment in $(VENV) from requirements.lock"; date +%s > .setup-began
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	@awk '/^uv==/ {on = 1; print; next} on && /^[^ ]/ {exit} on' requirements.lock > $(VENV)/uv.lock
	@test -x $(UV) || $(BIN)/python -m pip --disable-pip-version-check --quiet install --require-hashes --no-deps --requirement $(VENV)/uv.lock
	@VIRTUAL_ENV="$(CURDIR)/$(VENV)" $(UV) pip sync --require-hashes requirements.lock
	@# Two packages have the file aws_cdk/cloud_assembly_schema/__init__.py, and aws-cdk-lib needs its own.
	@VIRTUAL_ENV="$(CURDIR)/$(VENV)" $(UV) pip sync --quiet --require-hashes --reinstall-package aws-cdk-lib requirements.lock
	@VIRTUAL_ENV="$(CURDIR)/$(VENV)" $(UV) pip install --quiet --no-deps --no-build-isolation --editable .
	@echo "ok  environment in $(VENV) ($$(( $$(date +%s) - $$(cat .setup-began) )) s)"; rm -f .setup-began
	@touch $@

# The tools that no package brings along, in the user's cache.
$(READY): $(INSTALLED) $(TOOL_LOCKS)
	@$(BIN)/python -m mdlc_cli tools
	@touch $@

screens: $(READY) ## Draw the screens of docs/pictures/screens, from real runs on a local AWS
	@$(BIN)/python -m scripts.draw_screens

lock: $(INSTALLED) ## Pin every dependency anew, one lock an environment
	$(UV) pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-emit-index-url --group dev --all-extras pyproject.toml -o requirements.lock
	$(UV) pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-emit-index-url mdlc_local/requirements.in -o mdlc_local/requirements.lock
	@for room in jobs jobs/export lambdas containers/python containers/python/starter examples/forecast benchmarks/serving_twin benchmarks/drift_twins jobs/spark docs mdlc_local/runtimes/environments; do for source in $$room/requirements*.in; do echo "$$source"; \
	  $(UV) pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-emit-index-url $$(sed -n "s/^# uv: //p" "$$source") "$$source" -o "$${source%.in}.lock" || exit 1; done; done
	$(BIN)/python -m mdlc_cli.tools.node_lock

clean: ## End the local AWS and remove what was made here (the cache of tools stays)
	@if [ -x $(BIN)/python ] && [ -d .mdlc ]; then $(BIN)/python -m mdlc_cli local down || true; fi
	rm -rf $(VENV) .mdlc cdk.out dist build .mypy_cache .ruff_cache .pytest_cache .hypothesis
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
