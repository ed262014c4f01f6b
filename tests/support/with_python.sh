#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Runs the Python of tests/support/python.sh: with_python.sh ARGUMENT...
exec "$("$(dirname "$(readlink -f "$0")")/python.sh")" "$@"
