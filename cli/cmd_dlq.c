/* SPDX-License-Identifier: Apache-2.0
 *
 * relais dlq: the dead letters of one operator, why each is one, and the raw record that was
 * kept. `show` opens it with the operator's own keys: it is run where they are, and shows values.
 */
#include <stdlib.h>
#include <string.h>

#include "base/crypto.h"
#include "cli/commands.h"
#include "cli/scan.h"
#include "cli/story.h"
#include "cli/words.h"
#include "connectors/record.h"
#include "schemas/codes.h"
#include "schemas/keys.h"
#include "schemas/topics.h"

#define SHORTEST_ID 8

/* ---- One letter ------------------------------------------------------------------------- */

static const char *stage_of(int32_t stage)
{
    switch (stage) {
    case STAGE_SOURCE:
        return "lecture";
    case STAGE_MAPPING:
        return "traduction";
    case STAGE_BROKER:
        return "courtier";
    case STAGE_SINK:
        return "remise";
    default:
        return "inconnue";
    }
}

static void append_named(struct buffer *out, const char *name, struct bytes value)
{
    size_t start = out->len;

    if (value.len == 0)
        return;
    buffer_printf(out, "    %s : %.*s", name, BYTES_ARG(value));
    story_make_plain(out, start);
    buffer_append_byte(out, '\n');
}

/* "2026-03-12 13:00:07  1a2b3c4d  traduction  unknown_code  Referral ISSUED", then what is known
 * of it, a line each. Nothing of it is a value of a record. */
static void append_letter(const struct story *story, struct buffer *out)
{
    const struct rejection *letter = &story->event->rejection;
    const struct envelope *envelope = &letter->envelope;
    const char *meaning = words_rejection(letter->code);
    size_t start = out->len;
    char at[CLOCK_TEXT_SIZE];
    char id[UUID_TEXT_SIZE];

    clock_format(story->at_us, at);
    buffer_printf(out, "%.10s %.8s  %.8s  %s  %.*s", at, at + 11,
                  uuid_format(envelope->event_id, id), stage_of(letter->stage),
                  BYTES_ARG(letter->code));
    if (letter->event_type.len > 0)
        buffer_printf(out, "  %.*s %.*s", BYTES_ARG(letter->event_type), BYTES_ARG(letter->status));
    story_make_plain(out, start);
    buffer_append_byte(out, '\n');
    if (meaning)
        append_named(out, "pourquoi", bytes_of_text(meaning));
    append_named(out, "champ", letter->field);
    append_named(out, "règle", letter->rule);
    append_named(out, "détail", letter->detail);
    append_named(out, "lieu", letter->place);
    if (!uuid_is_none(envelope->handoff_id))
        append_named(out, "relais", bytes_of_text(uuid_format(envelope->handoff_id, id)));
    append_named(out, "ensuite",
                 bytes_of_text(letter->retryable ? "peut être envoyé de nouveau, la cause levée"
                                                 : "l'envoyer de nouveau n'y changera rien"));
}

static bool is_letter(const struct story *story)
{
    return story->event && story->event->type == EVENT_REJECTION;
}

/* ---- list -------------------------------------------------------------------------------- */

struct list_settings {
    const char *operator_code;
    const char *code;
};

static const struct option list_options[] = {
    OPTION(struct list_settings, operator_code, .name = "OPÉRATEUR",
           .flags = OPTION_ARGUMENT | OPTION_REQUIRED, .help = "Code de l'opérateur : o21."),
    OPTION(struct list_settings, code, .name = "code", .value = "CODE",
           .help = "Seulement les rejets de ce code (unknown_handoff…)."),
    OPTION_END,
};

struct line {
    struct uuid id;
    int64_t at_us;
    struct bytes text;
};

struct list {
    const struct wire *wire;
    const char *code; /* or NULL */
    bool json;
    struct arena arena; /* of the lines                    */
    struct arena batch; /* of the record that is read now  */
    struct line *lines;
    size_t count;
};

