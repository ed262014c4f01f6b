#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# A real, single-node Apache Kafka (KRaft) from its published jars: fetched once, started as a
# child, supervised by its pid. See usage() below.
set -euo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
cluster_id=4L6g3nShT-eMCtK--X86sw # any fixed id: a data folder is never shared by two clusters
need_free_mb=200                  # below this a start would fail later, in Java's words
pom=${RELAIS_KAFKA_POM:-$here/pom.xml}
java=${JAVA_HOME:+$JAVA_HOME/bin/}java

usage() {
    cat <<'EOF'
usage: kafka.sh fetch CACHE_DIR
       kafka.sh start --cache DIR --data DIR --port P --controller-port Q [options]
       kafka.sh stop PIDFILE

fetch   copies Kafka's jars (54 MB) into CACHE_DIR unless they are there.
start   formats DIR on first use, then becomes the broker (exec): the pid of this script is the
        broker's, to be supervised, stopped with SIGTERM or killed. Prints "kafka: ready ..." on
        standard output once the broker answers on 127.0.0.1:P. The data outlive a stop. Files
        in the data folder: kafka.pid, kafka.log, log/.
  --background          start it in a session of its own, return when it answers
  --override KEY=VALUE  a broker setting on top of server.properties; may be repeated
  --wait SECONDS        how long to wait for the first answer (60)
stop    ends the broker of that pid file (SIGTERM, SIGKILL after 15 s) and waits for it.

Environment: JAVA_HOME; RELAIS_KAFKA_JAVA_OPTIONS replaces the heap and compiler options;
RELAIS_KAFKA_POM names another pom.xml, for another Kafka: give it a CACHE_DIR of its own.
EOF
}

say() { echo "kafka: $*"; }
die() {
    echo "kafka: $*" >&2
    exit 1
}

need_java() {
    local version
    command -v "$java" >/dev/null || die "java is not installed (17 or newer is needed)"
    version=$("$java" -version 2>&1 | sed -n 's/.* version "\([0-9]*\).*/\1/p' | head -n 1)
    [ "${version:-0}" -ge 17 ] || die "java 17 or newer is needed, found ${version:-an unknown version}"
}

# ---- fetch ----------------------------------------------------------------------------------

wait_for_maven() { # PID: a line now and then, so that nobody thinks it hangs
    local seconds=0
    while kill -0 "$1" 2>/dev/null; do
        sleep 1
        seconds=$((seconds + 1))
        [ $((seconds % 10)) -ne 0 ] || say "still fetching ($seconds s)"
    done
    wait "$1"
}

explain_maven() { # LOG
    if grep -Eq 'Could not transfer|Unknown host|timed out|Connection refused|Network is unreachable|PKIX|status code: 4|status code: 5' "$1"; then
        die "Maven Central cannot be reached: check the network, the proxy and Maven's settings.xml" \
            "(first error: $(grep -m 1 -o 'Could not transfer.*\|Unknown host.*\|PKIX.*' "$1" | cut -c1-160); all of it: $1)"
    fi
    grep -q 'No space left on device' "$1" && die "no space left on the disk of $(dirname "$1")"
    die "Maven failed; its output is in $1"
}

fetch() { # CACHE
    local cache=$1 part maven
    mkdir -p "$cache" || die "cannot make the folder $cache"
    cache=$(cd "$cache" && pwd)
    exec 8>"$cache/lock"
    flock 8
    if [ ! -e "$cache/libs/.complete" ] || ! cmp -s "$pom" "$cache/libs/.complete"; then
        command -v mvn >/dev/null || die "mvn (Maven) is not installed"
        part=$cache/libs.part
        rm -rf "$part" "$cache/libs"
        say "fetching Apache Kafka $(sed -n 's/.*<kafka.version>\(.*\)<.*/\1/p' "$pom") from Maven Central (54 MB, once)"
        mvn -q -B -f "$pom" org.apache.maven.plugins:maven-dependency-plugin:3.8.1:copy-dependencies \
            -DincludeScope=runtime -DoutputDirectory="$part" >"$cache/fetch.log" 2>&1 8>&- &
        maven=$!
        wait_for_maven "$maven" || explain_maven "$cache/fetch.log"
        cp "$pom" "$part/.complete"
        mv "$part" "$cache/libs"
        say "$(find "$cache/libs" -name '*.jar' | wc -l) jars in $cache/libs"
    fi
    prepare "$cache"
    exec 8>&-
}

# ---- what every start shares ----------------------------------------------------------------

