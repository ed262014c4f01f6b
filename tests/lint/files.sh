#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Sourced by the checks: which files there are, and how a finding is told.
# shellcheck disable=SC2034 # used by those who source it
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
cd "$root" || exit 1
layers="base schemas directory connectors broker cli"
findings=0

# Files of the project that match git's patterns; without git (an unpacked archive), all that
# are not in a build folder.
files() { # PATTERN...
    if git rev-parse --git-dir >/dev/null 2>&1; then
        git ls-files --cached --others --exclude-standard -- "$@" | sort -u | while read -r file; do
            [ ! -f "$file" ] || echo "$file"
        done
    else
        local file pattern
        find . -name build -prune -o -name .git -prune -o -type f -print | sed 's|^\./||' | sort |
            while read -r file; do
                for pattern in "$@"; do
                    # shellcheck disable=SC2254 # a pattern on purpose
                    case $file in $pattern | $pattern/*) echo "$file" ;; esac
                done
            done
    fi
}

found() { # WHERE WHAT
    echo "$1: $2"
    findings=$((findings + 1))
}

finish() {
    [ "$findings" -eq 0 ]
    exit
}
