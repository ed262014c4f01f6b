#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# A source file that grows past 500 lines is split along its seam.
. "$(dirname "$0")/files.sh"

while read -r file; do
    lines=$(wc -l <"$file")
    [ "$lines" -le 500 ] || found "$file" "$lines lines, at most 500"
done < <(files '*.c')
finish
