#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# README.md's chapter "Files" names every source file, and no other. "base/clock.{c,h}" names two.
. "$(dirname "$0")/files.sh"

named() {
    sed -n '/^## Files/,/^## [^F]/p' README.md |
        grep -oE '[A-Za-z0-9_.-]+/[A-Za-z0-9_./-]*(\{[A-Za-z0-9_.,-]+\}[A-Za-z0-9_.-]*)?' |
        awk '{
            if (!match($0, /\{[^}]*\}/)) { print; next }
            n = split(substr($0, RSTART + 1, RLENGTH - 2), part, ",")
            for (i = 1; i <= n; i++)
                print substr($0, 1, RSTART - 1) part[i] substr($0, RSTART + RLENGTH)
        }' | sort -u
}

# shellcheck disable=SC2086 # a list
existing() {
    for folder in $layers demo docker tests/support; do
        files "$folder/*.c" "$folder/*.h" "$folder/*.py" "$folder/*.sh" "$folder/*.avsc"
    done | sort -u
}

while read -r file; do
    found README.md "\"Files\" does not name $file"
done < <(comm -13 <(named) <(existing))
while read -r file; do
    [[ $file != *.[ch] && $file != *.py && $file != *.sh && $file != *.avsc ]] || [ -e "$file" ] ||
        found README.md "\"Files\" names $file, which is not there"
done < <(named)
finish
