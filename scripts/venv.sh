#!/usr/bin/env bash
# Make a virtual environment, or bring it up to date.
#
#   scripts/venv.sh [--only-pins] FOLDER REQUIREMENTS [PREFERRED PYTHON...]
#
# Installs the pins of REQUIREMENTS and, but for --only-pins, this package (editable). Does nothing when FOLDER/installed.txt says that
# this very thing is already installed. The variable PYTHON names one interpreter to use instead of searching.
set -euo pipefail
cd "$(dirname "$0")/.."

only_pins=
if [[ $1 == --only-pins ]]; then
    only_pins=yes
    shift
fi
folder=$1
requirements=$2
shift 2
stamp=$folder/installed.txt
python=$folder/bin/python

# "3.12" when the interpreter runs, can make environments and is a version that we support; else nothing.
version_of() {
    "$1" -c 'import sys, venv, ensurepip
v = sys.version_info
assert (3, 11) <= v < (3, 14)
print(f"{v.major}.{v.minor}")' 2>/dev/null || true
}

find_python() {
    local candidate
    for candidate in "$@"; do
        if [[ -n $(version_of "$candidate") ]]; then
            echo "$candidate"
            return
        fi
    done
    {
        echo "Expected Python 3.11, 3.12 or 3.13 with its venv module; received none that works (tried: $*)."
        echo "Install it with: apt-get install python3 python3-venv make git"
        echo "or name an interpreter: make PYTHON=/path/to/python3.12"
    } >&2
    return 1
}

# What the environment must hold: these pins, this project, in this place.
wanted() {
    echo "project $PWD"
    cat "$requirements" pyproject.toml | sha256sum
}

usable=$(version_of "$python")
if [[ -n ${PYTHON:-} && -n $usable && $usable != "$(version_of "$PYTHON")" ]]; then
    usable= # another version was asked for
fi
if [[ -f $stamp && $(head -n 1 "$stamp") != "project $PWD" ]]; then
    usable= # the folder was moved or copied, and its scripts name the old place
fi
if [[ -n $usable && -f $stamp && $(<"$stamp") == "$(wanted)" ]]; then
    echo "== $folder is up to date (Python $usable)"
    exit
fi

if [[ -z $usable ]]; then
    if [[ -n ${PYTHON:-} ]]; then
        chosen=$(find_python "$PYTHON")
    else
        chosen=$(find_python "$@" python3.12 python3.13 python3.11 python3)
    fi
    echo "== Making $folder with $("$chosen" --version)"
    "$chosen" -m venv --clear "$folder"
fi
rm -f "$stamp"
pip=("$python" -m pip install -qq --disable-pip-version-check --no-input)
echo "== Installing the pins of $requirements into $folder (the first time this takes some minutes)"
"${pip[@]}" --only-binary :all: --no-binary stop-words -r "$requirements" # stop-words has no wheel
if [[ -z $only_pins ]]; then
    echo "== Installing this package into $folder"
    "${pip[@]}" --no-deps --no-build-isolation --editable .
fi
wanted >"$stamp"
