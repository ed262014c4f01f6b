/* SPDX-License-Identifier: Apache-2.0 */
#include "connectors/drivers/journals.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/file.h>
#include <time.h>
#include <unistd.h>

#include "base/folder.h"
#include "base/json.h"
#include "connectors/drivers/journal.h"

#define STEMS_MOST 32
/* Longer ones are closed, however few their rows. */
#define FILE_MOST (JOURNAL_BYTES_MOST / 2)
#define COLUMNS_MOST 256

struct journals {
    const struct journals_settings *settings;
    struct clock *clock;
    struct arena arena; /* the paths below */
    const char *work;
    const char *rows;
    const char *ready;
    const char *keys;
    struct journal list[STEMS_MOST];
    size_t count;
    int lock;
    bool moves; /* something in ready/ has only to be moved */
};

/* ---- Life ----------------------------------------------------------------------------------- */

struct journals *journals_new(const struct journals_settings *settings, struct clock *clock)
{
    struct journals *journals = xcalloc(1, sizeof(*journals));

    journals->settings = settings;
    journals->clock = clock;
    journals->lock = -1;
    journals->work = arena_printf(&journals->arena, "%s/.relais", settings->path);
    journals->rows = arena_printf(&journals->arena, "%s/rows", journals->work);
    journals->ready = arena_printf(&journals->arena, "%s/ready", journals->work);
    journals->keys = arena_printf(&journals->arena, "%s/keys", journals->work);
    return journals;
}

static void forget_all(struct journals *journals)
{
    for (size_t i = 0; i < journals->count; i++)
        journal_deinit(&journals->list[i]);
    journals->count = 0;
}

void journals_free(struct journals *journals)
{
    if (!journals)
        return;
    forget_all(journals);
    if (journals->lock >= 0)
        (void)close(journals->lock);
    arena_deinit(&journals->arena);
    free(journals);
}

/* ---- What a file looks like ---------------------------------------------------------------------
 */

static struct bytes cell_of(yyjson_val *value)
{
    if (yyjson_is_str(value))
        return bytes_of(yyjson_get_str(value), yyjson_get_len(value));
    if (yyjson_is_raw(value))
        return bytes_of(yyjson_get_raw(value), yyjson_get_len(value));
    if (yyjson_is_bool(value))
        return yyjson_get_bool(value) ? BYTES_LITERAL("true") : BYTES_LITERAL("false");
    return BYTES_LITERAL("");
}

/* The cells of an object; false: there are too many, or it is none. */
static bool cells_of(yyjson_val *object, bool names, struct bytes *cells, size_t *ret_count)
{
    yyjson_val *key;
    yyjson_val *value;
    size_t i;
    size_t most;

    if (!yyjson_is_obj(object) || yyjson_obj_size(object) > COLUMNS_MOST)
        return false;
    yyjson_obj_foreach(object, i, most, key, value) cells[i] = cell_of(names ? key : value);
    *ret_count = yyjson_obj_size(object);
    return *ret_count > 0;
}

static size_t render_row(const struct journals *journals, yyjson_val *object, bool names,
                         struct buffer *out)
{
    struct bytes cells[COLUMNS_MOST];
    size_t count = 0;
    char *text;
    size_t len = 0;

    if (!cells_of(object, names, cells, &count))
        return SIZE_MAX;
    if (journals->settings->csv)
        return csv_writer_row(&journals->settings->dialect, cells, count, out);
    text = json_write_value(object, &len);
    buffer_append(out, text, len);
    buffer_append_byte(out, '\n');
    free(text);
    return 0;
}

size_t journals_unfit(const struct journals *journals, struct bytes row)
{
    CLEANUP(buffer_deinit) struct buffer dropped = {0};
    yyjson_doc *document = json_read_raw(row);
    size_t unfit = render_row(journals, yyjson_doc_get_root(document), false, &dropped);

    yyjson_doc_free(document);
    return unfit;
}

static void render_file(const struct journals *journals, const struct journal *journal,
                        struct buffer *out)
{
    const struct journals_settings *settings = journals->settings;
    struct bytes rows = journal_rows(journal);
    bool first = true;
    yyjson_val *row;
    yyjson_doc *document;

    if (settings->csv && settings->bom)
        buffer_append_text(out, "\xEF\xBB\xBF");
    while ((document = journal_next_row(&rows, &row))) {
        if (first && settings->csv && settings->header)
            (void)render_row(journals, row, true, out);
        (void)render_row(journals, row, false, out);
        first = false;
        yyjson_doc_free(document);
    }
}

/* ---- Publishing --------------------------------------------------------------------------------
 */

static enum outcome publish(struct journals *journals, struct journal *journal, struct error *err)
{
    CLEANUP(buffer_deinit) struct buffer content = {0};
    enum outcome outcome;

