#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# What the commands say and how they exit, without Kafka: cli_commands.sh PATH_TO_RELAIS
set -u

relais=$1
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
unset RELAIS_BROKERS
failures=0

# expect EXIT_CODE TEXT COMMAND...: the command ends so, and TEXT stands in what it writes.
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

expect 2 "Usage : relais COMMANDE" "$relais"
expect 0 "Usage : relais COMMANDE" "$relais" --help
expect 0 "(librdkafka " "$relais" --version
expect 0 "Usage : relais COMMANDE" "$relais" help
expect 0 "--replication R" "$relais" help topics plan
expect 0 "--replication R" "$relais" topics plan --help
expect 0 "keys create" "$relais" help keys
expect 2 "commande « hlep » inconnue ; peut-être help ?" "$relais" hlep
expect 2 "commande « nothing » inconnue" "$relais" help nothing
expect 2 "il manque la suite de la commande" "$relais" keys
expect 2 "option --brokers (ou la variable RELAIS_BROKERS)" "$relais" tail o21.inbox
expect 2 "argument SUJET" "$relais" tail --brokers 127.0.0.1:1
expect 2 "option --borkers inconnue ; peut-être --brokers ?" "$relais" status --borkers x
expect 2 "option --log-level : « loud » n'est pas parmi debug|info|warn|error" "$relais" schemas --log-level loud
expect 2 "« loud » n'est pas parmi debug|info|warn|error (variable RELAIS_LOG_LEVEL)" \
    env RELAIS_LOG_LEVEL=loud "$relais" schemas
expect 0 "Usage : relais rules" "$relais" rules -h
expect 2 "option -x inconnue" "$relais" rules -x
expect 2 "option --set : il faut NOM=VALEUR" "$relais" check c.yaml --set KEYS
expect 2 "option --kafka : il faut NOM=VALEUR" "$relais" status --brokers x --kafka sasl.password:word
if grep -q "word" "$dir/said"; then
    echo "FAILED: a setting of librdkafka is shown"
    failures=$((failures + 1))
fi
# Who closes the pipe knows that; a full disk is told.
into_full() { "$@" >/dev/full; }
expect 1 "la sortie standard ne s'écrit pas : " into_full "$relais" codes rome
{ "$relais" codes rome | head -1; } >/dev/null 2>"$dir/said"
[ -s "$dir/said" ] && { echo "FAILED: a closed pipe is no news"; failures=$((failures + 1)); }
expect 1 "pas d'enregistrement « Person »" "$relais" schemas Person
expect 0 "relais.Referral" "$relais" schemas
expect 0 '"subject":"relais.Referral"' "$relais" schemas --json
expect 0 "requested_on" "$relais" schemas Referral
expect 2 "il manque l'option --registry" "$relais" schemas register
expect 1 "registre de schémas" "$relais" schemas --registry http://127.0.0.1:1
expect 1 "l'un manque" "$relais" schemas --registry http://127.0.0.1:1 --registry-user me
expect 0 "relais.Referral : version 1 compatible dans les deux sens" "$relais" schemas check
expect 1 "relais status : " "$relais" status --brokers 127.0.0.1:1 --kafka bad.name=1

expect 2 "argument OPÉRATEUR" "$relais" dlq list O-21 --brokers 127.0.0.1:1
expect 1 "relais dlq list : " "$relais" dlq list o21 --brokers 127.0.0.1:1 --kafka bad.name=1

