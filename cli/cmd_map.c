/* SPDX-License-Identifier: Apache-2.0
 *
 * relais map: what a connector file makes of a sample, offline. Shows values: it is run
 * beside the operator's own data.
 */
#include <stdio.h>

#include "base/file.h"
#include "base/yaml.h"
#include "cli/commands.h"
#include "cli/samples.h"
#include "cli/text_diff.h"
#include "connectors/mapping/advice.h"

#define MAX_BYTES ((size_t)8 * 1024 * 1024)

struct settings {
    const char *connector;
    const char *sample;
    const char *expect;
    bool explain;
    const char *source;
};

static const struct option options[] = {
    OPTION(struct settings, connector, .name = "CONNECTEUR",
           .flags = OPTION_ARGUMENT | OPTION_REQUIRED,
           .help = "Fichier connector.yaml du connecteur."),
    OPTION(
        struct settings, sample, .name = "ÉCHANTILLON", .flags = OPTION_ARGUMENT | OPTION_REQUIRED,
        .help = "Enregistrement de leur système (JSON), ou livraison à traduire "
                "(JSON avec la clé « deliver ») ; .jsonl : un par ligne ; .csv, .xml : le fichier "
                "d'une source de type folder ; .xml aussi : ce qu'un webhook reçoit."),
    OPTION(struct settings, expect, .name = "expect", .value = "FICHIER",
           .help = "Compare le résultat à ce fichier ; échoue s'il diffère."),
    OPTION(struct settings, explain, .name = "explain",
           .help = "Montre d'où vient chaque valeur, et d'une livraison quelle règle la prend."),
    OPTION(struct settings, source, .name = "source", .value = "SOURCE",
           .help = "La source qui lit un échantillon .csv ou .xml, par son nom (folder-2) ou son "
                   "numéro ; sans elle, celle de ce format dont `pattern` prend le nom du "
                   "fichier."),
    OPTION_END,
};

/* Prints mistakes as they are, once. */
static enum cli_exit show(const struct diagnostics *diagnostics)
{
    CLEANUP(buffer_deinit) struct buffer out = {0};

    diagnostics_write(diagnostics, &out);
    (void)cli_write(&out);
    return CLI_FAILURE;
}

static enum cli_exit compare(struct cli *cli, const char *path, const char *sample,
                             struct buffer *result)
{
    CLEANUP(buffer_deinit) struct buffer expected = {0};
    CLEANUP(buffer_deinit) struct buffer diff = {0};
    struct error err = {0};

    if (file_read(path, MAX_BYTES, FILE_ANY, &expected, &err) != OUTCOME_OK)
        return cli_fail(cli, &err);
    if (bytes_equal(buffer_view(&expected), buffer_view(result)))
        return CLI_OK;
    text_diff_write(path, buffer_view(&expected), sample, buffer_view(result), &diff);
    (void)cli_write(&diff);
    error_set(&err, OUTCOME_REJECT, "%s ne donne plus %s", sample, path);
    return cli_fail(cli, &err);
}

/* A field of the sample that nobody names while a path of nearly that name finds nothing, and what
 * is an advice only: on standard error, the result stays what it is. True when there is one of the
 * first. */
static bool hint(const struct coverage *coverage, const char *connector)
{
    CLEANUP(diagnostics_freep) struct diagnostics *diagnostics = diagnostics_new();
    CLEANUP(buffer_deinit) struct buffer file = {0};
    CLEANUP(buffer_deinit) struct buffer out = {0};
    struct error dropped;

    if (file_read(connector, MAX_BYTES, FILE_ANY, &file, &dropped) == OUTCOME_OK)
        diagnostics_add_source(diagnostics, connector, buffer_view(&file));
    coverage_find_misspelt(coverage, diagnostics);
    advice_give(coverage, diagnostics);
    diagnostics_write(diagnostics, &out);
    if (out.len > 0)
        (void)fwrite(out.data, 1, out.len, stderr);
    return diagnostics_count(diagnostics) > 0;
}

static enum cli_exit run(struct cli *cli, const void *opaque)
{
    const struct settings *settings = opaque;
    CLEANUP(arena_deinit) struct arena arena = {0};
    CLEANUP(diagnostics_freep) struct diagnostics *diagnostics = diagnostics_new();
    CLEANUP(mapping_freep) struct mapping *mapping = NULL;
    CLEANUP(coverage_freep) struct coverage *coverage = NULL;
    CLEANUP(buffer_deinit) struct buffer out = {0};
    struct yaml_node *root = NULL;
    struct samples samples;
    struct error err = {0};
    bool hinted;

    arena_init(&arena);
    if (yaml_read_file(settings->connector, &arena, diagnostics, &root, &err) != OUTCOME_OK ||
        mapping_new(root, diagnostics, &mapping, &err) != OUTCOME_OK)
        return show(diagnostics);
    coverage = coverage_new(mapping);
    samples =
        (struct samples){mapping, root, settings->explain, coverage, diagnostics, settings->source};
    if (samples_try(&samples, settings->sample, &out) != OUTCOME_OK)
        return show(diagnostics);
    hinted = hint(coverage, settings->connector);
    if (settings->expect)
        return compare(cli, settings->expect, settings->sample, &out);
    return cli_write(&out) && !hinted && coverage_rejected(coverage) == 0 ? CLI_OK : CLI_FAILURE;
}

const struct command cmd_map = {
    .name = "map",
    .summary = "traduit un échantillon avec le fichier d'un connecteur, hors ligne",
    .description =
        "Montre des valeurs, personnelles comprises : à lancer près des données de l'opérateur.\n"
        "Échoue (code 1) quand quelque chose est rejeté ou qu'un chemin semble mal écrit ; avec\n"
        "--expect, quand le résultat diffère. Un « avis » (un chemin vide, quand un autre presque "
        "du même\n"
        "nom a une valeur) ne fait rien échouer.\n"
        "Une livraison s'écrit {\"deliver\": {\"record\": \"Referral\", \"status\": \"ISSUED\", "
        "\"handoff_id\": UUID, …},\n\"contact\": {…}, \"links\": {\"own\": \"12\"}, "
        "\"answers\": {\"creer\": {\"status\": 201, \"body\": {…}}}} :\ndocs/connecteur.md, « Les "
        "échantillons » ; les champs sont ceux de `relais schemas Referral`.",
    .examples = "relais map connector.yaml samples/rdv.json --explain\n"
                "relais map connector.yaml samples/rdv.json --expect golden/rdv.txt",
    .options = options,
    .settings_size = sizeof(struct settings),
    .run = run,
};
