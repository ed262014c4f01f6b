/* SPDX-License-Identifier: Apache-2.0
 *
 * relais trace: the whole story of one hand-over over all topics. Kafka's own time of
 * arrival gives the order, since it is one clock; the hour that is shown is the fact's.
 */
#include <stdlib.h>

#include "base/kafka_topics.h"
#include "cli/commands.h"
#include "cli/rows.h"
#include "cli/scan.h"
#include "cli/story.h"
#include "cli/words.h"
#include "schemas/enums.h"
#include "schemas/json_view.h"
#include "schemas/topics.h"

#define SHORTEST_ID 8

struct settings {
    const char *id;
    bool thread;
    bool all;
};

static const struct option options[] = {
    OPTION(struct settings, id, .name = "HANDOFF_ID", .flags = OPTION_ARGUMENT | OPTION_REQUIRED,
           .help = "Identifiant du passage de relais, ou son début (8 caractères au moins)."),
    OPTION(struct settings, thread, .name = "thread",
           .help = "Tout le fil : le relais d'origine et ses réorientations."),
    OPTION(struct settings, all, .name = "all",
           .help = "Lit les sujets de tous les opérateurs, et pas seulement de ceux que l'état "
                   "nomme."),
    OPTION_END,
};

/* One line of the story. */
struct step {
    int64_t arrived_ms;
    int rank; /* among what arrived in one millisecond: outbox, inbox, rejected */
    size_t order;
    struct bytes text;
    const char *topic;
    struct uuid event_id;
    size_t said; /* how often: an outbox may hold one event several times */
};

struct trace {
    const struct wire *wire;
    const struct rows *rows;
    struct bytes id;    /* as it was given */
    struct uuid thread; /* UUID_NONE: only the hand-over itself */
    bool all;           /* topics of all operators */
    bool json;
    struct arena arena; /* of the steps                   */
    struct arena batch; /* of the record that is read now */
    struct step *steps;
    size_t count;
};

/* ---- What belongs to the story ------------------------------------------------------- */

static bool id_matches(const struct trace *trace, struct uuid id)
{
    char text[UUID_TEXT_SIZE];

    uuid_format(id, text);
    return bytes_starts_with(bytes_of_text(text), trace->id);
}

static bool belongs(const struct trace *trace, const struct story *story)
{
    if (!story->event || uuid_is_none(story->event->envelope.handoff_id))
        return false;
    if (!uuid_is_none(trace->thread) && uuid_equal(story->event->envelope.thread_id, trace->thread))
        return true;
    return id_matches(trace, story->event->envelope.handoff_id);
}

static int rank_of(const char *topic)
{
    if (strstr(topic, ".outbox."))
        return 0;
    return strstr(topic, ".inbox.") ? 1 : 2;
}

/* "2026-03-12 13:00  o10.outbox  o10 passe le relais à o21" */
static void append_step(const struct trace *trace, const struct story *story, struct buffer *out)
{
    CLEANUP(arena_deinit) struct arena arena = {0};
    const struct kafka_message *message = story->message;
    const struct envelope *envelope = &story->event->envelope;
    const char *topic = story_short_topic(message->topic, &arena);
    char at[CLOCK_TEXT_SIZE];
    char id[UUID_TEXT_SIZE];

    if (trace->json) {
        story_json(story, out);
        return;
    }
    clock_format(story->at_us, at);
    buffer_printf(out, "%.10s %.8s  %-13s ", at, at + 11, topic);
    if (!uuid_is_none(trace->thread))
        buffer_printf(out, "%.8s  ", uuid_format(envelope->handoff_id, id));
    if (strstr(message->topic, ".inbox."))
        buffer_printf(out, "→ n° %d : ", (int)envelope->handoff_seq);
    story_sentence(story, out);
    buffer_printf(out, "  (%d/%lld)\n", (int)message->partition, (long long)message->offset);
}

/* The step that says the same event in the same topic, or NULL: what was sent again after a
 * doubt is one thing that happened. */
static struct step *said_before(const struct trace *trace, const struct story *story)
{
    for (size_t i = 0; i < trace->count; i++)
        if (uuid_equal(trace->steps[i].event_id, story->event->envelope.event_id) &&
            strcmp(trace->steps[i].topic, story->message->topic) == 0)
            return &trace->steps[i];
    return NULL;
}

static bool take_step(void *context, const struct kafka_message *message)
{
    struct trace *trace = context;
    CLEANUP(buffer_deinit) struct buffer line = {0};
    struct story story;
    struct step *before;

    story_decode(trace->wire, message, &trace->batch, &story);
    before = belongs(trace, &story) && !trace->json ? said_before(trace, &story) : NULL;
    if (before) {
        before->said++;
    } else if (belongs(trace, &story)) {
        append_step(trace, &story, &line);
        trace->steps = xrealloc(trace->steps, (trace->count + 1) * sizeof(*trace->steps));
        trace->steps[trace->count] = (struct step){
            .arrived_ms = message->timestamp_ms,
            .rank = rank_of(message->topic),
            .order = trace->count,
            .text = arena_copy(&trace->arena, buffer_view(&line)),
            .topic = arena_text(&trace->arena, bytes_of_text(message->topic)),
            .event_id = story.event->envelope.event_id,
            .said = 1,
        };
        trace->count++;
    }
    arena_reset(&trace->batch);
    return true;
}

