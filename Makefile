# `make studio` and `make test` set up all that they need, in $(VENV), and do it once.
PYTHON ?= $(shell command -v python3.11 || command -v python3)
VENV ?= .venv
BIN := $(VENV)/bin
SETUP := pyproject.toml constraints.txt

.PHONY: help studio test check fuzz bench docs screenshots format constraints chromium readers clean

help:
	@echo 'make studio   open the app in the browser'
	@echo 'make test     every check and every test, those in a real browser included'
	@echo 'make check    the checks and the fast tests'
	@echo 'make fuzz     the tests on random diagrams, with many more of them'
	@echo 'make bench    everything against its peers, side by side; writes benchmarks/README.md'
	@echo 'make docs     write the messages, pictures and tables of docs/ anew'
	@echo 'make screenshots  take the pictures of the studio in docs/ anew'
	@echo 'make format   reformat and mend what can be mended by itself'
	@echo 'make clean    remove the virtual environment and the caches'

studio: $(VENV)/.studio
	$(BIN)/python -m streamlit run app.py

test: $(VENV)/.test chromium readers
	$(call static)
	$(call beside) -m 'not browser'
	$(BIN)/python -m pytest -m browser

check: $(VENV)/.test
	$(call static)
	$(call beside) -m 'not browser and not slow'

fuzz: $(VENV)/.test
	$(BIN)/python -m pytest tests -m hypothesis --hypothesis-profile=fuzz -o faulthandler_timeout=0

bench: $(VENV)/.bench chromium
	$(BIN)/python -m benchmarks

docs: $(VENV)/.test
	$(BIN)/python -m scripts.docs

screenshots: $(VENV)/.test chromium
	WRITE_DOCS=1 $(BIN)/python -m pytest tests/browser/test_screenshot.py

format: $(VENV)/.test
	$(BIN)/ruff check --fix
	$(BIN)/ruff format

define static
	$(BIN)/ruff format --check
	$(BIN)/ruff check
	$(BIN)/mypy
	$(BIN)/lint-imports
endef

# Files of tests on all cores, a thread of torch on each.
define beside
	OMP_NUM_THREADS=1 $(BIN)/python -m pytest --numprocesses logical --dist loadfile
endef

# Writes down the versions that are installed now, after the tests passed with them.
constraints: $(VENV)/.test
	$(BIN)/pip freeze --exclude-editable | sed 's/+cpu$$//' > constraints.txt
	touch $(VENV)/.studio $(VENV)/.test

$(VENV)/.studio: $(SETUP) | $(BIN)/python
	$(BIN)/python -m pip install -q -c constraints.txt -e '.[app,export,pretrained]'
	touch $@

$(VENV)/.test: $(SETUP) | $(BIN)/python
	$(BIN)/python -m pip install -q -c constraints.txt -e '.[app,export,pretrained,test]'
	touch $(VENV)/.studio $@

$(VENV)/.bench: $(VENV)/.test
	$(BIN)/python -m pip install -q -c constraints.txt -e '.[app,bench,export,pretrained,test]'
	touch $@

$(BIN)/python:
	@PYTHON='$(PYTHON)' VENV='$(VENV)' sh scripts/venv

chromium:
	@sh scripts/chromium

readers:
	@sh scripts/readers

clean:
	rm -rf $(VENV) build dist .hypothesis .import_linter_cache .mypy_cache .pytest_cache .ruff_cache
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
