#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Installs what is missing on a Debian 12; says nothing when nothing is.
#   deps.sh run     what builds and runs the program and Kafka
#   deps.sh test    that, and what the tests use: packages, and in the user's caches what none brings
#   deps.sh bench   what runs, and what the benchmark compares with
set -euo pipefail

# One need a line: how it is found, and the package that brings it.
#   command NAME   module NAME (pkg-config)   file PATH   package NAME (as dpkg knows it)
needs_run() {
    cat <<'EOF'
command cc gcc
file /usr/include/stdio.h libc6-dev
command cmake cmake
command ninja ninja-build
command pkg-config pkg-config
command python3 python3
command java openjdk-17-jre-headless
command mvn maven
command git git
file /etc/ssl/certs/ca-certificates.crt ca-certificates
module rdkafka librdkafka-dev
module libcurl libcurl4-openssl-dev
module libmicrohttpd libmicrohttpd-dev
module yaml-0.1 libyaml-dev
module libsodium libsodium-dev
module libcrypto libssl-dev
module libutf8proc libutf8proc-dev
module lmdb liblmdb-dev
file /usr/include/uthash.h uthash-dev
module yyjson libyyjson-dev
module expat libexpat1-dev
EOF
}

needs_test() {
    needs_run
    cat <<'EOF'
module cmocka libcmocka-dev
module avro-c libavro-dev
file /usr/include/jansson.h libjansson-dev
command clang clang
command clang-format clang-format
command clang-tidy clang-tidy
package libclang-rt-14-dev libclang-rt-14-dev
command shellcheck shellcheck
command promtool prometheus
command openssl openssl
command javac openjdk-17-jdk-headless
file /usr/lib/python3/dist-packages/jsonschema python3-jsonschema
file /usr/lib/python3/dist-packages/yaml python3-yaml
package python3-venv python3-venv
EOF
}

needs_bench() {
    needs_run
    cat <<'EOF'
command valgrind valgrind
module avro-c libavro-dev
file /usr/include/jansson.h libjansson-dev
package python3-venv python3-venv
EOF
}

say() { printf 'deps: %s\n' "$*" >&2; }
fail() {
    say "$*"
    exit 1
}

have() { # KIND NAME
    case $1 in
    command) command -v "$2" >/dev/null 2>&1 ;;
    module) pkg-config --exists "$2" 2>/dev/null ;;
    file) [ -e "$2" ] ;;
    package) [ "$(dpkg-query -W -f '${db:Status-Status}' "$2" 2>/dev/null)" = installed ] ;;
    esac
}

missing_of() { # reads needs, writes packages
    local kind name package
    while read -r kind name package; do
        have "$kind" "$name" || echo "$package"
    done
}

# apt-get that asks nothing and waits for another one; its words go to the log.
apt() {
    DEBIAN_FRONTEND=noninteractive apt-get -y -q -o DPkg::Lock::Timeout=300 -o Dpkg::Use-Pty=0 \
        -o Acquire::Retries=2 -o Acquire::http::Timeout=30 -o APT::Sandbox::User=root "$@" >>"$log" 2>&1
}

known() { # PACKAGE: is there one to install?
    local candidate
    candidate=$(LC_ALL=C apt-cache policy "$1" 2>/dev/null | sed -n 's/^  Candidate: //p')
    [ -n "$candidate" ] && [ "$candidate" != "(none)" ]
}

