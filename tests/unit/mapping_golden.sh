#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# mapping_golden.sh RELAIS: each sample of each operator's connector gives what its golden file holds, and no golden
# file is left without its sample. `mapping_golden.sh RELAIS --write` writes them anew: read the difference.
set -u
relais=$1
status=0
for connector in connectors/operators/*/connector.yaml; do
  folder=${connector%/connector.yaml}
  for sample in "$folder"/samples/*.json; do
    name=${sample##*/}
    golden=$folder/golden/${name%.json}.txt
    if [ "${2:-}" = --write ]; then
      "$relais" map "$connector" "$sample" >"$golden" || status=1
    elif ! "$relais" map "$connector" "$sample" --expect "$golden"; then
      echo "FAILED: $sample does not give $golden"
      status=1
    fi
  done
  for golden in "$folder"/golden/*.txt; do
    name=${golden##*/}
    [ -f "$folder/samples/${name%.txt}.json" ] || { echo "FAILED: $golden has no sample"; status=1; }
  done
done
exit "$status"
