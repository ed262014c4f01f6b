/* SPDX-License-Identifier: Apache-2.0
 *
 * relais check: a whole connector file, without starting anything.
 */
#include <string.h>
#include <unistd.h>

#include "base/file.h"
#include "base/yaml.h"
#include "cli/commands.h"
#include "connectors/configuration.h"

#define MAX_BYTES ((size_t)4 * 1024 * 1024)

struct settings {
    const char *connector;
    struct option_list sets;
    bool schema;
};

static const struct option options[] = {
    OPTION(struct settings, connector, .name = "CONNECTEUR", .flags = OPTION_ARGUMENT,
           .help = "Fichier connector.yaml du connecteur."),
    OPTION(struct settings, sets, .name = "set", .value = "NOM=VALEUR", .flags = OPTION_PAIR,
           .help = "Valeur de ${NOM} ; sans elle, ${NOM} est laissé tel quel."),
    OPTION(struct settings, schema, .name = "schema",
           .help = "Écrit le schéma JSON (draft 7) d'un fichier de connecteur, pour que l'éditeur "
                   "complète et souligne."),
    OPTION_END,
};

/* What is no YAML was not read to its end; what cannot be read has no end. */
static bool is_cut_short(const char *path)
{
    CLEANUP(arena_deinit) struct arena arena = {0};
    CLEANUP(diagnostics_freep) struct diagnostics *dropped = diagnostics_new();
    CLEANUP(buffer_deinit) struct buffer text = {0};
    struct yaml_node *root;

    arena_init(&arena);
    return file_read(path, MAX_BYTES, FILE_ANY, &text, NULL) == OUTCOME_OK &&
           yaml_read(path, buffer_view(&text), &arena, dropped, &root, NULL) != OUTCOME_OK;
}

/* Keys may be made later, or elsewhere. */
static void note_absent(const char *key, const char *path, const char *command, struct buffer *out)
{
    if (path && !strstr(path, "${") && access(path, F_OK) != 0)
        buffer_printf(out, DIAGNOSTICS_ADVICE "%s: %s n'est pas là, vu d'ici ; `%s` en fait un\n",
                      key, path, command);
}

static enum cli_exit run(struct cli *cli, const void *opaque)
{
    const struct settings *settings = opaque;
    CLEANUP(diagnostics_freep) struct diagnostics *diagnostics = diagnostics_new();
    CLEANUP(configuration_freep) struct configuration *configuration = NULL;
    CLEANUP(buffer_deinit) struct buffer out = {0};
    struct error err = {0};

    if (settings->schema) {
        configuration_schema(&out);
        return cli_write(&out) ? CLI_OK : CLI_FAILURE;
    }
    if (!settings->connector) {
        (void)error_set(&err, OUTCOME_REJECT, "il manque l'argument CONNECTEUR, ou --schema");
        return cli_misuse(cli, &err);
    }
    if (configuration_read(settings->connector, settings->sets.items, true, diagnostics,
                           &configuration, &err) == OUTCOME_OK) {
        diagnostics_write(diagnostics, &out);
        note_absent("keys_file", configuration->keys_file, "relais keys create", &out);
        note_absent("person_key_file", configuration->person_key_file, "relais keys person", &out);
        buffer_printf(&out, "%s : correct (%zu source%s, %s)\n", settings->connector,
                      configuration->source_count, configuration->source_count > 1 ? "s" : "",
                      configuration->sink_ops ? "livre" : "ne livre pas");
        return cli_write(&out) ? CLI_OK : CLI_FAILURE;
    }
    diagnostics_write(diagnostics, &out);
    (void)cli_write(&out);
    if (diagnostics_count(diagnostics) > 0)
        (void)error_set(&err, OUTCOME_REJECT, "%s : %zu erreur%s%s", settings->connector,
                        diagnostics_count(diagnostics),
                        diagnostics_count(diagnostics) > 1 ? "s" : "",
                        is_cut_short(settings->connector)
                            ? " ; d'autres peuvent suivre : le reste du fichier n'a pas été lu"
                            : "");
    return cli_fail(cli, &err);
}

const struct command cmd_check = {
    .name = "check",
    .summary = "vérifie un fichier de connecteur en entier, sans rien démarrer",
    .description = "Toutes les erreurs à la fois, chacune avec sa ligne, ce qui est attendu et "
                   "le nom le plus proche. Ne lit aucun secret et n'ouvre aucune connexion.\n"
                   "Une ligne avec le mot « avis » dit ce qui n'est sans doute pas voulu, et peut "
                   "l'être : elle ne fait rien échouer.",
    .examples = "relais check connector.yaml\nrelais check --schema > relais.schema.json",
    .options = options,
    .settings_size = sizeof(struct settings),
    .run = run,
};