static bool list_one(void *context, const struct kafka_message *message)
{
    struct list *list = context;
    CLEANUP(buffer_deinit) struct buffer text = {0};
    struct story story;

    story_decode(list->wire, message, &list->batch, &story);
    if (is_letter(&story) &&
        (!list->code || bytes_equal_text(story.event->rejection.code, list->code))) {
        if (list->json)
            story_json(&story, &text);
        else
            append_letter(&story, &text);
        list->lines = xrealloc(list->lines, (list->count + 1) * sizeof(*list->lines));
        list->lines[list->count++] = (struct line){story.event->envelope.event_id, story.at_us,
                                                   arena_copy(&list->arena, buffer_view(&text))};
    }
    arena_reset(&list->batch);
    return true;
}

static int compare_times(const void *a, const void *b)
{
    const struct line *left = a;
    const struct line *right = b;

    return (left->at_us > right->at_us) - (left->at_us < right->at_us);
}

static int compare_ids(const void *a, const void *b)
{
    const struct line *left = a;
    const struct line *right = b;
    int order = uuid_compare(left->id, right->id);

    return order ? order : compare_times(a, b);
}

/* Oldest first; what was said again after a doubt is one letter, at its first time. */
static void arrange(struct list *list)
{
    size_t kept = 0;

    if (list->count == 0)
        return;
    qsort(list->lines, list->count, sizeof(*list->lines), compare_ids);
    for (size_t i = 0; i < list->count; i++)
        if (i == 0 || !uuid_equal(list->lines[i].id, list->lines[kept - 1].id))
            list->lines[kept++] = list->lines[i];
    list->count = kept;
    qsort(list->lines, list->count, sizeof(*list->lines), compare_times);
}

static enum cli_exit run_list(struct cli *cli, const void *opaque)
{
    const struct list_settings *settings = opaque;
    CLEANUP(wire_freep) struct wire *wire = cli_wire(cli);
    CLEANUP(buffer_deinit) struct buffer out = {0};
    struct list list = {.wire = wire, .code = settings->code, .json = cli->json};
    char name[TOPIC_NAME_SIZE];
    const char *topic = topics_name(TOPIC_REJECTED, settings->operator_code, name);
    const struct scan scan = {
        .kafka = &cli->kafka,
        .topics = &topic,
        .topic_count = 1,
        .each = list_one,
        .context = &list,
    };
    const char *expected = NULL;
    struct error err;
    enum outcome outcome;

    if (!codes_check("operator_code", bytes_of_text(settings->operator_code), &expected)) {
        (void)error_set(&err, OUTCOME_REJECT, "argument OPÉRATEUR : « %s » ; attendu : %s",
                        settings->operator_code, expected);
        return cli_misuse(cli, &err);
    }
    outcome = scan_run(&scan, &err);
    arrange(&list);
    for (size_t i = 0; i < list.count; i++)
        buffer_append_bytes(&out, list.lines[i].text);
    if (!list.json)
        buffer_printf(&out, "Rejets : %zu\n", list.count);
    free(list.lines);
    arena_deinit(&list.arena);
    arena_deinit(&list.batch);
    if (outcome != OUTCOME_OK)
        return cli_fail(cli, &err);
    return cli_write(&out) ? CLI_OK : CLI_FAILURE;
}

const struct command cmd_dlq_list = {
    .name = "dlq list",
    .summary = "liste les rejets d'un opérateur : ce qui n'a pu être lu, traduit, admis ou remis",
    .description = "Aucune valeur n'est montrée : le champ, la règle et le lieu ; seul un code "
                   "inconnu l'est, s'il\nest court et d'un champ qui n'est pas personnel. Un rejet "
                   "gardé en quarantaine s'ouvre avec\n`relais dlq show`.",
    .examples = "relais dlq list o21 --brokers kafka:9092\n"
                "relais dlq list o21 --code unknown_handoff --json",
    .uses = CLI_KAFKA | CLI_REGISTRY | CLI_JSON,
    .options = list_options,
    .settings_size = sizeof(struct list_settings),
    .run = run_list,
};

/* ---- show -------------------------------------------------------------------------------- */

struct show_settings {
    const char *id;
    const char *keys;
    bool raw;
};

