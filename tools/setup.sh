#!/usr/bin/env bash
# Makes .venv in this checkout hold the pinned packages and Sampan itself.
#
#   tools/setup.sh [dev|bench]
#
# Does nothing, and needs no network, if that was done for these very pins, in this very folder.
# Needs only Python 3.11 or newer with its venv module; set PYTHON to choose one.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

extra="${1:-dev}"
stamp_file=".venv/.ready-$extra"
python=.venv/bin/python
unset PYTHONPATH PYTHONHOME PIP_TARGET PIP_PREFIX PIP_USER

say() { printf '%s\n' "$*"; }
stop() {
    printf 'make: %s\n' "$@" >&2
    exit 2
}

# What the venv was made for. It holds absolute paths, so a moved checkout needs a new one.
stamp() {
    say "folder $(pwd -P)"
    say "pins $(cat constraints.txt pyproject.toml tools/setup.sh | cksum)"
}

suitable() { # COMMAND: 0 if it is a Python that can make the venv
    "$1" -c 'import sys, venv, ensurepip; sys.exit(sys.version_info < (3, 11))' 2>/dev/null
}

find_python() {
    local candidate
    # The default Python first; pins are tested on 3.11 to 3.13.
    for candidate in ${PYTHON:+"$PYTHON"} python3 python3.13 python3.12 python3.11 python; do
        if suitable "$candidate"; then
            say "$candidate"
            return
        fi
    done
    for candidate in ${PYTHON:+"$PYTHON"} python3 python3.13 python3.12 python3.11; do
        if "$candidate" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then
            stop "$candidate is new enough but has no venv module." \
                "Install it (Debian, Ubuntu: apt-get install python3-venv) and run this again."
        fi
    done
    stop "no Python 3.11 or newer was found." \
        "Install one (Debian, Ubuntu: apt-get install python3 python3-venv), or name it:" \
        "  make PYTHON=/path/to/python3.12 …"
}

fresh_venv_if_needed() {
    if [ -e .venv ] && [ ! -e .venv/pyvenv.cfg ]; then
        stop "there is a .venv in this folder that is no virtual environment." \
            "Move it away and run this again."
    fi
    if [ -e .venv ] && ! "$python" -c 'import pip, sys; sys.exit(sys.version_info < (3, 11))' \
        2>/dev/null; then
        say "The Python of .venv is gone, too old or half made: making a new .venv."
        rm -rf .venv
    fi
    local old
    for old in .venv/.ready-*; do
        if [ -e "$old" ] && [ "$(head -n 1 "$old")" != "folder $(pwd -P)" ]; then
            say "This folder was moved: making a new .venv."
            rm -rf .venv
            break
        fi
    done
    if [ ! -e .venv ]; then
        local found
        found="$(find_python)"
        say "Making .venv with $("$found" --version) …"
        "$found" -m venv .venv
    fi
}

# pip's output, cut down to one line a package so that progress shows.
progress() {
    local line
    while IFS= read -r line; do
        case "$line" in
            Collecting*) say "  ${line%% (*}" ;;
            Installing\ collected*) say "  Unpacking …" ;;
            Successfully\ installed*) say "  Done." ;;
        esac
    done
}

install() {
    "$python" -m pip install --disable-pip-version-check --no-input \
        --constraint constraints.txt "$@" | progress ||
        stop "the packages could not be installed; the reason stands above." \
            "Without a network, or behind a mirror, set pip's index first: pip config --help."
}

if [ -f "$stamp_file" ] && [ "$(cat "$stamp_file")" = "$(stamp)" ] && "$python" -c '' 2>/dev/null
then
    exit 0
fi
[ -w . ] || stop "the packages are not set up for $(id -un), who may not write in $(pwd)." \
    "Copy the folder to a place of your own and run this there."
fresh_venv_if_needed
rm -f "$stamp_file"
say "Installing the pinned packages into .venv (some 300 MB the first time) …"
install hatchling
install --no-build-isolation --editable ".[$extra]"
stamp >"$stamp_file"
say "Ready."
