#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# A mistake in the arguments of a script is told at once, before anything is installed or built, in one line that
# names it, and ends the script with a status that is not 0.
cd "$(dirname "$0")/../.." || exit 1
failed=0

refuses() { # WORD COMMAND...: the line holds WORD
    local word=$1 said status
    shift
    said=$(timeout 20 "$@" 2>&1 >/dev/null </dev/null)
    status=$?
    if [ "$status" -eq 0 ] || [ "$status" -eq 124 ]; then
        echo "$*: status $status"
    elif [ "$(wc -l <<<"$said")" -ne 1 ] || [[ $said != *"$word"* ]]; then
        echo "$*: not one line with \"$word\": $said"
    else
        return
    fi
    failed=1
}

refuses "option inconnue : --bogus" ./run --bogus
refuses "--for demande une valeur" ./run --for
refuses "--for : « soon » n'est pas un nombre" ./run --for soon
refuses "--for : des secondes" ./run --for -1
refuses "--misbehave : « maybe »" ./run --misbehave maybe
refuses "--bogus" ./test --bogus
refuses "--preset needs" ./test --preset
refuses "no preset bogus" ./test --preset bogus
refuses "labelled bogus" ./test bogus
refuses "run|test|bench" tests/support/deps.sh
refuses "run|test|bench" tests/support/deps.sh bogus
refuses "--bogus" tests/bare/run --bogus
refuses "--limit needs" tests/bare/run --limit
refuses "--bogus" tests/coverage/run --bogus
refuses "--labels needs" tests/coverage/run --labels
refuses "--bogus" tests/fuzz/run --bogus
refuses "--minutes needs" tests/fuzz/run --minutes
refuses "--bogus" tests/versions/run --bogus
refuses "--kafka needs" tests/versions/run --kafka
refuses "a number from 1" tests/versions/stale_offsets 0
refuses "no folder build/bogus" tests/lint/run build/bogus
exit "$failed"
