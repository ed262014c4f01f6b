/* SPDX-License-Identifier: Apache-2.0
 *
 * relais topics: the topics as the directory and DESIGN.md want them.
 */
#include <stdio.h>

#include "cli/commands.h"
#include "cli/scan.h"
#include "directory/files.h"
#include "schemas/topics.h"

struct settings {
    const char *folder;
    int64_t partitions;
    int64_t replication;
    int64_t min_insync;
    bool as_commands;
};

#define COMMON_ROWS                                                                                  \
    OPTION(struct settings, folder, .name = "directory", .value = "DOSSIER",                         \
           .flags = OPTION_REQUIRED, .help = "Dossier de l'annuaire : quels opérateurs."),           \
        OPTION(struct settings, partitions, .name = "partitions", .value = "P", .fallback = "8",     \
               .min = 1, .max = 1000,                                                                \
               .help = "Partitions des boîtes d'envoi et de relais.handoff.v1, une fois pour "      \
                       "toutes."),                                                                   \
        OPTION(struct settings, replication, .name = "replication", .value = "R", .fallback = "3",   \
               .min = 1, .max = 15, .help = "Copies de chaque partition."),                          \
        OPTION(struct settings, min_insync, .name = "min-insync", .value = "N", .fallback = "0",     \
               .min = 0, .max = 15,                                                                  \
               .help = "Copies à jour qu'il faut pour écrire ; 0 : toutes moins une, et au moins " \
                       "une.")

static const struct option options[] = {COMMON_ROWS, OPTION_END};
static const struct option plan_options[] = {
    COMMON_ROWS,
    OPTION(struct settings, as_commands, .name = "as-commands",
           .help = "Écrit des commandes kafka-topics.sh, pour qui administre le cluster."),
    OPTION_END,
};

/* ---- The plan ------------------------------------------------------------------------ */

static enum outcome read_codes(const char *folder, struct arena *arena, const char ***ret_codes,
                               size_t *ret_count, struct error *err)
{
    CLEANUP(diagnostics_freep) struct diagnostics *diagnostics = diagnostics_new();
    CLEANUP(directory_unrefp) struct directory *directory = NULL;
    CLEANUP(buffer_deinit) struct buffer first = {0};
    const char **codes;

    if (directory_read_files(folder, diagnostics, &directory, err) != OUTCOME_OK) {
        if (diagnostics_count(diagnostics) == 0)
            return err->outcome;
        diagnostics_first(diagnostics, &first);
        return error_set(err, OUTCOME_REJECT, "%s", buffer_text(&first));
    }
    codes = arena_array(arena, directory_operator_count(directory) + 1, sizeof(*codes));
    for (size_t i = 0; i < directory_operator_count(directory); i++)
        codes[i] = arena_text(arena, bytes_of_text(directory_operator_at(directory, i)->code));
    *ret_codes = codes;
    *ret_count = directory_operator_count(directory);
    return OUTCOME_OK;
}

/* What no table of options can say. */
static enum outcome check_settings(const struct settings *settings, struct error *err)
{
    if (settings->min_insync <= settings->replication)
        return OUTCOME_OK;
    return error_set(err, OUTCOME_REJECT,
                     "option --min-insync : plus que --replication, rien ne s'écrirait");
}

static enum outcome make_plan(const struct settings *settings, struct arena *arena,
                              const struct topic_spec **ret_specs, size_t *ret_count,
                              struct error *err)
{
    int64_t spare = settings->replication > 1 ? settings->replication - 1 : 1;
    const struct topics_settings wanted = {
        .partitions = (int32_t)settings->partitions,
        .replication = (int32_t)settings->replication,
        .min_insync = (int32_t)(settings->min_insync > 0 ? settings->min_insync : spare),
    };
    const char **codes = NULL;
    size_t count = 0;
    enum outcome outcome;

    outcome = read_codes(settings->folder, arena, &codes, &count, err);
    if (outcome == OUTCOME_OK)
        *ret_specs = topics_plan(&wanted, codes, count, arena, ret_count);
    return outcome;
}

static void append_spec(const struct topic_spec *spec, bool as_command, struct buffer *out)
{
    if (as_command)
        buffer_printf(out,
                      "kafka-topics.sh --bootstrap-server \"$BROKERS\" --create "
                      "--if-not-exists --topic %s --partitions %d --replication-factor %d",
                      spec->name, (int)spec->partitions, (int)spec->replication);
    else
        buffer_printf(out, "%-32s partitions=%d replication=%d", spec->name, (int)spec->partitions,
                      (int)spec->replication);
    for (size_t i = 0; i < spec->setting_count; i++)
        buffer_printf(out, as_command ? " --config %s=%s" : " %s=%s", spec->settings[i].name,
                      spec->settings[i].value);
    buffer_append_byte(out, '\n');
}

