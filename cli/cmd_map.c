/* SPDX-License-Identifier: Apache-2.0
 *
 * relais map: what a connector file makes of a sample, offline. Shows values: it is run
 * beside the operator's own data.
 */
#include "base/file.h"
#include "base/yaml.h"
#include "cli/commands.h"
#include "connectors/mapping/mapping.h"

#define MAX_BYTES ((size_t)8 * 1024 * 1024)

struct settings {
    const char *connector;
    const char *sample;
    const char *expect;
    bool explain;
};

static const struct option options[] = {
    OPTION(struct settings, connector, .name = "CONNECTEUR",
           .flags = OPTION_ARGUMENT | OPTION_REQUIRED,
           .help = "Fichier connector.yaml du connecteur."),
    OPTION(struct settings, sample, .name = "ÉCHANTILLON",
           .flags = OPTION_ARGUMENT | OPTION_REQUIRED,
           .help = "Enregistrement de leur système (JSON), ou livraison à traduire "
                   "(JSON avec la clé « deliver »)."),
    OPTION(struct settings, expect, .name = "expect", .value = "FICHIER",
           .help = "Compare le résultat à ce fichier ; échoue s'il diffère."),
    OPTION(struct settings, explain, .name = "explain", .help = "Montre d'où vient chaque valeur."),
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

/* Line of the first difference, from 1. */
static long first_difference(struct bytes a, struct bytes b)
{
    long line = 1;

    for (size_t i = 0; i < a.len && i < b.len && a.data[i] == b.data[i]; i++)
        line += a.data[i] == '\n';
    return line;
}

static enum cli_exit compare(struct cli *cli, const char *path, struct buffer *result)
{
    CLEANUP(buffer_deinit) struct buffer expected = {0};
    struct error err = {0};

    if (file_read(path, MAX_BYTES, FILE_ANY, &expected, &err) != OUTCOME_OK)
        return cli_fail(cli, &err);
    if (bytes_equal(buffer_view(&expected), buffer_view(result)))
        return CLI_OK;
    error_set(&err, OUTCOME_REJECT, "le résultat diffère de %s à partir de la ligne %ld", path,
              first_difference(buffer_view(&expected), buffer_view(result)));
    (void)cli_write(result);
    return cli_fail(cli, &err);
}

static enum cli_exit run(struct cli *cli, const void *opaque)
{
    const struct settings *settings = opaque;
    CLEANUP(arena_deinit) struct arena arena = {0};
    CLEANUP(diagnostics_freep) struct diagnostics *diagnostics = diagnostics_new();
    CLEANUP(mapping_freep) struct mapping *mapping = NULL;
    CLEANUP(buffer_deinit) struct buffer sample = {0};
    CLEANUP(buffer_deinit) struct buffer out = {0};
    struct yaml_node *root;
    struct error err = {0};
    struct mapping_input input;

    arena_init(&arena);
    if (yaml_read_file(settings->connector, &arena, diagnostics, &root, &err) != OUTCOME_OK ||
        mapping_new(root, diagnostics, &mapping, &err) != OUTCOME_OK)
        return show(diagnostics);
    if (file_read(settings->sample, MAX_BYTES, FILE_ANY, &sample, &err) != OUTCOME_OK)
        return cli_fail(cli, &err);
    input = (struct mapping_input){.body = buffer_view(&sample), .file = settings->sample};
    mapping_explain(mapping, &input, settings->explain, &out);
    if (settings->expect)
        return compare(cli, settings->expect, &out);
    return cli_write(&out) ? CLI_OK : CLI_FAILURE;
}

const struct command cmd_map = {
    .name = "map",
    .summary = "traduit un échantillon avec le fichier d'un connecteur, hors ligne",
    .description =
        "Montre des valeurs, personnelles comprises : à lancer près des données de l'opérateur.",
    .examples = "relais map connector.yaml samples/rdv.json --explain\n"
                "relais map connector.yaml samples/rdv.json --expect golden/rdv.txt",
    .options = options,
    .settings_size = sizeof(struct settings),
    .run = run,
};