# Keys: secret file closed to others, never overwritten; a second key says what it replaces.
expect 2 "argument OPÉRATEUR" "$relais" keys create "O 21" --out "$dir/k" --public "$dir/p"
expect 0 "à garder secret" "$relais" keys create o21 --out "$dir/k" --public "$dir/p"
[ "$(stat -c %a "$dir/k")" = 600 ] || { echo "FAILED: mode of the key file"; failures=$((failures + 1)); }
expect 2 "tient déjà une clé" "$relais" keys create o21 --out "$dir/k2" --public "$dir/p"
expect 2 "n'est pas le fichier des clés publiques de o22" "$relais" keys create o22 --out "$dir/k2" --public "$dir/p"
expect 1 "$dir/k" "$relais" keys create o21 --out "$dir/k" --public "$dir/other"
expect 0 "à publier" "$relais" keys create o21 --out "$dir/k2" --public "$dir/p" --after "$dir/k" --valid-from 2027-01-01
for secret in id_secret state_key; do
    if ! grep -q "$secret" "$dir/k" || [ "$(grep "$secret" "$dir/k")" != "$(grep "$secret" "$dir/k2")" ]; then
        echo "FAILED: $secret is not taken over"
        failures=$((failures + 1))
    fi
done
expect 2 "il faut un jour après 2027-01-01" \
    "$relais" keys create o21 --out "$dir/k3" --public "$dir/p" --after "$dir/k2" --valid-from 2027-01-01
expect 2 "none n'est pas un dossier" "$relais" keys create o21 --out "$dir/k3" --public "$dir/none/p"
[ -e "$dir/k3" ] && { echo "FAILED: a secret that nobody can publish"; failures=$((failures + 1)); }
expect 1 "son dossier n'existe pas" "$relais" keys create o21 --out "$dir/none/k" --public "$dir/other"
expect 0 "seal_key" "$relais" keys show "$dir/k"
if grep -qF "$(sed -n 's/^ *id_secret: *//p' "$dir/k")" "$dir/said"; then
    echo "FAILED: keys show shows a secret"
    failures=$((failures + 1))
fi
expect 1 "est déjà un fichier de clés publiques" "$relais" keys show "$dir/p"
chmod 644 "$dir/k2"
expect 1 "$dir/k2" "$relais" keys show "$dir/k2"
expect 0 "Clé des personnes" "$relais" keys person --out "$dir/person"
expect 1 "$dir/person" "$relais" keys person --out "$dir/person"

# The directory, with the public key that was just made.
cp -r demo/directory "$dir/directory"
mkdir "$dir/directory/keys"
cp "$dir/p" "$dir/directory/keys/o21.yaml"
expect 0 "clés 2" "$relais" directory check "$dir/directory"
expect 0 "o10 : pas de clé publique" "$relais" directory check "$dir/directory"
expect 0 "relais.o22.state.v1" "$relais" topics plan --directory "$dir/directory" --replication 1
expect 0 "--topic relais.o21.outbox.v1 --partitions 4 --replication-factor 3" \
    "$relais" topics plan --directory "$dir/directory" --partitions 4 --as-commands
expect 2 "--min-insync" "$relais" topics plan --directory "$dir/directory" --replication 1 --min-insync 2
sed -i 's/to: o21/to: o12/' "$dir/directory/conventions.yaml"
expect 1 'opérateur inconnu « o12 »' "$relais" directory check "$dir/directory"
expect 1 "1 erreur" "$relais" directory check "$dir/directory"
expect 1 'opérateur inconnu « o12 »' "$relais" topics plan --directory "$dir/directory"
expect 1 "nowhere n'est pas un dossier" "$relais" directory check "$dir/nowhere"
expect 1 "operators : aucun fichier d'opérateur" "$relais" directory check tests/unit/mistakes

# A mistake is told once, where it stands.
cp -r demo/directory "$dir/dates"
sed -i 's/2024-01-02/2024-02-30/' "$dir/dates/operators/o21.yaml"
expect 1 "1 erreur" "$relais" directory check "$dir/dates"

# Connector files with a beginner's mistakes: how many there are, and whether that is all.
agenda=connectors/operators/agenda/connector.yaml
mistakes=tests/unit/mistakes
expect_last() {
    expect "$1" "$2" "${@:3}"
    if [ "$(tail -1 "$dir/said")" != "$2" ]; then
        echo "FAILED: the last line of ${*:3} is not \"$2\" but:"
        tail -1 "$dir/said"
        failures=$((failures + 1))
    fi
}
expect_last 0 "$mistakes/00-sans-faute/connector.yaml : correct (1 source, livre)" \
    "$relais" check $mistakes/00-sans-faute/connector.yaml