# The class path in one fixed order: the class-data archive is only good for this one.
class_path() { find "$1/libs" -name '*.jar' | LC_ALL=C sort | paste -sd:; }

archive_of() { # CACHE: its name depends on all that it depends on
    local sum
    sum=$({ "$java" -version 2>&1; class_path "$1"; } | cksum | cut -d' ' -f1)
    echo "$1/classes-$sum.jsa"
}

java_options() { # LOG_FILE
    # shellcheck disable=SC2086 # several options in one variable
    printf '%s\n' ${RELAIS_KAFKA_JAVA_OPTIONS:--Xms64m -Xmx320m -XX:+UseSerialGC -XX:TieredStopAtLevel=1} \
        -Djava.awt.headless=true "-Drelais.kafka.log=$1" "-Dkafka.logs.dir=$(dirname "$1")" \
        "-Dlog4j2.configurationFile=$here/log4j2.properties"
}

broker_options() { # DATA PORT CONTROLLER_PORT
    printf '%s\n' --override "log.dirs=$1/log" \
        --override "listeners=PLAINTEXT://127.0.0.1:$2,CONTROLLER://127.0.0.1:$3" \
        --override "advertised.listeners=PLAINTEXT://127.0.0.1:$2" \
        --override "controller.quorum.voters=1@127.0.0.1:$3"
}

taken() { (: <"/dev/tcp/127.0.0.1/$1") 2>/dev/null; }

# Kafka's Metadata request, version 4, no topics, client "probe": answered with at least one
# broker once the node is registered and serves clients. No Java tool: each is a JVM start.
answers() { # PORT
    local reply
    reply=$(
        exec 2>/dev/null
        exec 3<>"/dev/tcp/127.0.0.1/$1" || exit 0
        printf '\0\0\0\024\0\03\0\04\0\0\0\01\0\05probe\0\0\0\0\0' >&3
        timeout 2 head -c 20 <&3 | od -An -v -tu1 | tr -s ' \n' ' '
    ) || return 1
    # length, correlation, throttle, number of brokers: four big-endian numbers of four bytes
    # shellcheck disable=SC2086
    set -- $reply
    [ "${16:-0}" -ge 1 ]
}

# Waits until the broker of PID answers on PORT, or says in one sentence why it does not.
wait_ready() { # PID PORT LOG SECONDS
    local tries=$(($4 * 10))
    while ! answers "$2"; do
        if ! kill -0 "$1" 2>/dev/null; then
            explain_start "$3" "$2"
            return 1
        fi
        tries=$((tries - 1))
        if [ "$tries" -le 0 ]; then
            echo "kafka: no answer on 127.0.0.1:$2 within $4 s; its log is $3" >&2
            return 1
        fi
        sleep 0.1
    done
    kill -0 "$1" 2>/dev/null || { explain_start "$3" "$2"; return 1; }
    say "ready on 127.0.0.1:$2 (pid $1)"
}

explain_start() { # LOG PORT
    local text
    text=$(tail -n 200 "$1" "$1.out" 2>/dev/null || true)
    case $text in
    *'Address already in use'*) echo "kafka: port $2 or the controller's port is used by another program: choose others" >&2 ;;
    *'No space left on device'*) echo "kafka: no space left on the disk of $(dirname "$1")" >&2 ;;
    *'Failed to acquire lock'*) echo "kafka: another broker runs on the data folder $(dirname "$1")" >&2 ;;
    *OutOfMemory* | *'Could not reserve enough space'*) echo "kafka: not enough memory for Java (see $1)" >&2 ;;
    *) echo "kafka: the broker ended before it answered; its log is $1" >&2 ;;
    esac
}

