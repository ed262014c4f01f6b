#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# check_globals.sh BUILD_DIR: no writable variable outlives a call but the log's level, and a
# file exports only names that begin as its own does.
. "$(dirname "$0")/files.sh"
build=${1:?usage: check_globals.sh BUILD_DIR}

# Constant data with addresses in it stands in .data.rel.ro: written by the loader only. What
# the compiler adds itself (sanitizers, coverage) begins with "__".
writable='^(\.data|\.bss|\.tdata|\.tbss|\*COM\*|\.data\.rel|\.data\.rel\.local|\.(data|bss)\.[^r].*)$'

# The words that the exports of a file may begin with: the file's own name and its shorter
# parts, its folder's, and the structs and enums of its header (clock.h has waiter, backoff).
words_of() { # SOURCE
    local folder stem
    folder=$(dirname "$1")
    stem=$(basename "$1" .c)
    basename "$folder"
    case $1 in
    base/bytes.c) echo "xcalloc xrealloc xstrdup" ;;         # libc's names, made to abort
    base/http_*.c) echo "http" ;;                            # shared by client and server
    schemas/enums.c | schemas/field.c) echo "enum record" ;; # of the field tables
    schemas/tables*.c) echo "table" ;;                       # referral_table, notice_table
    esac
    while :; do
        echo "$stem"
        [ ! -e "$folder/$stem.h" ] || sed -nE 's/^(struct|enum) ([a-z0-9_]+)( \{|;).*/\2/p' "$folder/$stem.h"
        case $stem in *_*) stem=${stem%_*} ;; *) break ;; esac
    done
}

fits() { # SYMBOL WORDS
    local word
    for word in $2; do
        [[ $1 != "$word" && $1 != "${word}_"* && $1 != "${word}s_"* && $1 != *"_$word" ]] || return 0
    done
    return 1
}

# A header of several sources (expression.h of parser.c and calls.c) may name things as it likes.
declared() { # SYMBOL FOLDER
    local header
    header=$(grep -lE "(^|[ *])$1[([]" "$2"/*.h 2>/dev/null | head -1)
    [ -n "$header" ] && fits "$1" "$(words_of "${header%.h}.c")"
}

# Lines "OBJECT FLAGS SECTION NAME", of variables (O) and functions (F) only.
symbols() { # LIBRARY
    objdump -t "$1" | sed -nE \
        -e 's/^([^ :]+)\.o: +file format.*/@\1/p' \
        -e 's/^[0-9a-f]+ (.)..... ?([OF]) ([^ \t]+)[ \t]+[0-9a-f]+ +(\.hidden )?([A-Za-z_][A-Za-z0-9_.]*)$/\1 \2 \3 \5/p' |
        awk '/^@/ { object = substr($0, 2); next } { print object, $0 }'
}

for layer in $layers; do
    [ -d "$build/$layer" ] || continue
    declare -A source_of=() words=()
    while read -r source; do source_of[$(basename "$source")]=$source; done < <(files "$layer/*.c")
    while read -r object scope kind section name; do
        source=${source_of[$object]-}
        [[ -n $source && $name != __* ]] || continue
        if [[ $kind == O && $section =~ $writable && $source:$name != base/log.c:threshold ]]; then
            found "$source" "writable variable $name"
        fi
        if [ "$scope" = g ]; then
            [ -n "${words[$object]-}" ] || words[$object]=$(words_of "$source" | tr '\n' ' ')
            fits "$name" "${words[$object]}" || declared "$name" "$(dirname "$source")" ||
                found "$source" "exports $name, which does not begin as its file does"
        fi
    done < <(find "$build/$layer" -name 'lib*.a' | while read -r library; do symbols "$library"; done)
    unset source_of words
done
finish