expect 0 "avis : keys_file: o21.keys.yaml n'est pas là" "$relais" check $mistakes/00-sans-faute/connector.yaml
expect 0 "37:17: avis : le lien « dossier » est retenu" "$relais" check $mistakes/99-lien-que-rien-ne-lit/connector.yaml
one=$mistakes/10-table-de-codes-mal-ecrite/connector.yaml
expect_last 1 "relais check : $one : 1 erreur" "$relais" check $one
sed 's/datetime/datetme/' $one >"$dir/c.yaml"
expect_last 1 "relais check : $dir/c.yaml : 3 erreurs" "$relais" check "$dir/c.yaml"
cut=$mistakes/03-tabulation/connector.yaml
expect_last 1 "relais check : $cut : 1 erreur ; d'autres peuvent suivre : le reste du fichier n'a pas été lu" \
    "$relais" check $cut
expect_last 1 "relais check : $dir/nowhere.yaml : 1 erreur" "$relais" check "$dir/nowhere.yaml"
sed '/^sink:/,/^  auth/d;/^deliver:/,/^  - on: \[/d;/^    skip:/d' $mistakes/00-sans-faute/connector.yaml >"$dir/c.yaml"
expect_last 0 "$dir/c.yaml : correct (1 source, ne livre pas)" "$relais" check "$dir/c.yaml"
sed 's/^records:/recrods:/' "$agenda" >"$dir/c.yaml"
expect 1 "attendu : records" "$relais" check "$dir/c.yaml"
sed 's/emit: closure/emit: cloture/' "$agenda" >"$dir/c.yaml"
expect 1 "1 erreur" "$relais" check "$dir/c.yaml"
sed '/^sink:/,/^  auth/d' "$agenda" >"$dir/c.yaml"
expect 1 "sans \`sink\`" "$relais" check "$dir/c.yaml"

# Addresses, also those that --set makes; a name that nothing uses.
clean=$mistakes/00-sans-faute/connector.yaml
check_address() {
    sed "s|base_url: .*|base_url: $2|" $clean >"$dir/c.yaml"
    expect 1 "$1" "$relais" check "$dir/c.yaml" "${@:3}"
}
check_address "ne commence ni par http:// ni par https://" "http:/suivi.example/api"
check_address "ne commence ni par http:// ni par https://" "ftp://suivi.example/api"
check_address "finit par une barre oblique" "https://suivi.example/api/"
check_address "n'a pas de nom de machine" "https:///api"
check_address "a des paramètres" "https://suivi.example/api?a=b"
check_address "ne commence ni par http:// ni par https://" "\${API}" --set API=suivi.example/api
check_address "c.yaml:10:13" "\${API}" --set API=https://suivi.example/api/
sed "s|base_url: .*|base_url: \${API}|" $clean >"$dir/c.yaml"
expect 0 "correct" "$relais" check "$dir/c.yaml" --set API=https://suivi.example/api
expect 1 "--set APi : aucune valeur du fichier n'a \${APi}" "$relais" check "$dir/c.yaml" --set APi=1
expect 1 "attendu : API" "$relais" check "$dir/c.yaml" --set TYPO=1

# What is rejected, or looks misspelt, or differs, fails; what is filtered or taken does not.
samples=connectors/operators/agenda/samples
expect 0 "accepté" "$relais" map $agenda $samples/orientation.json
expect 0 "filtré" "$relais" map $agenda $samples/absence.json
expect 1 "unknown_code" "$relais" map $agenda $samples/orientation-statut-inconnu.json
expect 1 "rejeté" "$relais" map connectors/operators/france_travail/connector.yaml \
    connectors/operators/france_travail/samples/livraison-homonymes.json
expect 1 "un champ d'un nom voisin" "$relais" map $mistakes/04-chemin-sans-valeur/connector.yaml \
    $mistakes/04-chemin-sans-valeur/sample.json
expect 0 "19:28: avis : rien à \$.bilan" "$relais" map $mistakes/99-chemin-sans-prefixe/connector.yaml \
    $mistakes/99-chemin-sans-prefixe/sample.xml
