# Two commands do everything: `make demo` and `make test`. Each sets up .venv first, once for each pyproject.toml.

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
DEMO_IMAGE := src/uniaims/samples/powder.tif
DEMO_REPORT := demo-report
PAGE := src/uniaims/server/static/index.html
TEST_JOBS ?= 2

# The tests start hundreds of processes: where bytecode may not be written, each would compile two thousand modules.
export PYTHONDONTWRITEBYTECODE :=

.PHONY: help demo serve test test-oldest setup lint types contracts docs web check wheel installed-wheel clean
.DEFAULT_GOAL := help

help:
	@echo "make demo       set up .venv, analyse the sample micrograph, say where the report is"
	@echo "make serve      set up .venv, analyse the sample micrograph, open the result in the browser"
	@echo "make test       set up .venv with all that development needs, run all tests"
	@echo "make test-oldest  the same with the oldest libraries that pyproject.toml allows, in .venv-oldest (needs uv)"
	@echo "make setup      only set up .venv for development"
	@echo "make check      lint, types, contracts, docs and tests"
	@echo "make web        check, test and build the page of uniaims serve (needs Node.js)"
	@echo "make lint       style of the code (make types, make contracts, make docs: the other checks, one by one)"
	@echo "make wheel      build the wheel into dist/ (make installed-wheel: install one where there is no Node.js, and try it)"
	@echo "make clean      delete .venv and everything that these commands made"

demo: $(VENV)/.installed-base
	$(BIN)/uniaims analyse $(DEMO_IMAGE) --output $(DEMO_REPORT) --overwrite
	@echo
	@echo "The report is ready. Open it in a browser:"
	@echo "  $(CURDIR)/$(DEMO_REPORT)/index.html"
	@echo "To look at it and correct it in the browser:  make serve"

serve: demo $(VENV)/.installed-server $(PAGE)
	$(BIN)/uniaims serve $(DEMO_REPORT)

$(PAGE): | web/node_modules
	cd web && npm run build

web/node_modules: web/package-lock.json
	cd web && npm ci --ignore-scripts --no-audit --no-fund
	@touch $@

# Built anew, since what it is made of may have changed.
web: | web/node_modules
	cd web && npm run check && npm test && npm run build

setup: $(VENV)/.installed-dev

test: setup $(PAGE)
	$(BIN)/python -m pytest -n $(TEST_JOBS) --dist loadgroup

# What old libraries warn of is no fault of ours, so no warning is an error here.
test-oldest: setup
	$(BIN)/uv venv --quiet --clear --python $(BIN)/python .venv-oldest
	$(call install_into,.venv-oldest/bin/python,--resolution lowest-direct -e ".[dev]")
	.venv-oldest/bin/python -m pytest -n $(TEST_JOBS) --dist loadgroup -W default

lint: setup
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

types: setup
	$(BIN)/mypy

contracts: setup
	$(BIN)/lint-imports

docs: setup
	$(BIN)/sphinx-build --jobs $(TEST_JOBS) --quiet --fail-on-warning --keep-going -b html docs docs/_build/html
	@echo "Documentation: $(CURDIR)/docs/_build/html/index.html"

check: lint types contracts docs web test

wheel: setup
	$(BIN)/hatchling build -t wheel -d dist

installed-wheel: setup web
	.ci/wheel

clean:
	rm -rf $(VENV) .venv-oldest $(DEMO_REPORT) build dist docs/_build .pytest_cache .mypy_cache .ruff_cache .hypothesis .import_linter_cache

# uv installs several times quicker than pip but reads none of pip's settings, so the folders of wheels that pip is
# set to look into (where a CPU build of torch may lie) are handed on. Where uv can't be had, pip does the work.
define install
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check uv || echo "uv can't be installed: pip takes its place."
	@if [ -x $(BIN)/uv ]; then \
	  $(call install_into,$(BIN)/python,$(1)); \
	else \
	  $(BIN)/python -m pip install --disable-pip-version-check $(1); \
	fi
endef

define install_into
wheels="$${PIP_FIND_LINKS:-$$($(BIN)/python -m pip config get global.find-links 2>/dev/null || true)}"; \
	  UV_FIND_LINKS="$${UV_FIND_LINKS:-$$(echo $$wheels | tr ' ' ',')}" UV_HTTP_TIMEOUT="$${UV_HTTP_TIMEOUT:-180}" \
	  $(BIN)/uv pip install --python $(1) $(2)
endef

$(VENV)/.installed-base: pyproject.toml | $(BIN)/python
	$(call install,-e .)
	@touch $@

$(VENV)/.installed-server: pyproject.toml | $(BIN)/python
	$(call install,-e ".[server]")
	@touch $@ $(VENV)/.installed-base

$(VENV)/.installed-dev: pyproject.toml | $(BIN)/python
	$(call install,-e ".[dev]")
	@touch $@ $(VENV)/.installed-base $(VENV)/.installed-server

$(BIN)/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { \
	  echo "Python 3.11 or newer is needed, and '$(PYTHON)' is none. Say which to take: make PYTHON=/path/to/python3.11"; exit 1; }
	@$(PYTHON) -m venv $(VENV) || { rm -rf $(VENV); \
	  echo "'$(PYTHON) -m venv' failed. On Debian and Ubuntu, 'apt install python3-venv' brings what it needs."; exit 1; }
