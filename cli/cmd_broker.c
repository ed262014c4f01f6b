/* SPDX-License-Identifier: Apache-2.0
 *
 * relais broker: runs the broker until it is told to stop.
 */
#include "broker/broker.h"

#include "base/log.h"
#include "cli/commands.h"

#define LOOK_MS 200

struct settings {
    const char *instance;
    const char *state;
    const char *address;
    int64_t workers;
    int64_t port;
};

static const struct option options[] = {
    OPTION(struct settings, instance, .name = "instance", .value = "NOM", .fallback = "1",
           .help = "Nom de cette instance parmi celles du déploiement, le même après un "
                   "redémarrage."),
    OPTION(struct settings, state, .name = "state", .value = "DOSSIER", .flags = OPTION_REQUIRED,
           .help = "Dossier de l'état local, un cache propre à cette instance."),
    OPTION(struct settings, workers, .name = "workers", .value = "N", .fallback = "1", .min = 1,
           .max = 64, .help = "Fils de travail ; au plus une partition chacun est utile."),
    OPTION(struct settings, address, .name = "address", .value = "ADRESSE", .fallback = "127.0.0.1",
           .help = "Adresse d'écoute de /metrics, /healthz et /readyz."),
    OPTION(struct settings, port, .name = "port", .value = "P", .fallback = "0", .min = 0,
           .max = 65535, .help = "Port d'écoute ; 0 : un port libre, écrit dans le journal."),
    OPTION_END,
};

static enum cli_exit run(struct cli *cli, const void *opaque)
{
    const struct settings *settings = opaque;
    const struct broker_options broker_options = {
        .kafka = &cli->kafka,
        .clock = cli->clock,
        .instance = settings->instance,
        .workers = (int)settings->workers,
        .state_folder = settings->state,
        .address = settings->address,
        .port = (uint16_t)settings->port,
        .registry = cli->registry,
        .stop = cli->stop,
    };
    CLEANUP(broker_stopp) struct broker *broker = NULL;
    struct error err;

    if (broker_start(&broker_options, &broker, &err) != OUTCOME_OK) {
        return waiter_interrupted(cli->stop) ? CLI_OK : cli_fail(cli, &err);
    }
    while (waiter_wait_ms(cli->stop, LOOK_MS)) {
        if (broker_failed(broker, &err)) {
            return cli_fail(cli, &err);
        }
    }
    log_info("broker", "stopping");
    return CLI_OK;
}

const struct command cmd_broker = {
    .name = "broker",
    .summary = "fait tourner le courtier, qui tient les règles",
    .description =
        "Lit les boîtes d'envoi des opérateurs, décide, et écrit les boîtes de réception.\n"
        "Plusieurs instances se partagent le travail ; chacune a son --instance et son --state.\n"
        "S'arrête sur SIGINT ou SIGTERM après avoir fini le lot en cours.",
    .examples = "relais broker --brokers localhost:9092 --instance 1 --workers 2 "
                "--state /var/lib/relais --port 9101",
    .uses = CLI_KAFKA | CLI_REGISTRY | CLI_CLOCK | CLI_STOP,
    .options = options,
    .settings_size = sizeof(struct settings),
    .run = run,
};