mkdir -p "$dir/doubtful/samples"
cp $mistakes/99-chemin-sans-prefixe/connector.yaml "$dir/doubtful"
cp $mistakes/99-chemin-sans-prefixe/sample.xml "$dir/doubtful/samples"
expect 0 "19:28: avis : rien à \$.bilan" "$relais" test --update "$dir/doubtful"
expect 1 "champ inconnu" "$relais" map $mistakes/49-champ-inconnu-et-personnel/connector.yaml \
    $mistakes/49-champ-inconnu-et-personnel/sample.json
expect 1 "nowhere.json n'existe pas" "$relais" map $agenda "$dir/nowhere.json"
expect 1 "nowhere.csv n'existe pas" "$relais" map connectors/operators/tableur/connector.yaml "$dir/nowhere.csv"
: >"$dir/empty.json"
: >"$dir/empty.jsonl"
: >"$dir/empty.xml"
expect 1 "l'échantillon est vide" "$relais" map $agenda "$dir/empty.json"
expect 0 "aucun enregistrement" "$relais" map $agenda "$dir/empty.jsonl"
expect 1 "ne lit de XML" "$relais" map connectors/operators/tableur/connector.yaml "$dir/empty.xml"
expect 1 "table de codes inconnue" "$relais" map $one $samples/orientation.json
if ! "$relais" map $agenda $samples/orientation.json --expect connectors/operators/agenda/golden/orientation.txt; then
    echo "FAILED: map --expect of its own golden file"
    failures=$((failures + 1))
fi
expect 1 "ne donne plus" "$relais" map $agenda $samples/orientation.json \
    --expect connectors/operators/agenda/golden/absence.txt

# Of several sources, a file is read by that of its format and name, or by the one asked for.
several=$dir/several
mkdir -p "$several/samples"
cat >"$several/connector.yaml" <<'E'
operator: o21
system: test
keys_file: keys
source:
  - { type: folder, path: in, pattern: "demandes-*.xml", format: xml, element: d }
  - { type: folder, path: in, pattern: "rdv-*.csv" }
  - { type: folder, path: in, pattern: "suivi-*.csv", optional_columns: [motif] }
times: { formats: ["%d/%m/%Y"], zone: Europe/Paris }
records:
  - name: demande
    when: $.@sens == E
    emit: referral
    entity: $.@id
    version: $.le | datetime
    handoff: own
    fields: { status: CANCEL_REQUESTED }
  - name: rdv
    when: $.etat == P
    emit: referral
    entity: $.id
    version: $.modif | datetime
    handoff: own
    fields: { status: CANCEL_REQUESTED, motive_source_code: $.motif }
E
map_several() { "$relais" map "$several/connector.yaml" "$@"; }
printf '<l><d id="x1" sens="E"><le>01/03/2026</le></d></l>' >"$several/samples/demandes-1.xml"
printf 'id;modif;etat;motif\n12;01/03/2026;P;M\n' >"$several/samples/rdv-1.csv"
printf 'id;modif;etat\n13;01/03/2026;P\n' >"$several/samples/suivi-1.csv"
cp "$several/samples/suivi-1.csv" "$several/rdv-2.csv"
cp "$several/samples/suivi-1.csv" "$several/folder-3.rdv-2.csv"
cp "$several/samples/suivi-1.csv" "$several/autre.csv"
sed 's/etat/état/' "$several/samples/rdv-1.csv" >"$several/rdv-3.csv"
expect 0 "demande  x1" map_several "$several/samples/demandes-1.xml"
expect 0 "rdv  12" map_several "$several/samples/rdv-1.csv"
expect 0 "rdv  13" map_several "$several/samples/suivi-1.csv"
expect 1 "le fichier n'a pas de colonne « motif »" map_several "$several/rdv-2.csv"
expect 0 "rdv  13" map_several "$several/rdv-2.csv" --source folder-3
expect 0 "rdv  13" map_several "$several/rdv-2.csv" --source 3
expect 0 "rdv  13" map_several "$several/folder-3.rdv-2.csv"
expect 1 "le fichier n'a pas de colonne « etat »" map_several "$several/rdv-3.csv"
if grep -q "@sens" "$dir/said"; then
    echo "FAILED: a column that is of another source is missed"
    failures=$((failures + 1))
