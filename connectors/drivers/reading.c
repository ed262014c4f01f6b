/* SPDX-License-Identifier: Apache-2.0 */
#include "connectors/drivers/reading.h"

#include <stdlib.h>

#include "connectors/drivers/headings.h"

/* Of rows in one batch, about: they are in memory together. */
#define BATCH_BYTES ((size_t)4 * 1024 * 1024)

/* Pulled and not acknowledged, oldest first; of full extracts only. */
struct pulled {
    struct pulled *next;
    int64_t number;
    bool gone;
    struct extract_mark mark;
    struct buffer key;
};

struct reading {
    const struct reading_settings *settings;
    const struct intake_file *file;
    struct rows *rows; /* NULL: it is refused as a whole, for `why` */
    enum intake_end end;
    struct error why;
    bool ended;  /* nothing of it is left to hand out */
    bool failed; /* there is, but it could not be read */
    bool
        certain; /* full extract: each row of it has a key of its own, so what is missing is gone */
    bool whole;  /* and the file did not change until its end was reached */
    int64_t pulled; /* position of the last record handed out */
    int64_t acked;
    struct pulled *first;
    struct pulled *last;
};

/* ---- Life ---------------------------------------------------------------------------------- */

/* Forgets the records up to this position. */
static void drop_pulled(struct reading *reading, int64_t position)
{
    while (reading->first && reading->first->number <= position) {
        struct pulled *pulled = reading->first;

        reading->first = pulled->next;
        buffer_deinit(&pulled->key);
        free(pulled);
    }
    if (!reading->first)
        reading->last = NULL;
}

void reading_free(struct reading *reading)
{
    if (!reading)
        return;
    drop_pulled(reading, INT64_MAX);
    rows_close(reading->rows);
    free(reading);
}

/* Nothing of it is read: one dead letter says so. */
static void refuse_file(struct reading *reading, enum intake_end end, const char *why)
{
    rows_close(reading->rows);
    reading->rows = NULL;
    reading->end = end;
    (void)error_set(&reading->why, OUTCOME_REJECT, "%s", why);
}

/* A full extract that lost much is more often half a file than half a country. */
static void hold_back(struct reading *reading)
{
    const struct reading_settings *settings = reading->settings;
    CLEANUP(arena_deinit) struct arena arena = {0};
    size_t known;
    size_t gone;

    extract_count(settings->extract, &known, &gone);
    if (reading->file->released || gone * 100 <= known * (size_t)settings->most_lost_percent)
        return;
    refuse_file(reading, INTAKE_HELD,
                arena_printf(&arena,
                             "il manque %zu des %zu lignes connues, plus de %lld %% : retenu ; "
                             "pour le faire lire, le déplacer de held/ vers released/",
                             gone, known, (long long)settings->most_lost_percent));
}

/* The first reading of a full extract. */
static enum outcome survey(struct reading *reading, struct error *err)
{
    CLEANUP(arena_deinit) struct arena arena = {0};
    struct row row = {.number = 0};
    enum outcome outcome;
    bool seen;

    reading->certain = true;
    extract_begin(reading->settings->extract);
    for (;;) {
        arena_reset(&arena);
        outcome = rows_next(reading->rows, &arena, &row, err);
        if (outcome == OUTCOME_OK && row.number == 0)
            return rows_rewind(reading->rows, err);
        seen = false;
        if (outcome == OUTCOME_OK && !row.defect)
            outcome = extract_see(reading->settings->extract, row.body, row.number, &seen, err);
        if (!seen)
            reading->certain = false;
        if (outcome != OUTCOME_OK)
            return outcome;
        if (waiter_interrupted(reading->settings->waiter))
            return error_set(err, OUTCOME_RETRY, "interrupted");
    }
}

static enum outcome begin_full(struct reading *reading, struct error *err)
{
    const struct reading_settings *settings = reading->settings;
    enum outcome outcome;

