#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# docs/files.md names every source file, and no other, as each describes itself; README.md every folder.
exec python3 -B "$(dirname "$0")/files_page.py"
