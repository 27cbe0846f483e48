# Two commands to start with: `make demo` and `make test`. Both install what they need into .venv
# the first time; after that they need no network. Paths are relative, so that any folder will do.
.NOTPARALLEL:
.DEFAULT_GOAL := help
MAKEFLAGS += --no-print-directory
unexport PYTHONPATH PYTHONHOME
export PYTHONUTF8 := 1
PY := .venv/bin/python
SERVE := 1
PORT := 8000
DEMO := SAMPAN_HOME=build/demo/home $(PY) -m sampan

.PHONY: help setup demo test check style types imports security sizes licences words pages reference \
	bench trust clean

help: ## list the targets
	@grep -E '^[a-z]+:.*## ' Makefile | sed -E 's/^([a-z]+):.*## /  make \1\t/' | expand -t 20

setup: ## install what is needed into .venv
	@bash tools/setup.sh dev
	@bash tools/pages.sh

demo: setup ## Hubei, February 2020: solve it, live through it, serve it (SERVE=0: do not serve)
	@echo "Checking and solving examples/hubei-2020-02 …"
	@$(PY) -m sampan solve examples/hubei-2020-02 --out build/demo/plan >/dev/null
	@echo "Verifying the plan, with code that shares nothing with the optimiser …"
	@$(PY) -m sampan verify examples/hubei-2020-02 build/demo/plan
	@echo
	@$(PY) -m sampan show examples/hubei-2020-02 build/demo/plan --rows 8
	@echo
	@echo "The plan is in build/demo/plan, each of its tables in a file."
	@echo
	@echo "The same three weeks on the platform: reports day by day, plans, orders, receipts …"
	@rm -rf build/demo/home
	@$(DEMO) init
	@$(DEMO) load hubei-2020-02
	@$(DEMO) stats output --by resource --grain day --since 2020-02-11 --until 2020-02-13
	@$(DEMO) orders --open --limit 10
	@$(DEMO) ledger verify
	@echo
	@echo "To go on with it: SAMPAN_HOME=build/demo/home .venv/bin/sampan serve, doctor, plan …"
	@if [ "$(SERVE)" = 0 ]; then echo "Not serving, as SERVE=0 asks."; \
		else $(DEMO) serve --port $(PORT); fi

test: setup ## run every test
	@$(PY) -m pytest -n 2 -p no:cacheprovider
	@$(PY) -m tests.platform.run sqlite -n 2
	@$(PY) -m tests.platform.run postgresql -n 2
	@$(PY) -m tests.browser.run -n 2 --dist loadgroup

check: style types imports security sizes licences words pages ## everything that is checked but the tests

style: setup
	$(PY) -m ruff check .
	$(PY) -m ruff format --check .

types: setup
	SAMPAN_HOME=build/types $(PY) -m mypy

imports: setup
	$(PY) -c "from importlinter.cli import lint_imports_command; lint_imports_command()" --no-logo

security: setup
	$(PY) -m bandit --quiet --configfile pyproject.toml --recursive src

sizes: setup
	$(PY) -m tools.sizes

licences: setup
	$(PY) -m tools.licences

words: setup
	$(PY) -m tools.translations

pages: setup
	$(PY) -m tools.reference --check
	$(PY) -m tools.documents

reference: setup ## write docs/reference anew from the schema, the parser and the docstrings
	@$(PY) -m tools.reference

bench: ## the slow benchmarks, side by side with the peers
	@bash tools/setup.sh bench
	@$(PY) benchmarks/run.py

trust: setup ## the random and property tests with many more examples
	@SAMPAN_EFFORT=20 $(PY) -m pytest -n 2 -p no:cacheprovider --hypothesis-profile=trust

clean: ## remove everything that was made here
	rm -rf .venv build dist .pytest_cache .mypy_cache .ruff_cache .import_linter_cache .hypothesis
