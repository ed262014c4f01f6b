#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# The commands that speak to Kafka: cli_kafka.sh PATH_TO_RELAIS FILE_WITH_THE_ADDRESS
set -u

relais=$1
RELAIS_BROKERS=$(cat "$2")
export RELAIS_BROKERS
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
failures=0

expect() {
    local code=$1 text=$2 found
    shift 2
    "$@" >"$dir/said" 2>&1
    found=$?
    if [ "$found" -ne "$code" ] || ! grep -qF -- "$text" "$dir/said"; then
        echo "FAILED: $* : exit $found, wanted $code and \"$text\" in:"
        cat "$dir/said"
        failures=$((failures + 1))
    fi
}

topics=(--directory "$dir/directory" --partitions 3 --replication 1)
cp -r demo/directory "$dir/directory"
mkdir "$dir/directory/keys"
for code in o10 o21 o22; do
    "$relais" keys create "$code" --out "$dir/$code.keys" --public "$dir/directory/keys/$code.yaml" >/dev/null || exit 1
done

expect 0 "Sujets en place : 17" "$relais" topics apply "${topics[@]}"
expect 0 "Sujets conformes : 17" "$relais" topics check "${topics[@]}"
expect 1 "relais.o21.outbox.v1 : 3 partitions au lieu de 4" "$relais" topics check --directory "$dir/directory" --partitions 4 --replication 1
expect 1 "relais.o21.inbox.v1 : replication.factor vaut 1 au lieu de 3" "$relais" topics check --directory "$dir/directory" --partitions 3
expect 1 "a 3 partitions au lieu de 4" "$relais" topics apply --directory "$dir/directory" --partitions 4 --replication 1

expect 0 "+ site/o21-metz@2024-01-02T00:00:00Z" "$relais" directory diff "$dir/directory"
expect 0 "Annuaire publié" "$relais" directory publish "$dir/directory"
expect 0 "dit la même chose" "$relais" directory publish "$dir/directory"
sed -i 's/name: Trajet, Strasbourg/name: Trajet, centre/' "$dir/directory/operators/o21.yaml"
expect 0 "~ site/o21-strasbourg@2024-01-02T00:00:00Z: name" "$relais" directory diff "$dir/directory"
expect 0 "changements : 1" "$relais" directory publish "$dir/directory"

expect 0 "Directory SITE" "$relais" tail directory --from-beginning --to-end
expect 0 '"code":"o21-metz"' "$relais" tail relais.directory.v1 --from-beginning --to-end --json
"$relais" tail o22.inbox --from-beginning --to-end || { echo "FAILED: tail of an empty topic"; failures=$((failures + 1)); }
"$relais" tail directory --from-beginning --count 2 >"$dir/two"
[ "$(wc -l <"$dir/two")" -eq 2 ] || { echo "FAILED: tail --count 2"; failures=$((failures + 1)); }
expect 1 "le sujet relais.nowhere.v1 n'existe pas" "$relais" tail nowhere --to-end
expect 0 "passages de relais" "$relais" status
expect 0 '"handoffs":' "$relais" status --json
expect 1 "aucun passage de relais" "$relais" trace 00000000-0000-8000-8000-000000000001
expect 2 "8 caractères au moins" "$relais" trace 1a2b

# A signal ends what follows a topic, with success.
"$relais" tail o22.inbox >"$dir/followed" 2>&1 &
follower=$!
sleep 2
kill -TERM "$follower"
wait "$follower" || { echo "FAILED: tail ends with $? on SIGTERM"; failures=$((failures + 1)); }

[ "$failures" -eq 0 ]
