#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Prints the Python that has what the checker needs (tests/checker/requirements.txt); makes its environment when it is not there.
set -euo pipefail
requirements=$(dirname "$(readlink -f "$0")")/../checker/requirements.txt
folder=${XDG_CACHE_HOME:-$HOME/.cache}/relais/python-$(cksum <"$requirements" | cut -d' ' -f1)
mkdir -p "$(dirname "$folder")"
exec 9>"$folder.lock"
flock 9
if [ ! -e "$folder/.complete" ]; then
    rm -rf "$folder"
    python3 -m venv "$folder" >&2
    "$folder/bin/pip" install --quiet --disable-pip-version-check --requirement "$requirements" >&2
    touch "$folder/.complete"
fi
echo "$folder/bin/python"
