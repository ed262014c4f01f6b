#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# The foreign readers and writers of tests/interop: Python's fastavro and CloudEvents SDK in an environment of their
# own, Java's Avro as jars. Versions: tests/interop/requirements.txt and pom.xml.
#   interop.sh fetch             fetches them (15 MB, once)
#   interop.sh python ARG...     runs that Python
#   interop.sh java ARG...       runs Java with those jars
# They are kept in RELAIS_INTEROP_CACHE, or else in the user's cache folder.
set -euo pipefail

wanted=$(cd "$(dirname "${BASH_SOURCE[0]}")/../interop" && pwd)
cache=${RELAIS_INTEROP_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/relais/interop}

die() {
    echo "interop: $*" >&2
    exit 1
}

fetch() {
    mkdir -p "$cache"
    exec 8>"$cache/lock"
    flock 8
    if ! cmp -s "$wanted/requirements.txt" "$cache/venv/.complete"; then
        echo "interop: fetching Python packages (once)"
        rm -rf "$cache/venv"
        python3 -m venv "$cache/venv"
        "$cache/venv/bin/pip" -q --disable-pip-version-check install --no-deps -r "$wanted/requirements.txt" \
            >"$cache/pip.log" 2>&1 8>&- || die "pip failed: see $cache/pip.log"
        cp "$wanted/requirements.txt" "$cache/venv/.complete"
    fi
    if ! cmp -s "$wanted/pom.xml" "$cache/jars/.complete"; then
        echo "interop: fetching Java's Avro from Maven Central (once)"
        rm -rf "$cache/jars"
        mvn -q -B -f "$wanted/pom.xml" org.apache.maven.plugins:maven-dependency-plugin:3.8.1:copy-dependencies \
            -DincludeScope=runtime "-DoutputDirectory=$cache/jars" >"$cache/maven.log" 2>&1 8>&- ||
            die "Maven failed: see $cache/maven.log"
        cp "$wanted/pom.xml" "$cache/jars/.complete"
    fi
    exec 8>&-
}

case ${1-} in
fetch) fetch ;;
python)
    shift
    exec "$cache/venv/bin/python" -B "$@"
    ;;
java)
    shift
    exec java -Xmx256m -XX:+UseSerialGC -XX:TieredStopAtLevel=1 -cp "$cache/jars/*" "$@"
    ;;
*)
    sed -n '5,7s/^# \{0,1\}//p' "${BASH_SOURCE[0]}" >&2
    exit 2
    ;;
esac