# Formats once and makes the class-data archive once (halves every later start). Without the
# archive Kafka starts as well, only slower: a failure there is said and not fatal.
prepare() { # CACHE; under its lock
    local cache=$1 archive port controller pid work
    archive=$(archive_of "$cache")
    [ ! -e "$cache/formatted/.complete" ] || [ ! -e "$archive" ] || return 0
    work=$cache/prepare
    rm -rf "$work"
    mkdir -p "$work"
    if [ ! -e "$cache/formatted/.complete" ]; then
        rm -rf "$cache/formatted"
        sed "s|^log.dirs=.*|log.dirs=$cache/formatted|" "$here/server.properties" >"$work/server.properties"
        mapfile -t jvm < <(java_options "$work/kafka.log")
        "$java" "${jvm[@]}" -cp "$(class_path "$cache")" kafka.tools.StorageTool format -t "$cluster_id" \
            -c "$work/server.properties" >"$work/format.log" 2>&1 8>&- ||
            die "formatting failed: $(tail -n 1 "$work/format.log")"
        touch "$cache/formatted/.complete"
    fi
    [ ! -e "$archive" ] || return 0
    say "preparing faster starts (once, about 10 s)"
    for port in $(seq $((20000 + RANDOM % 9000)) 31000); do
        controller=$((port + 1))
        taken "$port" || taken "$controller" || break
    done
    format_data "$cache" "$work"
    mapfile -t jvm < <(java_options "$work/kafka.log")
    mapfile -t options < <(broker_options "$work" "$port" "$controller")
    "$java" "${jvm[@]}" -XX:ArchiveClassesAtExit="$work/classes.jsa" -cp "$(class_path "$cache")" \
        kafka.Kafka "$here/server.properties" "${options[@]}" >"$work/kafka.log.out" 2>&1 8>&- &
    pid=$!
    if wait_ready "$pid" "$port" "$work/kafka.log" 60 >/dev/null; then
        kill -TERM "$pid"
        wait "$pid" || true # 143: ended by the signal, as asked
    else
        kill -KILL "$pid" 2>/dev/null || true
    fi
    if [ -s "$work/classes.jsa" ]; then
        mv "$work/classes.jsa" "$archive"
        rm -rf "$work"
    else
        say "going on without the class archive (see $work)"
    fi
}

# A copy of the formatted folder instead of one more JVM start. meta.properties comes last: it is
# what says "formatted". Without directory.id Kafka gives the folder an id of its own.
format_data() { # CACHE DATA
    [ ! -e "$2/log/meta.properties" ] || return 0
    mkdir -p "$2/log"
    cp "$1/formatted/bootstrap.checkpoint" "$2/log/" 2>/dev/null || true
    grep -v '^directory.id' "$1/formatted/meta.properties" >"$2/log/meta.properties.part"
    mv "$2/log/meta.properties.part" "$2/log/meta.properties"
}

# ---- start, stop ----------------------------------------------------------------------------