    render_file(journals, journal, &content);
    outcome = folder_write(journals->ready, journal->file, buffer_view(&content), err);
    if (outcome == OUTCOME_OK)
        outcome = journal_write_keys(journal, journals->keys, err);
    if (outcome == OUTCOME_OK)
        outcome = folder_remove(journals->rows, journal->stem, err);
    /* It may be gone though its end cannot be told: no more rows into what has no name. */
    journal->loose = journal->loose || outcome != OUTCOME_OK;
    if (outcome != OUTCOME_OK)
        return outcome;
    journals->moves = true;
    outcome = folder_move(journals->ready, journal->file, journals->settings->path, err);
    journals->moves = outcome != OUTCOME_OK;
    journal_end(journal);
    return outcome == OUTCOME_REJECT ? OUTCOME_RETRY : outcome;
}

static bool is_being_made(const struct journals *journals, const char *file)
{
    for (size_t i = 0; i < journals->count; i++)
        if (journals->list[i].file && strcmp(journals->list[i].file, file) == 0)
            return true;
    return false;
}

/* Moves what is ready, and removes what is still being made. */
static enum outcome move_ready(struct journals *journals, struct error *err)
{
    CLEANUP(arena_deinit) struct arena arena = {0};
    struct folder_entry *entries;
    size_t count;
    enum outcome outcome = folder_list(journals->ready, "*", &arena, &entries, &count, err);

    for (size_t i = 0; i < count && outcome == OUTCOME_OK; i++)
        outcome =
            is_being_made(journals, entries[i].name)
                ? folder_remove(journals->ready, entries[i].name, err)
                : folder_move(journals->ready, entries[i].name, journals->settings->path, err);
    journals->moves = outcome != OUTCOME_OK;
    return outcome == OUTCOME_REJECT ? OUTCOME_RETRY : outcome;
}

/* ---- Opening -----------------------------------------------------------------------------------
 */

static enum outcome take_lock(struct journals *journals, struct error *err)
{
    CLEANUP(arena_deinit) struct arena arena = {0};
    const char *path = arena_printf(&arena, "%s/lock", journals->work);
    char reason[ERROR_REASON_SIZE];

    if (journals->lock < 0)
        journals->lock = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0640);
    if (journals->lock < 0)
        return error_set(err, OUTCOME_RETRY, "cannot open %s: %s", path,
                         error_reason(errno, reason));
    if (flock(journals->lock, LOCK_EX | LOCK_NB) != 0)
        return error_set(err, OUTCOME_RETRY, "another connector writes into %s",
                         journals->settings->path);
    return OUTCOME_OK;
}

/* The journal of a stem, with what an earlier process left of it. REJECT: there are too many. */
static enum outcome find(struct journals *journals, const char *stem, struct journal **ret_journal,
                         struct error *err)
{
    struct journal *journal = &journals->list[journals->count];
    struct folder_stamp stamp;
    enum outcome outcome;

    for (size_t i = 0; i < journals->count; i++) {
        *ret_journal = &journals->list[i];
        if (strcmp((*ret_journal)->stem, stem) == 0)
            return OUTCOME_OK;
    }
    if (journals->count == STEMS_MOST)
        return error_set(err, OUTCOME_REJECT, "more than %d kinds of files", STEMS_MOST);
    journal_init(journal, stem);
    outcome = journal_read_keys(journal, journals->keys, err);
    if (outcome == OUTCOME_OK)
        outcome = folder_look(journals->rows, stem, &stamp, err);
    if (outcome == OUTCOME_OK)
        outcome = journal_recover(journal, journals->rows, err);
    else if (outcome == OUTCOME_REJECT)
        outcome = OUTCOME_OK; /* no rows of it */
    if (outcome != OUTCOME_OK) {
        journal_deinit(journal);
        return outcome;
    }
    journals->count++;
    *ret_journal = journal;
    return OUTCOME_OK;
}

enum outcome journals_open(struct journals *journals, struct error *err)
{
    static const char *const below[] = {"rows", "ready", "keys"};
    CLEANUP(arena_deinit) struct arena arena = {0};
    struct folder_entry *entries = NULL;
    size_t count = 0;
    enum outcome outcome = folder_need(journals->settings->path, ".relais", err);

    for (size_t i = 0; i < 3 && outcome == OUTCOME_OK; i++)
        outcome = folder_need(journals->work, below[i], err);
    if (outcome == OUTCOME_OK)
        outcome = take_lock(journals, err);
    if (outcome == OUTCOME_OK)
        outcome = folder_list(journals->rows, "*", &arena, &entries, &count, err);
    forget_all(journals);
    for (size_t i = 0; i < count && outcome == OUTCOME_OK; i++) {
        struct journal *journal;

        outcome = find(journals, entries[i].name, &journal, err);
        outcome = outcome == OUTCOME_REJECT ? OUTCOME_RETRY : outcome;
    }
    return outcome == OUTCOME_OK ? move_ready(journals, err) : outcome;
}

