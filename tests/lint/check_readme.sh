#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# README.md's chapter "Files" names every source file, and no other, as each describes itself.
exec python3 -B "$(dirname "$0")/readme_files.py"
