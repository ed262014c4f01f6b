#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Runs shellcheck over every shell script, those without an ending (run, test) included.
. "$(dirname "$0")/files.sh"

mapfile -t scripts < <(files '*' | while read -r file; do
    head -c 64 "$file" | head -1 | grep -qaE '^#!.*\b(ba|da)?sh\b' && echo "$file"
done)
shellcheck -x --source-path=SCRIPTDIR "${scripts[@]}" || findings=1
finish
