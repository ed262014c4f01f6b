#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# A throw-away schema registry that we did not write (Apicurio, in memory), on a free port: the
# address of its Confluent API is in DIR/address afterwards.
#   registry.sh fetch        fetches it (142 MB, once)
#   registry.sh start DIR    starts it, empty
#   registry.sh again DIR    starts it again, empty, on the same port
#   registry.sh halt DIR     ends it, keeps its address
#   registry.sh stop DIR     ends it and removes what it left
# It is kept in RELAIS_REGISTRY_CACHE, or else in the user's cache folder.
set -euo pipefail

version=2.6.13.Final # the newest whose runnable archive is on Maven Central
cache=${RELAIS_REGISTRY_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/relais/registry}
java=${JAVA_HOME:+$JAVA_HOME/bin/}java
most_seconds=60

usage() {
    sed -n '5,9s/^# \{0,1\}//p' "${BASH_SOURCE[0]}" >&2
    exit 2
}
die() {
    echo "registry: $*" >&2
    exit 1
}

fetch() {
    local part=$cache/part
    mkdir -p "$cache"
    exec 8>"$cache/lock"
    flock 8
    if [ ! -e "$cache/$version/.complete" ]; then
        command -v mvn >/dev/null || die "mvn (Maven) is not installed"
        echo "registry: fetching Apicurio Registry $version from Maven Central (142 MB, once)"
        rm -rf "$part" "${cache:?}/$version"
        mvn -q -B org.apache.maven.plugins:maven-dependency-plugin:3.8.1:copy \
            "-Dartifact=io.apicurio:apicurio-registry-app:$version:zip:all" "-DoutputDirectory=$part" \
            >"$cache/fetch.log" 2>&1 8>&- || die "Maven failed: see $cache/fetch.log"
        (cd "$part" && python3 -m zipfile -e ./*.zip "$cache/$version")
        rm -rf "$part"
        touch "$cache/$version/.complete"
    fi
    exec 8>&-
}

taken() { (: <"/dev/tcp/127.0.0.1/$1") 2>/dev/null; }

free_port() {
    local port
    while :; do
        port=$((20000 + RANDOM % 12000))
        taken "$port" || break
    done
    echo "$port"
}

port_of() { sed 's/.*127.0.0.1:\([0-9]*\).*/\1/' "$1/address"; }
alive() { kill -0 "$1" 2>/dev/null && tr '\0' ' ' <"/proc/$1/cmdline" 2>/dev/null | grep -q 'relais.registry'; }

answers() { # PORT
    local line
    exec 3<>"/dev/tcp/127.0.0.1/$1" || return 1
    printf 'GET /apis/ccompat/v7/subjects HTTP/1.0\r\nHost: 127.0.0.1\r\n\r\n' >&3
    IFS= read -r -t 2 line <&3 || line=
    exec 3<&- 3>&-
    case $line in *' 200 '*) return 0 ;; *) return 1 ;; esac
}

launch() { # DIR PORT
    local dir=$1 port=$2 pid runner
    runner=$(find "$cache/$version" -name '*runner.jar' | head -n 1)
    [ -n "$runner" ] || die "no runner in $cache/$version"
    QUARKUS_HTTP_HOST=127.0.0.1 QUARKUS_HTTP_PORT=$port QUARKUS_LOG_LEVEL=WARN \
        setsid "$java" -Drelais.registry=1 -Xmx320m -XX:+UseSerialGC -XX:TieredStopAtLevel=1 -jar "$runner" \
        >"$dir/registry.log" 2>&1 </dev/null &
    pid=$!
    echo "$pid" >"$dir/registry.pid"
    for _ in $(seq $((most_seconds * 10))); do
        if answers "$port" 2>/dev/null; then
            echo "http://127.0.0.1:$port/apis/ccompat/v7" >"$dir/address"
            echo "registry: ready on 127.0.0.1:$port (pid $pid)"
            return 0
        fi
        kill -0 "$pid" 2>/dev/null || break
        sleep 0.1
    done
    kill -KILL "$pid" 2>/dev/null || true
    echo "registry: no answer; its log is $dir/registry.log" >&2
    return 1
}

halt() { # DIR
    local pid tries=100
    [ -e "$1/registry.pid" ] || return 0
    pid=$(cat "$1/registry.pid")
    if alive "$pid"; then
        kill -TERM "$pid"
        while alive "$pid" && [ "$tries" -gt 0 ]; do
            sleep 0.1
            tries=$((tries - 1))
        done
        ! alive "$pid" || kill -KILL "$pid"
    fi
    rm -f "$1/registry.pid"
}

# Another program may take a port between the look and the start: three tries.
start() { # DIR
    fetch
    mkdir -p "$1"
    if [ -s "$1/address" ] && [ -e "$1/registry.pid" ] && alive "$(cat "$1/registry.pid")"; then
        halt "$1" # what an earlier run registered is not ours
    fi
    for _ in 1 2 3; do
        ! launch "$1" "$(free_port)" || return 0
    done
    return 1
}

case ${1-}:$# in
fetch:1) fetch ;;
start:2) start "$2" ;;
again:2) halt "$2"; launch "$2" "$(port_of "$2")" ;;
halt:2) halt "$2" ;;
stop:2) halt "$2"; rm -f "$2/address" "$2/registry.log" ;;
*) usage ;;
esac
