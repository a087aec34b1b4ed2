# `make demo` and `make test` are all a newcomer needs; each does `make setup` first, which does nothing when nothing changed.
MAKEFLAGS += --no-print-directory
SYSTEM_PYTHON := $(firstword $(foreach name,python3 python3.14 python3.13 python3.12 python3.11,$(shell command -v $(name) 2>/dev/null)))
PYTHON := .venv/bin/python
NIANGJIA := .venv/bin/niangjia
PG ?= 18
PORT ?= 8000
# Browser tests and the job worker share the cores with PostgreSQL.
WORKERS ?= 2
T ?=

.PHONY: help setup demo demo-reset test lint format pictures lock clean

help:
	@echo "make demo        start everything with a demo county and say where to log in"
	@echo "make demo-reset  begin anew: throw the demo's database and files away"
	@echo "make test        run all tests, on PostgreSQL 18; with PG=15 on Debian's 15; T='path -k name' for some"
	@echo "make lint        style, types and borders"
	@echo "make format      let ruff put the style right"
	@echo "make pictures    take the README's pictures from the running product"
	@echo "make lock        resolve the requirements again (UPGRADE=--upgrade for newer versions)"
	@echo "make clean       remove what was built"

setup:
ifeq ($(SYSTEM_PYTHON),)
	@echo "Python 3.11 or newer is needed and was not found: install it (Debian: apt-get install -y python3 python3-venv) and run the command again." >&2; exit 1
else
	@$(SYSTEM_PYTHON) tools/setup.py
endif

demo: setup
	@$(NIANGJIA) up --port $(PORT)

demo-reset: setup
	@$(NIANGJIA) db reset

test: setup
	@PG=$(PG) $(PYTHON) -m pytest -n $(WORKERS) $(T)

lint: setup
	@.venv/bin/ruff check .
	@.venv/bin/ruff format --check .
	@NIANGJIA_ENV=test .venv/bin/mypy
	@.venv/bin/lint-imports
	@NIANGJIA_ENV=test PYTHONWARNINGS=ignore::RuntimeWarning .venv/bin/django-admin makemigrations --check --dry-run --settings niangjia.config.settings

format: setup
	@.venv/bin/ruff check --fix .
	@.venv/bin/ruff format .

pictures: setup
	@$(PYTHON) -m tests.pictures

lock: setup
	@$(PYTHON) tools/lock.py $(UPGRADE)

clean:
	rm -rf .venv node_modules build *.egg-info niangjia/ui/static/dist static .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache
