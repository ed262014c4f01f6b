/* SPDX-License-Identifier: Apache-2.0
 *
 * relais tail: one topic, decoded, one line a record.
 */
#include <string.h>

#include "cli/commands.h"
#include "cli/scan.h"
#include "cli/story.h"

struct settings {
    const char *topic;
    bool from_beginning;
    bool to_end;
    int64_t count;
};

static const struct option options[] = {
    OPTION(struct settings, topic, .name = "SUJET", .flags = OPTION_ARGUMENT | OPTION_REQUIRED,
           .help = "Nom entier (relais.o21.inbox.v1) ou court (o21.inbox, handoff, directory)."),
    OPTION(struct settings, from_beginning, .name = "from-beginning",
           .help = "Depuis le début du sujet, au lieu de ce qui arrive à partir de maintenant."),
    OPTION(struct settings, to_end, .name = "to-end", .help = "S'arrête à la fin du sujet."),
    OPTION(struct settings, count, .name = "count", .value = "N", .fallback = "0", .min = 0,
           .max = INT64_MAX, .help = "S'arrête après N messages ; 0 : jamais."),
    OPTION_END,
};

struct tail {
    const struct wire *wire;
    struct arena arena;
    struct buffer line;
    bool json;
    bool broken;  /* the output */
    int64_t left; /* messages still wanted; INT64_MAX: no end */
};

static bool show(void *context, const struct kafka_message *message)
{
    struct tail *tail = context;
    struct story story;

    story_decode(tail->wire, message, &tail->arena, &story);
    if (tail->json)
        story_json(&story, &tail->line);
    else
        story_line(&story, &tail->line);
    arena_reset(&tail->arena);
    tail->broken = !cli_write(&tail->line);
    if (tail->left != INT64_MAX)
        tail->left--;
    return !tail->broken && tail->left > 0;
}

static enum cli_exit run(struct cli *cli, const void *opaque)
{
    const struct settings *settings = opaque;
    bool whole = strncmp(settings->topic, "relais.", 7) == 0;
    CLEANUP(arena_deinit) struct arena names = {0};
    CLEANUP(wire_freep) struct wire *wire = cli_wire(cli);
    const char *topic =
        whole ? settings->topic : arena_printf(&names, "relais.%s.v1", settings->topic);
    struct tail tail = {
        .wire = wire,
        .json = cli->json,
        .left = settings->count > 0 ? settings->count : INT64_MAX,
    };
    const struct scan scan = {
        .kafka = &cli->kafka,
        .topics = &topic,
        .topic_count = 1,
        .from_now = !settings->from_beginning,
        .follow = !settings->to_end,
        .stop = cli->stop,
        .each = show,
        .context = &tail,
    };
    enum outcome outcome;
    struct error err;

    outcome = scan_run(&scan, &err);
    arena_deinit(&tail.arena);
    buffer_deinit(&tail.line);
    if (outcome != OUTCOME_OK)
        return cli_fail(cli, &err);
    return tail.broken ? CLI_FAILURE : CLI_OK;
}

const struct command cmd_tail = {
    .name = "tail",
    .summary = "montre ce qui passe sur un sujet, décodé, une ligne par événement",
    .description = "Les champs personnels ne sont jamais montrés ; les coordonnées restent "
                   "scellées.\nL'heure est celle du fait, en UTC.",
    .examples = "relais tail o21.inbox --brokers kafka:9092\n"
                "relais tail handoff --from-beginning --to-end --json",
    .uses = CLI_KAFKA | CLI_REGISTRY | CLI_JSON | CLI_STOP,
    .options = options,
    .settings_size = sizeof(struct settings),
    .run = run,
};
