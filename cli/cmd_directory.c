/* SPDX-License-Identifier: Apache-2.0
 *
 * relais directory: from the files that people edit and review to the topic that every
 * process reads.
 */
#include <stdio.h>

#include "cli/commands.h"
#include "directory/diff.h"
#include "directory/files.h"
#include "directory/follow.h"
#include "schemas/events.h"

struct settings {
    const char *folder;
};

static const struct option options[] = {
    OPTION(struct settings, folder, .name = "DOSSIER", .flags = OPTION_ARGUMENT | OPTION_REQUIRED,
           .help = "Dossier de l'annuaire : operators/, keys/, conventions.yaml."),
    OPTION_END,
};

/* Every mistake on standard error; NULL when there was any. */
static struct directory *read_files(const struct cli *cli, const char *folder)
{
    CLEANUP(diagnostics_freep) struct diagnostics *diagnostics = diagnostics_new();
    CLEANUP(buffer_deinit) struct buffer mistakes = {0};
    struct directory *directory = NULL;
    struct error err;

    if (directory_read_files(folder, diagnostics, &directory, &err) == OUTCOME_OK)
        return directory;
    diagnostics_write(diagnostics, &mistakes);
    if (diagnostics_count(diagnostics) > 0)
        error_set(&err, OUTCOME_REJECT, "%s : %zu erreur%s", folder, diagnostics_count(diagnostics),
                  diagnostics_count(diagnostics) > 1 ? "s" : "");
    (void)fputs(buffer_text(&mistakes), stderr);
    cli_fail(cli, &err);
    return NULL;
}

/* ---- check ------------------------------------------------------------------------- */

static size_t count_kind(const struct directory *directory, enum directory_kind kind)
{
    size_t count = 0;

    for (size_t i = 0; i < directory_entry_count(directory); i++)
        count += directory_entry_at(directory, i)->kind == (int32_t)kind;
    return count;
}

static enum cli_exit run_check(struct cli *cli, const void *opaque)
{
    const struct settings *settings = opaque;
    CLEANUP(directory_unrefp) struct directory *directory = read_files(cli, settings->folder);
    CLEANUP(buffer_deinit) struct buffer out = {0};

    if (!directory)
        return CLI_FAILURE;
    buffer_printf(&out,
                  "%s : opérateurs %zu, membres %zu, sites %zu, clés %zu, conventions %zu ; "
                  "rien à redire.\n",
                  settings->folder, directory_operator_count(directory),
                  count_kind(directory, DIRECTORY_MEMBER), count_kind(directory, DIRECTORY_SITE),
                  count_kind(directory, DIRECTORY_KEY),
                  count_kind(directory, DIRECTORY_CONVENTION));
    for (size_t i = 0; i < directory_operator_count(directory); i++) {
        const struct directory_operator *row = directory_operator_at(directory, i);

        if (!row->has_keys)
            buffer_printf(&out,
                          "%s : pas de clé publique (keys/%s.yaml) ; personne ne peut lui "
                          "adresser de coordonnées.\n",
                          row->code, row->code);
    }
    return cli_write(&out) ? CLI_OK : CLI_FAILURE;
}

const struct command cmd_directory_check = {
    .name = "directory check",
    .summary = "relit les fichiers de l'annuaire et dit toutes les erreurs à la fois",
    .examples = "relais directory check demo/directory",
    .options = options,
    .settings_size = sizeof(struct settings),
    .run = run_check,
};

/* ---- diff and publish -------------------------------------------------------------- */

static enum outcome show_difference(const struct cli *cli, const struct wire *wire,
                                    const struct directory *files, bool *ret_same,
                                    struct error *err)
{
    CLEANUP(directory_unrefp) struct directory *published = NULL;
    CLEANUP(buffer_deinit) struct buffer out = {0};
    enum outcome outcome = directory_read_published(&cli->kafka, wire, &published, err);

    if (outcome != OUTCOME_OK)
        return outcome;
    diff_write(published, files, &out);
    *ret_same = out.len == 0;
    if (*ret_same)
        buffer_append_text(&out, "L'annuaire publié dit la même chose que les fichiers.\n");
    return cli_write(&out) ? OUTCOME_OK
                           : error_set(err, OUTCOME_FATAL, "la sortie standard est fermée");
}

static enum cli_exit run_diff(struct cli *cli, const void *opaque)
{
    const struct settings *settings = opaque;
    CLEANUP(directory_unrefp) struct directory *files = read_files(cli, settings->folder);
    CLEANUP(wire_freep) struct wire *wire = cli_wire(cli);
    struct error err;
    bool same;

    if (!files)
        return CLI_FAILURE;
    if (show_difference(cli, wire, files, &same, &err) != OUTCOME_OK)
        return cli_fail(cli, &err);
    return CLI_OK;
}

const struct command cmd_directory_diff = {
    .name = "directory diff",
    .summary = "montre ce que `directory publish` changerait",
    .description = "Une ligne par différence : + nouveau, - retiré, ~ changé et dans quels champs.",
    .examples = "relais directory diff annuaire --brokers kafka:9092",
    .uses = CLI_KAFKA | CLI_REGISTRY,
    .options = options,
    .settings_size = sizeof(struct settings),
    .run = run_diff,
};

/* What a publication writes, and so registers. */
static const struct record_table *const written[] = {&directory_table, NULL};

static enum cli_exit run_publish(struct cli *cli, const void *opaque)
{
    const struct settings *settings = opaque;
    CLEANUP(directory_unrefp) struct directory *files = read_files(cli, settings->folder);
    CLEANUP(wire_freep) struct wire *wire = cli_wire(cli);
    size_t changes = 0;
    struct error err;
    bool same;

    if (!files)
        return CLI_FAILURE;
    if (show_difference(cli, wire, files, &same, &err) != OUTCOME_OK)
        return cli_fail(cli, &err);
    if (same)
        return CLI_OK;
    if (wire_register(wire, written, &err) != OUTCOME_OK)
        return cli_fail(cli, &err);
    if (directory_publish(&cli->kafka, wire, files, &changes, &err) != OUTCOME_OK)
        return cli_fail(cli, &err);
    (void)printf("Annuaire publié, changements : %zu.\n", changes);
    return CLI_OK;
}

const struct command cmd_directory_publish = {
    .name = "directory publish",
    .summary = "publie l'annuaire sur Kafka, après en avoir montré la différence",
    .description = "Tout ou rien : une publication est une transaction Kafka. Chaque processus lit "
                   "ensuite\nle nouvel annuaire sans redémarrer.",
    .examples = "relais directory publish annuaire --brokers kafka:9092",
    .uses = CLI_KAFKA | CLI_REGISTRY,
    .options = options,
    .settings_size = sizeof(struct settings),
    .run = run_publish,
};
