# Two commands: `make run` starts the platform, `make test` runs every test. Both install what is missing.
BIN := .venv/bin
ROOT := $(shell [ "$$(id -u)" = 0 ] || echo sudo -E)
export AGLAIS_HOME ?= $(CURDIR)/.aglais
# Named here, so that what root builds and what a user builds is the same.
export AGLAIS_CACHE ?= $(or $(XDG_CACHE_HOME),$(HOME)/.cache)/aglais

.PHONY: help run test test-openstack check build setup setup-test format clean

help: ## Say what there is
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed 's/:.*## /\t/' | expand -t 14

run: setup ## Start the platform on http://127.0.0.1:8000 (AGLAIS_PORT, AGLAIS_HOME)
	@$(ROOT) $(BIN)/aglais up

test: setup-test check-style check-webapp check-plugin build ## Run every test
	@# Real servers on a busy machine: what fails once is tried once more, and told of at the end (-r R).
	@$(ROOT) $(BIN)/pytest -n 2 --dist loadgroup --durations=10 --reruns 1 --reruns-delay 3 -r R

check: setup-test check-style check-webapp ## The quick loop: format, lint, types, layers, fast tests
	@$(BIN)/pytest -q -n 2 -m "not browser and not zeppelin and not sandbox and not sshd and not postgres and not openstack and not platform and not slow"

.PHONY: check-style
check-style:
	@$(BIN)/ruff format --check -q .
	@$(BIN)/ruff check -q .
	@$(BIN)/mypy
	@$(BIN)/lint-imports --no-logo >.venv/lint-imports.log || { cat .venv/lint-imports.log; exit 1; }
	@$(BIN)/djlint --quiet --lint aglais_hub services

WEBAPP := zeppelin-plugin/webapp
.PHONY: check-webapp
check-webapp: $(WEBAPP)/node_modules/.package-lock.json
	@cd $(WEBAPP) && export PATH="$(CURDIR)/$(BIN):$$PATH" && npm run --silent lint && npm test --silent

$(WEBAPP)/node_modules/.package-lock.json: $(WEBAPP)/package-lock.json
	@cd $(WEBAPP) && export PATH="$(CURDIR)/$(BIN):$$PATH" && npm ci --no-audit --no-fund --loglevel=error

.PHONY: check-plugin
check-plugin: setup
	@cd zeppelin-plugin && mvn --batch-mode -ntp -q test -pl plugin

test-openstack: setup-test ## Run the tests that ask a real OpenStack
	@$(BIN)/pytest -m openstack --durations=5

build: setup ## Build what sessions need: Zeppelin, Spark, the plugin, the web UI, the proxy
	@$(BIN)/aglais build

format: setup-test ## Format and mend what can be mended
	@$(BIN)/ruff format -q .
	@$(BIN)/ruff check -q --fix .

setup:
	@scripts/setup run

setup-test:
	@scripts/setup test

clean: ## Remove the virtual environment and what tools left (not the platform's state)
	rm -rf .venv .mypy_cache .ruff_cache .pytest_cache .import_linter_cache .hypothesis
