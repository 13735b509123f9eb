# Every target prepares what it needs: .venv, the installation, and for Spark a Java 17 or 21.
.PHONY: help install demo test check bench docs wheel clean
.DEFAULT_GOAL := help

PY := .venv/bin/python
# In a recipe: the rest of the line runs with a Java that Spark accepts.
WITH_JAVA = JAVA_HOME="$$(bin/java-home)" && export JAVA_HOME &&
# make test ARGS="tests/unit -k folds"
ARGS ?=
# Test processes at a time. One leaves a third of two cores idle; each takes 3 GB of memory. Files stay in their
# order, the long ones first: at the end no process is left alone with one.
WORKERS ?= 2

help:  ## list the targets
	@sed -n 's/^\([a-z-]*\):.*## /\1	/p' Makefile | while IFS='	' read -r name text; do printf '  make %-8s %s\n' "$$name" "$$text"; done

install:  ## make .venv with everything in it (the others do this by themselves)
	@bin/install

demo: install  ## two apps from raw rows to the monitoring page, some minutes
	@$(WITH_JAVA) .venv/bin/tiltyard demo $(ARGS)

test: install  ## the tests; ARGS="..." goes to pytest
	@bin/browser
	@$(WITH_JAVA) $(PY) -m pytest --numprocesses $(WORKERS) --dist loadfile --no-loadscope-reorder $(ARGS)

check: install  ## lint, types, import layers, shell; no Java
	$(PY) -m ruff check .
	$(PY) -m ruff format --check .
	$(PY) -m mypy
	.venv/bin/lint-imports --no-logo
	.venv/bin/shellcheck bin/* .ci/run

bench: install  ## cost per tenant and scoring speed, see docs/benchmarks.md
	@$(WITH_JAVA) $(PY) benchmarks/tenants.py $(ARGS)
	@$(WITH_JAVA) $(PY) benchmarks/scoring.py $(ARGS)

docs: install  ## docs/stages.md, the page of all feature stages, from their docstrings
	@$(PY) docs/stages.py

wheel: install  ## dist/: a source archive, and the wheel built from it
	@$(PY) -m build --outdir dist .

clean:  ## remove .venv, caches and builds; the warehouse in .tiltyard stays
	rm -rf .venv build dist *.egg-info .coverage* .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
