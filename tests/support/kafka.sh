#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# A throw-away Kafka for one test run, on free ports: its address is in DIR/address afterwards.
#   kafka.sh start DIR    starts it, or keeps the one of an earlier run that was not stopped and has the same jars
#   kafka.sh again DIR    starts it again after it was killed: same port, same data
#   kafka.sh stop DIR     ends it and removes its data
# Jars are kept in RELAIS_KAFKA_CACHE, or else in the user's cache folder.
set -euo pipefail

kafka=$(cd "$(dirname "${BASH_SOURCE[0]}")/../../docker/kafka" && pwd)/kafka.sh
cache=${RELAIS_KAFKA_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/relais/kafka}
[ $# -eq 2 ] || { sed -n '3,7s/^# \{0,1\}//p' "${BASH_SOURCE[0]}" >&2; exit 2; }
dir=$2

taken() { (: <"/dev/tcp/127.0.0.1/$1") 2>/dev/null; }

# Below the range that the system gives to outgoing connections.
free_port() {
    local port
    while :; do
        port=$((20000 + RANDOM % 12000))
        taken "$port" || break
    done
    echo "$port"
}

# Another program may take a port between the look and the start: three tries.
start() {
    local port
    mkdir -p "$dir"
    if [ -s "$dir/address" ] && [ -e "$dir/data/kafka.pid" ] && taken "$(sed 's/.*://' "$dir/address")"; then
        if [ "$(cat "$dir/jars")" = "$cache" ]; then
            echo "kafka: keeping the broker on $(cat "$dir/address")"
            return 0
        fi
        "$kafka" stop "$dir/data/kafka.pid"
    fi
    echo "$cache" >"$dir/jars"
    for _ in 1 2 3; do
        rm -rf "$dir/data" "$dir/address"
        port=$(free_port)
        if "$kafka" start --cache "$cache" --data "$dir/data" --port "$port" --controller-port "$(free_port)" --background; then
            echo "127.0.0.1:$port" >"$dir/address"
            return 0
        fi
    done
    return 1
}

again() {
    "$kafka" start --cache "$cache" --data "$dir/data" --port "$(sed 's/.*://' "$dir/address")" \
        --controller-port "$(free_port)" --background
}

case $1 in
start) start ;;
again) again ;;
stop)
    "$kafka" stop "$dir/data/kafka.pid"
    rm -rf "$dir/data" "$dir/address" "$dir/jars"
    ;;
*) echo "kafka.sh: start, again or stop" >&2; exit 2 ;;
esac
