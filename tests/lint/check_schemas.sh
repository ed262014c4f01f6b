#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Each schema's newest recorded version is the schema itself, and no version is missing. That the versions fit each
# other is `relais schemas check`. What was recorded is never changed once a release wrote it.
failed=0
for file in schemas/*.avsc; do
    name=$(basename "$file" .avsc)
    last=0
    while [ -e "schemas/history/$name-$((last + 1)).avsc" ]; do last=$((last + 1)); done
    [ "$(find schemas/history -name "$name-*.avsc" | wc -l)" -eq "$last" ] || {
        echo "schemas/history: the versions of $name are not 1 to $last"
        failed=1
    }
    cmp -s "$file" "schemas/history/$name-$last.avsc" || {
        echo "$file is not recorded; do: cp $file schemas/history/$name-$((last + 1)).avsc"
        failed=1
    }
done
exit "$failed"