static enum cli_exit run_plan(struct cli *cli, const void *opaque)
{
    const struct settings *settings = opaque;
    CLEANUP(arena_deinit) struct arena arena = {0};
    CLEANUP(buffer_deinit) struct buffer out = {0};
    const struct topic_spec *specs = NULL;
    size_t count = 0;
    struct error err;

    if (check_settings(settings, &err) != OUTCOME_OK)
        return cli_misuse(cli, &err);
    if (make_plan(settings, &arena, &specs, &count, &err) != OUTCOME_OK)
        return cli_fail(cli, &err);
    for (size_t i = 0; i < count; i++)
        append_spec(&specs[i], settings->as_commands, &out);
    return cli_write(&out) ? CLI_OK : CLI_FAILURE;
}

const struct command cmd_topics_plan = {
    .name = "topics plan",
    .summary = "montre les sujets Kafka qu'il faut et leurs réglages",
    .examples = "relais topics plan --directory demo/directory --replication 1",
    .options = plan_options,
    .settings_size = sizeof(struct settings),
    .run = run_plan,
};

/* ---- apply and check ------------------------------------------------------------------- */

static enum cli_exit run_apply(struct cli *cli, const void *opaque)
{
    const struct settings *settings = opaque;
    CLEANUP(arena_deinit) struct arena arena = {0};
    CLEANUP(kafka_admin_closep) struct kafka_admin *admin = NULL;
    const struct topic_spec *specs = NULL;
    size_t count = 0;
    struct error err;

    if (check_settings(settings, &err) != OUTCOME_OK)
        return cli_misuse(cli, &err);
    if (make_plan(settings, &arena, &specs, &count, &err) != OUTCOME_OK ||
        kafka_admin_open(&cli->kafka, &admin, &err) != OUTCOME_OK ||
        scan_name_kafka(&cli->kafka, kafka_topics_apply(admin, specs, count, &err), &err) !=
            OUTCOME_OK)
        return cli_fail(cli, &err);
    printf("Sujets en place : %zu.\n", count);
    return CLI_OK;
}

const struct command cmd_topics_apply = {
    .name = "topics apply",
    .summary = "crée les sujets Kafka qui manquent et règle les autres",
    .description = "Un nombre de partitions qui diffère n'est jamais changé : c'est une erreur. Un "
                   "nombre de copies\nqui diffère ne l'est pas non plus : `topics check` le dit.",
    .examples = "relais topics apply --directory annuaire --brokers kafka:9092",
    .uses = CLI_KAFKA,
    .options = options,
    .settings_size = sizeof(struct settings),
    .run = run_apply,
};

static void append_difference(const struct topic_difference *difference, struct buffer *out)
{
    switch (difference->kind) {
    case TOPIC_MISSING:
        buffer_printf(out, "%s : manque\n", difference->topic);
        break;
    case TOPIC_PARTITIONS:
        buffer_printf(out, "%s : %s partitions au lieu de %s\n", difference->topic,
                      difference->found, difference->wanted);
        break;
    case TOPIC_SETTING:
        buffer_printf(out, "%s : %s vaut %s au lieu de %s\n", difference->topic, difference->name,
                      difference->found ? difference->found : "rien", difference->wanted);
        break;
    }
}

static enum cli_exit run_check(struct cli *cli, const void *opaque)
{
    const struct settings *settings = opaque;
    CLEANUP(arena_deinit) struct arena arena = {0};
    CLEANUP(kafka_admin_closep) struct kafka_admin *admin = NULL;
    CLEANUP(buffer_deinit) struct buffer out = {0};
    struct topic_difference *differences = NULL;
    const struct topic_spec *specs = NULL;
    size_t difference_count = 0;
    size_t count = 0;
    struct error err;

    if (check_settings(settings, &err) != OUTCOME_OK)
        return cli_misuse(cli, &err);
    if (make_plan(settings, &arena, &specs, &count, &err) != OUTCOME_OK ||
        kafka_admin_open(&cli->kafka, &admin, &err) != OUTCOME_OK ||
        scan_name_kafka(
            &cli->kafka,
            kafka_topics_check(admin, specs, count, &arena, &differences, &difference_count, &err),
            &err) != OUTCOME_OK)
        return cli_fail(cli, &err);
    for (size_t i = 0; i < difference_count; i++)
        append_difference(&differences[i], &out);
    if (difference_count == 0)
        buffer_printf(&out, "Sujets conformes : %zu.\n", count);
    return cli_write(&out) && difference_count == 0 ? CLI_OK : CLI_FAILURE;
}

const struct command cmd_topics_check = {
    .name = "topics check",
    .summary = "compare les sujets Kafka au plan ; échoue s'ils diffèrent",
    .examples = "relais topics check --directory annuaire --brokers kafka:9092",
    .uses = CLI_KAFKA,
    .options = options,
    .settings_size = sizeof(struct settings),
    .run = run_check,
};