static int compare_steps(const void *a, const void *b)
{
    const struct step *left = a;
    const struct step *right = b;

    if (left->arrived_ms != right->arrived_ms)
        return left->arrived_ms < right->arrived_ms ? -1 : 1;
    if (left->rank != right->rank)
        return left->rank - right->rank;
    return (left->order > right->order) - (left->order < right->order);
}

/* ---- Rows ---------------------------------------------------------------------------- */

static void append_row(const struct handoff *row, bool json, struct buffer *out)
{
    char id[UUID_TEXT_SIZE];

    if (json) {
        buffer_append_text(out, "{\"row\":");
        json_view(&handoff_table, row, false, out);
        buffer_append_text(out, "}\n");
        return;
    }
    buffer_printf(out, "\nÉtat de %s : %s (%s)\n", uuid_format(row->handoff_id, id),
                  enum_handoff_state.symbols[row->state],
                  words_state((enum handoff_state)row->state));
    if (row->issuer.len > 0)
        buffer_printf(out, "  émetteur %.*s, détenteur %.*s\n", BYTES_ARG(row->issuer),
                      BYTES_ARG(row->holder));
    if (!uuid_is_none(row->parent_handoff_id))
        buffer_printf(out, "  suite de %s\n", uuid_format(row->parent_handoff_id, id));
    if (!uuid_is_none(row->child_handoff_id))
        buffer_printf(out, "  réorienté vers %s\n", uuid_format(row->child_handoff_id, id));
    if (row->refusal_code.data)
        buffer_printf(out, "  refusé : %.*s, %s\n", BYTES_ARG(row->refusal_code),
                      words_rejection(row->refusal_code) ? words_rejection(row->refusal_code)
                                                         : "code inconnu ici");
    if (row->due_at != NO_TIME) {
        char due[CLOCK_TEXT_SIZE];

        buffer_printf(out, "  prochaine échéance %s\n", clock_format(row->due_at, due));
    }
}

/* The row whose id begins so. REJECT when several do; *ret_row is NULL when none does: a
 * refused or very young hand-over has events and no row. */
static enum outcome find_row(const struct trace *trace, const struct handoff **ret_row,
                             struct error *err)
{
    *ret_row = NULL;
    for (size_t i = 0; i < trace->rows->count; i++) {
        if (!id_matches(trace, trace->rows->items[i]->handoff_id))
            continue;
        if (*ret_row)
            return error_set(err, OUTCOME_REJECT, "plusieurs passages de relais commencent ainsi");
        *ret_row = trace->rows->items[i];
    }
    return OUTCOME_OK;
}

static void append_rows(const struct trace *trace, struct buffer *out)
{
    for (size_t i = 0; i < trace->rows->count; i++) {
        const struct handoff *row = trace->rows->items[i];

        if (id_matches(trace, row->handoff_id) ||
            (!uuid_is_none(trace->thread) && uuid_equal(row->thread_id, trace->thread)))
            append_row(row, trace->json, out);
    }
}

/* ---- The command --------------------------------------------------------------------- */

static bool is_operator(struct bytes code, const char *topic)
{
    char name[TOPIC_NAME_SIZE];
    char text[64];

    if (code.len == 0 || code.len >= sizeof(text))
        return false;
    memcpy(text, code.data, code.len);
    text[code.len] = '\0';
    return strcmp(topic, topics_name(TOPIC_OUTBOX, text, name)) == 0 ||
           strcmp(topic, topics_name(TOPIC_INBOX, text, name)) == 0 ||
           strcmp(topic, topics_name(TOPIC_REJECTED, text, name)) == 0;
}

static bool row_names(const struct handoff *row, const char *topic)
{
    const struct bytes *operators = row->thread_operators.items;

    for (size_t i = 0; i < row->thread_operators.count; i++)
        if (is_operator(operators[i], topic))
            return true;
    return is_operator(row->issuer, topic) || is_operator(row->holder, topic);
}

/* A topic of an operator that a row of the story names; without a row, or when asked for, any:
 * a refused redirect may have been said by an operator that no row knows. */
static bool is_wanted(const struct trace *trace, const char *topic)
{
    bool any = false;

    if (!strstr(topic, ".outbox.") && !strstr(topic, ".inbox.") && !strstr(topic, ".rejected."))
        return false;
    for (size_t i = 0; i < trace->rows->count && !trace->all; i++) {
        const struct handoff *row = trace->rows->items[i];

        if (!id_matches(trace, row->handoff_id) &&
            (uuid_is_none(trace->thread) || !uuid_equal(row->thread_id, trace->thread)))
            continue;
        if (row_names(row, topic))
            return true;
        any = true;
    }
    return !any;
}

