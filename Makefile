# Everything that a developer or an operator types. `make help` lists it.
#
# Needs git, make and Python 3.11 or newer; what it installs stays in .venv.

.DEFAULT_GOAL := help
.DELETE_ON_ERROR:

# The tests that grow with this number run their full length at 1.
export DOORWARD_TEST_SCALE ?= 0.05
# Bytecode is kept, whatever the environment says: without it, each of hundreds of sidecars, commands and test workers
# compiles every module again, which is half of what its start costs.
unexport PYTHONDONTWRITEBYTECODE
# More arguments: make serve ARGS='--listen 127.0.0.1:9000', make test ARGS='-k access'
ARGS ?=
# Tests that run at once: many of them wait for servers, so twice as many as there are processors.
WORKERS ?= $(shell echo $$(( $$(getconf _NPROCESSORS_ONLN) * 2 )))
# PYTHON: what to make .venv with; if not given, the newest that is found.

VENV := .venv
BIN := $(VENV)/bin
SDK_VENV := .tools/sdk
INSTALLED := $(VENV)/.installed
INSTALLED_DEV := $(VENV)/.installed-dev
PYPROJECTS := pyproject.toml sdk/pyproject.toml

##@ Run

.PHONY: serve
serve: $(INSTALLED) ## Install into .venv and serve .doorward/policy on 127.0.0.1:8642
	@$(BIN)/doorward serve $(ARGS)

##@ Develop

.PHONY: test
test: $(INSTALLED_DEV) ## Run the tests; more arguments for pytest in ARGS
	@$(BIN)/pytest -n $(WORKERS) --dist worksteal $(ARGS)

.PHONY: format
format: $(INSTALLED_DEV) ## Format the code and fix what ruff can fix
	@$(BIN)/ruff format
	@$(BIN)/ruff check --fix

.PHONY: check
check: check-format check-lint check-types check-layers check-dead-code check-dockerfile check-tests ## Everything a change must pass, in at most 10 minutes

.PHONY: check-format
check-format: $(INSTALLED_DEV) ## Is everything formatted?
	@echo '== format'
	@$(BIN)/ruff format --check

.PHONY: check-lint
check-lint: $(INSTALLED_DEV) ## Does ruff find faults?
	@echo '== lint'
	@$(BIN)/ruff check

.PHONY: check-types
check-types: $(INSTALLED_DEV) ## Do the types fit?
	@echo '== types'
	@$(BIN)/mypy

.PHONY: check-layers
check-layers: $(INSTALLED_DEV) ## Does each room import only what it may?
	@echo '== layers'
	@$(BIN)/lint-imports --no-logo

.PHONY: check-dead-code
check-dead-code: $(INSTALLED_DEV) ## Is there code that nothing uses?
	@echo '== dead code'
	@$(BIN)/vulture

.PHONY: check-dockerfile
check-dockerfile: $(INSTALLED_DEV) ## Does hadolint find faults in the Dockerfile?
	@echo '== Dockerfile'
	@$(BIN)/hadolint Dockerfile

.PHONY: check-tests
check-tests: $(INSTALLED_DEV) ## Run the tests, those that grow bounded
	@echo '== tests, DOORWARD_TEST_SCALE=$(DOORWARD_TEST_SCALE)'
	@$(BIN)/pytest -n $(WORKERS) --dist worksteal $(ARGS)

# Not a part of check: before Python 3.12 it costs two fifths of the tests' time.
.PHONY: coverage
coverage: $(INSTALLED_DEV) ## Run the tests and measure which branches they reach
	@$(BIN)/pytest -n $(WORKERS) --dist worksteal --cov --cov-report=term:skip-covered $(ARGS)

.PHONY: check-sdk
check-sdk: ## Run the SDK's tests alone on its oldest Python: make check-sdk PYTHON=python3.9
	@$(or $(PYTHON),python3.9) -m venv --clear $(SDK_VENV)
	@$(SDK_VENV)/bin/python -m pip install --quiet --disable-pip-version-check ./sdk hypothesis pytest pytest-timeout
	@$(SDK_VENV)/bin/pytest tests/unit/sdk tests/integration/sdk --noconftest -p support.needs $(ARGS)

.PHONY: prove
prove: DOORWARD_TEST_SCALE = 1
prove: $(INSTALLED_DEV) ## Run the tests in their full length; it takes long
	@$(BIN)/pytest -n $(WORKERS) --dist worksteal --timeout 7200 $(ARGS)

.PHONY: bench
bench: $(INSTALLED_DEV) ## Measure against the peers; more arguments for benchmarks/run in ARGS
	@PATH="$(CURDIR)/$(BIN):$$PATH" benchmarks/run $(ARGS)

##@ House

.PHONY: tools
tools: ## Install what some tests need outside Python: programs by apt-get where it is there, OpenFeature's clients by npm
	@tools/install-programs; status=$$?; tools/install-openfeature-clients && exit $$status

.PHONY: clean
clean: ## Remove .venv, .tools, caches and build results; .doorward stays
	@rm -rf $(VENV) .tools .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache .coverage .coverage.*
	@rm -rf dist build sdk/dist sdk/build
	@find sidecar sdk tests benchmarks tools -type d -name __pycache__ -prune -exec rm -rf {} +

.PHONY: help
help: ## List the targets
	@awk -F ':.*## ' '/^##@/ { printf "\n%s\n", substr($$0, 5) } \
	  /^[a-z-]+:.*## / { printf "  make %-18s %s\n", $$1, $$2 }' $(firstword $(MAKEFILE_LIST))

# Installing. The SDK is named beside the sidecar, so that pip takes the one of this checkout.

$(BIN)/python:
	@tools/make-venv $(VENV)

$(INSTALLED): $(BIN)/python $(PYPROJECTS)
	@echo 'Installing Doorward into $(VENV) ...'
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check -e sdk -e .
	@touch $@

$(INSTALLED_DEV): $(BIN)/python $(PYPROJECTS)
	@echo 'Installing Doorward and the development tools into $(VENV) (a minute at first) ...'
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check -e sdk -e '.[dev]'
	@touch $(INSTALLED) $@
