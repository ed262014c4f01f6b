#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Every C file is as clang-format writes it. To mend one: clang-format -i FILE
. "$(dirname "$0")/files.sh"

mapfile -t sources < <(files '*.c' '*.h')
clang-format --dry-run -Werror "${sources[@]}" || findings=1
finish