# yyjson came into Debian after 12. It is taken from the next release with the machine's own
# archive and key, whatever form its sources are written in, and without changing them.
install_yyjson() {
    local own=$work/next archive options
    # shellcheck disable=SC2016 # apt's own words
    archive=$(apt-get indextargets --no-release-info --format '$(REPO_URI) $(RELEASE) $(COMPONENT)' \
        'Created-By: Packages' | awk '$2 == "bookworm" && $3 == "main" {print $1; exit}')
    [ -n "$archive" ] || fail "libyyjson-dev is not in this system's package sources, and they name no Debian 12 to find it by"
    mkdir -p "$own/parts" "$own/lists/partial" "$own/archives/partial"
    printf 'Types: deb\nURIs: %s\nSuites: trixie\nComponents: main\nSigned-By: %s\n' "$archive" \
        /usr/share/keyrings/debian-archive-keyring.gpg >"$own/parts/next.sources"
    options=(-o Dir::Etc::sourcelist=/dev/null -o Dir::Etc::sourceparts="$own/parts"
        -o Dir::State::lists="$own/lists" -o Dir::Cache::archives="$own/archives"
        -o Dir::Cache::pkgcache= -o Dir::Cache::srcpkgcache=)
    say "fetching yyjson from the next Debian release"
    apt "${options[@]}" update || fail "$no_registry"
    (cd "$own" && apt "${options[@]}" download libyyjson0 libyyjson-dev) || fail "$no_registry"
    dpkg -i "$own"/libyyjson0_*.deb "$own"/libyyjson-dev_*.deb >>"$log" 2>&1 ||
        fail "yyjson could not be installed: see $log"
}

# Says how far a long installation is.
install() { # PACKAGE...
    local before now last=0 pid
    before=$(wc -l <"$log")
    apt install --no-install-recommends "$@" &
    pid=$!
    while kill -0 "$pid" 2>/dev/null; do
        sleep 1
        now=$(tail -n "+$((before + 1))" "$log" | grep -c '^Setting up' || true)
        [ "$now" -lt $((last + 20)) ] || { say "  $now packages set up"; last=$now; }
    done
    wait "$pid"
}

# What the tests need and no package brings, in the caches of whoever runs them.
foreign() { # run|test|bench
    local here
    here=$(dirname "$(readlink -f "$0")")
    [ "$1" = test ] || return 0
    "$here/python.sh" >/dev/null || fail "the checker's Python packages cannot be installed"
    "$here/interop.sh" fetch
    "$here/registry.sh" fetch
}

case $#:${1-}:${2-} in
1:run: | 1:test: | 1:bench: | 2:run:packages | 2:test:packages | 2:bench:packages) ;;
*) fail "usage: deps.sh run|test|bench" ;;
esac
mapfile -t missing < <("needs_$1" | missing_of)
if [ ${#missing[@]} -eq 0 ]; then
    [ "${2-}" = packages ] || foreign "$1"
    exit 0
fi

command -v apt-get >/dev/null || fail "this system has no apt-get; please install: ${missing[*]}"
if [ "$(id -u)" -ne 0 ]; then
    sudo -n true 2>/dev/null || fail "${missing[*]} must be installed, which needs root. Please run: sudo $0 $1"
    sudo -n "$0" "$1" packages
    foreign "$1"
    exit 0
fi

work=$(mktemp -d)
log=$work/apt.log
no_registry="no package registry answered: this machine needs one once, to install ${missing[*]} (see $log)"
: >"$log"
say "installing what is missing: ${missing[*]}"
say "updating the package lists"
apt update || true # one bad source among several is no reason to stop: the installation tells

# pkg-config comes with this round: what it finds missing is looked at again below.
first=()
for package in "${missing[@]}"; do
    case $package in
    libyyjson-dev) ;;
    *) known "$package" || fail "$no_registry"; first+=("$package") ;;
    esac
done
[ ${#first[@]} -eq 0 ] || install "${first[@]}" || fail "$no_registry"
# The package of promtool brings a server too, which nobody asked for.
if [[ " ${first[*]} " == *" prometheus "* ]] && [ -d /run/systemd/system ]; then
    systemctl disable --now prometheus prometheus-node-exporter >>"$log" 2>&1 || true
fi
if ! have module yyjson; then
    if known libyyjson-dev; then
        install libyyjson-dev || fail "$no_registry"
    else
        install_yyjson
    fi
fi

mapfile -t missing < <("needs_$1" | missing_of)
[ ${#missing[@]} -eq 0 ] || fail "still missing after the installation: ${missing[*]} (see $log)"
rm -rf "$work"
[ "${2-}" = packages ] || foreign "$1"
say "done"