    for (size_t i = 0; i < settings->key_count; i++)
        if (!rows_has_column(reading->rows, settings->keys[i]))
            return error_set(err, OUTCOME_REJECT,
                             "il n'a pas la colonne « %s », qui est dans `key`", settings->keys[i]);
    outcome = survey(reading, err);
    if (outcome == OUTCOME_OK)
        hold_back(reading);
    return outcome;
}

enum outcome reading_new(const struct reading_settings *settings, struct intake_file *file,
                         struct reading **ret_reading, struct error *err)
{
    CLEANUP(reading_freep) struct reading *reading = xcalloc(1, sizeof(*reading));
    FILE *content = TAKE(file->content);
    struct error why = {0};
    enum outcome outcome;

    reading->settings = settings;
    reading->file = file;
    outcome = rows_open(settings->form, content, settings->waiter, &reading->rows, &why);
    if (outcome == OUTCOME_OK && settings->mapping)
        outcome = headings_check(reading->rows, settings->mapping, file->name, &why);
    if (outcome == OUTCOME_OK && settings->extract)
        outcome = begin_full(reading, &why);
    if (outcome == OUTCOME_REJECT)
        refuse_file(reading, INTAKE_REJECTED, why.text);
    else if (outcome != OUTCOME_OK)
        return error_set(err, outcome, "the file that is next: %s", why.text);
    *ret_reading = TAKE(reading);
    return OUTCOME_OK;
}

enum intake_end reading_end(const struct reading *reading)
{
    return reading->end;
}

const uint8_t *reading_digest(const struct reading *reading)
{
    return reading->rows ? rows_digest(reading->rows) : NULL;
}

enum outcome reading_skip(struct reading *reading, int64_t acked, struct error *err)
{
    CLEANUP(arena_deinit) struct arena arena = {0};
    struct row row = {.number = 0};

    while (row.number < acked) {
        enum outcome outcome = rows_next(reading->rows, &arena, &row, err);

        if (outcome != OUTCOME_OK)
            return outcome;
        if (row.number == 0)
            break;
        arena_reset(&arena);
    }
    reading->pulled = acked;
    reading->acked = acked;
    return OUTCOME_OK;
}

/* ---- Handing out --------------------------------------------------------------------------- */

static struct record *add_record(struct reading *reading, int64_t position, struct bytes body,
                                 struct batch *batch)
{
    struct record *record = batch_add(batch);

    record->body = body.data ? arena_copy(&batch->arena, body) : BYTES_LITERAL("");
    record->file = arena_text(&batch->arena, bytes_of_text(reading->file->name));
    record->position = position;
    record->observed_at = clock_wall_us(reading->settings->clock);
    reading->pulled = position;
    return record;
}

static void add_pulled(struct reading *reading, int64_t number, bool gone,
                       const struct extract_mark *mark)
{
    struct pulled *pulled = xcalloc(1, sizeof(*pulled));

    pulled->number = number;
    pulled->gone = gone;
    pulled->mark = *mark;
    buffer_append_bytes(&pulled->key, mark->key);
    pulled->mark.key = buffer_view(&pulled->key);
    if (reading->last)
        reading->last->next = pulled;
    else
        reading->first = pulled;
    reading->last = pulled;
}

/* The file is one dead letter. */
static void hand_out_refusal(struct reading *reading, struct batch *batch)
{
    const struct intake_file *file = reading->file;
    const char *what =
        arena_printf(&batch->arena, "%s, %lld bytes, of %lld", file->name,
                     (long long)file->stamp.size, (long long)file->stamp.modified_ns);
    struct record *record = add_record(reading, 1, bytes_of_text(what), batch);

    record->defect = arena_text(&batch->arena, bytes_of_text(reading->why.text));
    reading->ended = true;
}

