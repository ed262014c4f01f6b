#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Folder = layer, and includes, written from the root, only point down, and never at themselves.
. "$(dirname "$0")/files.sh"

below() { # LAYER: what it may include
    case $1 in
    base) echo "base" ;;
    schemas) echo "base schemas" ;;
    directory) echo "base schemas directory" ;;
    connectors) echo "base schemas directory connectors" ;;
    broker) echo "base schemas directory broker" ;;
    cli) echo "$layers" ;;
    esac
}

for layer in $layers; do
    allowed=" $(below "$layer") "
    while IFS=: read -r file line text; do
        include=${text#*\"}
        include=${include%%\"*}
        [ "$include" != "$file" ] || found "$file:$line" "includes itself"
        case $include in
        */*) [[ $allowed == *" ${include%%/*} "* ]] ||
            found "$file:$line" "$layer may not include \"$include\"" ;;
        *) found "$file:$line" "\"$include\" is not written from the root" ;;
        esac
    done < <(files "$layer/*.c" "$layer/*.h" | xargs -r grep -nHE '^[[:space:]]*#[[:space:]]*include[[:space:]]*"')
done
finish