static const struct option show_options[] = {
    OPTION(struct show_settings, id, .name = "REJET", .flags = OPTION_ARGUMENT | OPTION_REQUIRED,
           .help = "Identifiant du rejet, ou son début (8 caractères au moins)."),
    OPTION(struct show_settings, keys, .name = "keys", .value = "FICHIER", .flags = OPTION_REQUIRED,
           .help = "Fichier de clés secrètes de l'opérateur."),
    OPTION(struct show_settings, raw, .name = "raw",
           .help =
               "Seulement l'enregistrement, tel que `relais map` le lit : le corps reçu ; d'une "
               "ligne de CSV ou d'un élément XML, l'objet JSON."),
    OPTION_END,
};

struct show {
    const struct wire *wire;
    const struct operator_keys *keys;
    struct bytes id; /* as it was given */
    struct arena arena;
    struct uuid found;    /* UUID_NONE: not yet                               */
    struct buffer letter; /* its lines                                        */
    struct buffer key;    /* of the quarantined record; empty: none was kept  */
    struct buffer record; /* packed, opened; empty: not found                 */
    enum outcome opened;
    struct error err;
};

static void keep_letter(struct show *show, const struct story *story)
{
    const struct rejection *letter = &story->event->rejection;

    show->found = letter->envelope.event_id;
    buffer_clear(&show->letter);
    append_letter(story, &show->letter);
    buffer_clear(&show->key);
    buffer_append_bytes(&show->key, letter->quarantine_key);
}

/* The one letter of that id; REJECT in `opened` when several begin so. */
static bool find_letter(void *context, const struct kafka_message *message)
{
    struct show *show = context;
    struct story story;
    char text[UUID_TEXT_SIZE];

    story_decode(show->wire, message, &show->arena, &story);
    if (is_letter(&story)) {
        struct uuid id = story.event->envelope.event_id;

        if (bytes_starts_with(bytes_of_text(uuid_format(id, text)), show->id)) {
            if (!uuid_is_none(show->found) && !uuid_equal(show->found, id))
                show->opened =
                    error_set(&show->err, OUTCOME_REJECT, "plusieurs rejets commencent ainsi");
            keep_letter(show, &story);
        }
    }
    arena_reset(&show->arena);
    return show->opened == OUTCOME_OK;
}

static bool find_record(void *context, const struct kafka_message *message)
{
    struct show *show = context;

    if (!bytes_equal(message->key, buffer_view(&show->key)) || show->record.len > 0)
        return true;
    show->opened = crypto_decrypt(show->keys->state_key, message->value, message->key,
                                  &show->record, &show->err);
    if (show->opened != OUTCOME_OK)
        (void)error_set(&show->err, OUTCOME_REJECT,
                        "l'enregistrement gardé ne s'ouvre pas avec ces clés");
    return false;
}

static enum outcome read_topic(const struct cli *cli, struct show *show, enum topic topic,
                               bool (*each)(void *, const struct kafka_message *),
                               struct error *err)
{
    char name[TOPIC_NAME_SIZE];
    const char *names = topics_name(topic, show->keys->operator_code, name);
    const struct scan scan = {
        .kafka = &cli->kafka, .topics = &names, .topic_count = 1, .each = each, .context = show};
    enum outcome outcome = scan_run(&scan, err);

    if (outcome == OUTCOME_OK && show->opened != OUTCOME_OK) {
        *err = show->err;
        return show->opened;
    }
    return outcome;
}

/* With its lines and tabs, without what else a terminal could take for an order. */
static void append_body(struct bytes body, struct buffer *out)
{
    size_t start = out->len;

    for (size_t i = 0; i < body.len; i++) {
        bool kept = body.data[i] == '\n' || body.data[i] == '\t';

        if (kept)
            story_make_plain(out, start);
        buffer_append_byte(out, body.data[i]);
        if (kept)
            start = out->len;
    }
    story_make_plain(out, start);
    if (body.len > 0 && body.data[body.len - 1] != '\n')
        buffer_append_byte(out, '\n');
}

/* What was kept: where it came from, its headers, a blank line, the body. */
static enum outcome append_record(struct show *show, bool raw, struct buffer *out,
                                  struct error *err)
{
    struct record record = {0};
    char at[CLOCK_TEXT_SIZE];
    enum outcome outcome = record_unpack(buffer_view(&show->record), &show->arena, &record, err);