/* A copy that only paused longer than settle_ms looked whole when it was taken. */
static enum outcome look_whether_whole(struct reading *reading, struct error *err)
{
    enum outcome outcome = OUTCOME_OK;

    if (reading->certain && !reading->whole)
        outcome = intake_look(reading->settings->intake, reading->file, &reading->whole, err);
    reading->certain = reading->certain && reading->whole;
    return outcome;
}

static enum outcome hand_out_gone(struct reading *reading, struct arena *scratch,
                                  struct batch *batch, struct error *err)
{
    struct extract *extract = reading->settings->extract;
    struct extract_mark mark;
    enum outcome outcome = extract ? look_whether_whole(reading, err) : OUTCOME_OK;

    if (outcome != OUTCOME_OK)
        return outcome;
    if (!extract || !reading->certain || !extract_next_gone(extract, scratch, &mark)) {
        reading->ended = true;
        return OUTCOME_OK;
    }
    add_pulled(reading, reading->pulled + 1, true, &mark);
    add_record(reading, reading->pulled + 1, mark.key, batch)->absent = true;
    return OUTCOME_OK;
}

static void hand_out_row(struct reading *reading, const struct row *row, struct arena *scratch,
                         struct batch *batch)
{
    struct extract *extract = reading->settings->extract;
    struct extract_mark mark = {.key = BYTES_NONE};
    struct error why = {0};
    const char *defect = row->defect;
    bool changed = true;
    struct record *record;

    if (extract && !defect &&
        extract_compare(extract, row->body, row->number, scratch, &changed, &mark, &why) !=
            OUTCOME_OK)
        defect = arena_printf(scratch, "ligne %lld : %s", (long long)row->line, why.text);
    if (!changed)
        return;
    if (extract && !defect)
        add_pulled(reading, row->number, false, &mark);
    record = add_record(reading, row->number, row->body, batch);
    record->line = row->line;
    record->defect = defect ? arena_text(&batch->arena, bytes_of_text(defect)) : NULL;
}

enum outcome reading_hand_out(struct reading *reading, struct batch *batch, struct error *err)
{
    CLEANUP(arena_deinit) struct arena scratch = {0}; /* of one row: most may be unchanged */
    struct row row = {.number = 1};
    size_t bytes = 0;

    while (!reading->ended && batch->count < batch->capacity && bytes < BATCH_BYTES &&
           !waiter_interrupted(reading->settings->waiter)) {
        enum outcome outcome = OUTCOME_OK;

        arena_reset(&scratch);
        if (reading->rows && row.number > 0)
            outcome = rows_next(reading->rows, &scratch, &row, err);
        if (outcome == OUTCOME_OK && reading->rows && row.number == 0)
            outcome = hand_out_gone(reading, &scratch, batch, err);
        reading->failed = outcome != OUTCOME_OK;
        if (reading->failed)
            return outcome;
        if (!reading->rows)
            hand_out_refusal(reading, batch);
        else if (row.number > 0)
            hand_out_row(reading, &row, &scratch, batch);
        bytes += row.body.len;
    }
    return OUTCOME_OK;
}

bool reading_is_through(const struct reading *reading, bool *ret_failed)
{
    *ret_failed = reading->failed;
    return reading->ended || reading->failed;
}

/* ---- Acknowledging ------------------------------------------------------------------------- */

bool reading_is_acknowledged(const struct reading *reading)
{
    return reading->acked >= reading->pulled;
}

void reading_remember(const struct reading *reading, int64_t position, struct state_change *change)
{
    struct extract *extract = reading->settings->extract;

    for (const struct pulled *pulled = reading->first; pulled && pulled->number <= position;
         pulled = pulled->next) {
        if (pulled->gone)
            extract_forget(extract, change, &pulled->mark);
        else
            extract_remember(extract, change, &pulled->mark);
    }
}

void reading_acknowledge(struct reading *reading, int64_t position)
{
    drop_pulled(reading, position);
    reading->acked = position;
}
