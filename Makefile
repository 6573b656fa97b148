# `make book` builds the book, `make test` checks everything. `make help` lists the rest.

SHELL := bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := book
.NOTPARALLEL:

PYTHON_IN_VENV := .venv/bin/python
NOTEBOOKS = $(shell find book -name '*.ipynb' -not -path '*/.ipynb_checkpoints/*')
UV_COMPILE = $(PYTHON_IN_VENV) -m uv pip compile --quiet --universal --python-version 3.11 --only-binary :all: --no-binary stop-words \
	--custom-compile-command "make pins" $(if $(UPGRADE),--upgrade) pyproject.toml

STEPS := book test pages test-floor test-engines test-colab screenshots

.PHONY: help venv pins format strip clean single pdf promises repository $(STEPS) $(STEPS:%=run-%)

# A step that fails says so in this file. Printed through $(error), that line is the last thing on the screen.
FAILED := _build/failed.txt

$(STEPS): %: run-%
	@$(if $(shell cat $(FAILED) 2>/dev/null),$(error $(shell cat $(FAILED))),:)

$(STEPS:%=run-%): run-%:
	@scripts/steps.sh $* || [[ -s $(FAILED) ]] || echo "make $* failed: it was stopped; run it again" >$(FAILED)

help:
	@echo "make book         build the book: notebooks run afresh, HTML in _build/html (also: plain make)"
	@echo "                  (EXECUTED=_build/executed: from the notebooks as make test ran them)"
	@echo "make test         ruff, unit and conformance tests, every chapter's cells, and every page in a browser"
	@echo "make pages        of these, the tests of the pages alone, on the book as it was built last"
	@echo "make test-floor   unit and conformance tests on the oldest supported versions, in .venv-floor"
	@echo "make test-engines the tests of the package on JAX and on PyTorch, in .venv-engines"
	@echo "make test-colab   every chapter as on Colab, in .venv-colab (CHAPTERS='01-concepts 02-encoder': these alone)"
	@echo "make screenshots  pictures of every page of the built book, on a phone and a desktop: _build/screenshots"
	@echo "make format       let ruff mend and format code and notebooks"
	@echo "make strip        strip the outputs of notebooks, except cells tagged keep_output"
	@echo "make single       the whole book on one page, _build/singlehtml, from the notebooks as make book ran them"
	@echo "make pdf          the same as a PDF, _build/s2s-lesson.pdf; needs chromium"
	@echo "make promises     run the conformance suite and write its page of the book anew"
	@echo "make repository   URL=https://github.com/you/fork: change the address of the repository everywhere"
	@echo "make pins         write requirements*.txt anew from pyproject.toml (UPGRADE=1: newest versions)"
	@echo "make clean        remove what was built (CLEAN=all: the environments .venv, .venv-floor, .venv-engines and .venv-colab, too)"
	@echo "Settings: PYTHON=/path/to/python3.12   S2S_LESSON_DATA=/folder/with/corpora"

venv:
	@scripts/venv.sh .venv requirements.txt

format: venv
	@$(PYTHON_IN_VENV) -m ruff check --fix .
	@$(PYTHON_IN_VENV) -m ruff format .

strip: venv
	@echo "== Stripping $(words $(NOTEBOOKS)) notebooks"
	@$(if $(NOTEBOOKS),$(PYTHON_IN_VENV) -m nbstripout --keep-count --keep-id $(NOTEBOOKS))

single: venv
	@echo "== Building the book on a single page"
	@.venv/bin/jupyter-book build . --builder custom --custom-builder singlehtml -W -n --keep-going
	@echo "== The page is ready, open: $(CURDIR)/_build/singlehtml/book/intro.html"

pdf: single
	@echo "== Printing it with chromium"
	@$(PYTHON_IN_VENV) scripts/pdf.py
	@echo "== The book is ready, open: $(CURDIR)/_build/s2s-lesson.pdf"

promises: venv
	@echo "== Running the conformance suite"
	@mkdir -p _build
	@OMP_NUM_THREADS=1 $(PYTHON_IN_VENV) -m pytest -q -n logical --dist loadfile tests/conformance \
		--junitxml=_build/conformance.xml
	@$(PYTHON_IN_VENV) scripts/promises.py _build/conformance.xml

repository: venv
	@$(PYTHON_IN_VENV) scripts/repository.py $(URL)

# .venv need not match pyproject.toml here: the pins are about to change.
pins:
	@[[ -x .venv/bin/uv ]] || scripts/venv.sh .venv requirements.txt
	@echo "== Resolving requirements.txt: what .venv holds"
	@$(UV_COMPILE) --extra tensorflow --extra book --extra test --extra pages --output-file requirements.txt >/dev/null
	@echo "== Resolving requirements-floor.txt: the oldest versions that pyproject.toml allows"
	@$(UV_COMPILE) --resolution lowest-direct --extra tensorflow --extra test \
		--output-file requirements-floor.txt >/dev/null
	@echo "== Resolving requirements-engines.txt: JAX and PyTorch, and all else as in requirements.txt"
	@$(UV_COMPILE) --constraints requirements.txt --extra jax --extra torch --extra test \
		--output-file requirements-engines.txt >/dev/null

clean:
	@echo "== Removing what was built$(if $(filter all,$(CLEAN)), and the environments)"
	@rm -rf _build .pytest_cache .ruff_cache .hypothesis *.egg-info
	@find . -name __pycache__ -not -path './.venv*' -prune -exec rm -rf {} +
	@$(if $(filter all,$(CLEAN)),rm -rf .venv .venv-floor .venv-engines .venv-colab views/node_modules)
