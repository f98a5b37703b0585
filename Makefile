# Everything here can also be typed by hand: the README says how.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin

.PHONY: demo test editors vscode bench clean

demo: $(VENV)/ready
	$(BIN)/python docs/demo.py

test: $(VENV)/ready
	$(BIN)/python -m pytest

# Neovim with this server, and every message of the server's against the protocol; needs Debian's apt, and npm.
editors: $(VENV)/ready
	nvim=$$(tests/nvim/install.sh) && schema=$$(tests/conformance/make-schema.sh) && \
	APITFALL_NVIM=$$nvim APITFALL_LSP_SCHEMA=$$schema $(BIN)/python -m pytest tests/nvim tests/conformance tests/lsp

# The VS Code extension, packed, in the current VS Code and the oldest that it supports; needs apt, npm and pip.
vscode: $(VENV)/ready
	test -e build/conformance/lsp-schema.json || tests/conformance/make-schema.sh
	PYTHON=$(abspath $(BIN)/python) vscode-extension/test/run.sh

# How fast it is, beside other servers, which are installed in build/; a quarter of an hour, on Linux.
bench: $(VENV)/ready
	$(BIN)/python tests/benchmarks/run.py

$(VENV)/ready: pyproject.toml
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --upgrade "pip>=25.1"
	$(BIN)/python -m pip install --quiet --editable . --group dev
	touch $@

clean:
	rm -rf $(VENV) build dist
