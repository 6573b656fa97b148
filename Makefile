# `make book` builds the book, `make test` checks everything. `make help` lists the rest.

SHELL := bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := book
.NOTPARALLEL:

# The first interpreter that fits, unless PYTHON names one.
FITS := import ensurepip, sys, venv; sys.exit(not (3, 11) <= sys.version_info < (3, 14))
PYTHON = $(shell for python in python3.12 python3.13 python3.11 python3; do \
	if $$python -c '$(FITS)' 2>/dev/null; then echo $$python; break; fi; done)
WANTED := Expected Python 3.11, 3.12 or 3.13 with its venv module. Install it (apt-get install python3 python3-venv) \
	or name one: make PYTHON=/path/to/python3.12
STEPS = $(or $(shell $(or $(PYTHON),false) -c '$(FITS)' 2>/dev/null && echo $(PYTHON)),$(error $(WANTED))) tools/steps.py
IN_VENV := .venv/bin/python
NOTEBOOKS = $(shell find book -name '*.ipynb' -not -path '*/.ipynb_checkpoints/*')
UV_COMPILE = .venv-uv/bin/uv pip compile --quiet --universal --python-version 3.11 --only-binary :all: \
	--custom-compile-command "make pins" $(if $(UPGRADE),--upgrade) pyproject.toml
PACKAGE_EXTRAS := --extra text --extra icu --extra corpora --extra plots --extra export --extra serve
TARGETS := book test test-fast test-slow test-floor test-engines test-colab test-all pages screenshots dist venv

.PHONY: help $(TARGETS) pins format strip clean single pdf slides assignments promises repository

help:
	@echo "make book         build the book: HTML in _build/html; notebooks run where something changed (also: plain make)"
	@echo "make test         ruff, the fast tests, every chapter's cells, and every page in a browser"
	@echo "make test-fast    of these, ruff and the fast tests alone"
	@echo "make test-slow    the tests that take long: kill and resume, long trainings, other processes"
	@echo "make test-floor   the fast tests on the oldest supported versions, in .venv-floor"
	@echo "make test-engines the fast tests of promises, layers and shipped models on JAX and on PyTorch, in .venv-engines"
	@echo "make test-colab   every chapter as on Colab, in .venv-colab (CHAPTERS='01-concepts 02-encoder': these alone)"
	@echo "make test-all     everything there is, on every engine"
	@echo "make pages        the tests of the pages alone, on the book as it was built last"
	@echo "make screenshots  pictures of every page of the built book, on a phone and a desktop: _build/screenshots"
	@echo "make dist         the package as a source distribution and a wheel, in dist"
	@echo "make format       let ruff mend and format code and notebooks"
	@echo "make strip        strip the outputs of notebooks, except cells tagged keep_output"
	@echo "make single       the whole book on one page, _build/singlehtml, from the notebooks as they ran last"
	@echo "make pdf          the same as a PDF, _build/s2s-lesson.pdf; needs chromium"
	@echo "make slides       slides of each notebook as it ran last, for a browser, each in one file: _build/slides"
	@echo "make assignments  the exercises of each notebook without their solutions, as notebooks: _build/assignments"
	@echo "make promises     run the conformance suite and write its page of the book anew"
	@echo "make repository   URL=https://github.com/you/fork: change the address of the repository everywhere"
	@echo "make pins         write requirements*.txt anew from pyproject.toml (UPGRADE=1: newest versions)"
	@echo "make clean        remove what was built (CLEAN=all: the environments .venv* and views/node_modules, too)"
	@echo "Settings: PYTHON=/path/to/python3.12   S2S_LESSON_DATA=/folder/with/corpora"

$(TARGETS):
	@$(STEPS) $@

format: venv
	@$(IN_VENV) -m ruff check --fix .
	@$(IN_VENV) -m ruff format .

strip: venv
	@echo "== Stripping $(words $(NOTEBOOKS)) notebooks"
	@$(if $(NOTEBOOKS),$(IN_VENV) -m nbstripout --keep-count --keep-id $(NOTEBOOKS))

single: venv
	@echo "== Building the book on a single page"
	@.venv/bin/jupyter-book build . --builder custom --custom-builder singlehtml -W -n --keep-going
	@echo "== The page is ready, open: $(CURDIR)/_build/singlehtml/index.html"

pdf: single
	@echo "== Printing it with chromium"
	@$(IN_VENV) tools/pdf.py
	@echo "== The book is ready, open: $(CURDIR)/_build/s2s-lesson.pdf"

slides: venv
	@echo "== Making slides of the notebooks as they ran last"
	@$(IN_VENV) tools/slides.py

assignments: venv
	@echo "== Making assignments of the exercises"
	@$(IN_VENV) tools/assignments.py

promises: venv
	@echo "== Running the conformance suite"
	@mkdir -p _build
	@OMP_NUM_THREADS=1 $(IN_VENV) -m pytest -q -n logical --dist loadfile tests/conformance \
		--junitxml=_build/conformance.xml
	@$(IN_VENV) tools/promises.py _build/conformance.xml

repository: venv
	@$(IN_VENV) tools/repository.py $(URL)

# .venv need not match pyproject.toml here: the pins are about to change.
pins:
	@[[ -x .venv-uv/bin/uv ]] || $(STEPS) venv
	@echo "== Resolving requirements.txt: what .venv holds"
	@$(UV_COMPILE) $(PACKAGE_EXTRAS) --extra tensorflow --extra book --extra test --extra pages --output-file requirements.txt >/dev/null
	@echo "== Resolving requirements-floor.txt: the oldest versions that pyproject.toml allows"
	@$(UV_COMPILE) --resolution lowest-direct $(PACKAGE_EXTRAS) --extra tensorflow --extra test \
		--output-file requirements-floor.txt >/dev/null
	@echo "== Resolving requirements-engines.txt: JAX and PyTorch, and all else as in requirements.txt"
	@$(UV_COMPILE) --constraints requirements.txt $(PACKAGE_EXTRAS) --extra jax --extra torch --extra test \
		--output-file requirements-engines.txt >/dev/null

clean:
	@echo "== Removing what was built$(if $(filter all,$(CLEAN)), and the environments)"
	@rm -rf _build dist .pytest_cache .ruff_cache .hypothesis *.egg-info
	@find . -name __pycache__ -not -path './.venv*' -prune -exec rm -rf {} +
	@$(if $(filter all,$(CLEAN)),rm -rf .venv .venv-* views/node_modules)
