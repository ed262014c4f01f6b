#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# A source file that grows past 500 lines is split along its seam. A test stays one program a
# module, and a table of cases has no seam: 750.
. "$(dirname "$0")/files.sh"

while read -r file; do
    case $file in tests/*) most=750 ;; *) most=500 ;; esac
    lines=$(wc -l <"$file")
    [ "$lines" -le "$most" ] || found "$file" "$lines lines, at most $most"
done < <(files '*.c')
finish