/* ---- Writing
 * ------------------------------------------------------------------------------------- */

static bool is_taken(const struct journals *journals, const char *name)
{
    struct folder_stamp stamp;

    return folder_look(journals->ready, name, &stamp, NULL) == OUTCOME_OK ||
           folder_look(journals->settings->path, name, &stamp, NULL) == OUTCOME_OK;
}

/* STEM-20260302T091301Z.csv, or the first -2, -3, … that is not taken. */
static char *new_name(const struct journals *journals, const char *stem, int64_t now_us)
{
    const char *ending = journals->settings->csv ? "csv" : "jsonl";
    CLEANUP(arena_deinit) struct arena arena = {0};
    time_t seconds = (time_t)(now_us / US_PER_SECOND);
    char text[32];
    struct tm utc;
    const char *name;

    (void)strftime(text, sizeof(text), "%Y%m%dT%H%M%SZ", gmtime_r(&seconds, &utc));
    name = arena_printf(&arena, "%s-%s.%s", stem, text, ending);
    for (int number = 2; is_taken(journals, name); number++)
        name = arena_printf(&arena, "%s-%s-%d.%s", stem, text, number, ending);
    return xstrdup(name);
}

/* A file has one line of names: rows of others go into another file. */
static bool has_columns(const struct journal *journal, struct bytes row)
{
    struct bytes rows = journal_rows(journal);
    struct bytes old_names[COLUMNS_MOST];
    struct bytes new_names[COLUMNS_MOST];
    size_t old_count = 0;
    size_t new_count = 0;
    yyjson_val *there;
    yyjson_doc *first = journal_next_row(&rows, &there);
    yyjson_doc *second = json_read_raw(row);
    bool same = cells_of(there, true, old_names, &old_count) &&
                cells_of(yyjson_doc_get_root(second), true, new_names, &new_count) &&
                old_count == new_count;

    for (size_t i = 0; same && i < old_count; i++)
        same = bytes_equal(old_names[i], new_names[i]);
    yyjson_doc_free(first);
    yyjson_doc_free(second);
    return same;
}

static bool is_full(const struct journals *journals, const struct journal *journal)
{
    return journal->rows >= journals->settings->most_rows || journal->lines.len >= FILE_MOST;
}

static enum outcome begin(struct journals *journals, struct journal *journal, struct error *err)
{
    int64_t now_us = clock_wall_us(journals->clock);
    char *file = new_name(journals, journal->stem, now_us);
    enum outcome outcome = journal_begin(journal, journals->rows, file, now_us, err);

    free(file);
    return outcome;
}

enum outcome journals_write(struct journals *journals, const char *stem, struct bytes key,
                            struct bytes row, struct error *err)
{
    struct journal *journal;
    enum outcome outcome = find(journals, stem, &journal, err);

    if (outcome != OUTCOME_OK)
        return outcome;
    if (journals_unfit(journals, row) == SIZE_MAX)
        return error_set(err, OUTCOME_REJECT,
                         "ce n'est pas une ligne : un objet de 1 à %d colonnes est attendu",
                         COLUMNS_MOST);
    if (journal_has(journal, key))
        return OUTCOME_OK;
    if (journal->rows > 0 && (is_full(journals, journal) || !has_columns(journal, row)))
        outcome = publish(journals, journal, err);
    if (journal->rows > 0 && outcome != OUTCOME_OK)
        return outcome;
    outcome = journal->file ? OUTCOME_OK : begin(journals, journal, err);
    if (outcome == OUTCOME_OK)
        outcome = journal_append(journal, journals->rows, key, row, err);
    /* The row is durable: a file that cannot be published now is so later. */
    if (outcome == OUTCOME_OK && is_full(journals, journal))
        (void)!publish(journals, journal, NULL);
    return outcome;
}

/* Its age is of the wall clock, for it outlives the process: one that begins later than now was
 * begun by a clock that was ahead, and waits for that moment no more. */
static bool is_old(const struct journals *journals, const struct journal *journal)
{
    int64_t now_us = clock_wall_us(journals->clock);

    return now_us < journal->since_us ||
           now_us - journal->since_us >= journals->settings->close_after_s * US_PER_SECOND;
}

enum outcome journals_tend(struct journals *journals, struct error *err)
{
    enum outcome outcome = journals->moves ? move_ready(journals, err) : OUTCOME_OK;

    /* One that cannot be published holds up no other. */
    for (size_t i = 0; i < journals->count; i++) {
        struct journal *journal = &journals->list[i];
        struct error *why = outcome == OUTCOME_OK ? err : NULL;

        if (journal->rows > 0 && (is_full(journals, journal) || is_old(journals, journal)) &&
            publish(journals, journal, why) != OUTCOME_OK)
            outcome = OUTCOME_RETRY;
    }
    return outcome;
}
