#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Each header of a layer stands in its layer's HEADERS (cmake/RelaisLayer.cmake), which proves that it compiles alone.
. "$(dirname "$0")/files.sh"

for layer in $layers; do
    listed=" $(find "$layer" -name CMakeLists.txt -exec sed -n '/HEADERS/,/LINK/p' {} + | grep -o '[a-z0-9_/]*\.h' | xargs -rn1 basename | paste -sd' ') "
    for header in $(files "$layer/*.h"); do
        [[ $listed == *" $(basename "$header") "* ]] || found "$header" "is not among its layer's HEADERS in CMakeLists.txt"
    done
done
finish
