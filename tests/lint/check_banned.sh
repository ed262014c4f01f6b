#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# What is not written here: functions without a bound or a thread's safety, sleeps, promises
# for later, addresses of one machine or of a package registry.
. "$(dirname "$0")/files.sh"

banned='strcpy|strcat|sprintf|vsprintf|strtok|atoi|atol|atof|gets|gmtime|localtime|ctime|asctime|alloca|sleep|usleep|nanosleep'
# Host names by their first part: a list of them would itself be what it forbids.
registries='https?://(www\.)?(registry|registry-1|repo|repo1|mirror|mirrors|deb|ftp|security|archive|pypi|proxy|index|static|dl)[0-9]*\.[a-z0-9-]+\.[a-z]{2,}'
machine='(^|[^A-Za-z0-9_.])/(work|root|tmp|home/[a-z]+)/'

search() { # WHAT PATTERN, files on standard input
    local what=$1 pattern=$2 line
    while read -r line; do
        found "$(cut -d: -f1,2 <<<"$line")" "$what: $(cut -d: -f3- <<<"$line" | cut -c1-100)"
    done < <(xargs -r grep -nHIE "$pattern" /dev/null)
}

# shellcheck disable=SC2086 # a list
search "banned function" "(^|[^A-Za-z0-9_])($banned)[[:space:]]*\(" \
    < <(for layer in $layers; do files "$layer/*.c" "$layer/*.h"; done)
search "unfinished" '(TO''DO|FIX''ME)' < <(files '*')
search "package registry" "$registries" < <(files '*' | grep -v '^docs/')
search "path of one machine" "$machine" < <(files '*' | grep -Ev '^tests/lint/check_banned\.sh$')
finish
