# Every target sets up what it needs: Python 3.11+, make and git are enough to begin with.
# To choose the Python: make PYTHON=/path/to/python3.12 demo

.DEFAULT_GOAL := help
.SUFFIXES:

VENV := .venv
ifeq ($(OS),Windows_NT)
  BIN := $(VENV)/Scripts
else
  BIN := $(VENV)/bin
endif
# Set when the virtual environment is not there, or its Python has been removed from under it.
GONE := $(shell $(BIN)/python -c '' 2>/dev/null || echo gone)

.PHONY: help demo test lint lab bench clean gone

help: ## list these targets
	@sed -n 's/^\([a-z]*\):.*## \(.*\)/  make \1|\2/p' Makefile | awk -F'|' '{ printf "%-14s %s\n", $$1, $$2 }'

demo: $(VENV)/.voice ## make the Quick Demo film; further options in ARGS="--theme dark --height 720"
	@$(BIN)/aura-nb demo $(ARGS)

test: lint ## lint, then every test there is: unit, real renders, notebooks, JupyterLab in Chromium
	@$(BIN)/python -c 'from tests.browser.lab import find_chromium; find_chromium()' 2>/dev/null || \
	  sh .ci/apt chromium "The browser tests need Chromium (on macOS: brew install --cask chromium)."
	@$(BIN)/python -c 'from aura_nb.providers.speakers.system import System; assert not System().missing()' \
	  2>/dev/null || sh .ci/apt espeak-ng "The tests of the system's voices need espeak-ng."
	$(BIN)/python -m pytest $(ARGS)

lint: $(VENV)/.dev ## ruff, mypy --strict, import directions
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

lab: $(VENV)/.lab ## open the first notebook in JupyterLab
	$(BIN)/jupyter lab notebooks/01_quick_demo.ipynb $(ARGS)

bench: $(VENV)/.bench ## run every benchmark; each prints a table
	@for script in benchmarks/*.py; do echo "== $$script"; $(BIN)/python "$$script" || exit 1; done

clean: ## remove what make and the tools made here; films and the render cache stay
	rm -rf $(VENV) build dist .pytest_cache .mypy_cache .ruff_cache .import_linter_cache .hypothesis
	find aura_nb tests benchmarks -name __pycache__ -type d -prune -exec rm -rf {} +

# A stamp is newer than pyproject.toml once its extras are installed, so a second run starts at once.
$(VENV)/.voice: EXTRAS := voice
$(VENV)/.lab: EXTRAS := voice,lab
$(VENV)/.dev: EXTRAS := dev
$(VENV)/.bench: EXTRAS := bench
$(VENV)/.voice $(VENV)/.lab $(VENV)/.dev $(VENV)/.bench: pyproject.toml $(GONE)
	@sh .ci/venv $(VENV) "$(PYTHON)"
	@echo "Installing aura_nb with [$(EXTRAS)] into $(VENV) (only once; takes a few minutes) ..."
	@$(BIN)/python -m pip --disable-pip-version-check -qq install -e '.[$(EXTRAS)]'
	@touch $@
