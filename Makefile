# `make train` and `make test` each do all the set-up a fresh machine needs, then the job.
# Another Python: `make train PYTHON=python3.12`. Once the environment stands, no network is needed.

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin

# Scripts in an environment carry its absolute path. The stamps are named after the folder, so that a moved or
# copied checkout gets an environment of its own instead of running the old folder's code.
HERE := $(shell pwd -P | cksum | cut -d ' ' -f 1)
CREATED := $(VENV)/created-$(HERE)
RUNTIME := $(VENV)/runtime-$(HERE)
DEVELOPMENT := $(VENV)/development-$(HERE)

export PIP_DISABLE_PIP_VERSION_CHECK := 1

.DEFAULT_GOAL := help
.PHONY: help train test clean

help:
	@echo 'make train   set up, then train LeNet on MNIST: protonet train configs/mnist.yaml'
	@echo 'make test    set up with the tools for development, then every check: scripts/check'
	@echo 'make clean   remove the environment and the caches; runs/ stays'

train: $(RUNTIME)
	$(BIN)/protonet train configs/mnist.yaml

test: $(DEVELOPMENT)
	PATH="$(CURDIR)/$(BIN):$$PATH" scripts/check

clean:
	rm -rf $(VENV) build *.egg-info .mypy_cache .ruff_cache .hypothesis

# Creating starts from nothing. Installing works in place and asks the network only for what is missing, so a
# pull that merely touched pyproject.toml does not break an environment that works.
ifeq ($(realpath $(BIN)/python),)
.PHONY: $(CREATED)  # the Python it was made with is gone
endif

$(CREATED):
	@$(PYTHON) -c 'import sys; sys.version_info >= (3, 11) or sys.exit("protonet needs Python 3.11 or newer; $(PYTHON) is %d.%d. Name another: make PYTHON=python3.12 $(MAKECMDGOALS)" % sys.version_info[:2])'
	rm -rf $(VENV)
	$(PYTHON) -m venv $(VENV)
	@touch $@

# setuptools comes first and builds without isolation: an isolated build would fetch one that nothing pins.
$(RUNTIME): $(CREATED) pyproject.toml constraints.txt
	$(call install,setuptools)
	$(call install,--no-build-isolation --editable .)
	@touch $(CREATED) $@

$(DEVELOPMENT): $(RUNTIME)
	$(call install,--no-build-isolation --editable '.[dev]')
	@touch $(CREATED) $(RUNTIME) $@

# While pip works no stamp stands: what kills it, or Ctrl-C, may leave half a package, and the next `make` starts
# from nothing. Where pip itself gives up (no network), it keeps what was there, and so does this.
install = @trap 'exit 130' INT; rm -f $(VENV)/*-$(HERE); \
	$(BIN)/python -m pip install --constraint constraints.txt $(1) || { touch $(CREATED); exit 1; }