metadata_size() { # DATA
    { cat "$1"/log/__cluster_metadata-0/*.log 2>/dev/null || true; } | wc -c # one may be rolled meanwhile
}

# A single node that starts again is in its own metadata still there, for as long as the session of the one before lasts, and leads
# all partitions. It reads its groups and its transactions meanwhile, sends markers to a port that is not open yet, and when the
# controller fences the old one no partition has a leader: Kafka 4.3 takes them for deleted and ends those transactions without
# markers (DESIGN.md "Anchor", 6). So the controller runs alone first, until the old one is fenced; the node then starts at once, and
# reads when it leads.
fence_itself() { # CACHE DATA CONTROLLER_PORT
    local log=$2/fence.log pid tries=200 after=15 size
    [ -e "$2/log/__cluster_metadata-0" ] || return 0
    rm -f "$log"
    grep -v '^advertised.listeners=\|^inter.broker.listener.name=' "$here/server.properties" >"$2/fence.properties"
    mapfile -t jvm < <(java_options "$log")
    # It goes with this script, whatever ends that.
    setpriv --pdeathsig KILL "$java" "${jvm[@]}" -Drelais.kafka.controller=info -XX:SharedArchiveFile="$(archive_of "$1")" \
        -Xshare:auto -cp "$(class_path "$1")" kafka.Kafka "$2/fence.properties" --override process.roles=controller \
        --override "log.dirs=$2/log" --override "listeners=CONTROLLER://127.0.0.1:$3" \
        --override "controller.quorum.voters=1@127.0.0.1:$3" --override broker.session.timeout.ms=400 \
        --override broker.heartbeat.interval.ms=100 >"$log.out" 2>&1 </dev/null &
    pid=$!
    while [ "$tries" -gt 0 ] && kill -0 "$pid" 2>/dev/null && ! grep -qs 'Fencing broker 1 ' "$log"; do
        ! grep -qs 'Kafka Server started' "$log" || after=$((after - 1))
        [ "$after" -gt 0 ] || break # it was fenced already
        sleep 0.1
        tries=$((tries - 1))
    done
    # It says so before it writes it, and a stop in between drops it. The controller writes every half second: what was written twice
    # since stands behind it.
    for _ in 1 2; do
        size=$(metadata_size "$2")
        while [ "$tries" -gt 0 ] && kill -0 "$pid" 2>/dev/null && [ "$(metadata_size "$2")" = "$size" ]; do
            sleep 0.1
            tries=$((tries - 1))
        done
    done
    kill -0 "$pid" 2>/dev/null || say "its controller alone did not start (see $log); going on without"
    [ "$tries" -gt 0 ] || say "its controller alone did nothing in time (see $log); going on without"
    end "$pid" # in good order: what it says in its log it has not written yet
    wait "$pid" 2>/dev/null || true
}

start() {
    local cache='' data='' port='' controller='' background='' seconds=60 extra=()
    while [ $# -gt 0 ]; do
        case $1 in
        --background) background=yes; shift; continue ;;
        --cache | --data | --port | --controller-port | --override | --wait) [ $# -ge 2 ] || die "$1 needs a value" ;;
        *) die "unknown option $1 (see kafka.sh --help)" ;;
        esac
        case $1 in
        --cache) cache=$2 ;;
        --data) data=$2 ;;
        --port) port=$2 ;;
        --controller-port) controller=$2 ;;
        --override) extra+=(--override "$2") ;;
        --wait) seconds=$2 ;;
        esac
        shift 2
    done
    if [ -z "$cache" ] || [ -z "$data" ] || [ -z "$port" ] || [ -z "$controller" ]; then
        die "start needs --cache, --data, --port and --controller-port"
    fi
    need_java
    fetch "$cache"
    cache=$(cd "$cache" && pwd)
    mkdir -p "$data" || die "cannot make the folder $data"
    data=$(cd "$data" && pwd)
    [ "$(df -Pm "$data" | awk 'NR == 2 { print $4 }')" -ge "$need_free_mb" ] ||
        die "less than $need_free_mb MB are free on the disk of $data"
    if [ -e "$data/kafka.pid" ] && alive "$(cat "$data/kafka.pid")"; then
        die "a broker already runs on $data (pid $(cat "$data/kafka.pid"))"
    fi
    taken "$port" && die "port $port is used by another program: choose another"
    taken "$controller" && die "port $controller is used by another program: choose another"
    format_data "$cache" "$data"
    rm -f "$data/kafka.log" "$data/kafka.log.out"
    # One of several leaves its partitions to the others.
    [[ " ${extra[*]} " == *controller.quorum.voters=* ]] || fence_itself "$cache" "$data" "$controller"
    mapfile -t jvm < <(java_options "$data/kafka.log")
    mapfile -t options < <(broker_options "$data" "$port" "$controller")
    command=("$java" "${jvm[@]}" -XX:SharedArchiveFile="$(archive_of "$cache")" -Xshare:auto -cp "$(class_path "$cache")"
        kafka.Kafka "$here/server.properties" "${options[@]}" "${extra[@]}")
    if [ "$background" ]; then
        start_behind "$data" "$port" "$seconds"
        return
    fi
    # A grandchild watches the start, so that the broker never has a child of ours to reap.
    echo $$ >"$data/kafka.pid"
    (wait_ready $$ "$port" "$data/kafka.log" "$seconds" &)
    exec "${command[@]}" >"$data/kafka.log.out" 2>&1 </dev/null
}

start_behind() { # DATA PORT SECONDS; runs $command
    local pid
    setsid "${command[@]}" >"$1/kafka.log.out" 2>&1 </dev/null &
    pid=$!
    echo "$pid" >"$1/kafka.pid"
    if ! wait_ready "$pid" "$2" "$1/kafka.log" "$3"; then
        kill -KILL "$pid" 2>/dev/null || true
        rm -f "$1/kafka.pid"
        exit 1
    fi
}

# True when PID is a broker of ours; a number that was given to another process is not.
alive() { kill -0 "$1" 2>/dev/null && tr '\0' ' ' <"/proc/$1/cmdline" 2>/dev/null | grep -q 'relais.kafka.log'; }

end() { # PID
    local tries=150
    ! alive "$1" || kill -TERM "$1" 2>/dev/null || true # it may end meanwhile
    while alive "$1" && [ "$tries" -gt 0 ]; do
        sleep 0.1
        tries=$((tries - 1))
    done
    if alive "$1"; then
        say "no end after 15 s, killing pid $1"
        kill -KILL "$1" 2>/dev/null || true
    fi
}

stop() { # PIDFILE
    local pid
    [ -e "$1" ] || { say "not running (no file $1)"; return 0; }
    pid=$(cat "$1")
    end "$pid"
    rm -f "$1"
    say "stopped (pid $pid)"
}

case ${1:-} in
fetch) [ $# -eq 2 ] || { usage >&2; exit 2; }; need_java; fetch "$2" ;;
start) shift; start "$@" ;;
stop) [ $# -eq 2 ] || { usage >&2; exit 2; }; stop "$2" ;;
-h | --help) usage ;;
*) usage >&2; exit 2 ;;
esac
