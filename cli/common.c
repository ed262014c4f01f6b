/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/common.h"

static const struct option kafka_options[] = {
    OPTION(struct common, brokers, .name = "brokers", .value = "HÔTE:PORT,…",
           .flags = OPTION_REQUIRED, .env = "RELAIS_BROKERS",
           .help = "Serveurs Kafka par lesquels entrer."),
    OPTION(struct common, kafka, .name = "kafka", .value = "NOM=VALEUR", .flags = OPTION_PAIR,
           .help = "Réglage de librdkafka, transmis tel quel ; plusieurs fois au besoin."),
    OPTION_END,
};
static const struct option clock_options[] = {
    OPTION(struct common, clock_from, .name = "clock-from", .value = "URL",
           .env = "RELAIS_CLOCK_FROM",
           .help = "Prend l'heure d'un serveur d'horloge (démonstration) au lieu de la machine."),
    OPTION_END,
};
static const struct option json_options[] = {
    OPTION(struct common, json, .name = "json", .help = "Écrit du JSON, un objet par ligne."),
    OPTION_END,
};
static const struct option registry_options[] = {
    OPTION(struct common, registry.url, .name = "registry", .value = "URL",
           .env = "RELAIS_REGISTRY",
           .help = "Registre de schémas (API Confluent), ou ses nœuds, avec des virgules ; sans "
                   "lui, les schémas intégrés."),
    OPTION(struct common, registry.user, .name = "registry-user", .value = "NOM",
           .env = "RELAIS_REGISTRY_USER", .help = "Utilisateur du registre (auth. basique)."),
    OPTION(struct common, registry.secret_file, .name = "registry-secret-file", .value = "FICHIER",
           .env = "RELAIS_REGISTRY_SECRET_FILE",
           .help = "Fichier du mot de passe de cet utilisateur."),
    OPTION(struct common, registry.ca_file, .name = "registry-ca-file", .value = "FICHIER",
           .env = "RELAIS_REGISTRY_CA_FILE", .help = "Autorités TLS du registre (PEM)."),
    OPTION(struct common, registry.read_only, .name = "registry-read-only",
           .help = "N'enregistre aucun schéma : ils doivent y être déjà."),
    OPTION_END,
};
static const struct option every_options[] = {
    OPTION(struct common, log_level, .name = "log-level", .value = "NIVEAU",
           .env = "RELAIS_LOG_LEVEL", .choices = "debug|info|warn|error",
           .help = "Ce qui est journalisé sur la sortie d'erreur ; d'office info pour ce qui "
                   "tourne, warn pour le reste."),
    OPTION(struct common, help, .name = "help", .help = "Montre l'aide de la commande."),
    OPTION_END,
};

size_t common_sets(unsigned uses, struct common *common, struct option_set sets[COMMON_MOST])
{
    size_t count = 0;

    if (uses & CLI_KAFKA)
        sets[count++] = (struct option_set){kafka_options, common};
    if (uses & CLI_CLOCK)
        sets[count++] = (struct option_set){clock_options, common};
    if (uses & CLI_JSON)
        sets[count++] = (struct option_set){json_options, common};
    if (uses & CLI_REGISTRY)
        sets[count++] = (struct option_set){registry_options, common};
    sets[count++] = (struct option_set){every_options, common};
    return count;
}