    if (outcome != OUTCOME_OK)
        return outcome;
    if (raw) {
        buffer_append_bytes(out, record.body);
        return OUTCOME_OK;
    }
    buffer_append_bytes(out, buffer_view(&show->letter));
    append_named(out, "reçu", bytes_of_text(clock_format(record.observed_at, at)));
    if (record.file)
        append_named(out, "fichier",
                     bytes_of_text(arena_printf(&show->arena, "%s, ligne %lld", record.file,
                                                (long long)record.line)));
    for (size_t i = 0; i < record.header_count; i++)
        append_named(out, record.headers[i].name, bytes_of_text(record.headers[i].value));
    buffer_append_byte(out, '\n');
    append_body(record.body, out);
    return OUTCOME_OK;
}

static enum outcome show_letter(const struct cli *cli, struct show *show, bool raw,
                                struct buffer *out, struct error *err)
{
    enum outcome outcome = read_topic(cli, show, TOPIC_REJECTED, find_letter, err);

    if (outcome != OUTCOME_OK)
        return outcome;
    if (uuid_is_none(show->found))
        return error_set(err, OUTCOME_REJECT, "%s n'a pas de rejet de cet identifiant",
                         show->keys->operator_code);
    if (show->key.len > 0)
        outcome = read_topic(cli, show, TOPIC_QUARANTINE, find_record, err);
    if (outcome != OUTCOME_OK)
        return outcome;
    if (show->record.len > 0)
        return append_record(show, raw, out, err);
    if (raw)
        return error_set(err, OUTCOME_REJECT,
                         show->key.len > 0
                             ? "l'enregistrement n'est plus gardé : la quarantaine a passé"
                             : "rien n'est gardé d'un refus du courtier : leur système l'a encore");
    buffer_append_bytes(out, buffer_view(&show->letter));
    return OUTCOME_OK;
}

static enum cli_exit run_show(struct cli *cli, const void *opaque)
{
    const struct show_settings *settings = opaque;
    CLEANUP(wire_freep) struct wire *wire = cli_wire(cli);
    CLEANUP(buffer_deinit) struct buffer out = {0};
    struct operator_keys keys;
    struct show show = {.wire = wire, .keys = &keys, .id = bytes_of_text(settings->id)};
    struct error err;
    enum outcome outcome;

    if (show.id.len < SHORTEST_ID) {
        (void)error_set(&err, OUTCOME_REJECT, "argument REJET : %d caractères au moins",
                        SHORTEST_ID);
        return cli_misuse(cli, &err);
    }
    if (keys_read(settings->keys, &keys, &err) != OUTCOME_OK)
        return cli_fail(cli, &err);
    outcome = show_letter(cli, &show, settings->raw, &out, &err);
    keys_wipe(&keys);
    arena_deinit(&show.arena);
    buffer_deinit(&show.letter);
    buffer_deinit(&show.key);
    buffer_deinit(&show.record);
    if (outcome != OUTCOME_OK)
        return cli_fail(cli, &err);
    return cli_write(&out) ? CLI_OK : CLI_FAILURE;
}

const struct command cmd_dlq_show = {
    .name = "dlq show",
    .summary = "ouvre un rejet : sa raison, et l'enregistrement gardé",
    .description =
        "Montre des valeurs, personnelles comprises : à lancer là où sont les clés de "
        "l'opérateur.\n"
        "Un enregistrement gardé l'est trente jours. Pour l'essayer encore, la cause levée, leur\n"
        "système l'envoie de nouveau ; `--raw` le rend pour `relais map`.",
    .examples = "relais dlq show 1a2b3c4d --keys secrets/o21.keys.yaml --brokers kafka:9092\n"
                "relais dlq show 1a2b3c4d --keys secrets/o21.keys.yaml --raw > rejet.json",
    .uses = CLI_KAFKA | CLI_REGISTRY,
    .options = show_options,
    .settings_size = sizeof(struct show_settings),
    .run = run_show,
};