fi
expect 1 "lit du XML" map_several "$several/rdv-2.csv" --source 1
expect 1 "aucune source « folder-4 »" map_several "$several/rdv-2.csv" --source folder-4
expect 1 "aucune des sources de ce format ne prend ce nom : folder-2 (csv, pattern rdv-*.csv), folder-3" \
    map_several "$several/autre.csv"
# A type of any length is a name.
long=$(printf '%080d' 0 | tr 0 x)
sed "s/type: folder, path: in, pattern: \"rdv/type: $long, path: in, pattern: \"rdv/" "$several/connector.yaml" >"$several/long.yaml"
cp "$several/samples/suivi-1.csv" "$several/a-b.rdv-2.csv"
expect 0 "rdv  13" "$relais" map "$several/long.yaml" "$several/a-b.rdv-2.csv"
expect 1 "aucune source « 2 » ne lit de fichiers" "$relais" map "$several/long.yaml" "$several/rdv-2.csv" --source 2
expect 1 "aucune source « $long-2 » ne lit de fichiers" \
    "$relais" map "$several/long.yaml" "$several/rdv-2.csv" --source "$long-2"
sed '/suivi-/d;/rdv-/d' "$several/connector.yaml" >"$several/one.yaml"
expect 1 "toutes lisent du XML" "$relais" map "$several/one.yaml" "$several/autre.csv"
expect 0 "3 échantillons, 0 échec" "$relais" test --update "$several"
: >"$several/samples/lisezmoi.txt"
: >"$several/samples/rdv.JSONL"
expect 0 "ignoré            rdv.JSONL : ni .json, ni .jsonl, ni .csv, ni .xml" "$relais" test "$several"
expect 0 "ignoré            lisezmoi.txt" "$relais" test "$several"

# A Kafka that is not there is named.
expect 1 "Kafka à 127.0.0.1:1 ne répond pas" "$relais" status --brokers 127.0.0.1:1
expect 1 "Kafka à 127.0.0.1:1 ne répond pas" "$relais" topics check --directory demo/directory --brokers 127.0.0.1:1

# A wrong argument is told before Kafka is asked.
expect 2 "8 caractères au moins" "$relais" trace 1a2b --brokers 127.0.0.1:1
expect 2 "des lettres de a à f" "$relais" trace personne --brokers 127.0.0.1:1

# A code on a day.
expect 0 "jusqu'au 2018-01-01" "$relais" codes commune 01144 --at 2017-06-01
expect 0 "ancienne commune" "$relais" codes commune 01144
expect 0 "57463 Metz" "$relais" codes postcode 57000
expect 0 "Licence Ouverte" "$relais" codes commune
expect 0 "Support à l'entreprise" "$relais" codes rome
expect 1 "la liste commune n'a pas de code « 75200 »" "$relais" codes commune 75200
expect 2 "n'est pas un jour" "$relais" codes commune 57463 --at 2017-6-1
expect 2 "n'est pas un jour" "$relais" codes commune 57463 --at 2017-02-30
expect 2 "« regoin » inconnue ; peut-être region ?" "$relais" codes regoin
expect 2 "il manque l'argument CODE" "$relais" codes postcode

# The printed reference is the program's own.
"$relais" help --markdown >"$dir/commandes.md"
if ! "$relais" rules | cmp -s - docs/rules.md; then
    echo "FAILED: docs/rules.md is old: $relais rules >docs/rules.md"
    failures=$((failures + 1))
fi
if ! cmp -s docs/commandes.md "$dir/commandes.md"; then
    echo "FAILED: docs/commandes.md is old: $relais help --markdown >docs/commandes.md"
    failures=$((failures + 1))
fi

[ "$failures" -eq 0 ]
