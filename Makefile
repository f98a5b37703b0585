# Everything here can also be typed by hand: the README says how.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin

.PHONY: demo test editors clean

demo: $(VENV)/ready
	$(BIN)/python docs/demo.py

test: $(VENV)/ready
	$(BIN)/python -m pytest

# Neovim with this server, and every message of the server's against the protocol; needs Debian's apt, and npm.
editors: $(VENV)/ready
	nvim=$$(tests/nvim/install.sh) && schema=$$(tests/conformance/make-schema.sh) && \
	APITFALL_NVIM=$$nvim APITFALL_LSP_SCHEMA=$$schema $(BIN)/python -m pytest tests/nvim tests/conformance tests/lsp

$(VENV)/ready: pyproject.toml
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --upgrade "pip>=25.1"
	$(BIN)/python -m pip install --quiet --editable . --group dev
	touch $@

clean:
	rm -rf $(VENV) build dist
