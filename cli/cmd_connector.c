/* SPDX-License-Identifier: Apache-2.0
 *
 * relais connector: runs one operator's connector until it is told to stop.
 */
#include "base/log.h"
#include "cli/commands.h"
#include "connectors/runtime.h"

struct settings {
    const char *connector;
    struct option_list sets;
    int64_t port;
};

static const struct option options[] = {
    OPTION(struct settings, connector, .name = "CONNECTEUR",
           .flags = OPTION_ARGUMENT | OPTION_REQUIRED,
           .help = "Fichier connector.yaml du connecteur."),
    OPTION(struct settings, sets, .name = "set", .value = "NOM=VALEUR", .flags = OPTION_PAIR,
           .help = "Valeur de ${NOM} dans le fichier ; peut être répété."),
    OPTION(struct settings, port, .name = "port", .value = "PORT", .fallback = "0", .min = 0,
           .max = 65535,
           .help = "Port HTTP (webhooks, /metrics, /healthz, /readyz) ; 0 : celui du fichier."),
    OPTION_END,
};

static enum cli_exit refuse(struct cli *cli, const struct diagnostics *diagnostics,
                            const struct error *err)
{
    CLEANUP(buffer_deinit) struct buffer out = {0};

    diagnostics_write(diagnostics, &out);
    (void)cli_write(&out);
    return cli_fail(cli, err);
}

static enum cli_exit run(struct cli *cli, const void *opaque)
{
    const struct settings *settings = opaque;
    CLEANUP(diagnostics_freep) struct diagnostics *diagnostics = diagnostics_new();
    CLEANUP(configuration_freep) struct configuration *configuration = NULL;
    CLEANUP(registry_freep) struct registry *of_file = NULL;
    CLEANUP(runtime_freep) struct runtime *runtime = NULL;
    struct runtime_options runtime_options = {
        .kafka = &cli->kafka, .clock = cli->clock, .port = (uint16_t)settings->port};
    struct error err = {0};

    if (configuration_read(settings->connector, settings->sets.items, false, diagnostics,
                           &configuration, &err) != OUTCOME_OK)
        return refuse(cli, diagnostics, &err);
    runtime_options.configuration = configuration;
    /* One on the command line is meant instead of the file's. */
    if (!cli->registry && configuration->registry.url &&
        registry_new(&configuration->registry, cli->clock, &of_file, &err) != OUTCOME_OK)
        return cli_fail(cli, &err);
    runtime_options.registry = cli->registry ? cli->registry : of_file;
    if (runtime_new(&runtime_options, &runtime, &err) != OUTCOME_OK)
        return cli_fail(cli, &err);
    log_info("connector", "listens", LOG_TEXT("operator", configuration->operator_code),
             LOG_INT("port", runtime_port(runtime)));
    if (runtime_run(runtime, cli->stop, &err) != OUTCOME_OK)
        return cli_fail(cli, &err);
    return CLI_OK;
}

const struct command cmd_connector = {
    .name = "connector",
    .summary = "fait tourner le connecteur d'un opérateur",
    .description =
        "Lit les sources du fichier vers l'outbox et livre l'inbox à leur système, "
        "jusqu'à SIGTERM. /readyz répond 200 quand tout fonctionne.\n\n"
        "Un seul tourne par opérateur. Un second qui démarre prend la suite : le premier "
        "le dit à sa prochaine\nécriture, dix secondes plus tard au plus s'il n'en a "
        "pas, et s'arrête avec le code 1. Qu'un superviseur\nne le relance donc pas à "
        "côté de l'autre : ils se remplaceraient sans fin.\n\n"
        "L'inbox reprend à la plus avancée de deux positions : celle du groupe Kafka et "
        "celle que garde\nle sujet d'état. Reculer celle du groupe "
        "(kafka-consumer-groups --reset-offsets) ne rejoue donc\nrien, l'avancer saute "
        "des enregistrements ; aucune commande ne livre de nouveau ce qui le fut.\nUn "
        "sujet recréé, plus court que sa position, est lu depuis son début ; un sujet "
        "qui a perdu sa fin\nreprend derrière ce qui fut livré, avec une erreur au journal "
        "(relais_inbox_lost_end_total) ;\nde même si la rétention a ôté des enregistrements "
        "avant leur livraison (relais_inbox_overtaken_total).",
    .examples = "relais connector connector.yaml --brokers kafka:9092 --set OPERATOR=o21 "
                "--set KEYS=/etc/relais/o21.yaml",
    .uses = CLI_KAFKA | CLI_REGISTRY | CLI_CLOCK | CLI_STOP,
    .options = options,
    .settings_size = sizeof(struct settings),
    .run = run,
};