static enum outcome list_topics(const struct cli *cli, const struct trace *trace,
                                struct arena *arena, const char ***ret_names, size_t *ret_count,
                                struct error *err)
{
    CLEANUP(kafka_admin_closep) struct kafka_admin *admin = NULL;
    const char **names = NULL;
    size_t count = 0;
    size_t kept = 0;
    enum outcome outcome = kafka_admin_open(&cli->kafka, &admin, err);

    if (outcome == OUTCOME_OK)
        outcome = kafka_topics_list(admin, "relais.", arena, &names, &count, err);
    for (size_t i = 0; outcome == OUTCOME_OK && i < count; i++)
        if (is_wanted(trace, names[i]))
            names[kept++] = names[i];
    *ret_names = names;
    *ret_count = kept;
    return scan_name_kafka(&cli->kafka, outcome, err);
}

static enum outcome read_story(const struct cli *cli, struct trace *trace, struct error *err)
{
    CLEANUP(arena_deinit) struct arena arena = {0};
    const char **topics = NULL;
    size_t count = 0;
    enum outcome outcome = list_topics(cli, trace, &arena, &topics, &count, err);
    const struct scan scan = {
        .kafka = &cli->kafka,
        .topics = topics,
        .topic_count = count,
        .skip_missing = true,
        .each = take_step,
        .context = trace,
    };

    if (outcome == OUTCOME_OK)
        outcome = scan_run(&scan, err);
    if (outcome == OUTCOME_OK && trace->count > 0)
        qsort(trace->steps, trace->count, sizeof(*trace->steps), compare_steps);
    return outcome;
}

/* Said before Kafka is asked. */
static enum outcome check_id(struct bytes id, struct error *err)
{
    if (id.len < SHORTEST_ID)
        return error_set(err, OUTCOME_REJECT, "argument HANDOFF_ID : %d caractères au moins",
                         SHORTEST_ID);
    for (size_t i = 0; i < id.len; i++) {
        if (!strchr("0123456789abcdef-", id.data[i]))
            return error_set(
                err, OUTCOME_REJECT,
                "argument HANDOFF_ID : des chiffres, des lettres de a à f et des tirets");
    }
    return OUTCOME_OK;
}

/* The line, and how often it was said when that is more than once. */
static void append_told(const struct step *step, struct buffer *out)
{
    size_t len = step->text.len;

    if (step->said == 1 || len == 0) {
        buffer_append_bytes(out, step->text);
        return;
    }
    buffer_append(out, step->text.data, len - 1);
    buffer_printf(out, "  (envoyé %zu fois)\n", step->said);
}

static enum outcome tell(const struct cli *cli, const struct settings *settings,
                         struct trace *trace, struct buffer *out, struct error *err)
{
    const struct handoff *row = NULL;
    enum outcome outcome;

    outcome = find_row(trace, &row, err);
    if (outcome != OUTCOME_OK)
        return outcome;
    if (settings->thread && row)
        trace->thread = row->thread_id;
    outcome = read_story(cli, trace, err);
    if (outcome != OUTCOME_OK)
        return outcome;
    if (trace->count == 0 && !row)
        return error_set(err, OUTCOME_REJECT, "aucun passage de relais de cet identifiant");
    for (size_t i = 0; i < trace->count; i++)
        append_told(&trace->steps[i], out);
    append_rows(trace, out);
    return OUTCOME_OK;
}

static enum cli_exit run(struct cli *cli, const void *opaque)
{
    const struct settings *settings = opaque;
    CLEANUP(rows_deinit) struct rows rows = {0};
    CLEANUP(wire_freep) struct wire *wire = cli_wire(cli);
    CLEANUP(buffer_deinit) struct buffer out = {0};
    struct trace trace = {
        .wire = wire,
        .rows = &rows,
        .id = bytes_of_text(settings->id),
        .all = settings->all,
        .json = cli->json,
    };
    enum outcome outcome;
    struct error err;

    if (check_id(trace.id, &err) != OUTCOME_OK)
        return cli_misuse(cli, &err);
    outcome = rows_read(cli, wire, &rows, &err);
    if (outcome == OUTCOME_OK)
        outcome = tell(cli, settings, &trace, &out, &err);
    free(trace.steps);
    arena_deinit(&trace.arena);
    arena_deinit(&trace.batch);
    if (outcome != OUTCOME_OK)
        return cli_fail(cli, &err);
    return cli_write(&out) ? CLI_OK : CLI_FAILURE;
}

const struct command cmd_trace = {
    .name = "trace",
    .summary = "raconte un passage de relais de bout en bout, sur tous les sujets",
    .description = "Une phrase par étape, dans l'ordre d'arrivée, puis l'état ; « → » : ce que le "
                   "courtier a remis à\nla file d'un opérateur. L'heure est celle du fait, en UTC.",
    .examples = "relais trace 1a2b3c4d --brokers kafka:9092\n"
                "relais trace 1a2b3c4d --thread --json",
    .uses = CLI_KAFKA | CLI_REGISTRY | CLI_JSON,
    .options = options,
    .settings_size = sizeof(struct settings),
    .run = run,
};
