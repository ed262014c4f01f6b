/* SPDX-License-Identifier: Apache-2.0 */
#include "connectors/drivers/rows.h"

#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

#include <yyjson.h>

#include "base/crypto.h"
#include "base/csv.h"
#include "base/json.h"
#include "base/lines.h"
#include "connectors/drivers/rows_form.h"

#define CHUNK ((size_t)64 * 1024)
#define LINE_MOST ((size_t)256 * 1024)

struct rows {
    const struct rows_form *form;
    FILE *file;
    const struct waiter *waiter;   /* or NULL */
    struct arena cells;            /* csv: of one row */
    const struct charset *charset; /* that the whole file is in */
    uint8_t digest[ROWS_DIGEST_SIZE];
    struct csv_reader *reader; /* csv */
    char **names;              /* csv: of the columns, the form's or its own */
    size_t name_count;
    bool own_names;
    struct xml_reader *xml; /* XML        */
    struct lines *lines;    /* JSON lines */
    struct buffer decoded;  /* of one line */
    int64_t number;
};

char rows_delimiter(const char *text)
{
    if (strcmp(text, "tab") == 0)
        return '\t';
    if (strlen(text) != 1 || (uint8_t)text[0] <= ' ' || (uint8_t)text[0] >= 0x7F || text[0] == '"')
        return '\0';
    return text[0];
}

/* ---- The whole file: charset and digest ------------------------------------------------------ */

static enum outcome cannot_read(struct error *err)
{
    char reason[ERROR_REASON_SIZE];

    return error_set(err, OUTCOME_RETRY, "cannot read: %s", error_reason(errno, reason));
}

/* The length without a character of UTF-8 that the end cuts. */
static size_t whole_characters(const uint8_t *data, size_t len)
{
    for (size_t back = 1; back <= 3 && back <= len; back++) {
        uint8_t byte = data[len - back];
        size_t needed = byte >= 0xF0 ? 4 : byte >= 0xE0 ? 3 : byte >= 0xC0 ? 2 : 1;

        if (byte < 0x80 || needed > 1)
            return needed > back ? len - back : len;
    }
    return len;
}

struct survey {
    const struct charset *candidates[2]; /* NULL when the file is not in it */
    uint8_t chunk[CHUNK];
    size_t kept; /* of a character that the last chunk cut */
    struct crypto_sha256 sha;
    bool any;
};

static void survey_take(struct survey *survey, size_t len, bool ended)
{
    size_t whole = ended ? len : whole_characters(survey->chunk, len);

    for (int i = 0; i < 2; i++) {
        CLEANUP(buffer_deinit) struct buffer dropped = {0};
        const struct charset *candidate = survey->candidates[i];

        if (candidate && !charset_decode(candidate, bytes_of(survey->chunk, whole), &dropped))
            survey->candidates[i] = NULL;
    }
    memmove(survey->chunk, survey->chunk + whole, len - whole);
    survey->kept = len - whole;
}

static enum outcome survey_marks(struct survey *survey, const struct rows_form *form, size_t len,
                                 struct error *err)
{
    struct bytes head = bytes_of(survey->chunk, len);
    bool utf16 = bytes_starts_with(head, BYTES_LITERAL("\xFF\xFE")) ||
                 bytes_starts_with(head, BYTES_LITERAL("\xFE\xFF"));

    if (utf16)
        return error_set(err, OUTCOME_REJECT, "en UTF-16 ; à exporter en utf-8 ou en windows-1252");
    if (bytes_starts_with(head, BYTES_LITERAL("\xEF\xBB\xBF"))) {
        survey->candidates[0] = form->utf8;
        survey->candidates[1] = NULL;
    }
    return OUTCOME_OK;
}

static enum outcome survey_read(struct survey *survey, struct rows *rows,
                                const struct waiter *waiter, struct error *err)
{
    size_t got;

    do {
        got = fread(survey->chunk + survey->kept, 1, CHUNK - survey->kept, rows->file);
        if (ferror(rows->file))
            return cannot_read(err);
        if (waiter && waiter_interrupted(waiter))
            return error_set(err, OUTCOME_RETRY, "interrupted");
        crypto_sha256_update(&survey->sha, bytes_of(survey->chunk + survey->kept, got));
        if (!survey->any && rows->form->kind != ROWS_XML &&
            survey_marks(survey, rows->form, got, err) != OUTCOME_OK)
            return OUTCOME_REJECT;
        survey->any = survey->any || got > 0;
        survey_take(survey, survey->kept + got, got == 0);
    } while (got > 0);
    return OUTCOME_OK;
}

/* The digest is of the form too: read in another form, the same bytes are other records. */
static void survey_digest(struct survey *survey, struct rows *rows)
{
    uint8_t digest[CRYPTO_DIGEST_SIZE];
    const char *charset = rows->charset ? charset_name(rows->charset) : "";
    CLEANUP(buffer_deinit) struct buffer xml = {0};
    const uint8_t form[] = {(uint8_t)rows->form->kind, (uint8_t)rows->form->delimiter};

    crypto_sha256_update(&survey->sha, bytes_of(form, sizeof(form)));
    crypto_sha256_update(&survey->sha, bytes_of_text(charset));
    for (size_t i = 0; i < rows->form->column_count; i++)
        crypto_sha256_update(&survey->sha,
                             bytes_of(rows->form->columns[i], strlen(rows->form->columns[i]) + 1));
    if (rows->form->xml)
        xml_form_write(rows->form->xml, &xml);
    crypto_sha256_update(&survey->sha, bytes_of_text(buffer_text(&xml)));
    crypto_sha256_final(&survey->sha, digest);
    memcpy(rows->digest, digest, sizeof(rows->digest));
}

static enum outcome fill(void *context, uint8_t *room, size_t size, size_t *ret_got,
                         struct error *err)
{
    struct rows *rows = context;

    if (rows->waiter && waiter_interrupted(rows->waiter))
        return error_set(err, OUTCOME_RETRY, "interrupted");
    *ret_got = fread(room, 1, size, rows->file);
    return ferror(rows->file) ? cannot_read(err) : OUTCOME_OK;
}

static struct xml_reader *read_xml(struct rows *rows, bool checks)
{
    struct xml_options options = xml_form_options(rows->form->xml);

    options.charset = rows->charset;
    options.checks = checks;
    options.fill = fill;
    options.context = rows;
    return xml_reader_new(&options);
}

/* That it is XML to its end, in the charset that it names itself. */
static enum outcome check_xml(struct rows *rows, struct error *err)
{
    CLEANUP(xml_reader_freep) struct xml_reader *reader = read_xml(rows, true);
    CLEANUP(arena_deinit) struct arena arena = {0};
    struct xml_record none;

    return fseek(rows->file, 0, SEEK_SET) == 0 ? xml_read(reader, &arena, &none, err)
                                               : cannot_read(err);
}

/* The same, or in the charset of those that lie about it. */
static enum outcome survey_xml(struct rows *rows, struct error *err)
{
    struct error second;
    enum outcome outcome = check_xml(rows, err);

    if (outcome != OUTCOME_REJECT || !rows->form->fallback)
        return outcome;
    rows->charset = rows->form->fallback;
    outcome = check_xml(rows, &second);
    return outcome == OUTCOME_OK || outcome == OUTCOME_REJECT
               ? outcome
               : error_set(err, outcome, "%s", second.text);
}

static enum outcome survey_file(struct rows *rows, const struct waiter *waiter, struct error *err)
{
    const struct rows_form *form = rows->form;
    struct survey *survey = xcalloc(1, sizeof(*survey));
    enum outcome outcome;

    if (!form->xml) {
        survey->candidates[0] = form->charset;
        survey->candidates[1] = form->fallback;
    }
    crypto_sha256_init(&survey->sha);
    outcome = survey_read(survey, rows, waiter, err);
    rows->charset = survey->candidates[0] ? survey->candidates[0] : survey->candidates[1];
    if (outcome == OUTCOME_OK && form->xml)
        outcome = survey_xml(rows, err);
    else if (outcome == OUTCOME_OK && !rows->charset)
        outcome =
            form->fallback
                ? error_set(err, OUTCOME_REJECT, "ni en %s ni en %s", charset_name(form->charset),
                            charset_name(form->fallback))
                : error_set(err, OUTCOME_REJECT, "pas en %s ; fallback_encoding: windows-1252 ?",
                            charset_name(form->charset));
    if (outcome == OUTCOME_OK)
        survey_digest(survey, rows);
    free(survey);
    return outcome;
}

/* ---- Opening --------------------------------------------------------------------------- */

/* The names of the columns, from the first row. A file of nothing has none, and no rows. */
static enum outcome read_header(struct rows *rows, struct error *err)
{
    CLEANUP(arena_deinit) struct arena arena = {0};
    struct csv_row row;
    enum outcome outcome = csv_read(rows->reader, &arena, &row, err);

    if (outcome == OUTCOME_OK && row.count > 0 && !rows->names) {
        rows->own_names = true;
        rows->names = xcalloc(row.count, sizeof(*rows->names));
        for (size_t i = 0; i < row.count; i++)
            rows->names[rows->name_count++] = bytes_dup_text(bytes_trim(row.cells[i]));
        outcome = rows_form_check_names(rows->names, rows->name_count, err);
    }
    if (outcome != OUTCOME_OK)
        (void)error_wrap(err, "la ligne des titres ne peut pas être lue");
    return outcome;
}

enum outcome rows_rewind(struct rows *rows, struct error *err)
{
    const struct rows_form *form = rows->form;
    struct csv_options options = {
        .delimiter = form->delimiter, .charset = rows->charset, .fill = fill, .context = rows};
    enum outcome outcome = OUTCOME_OK;

    if (fseek(rows->file, 0, SEEK_SET) != 0)
        return cannot_read(err);
    rows->number = 0;
    csv_reader_free(rows->reader);
    rows->reader = NULL;
    lines_free(rows->lines);
    rows->lines = form->kind == ROWS_JSON_LINES ? lines_new(fill, rows, LINE_MOST) : NULL;
    xml_reader_free(rows->xml);
    rows->xml = form->xml ? read_xml(rows, false) : NULL;
    if (form->kind != ROWS_CSV)
        return OUTCOME_OK;
    rows->reader = csv_reader_new(&options);
    if (form->columns) {
        rows->names = form->columns;
        rows->name_count = form->column_count;
    } else {
        outcome = read_header(rows, err);
    }
    csv_expect(rows->reader, rows->name_count);
    return outcome;
}

enum outcome rows_open(const struct rows_form *form, FILE *file, const struct waiter *waiter,
                       struct rows **ret_rows, struct error *err)
{
    CLEANUP(rows_closep) struct rows *rows = xcalloc(1, sizeof(*rows));
    enum outcome outcome;

    *rows = (struct rows){.form = form, .file = file, .waiter = waiter};
    outcome = survey_file(rows, waiter, err);
    if (outcome == OUTCOME_OK)
        outcome = rows_rewind(rows, err);
    if (outcome == OUTCOME_OK)
        *ret_rows = TAKE(rows);
    return outcome;
}

void rows_close(struct rows *rows)
{
    if (!rows)
        return;
    csv_reader_free(rows->reader);
    xml_reader_free(rows->xml);
    if (rows->own_names)
        rows_form_free_names(rows->names, rows->name_count);
    lines_free(rows->lines);
    buffer_deinit(&rows->decoded);
    arena_deinit(&rows->cells);
    (void)fclose(rows->file);
    free(rows);
}

const uint8_t *rows_digest(const struct rows *rows)
{
    return rows->digest;
}

bool rows_has_column(const struct rows *rows, const char *name)
{
    for (size_t i = 0; i < rows->name_count; i++)
        if (strcmp(rows->names[i], name) == 0)
            return true;
    return rows->form->kind != ROWS_CSV || rows->name_count == 0;
}

const char *rows_column(const struct rows *rows, size_t index)
{
    return rows->form->kind == ROWS_CSV && index < rows->name_count ? rows->names[index] : NULL;
}

const char *const *rows_optional(const struct rows *rows)
{
    return rows->form->optional;
}

/* ---- Rows ------------------------------------------------------------------------------ */

static struct bytes object_of(const struct rows *rows, const struct csv_row *row,
                              struct arena *arena)
{
    yyjson_mut_doc *document = json_new();
    yyjson_mut_val *object = yyjson_mut_obj(document);
    struct bytes body;
    size_t len = 0;
    char *text;

    yyjson_mut_doc_set_root(document, object);
    for (size_t i = 0; i < row->count; i++)
        (void)yyjson_mut_obj_add_strn(document, object, rows->names[i],
                                      (const char *)row->cells[i].data, row->cells[i].len);
    text = json_write(document, &len);
    body = arena_copy(arena, bytes_of(text, len));
    free(text);
    yyjson_mut_doc_free(document);
    return body;
}

static bool is_blank_row(const struct csv_row *row)
{
    size_t i = 0;

    while (i < row->count && row->cells[i].len == 0)
        i++;
    return i == row->count;
}

static enum outcome next_csv(struct rows *rows, struct arena *arena, struct row *row,
                             struct error *err)
{
    struct error why = {0};
    struct csv_row read;
    enum outcome outcome;

    do { /* a spreadsheet can leave a million rows of nothing */
        if (rows->waiter && waiter_interrupted(rows->waiter))
            return error_set(err, OUTCOME_RETRY, "interrupted");
        arena_reset(&rows->cells);
        outcome = csv_read(rows->reader, &rows->cells, &read, &why);
        if (outcome == OUTCOME_OK && read.count == 0)
            return OUTCOME_OK;
        if (outcome != OUTCOME_OK && outcome != OUTCOME_REJECT)
            return error_set(err, outcome, "%s", why.text);
        rows->number++;
    } while (outcome == OUTCOME_OK && is_blank_row(&read));
    row->number = rows->number;
    row->line = read.line;
    row->body = outcome == OUTCOME_OK ? object_of(rows, &read, arena) : arena_copy(arena, read.raw);
    row->defect = outcome == OUTCOME_OK ? NULL : arena_text(arena, bytes_of_text(why.text));
    return OUTCOME_OK;
}

static enum outcome next_line(struct rows *rows, struct arena *arena, struct row *row,
                              struct error *err)
{
    struct line line;
    struct bytes text;
    long long number;

    do {
        enum outcome outcome = lines_read(rows->lines, &line, err);

        if (outcome != OUTCOME_OK || !line.text.data)
            return outcome;
        text = bytes_trim(line.text);
    } while (text.len == 0);
    row->number = ++rows->number;
    row->line = line.number;
    number = (long long)row->line;
    buffer_clear(&rows->decoded);
    if (line.cut)
        row->defect =
            arena_printf(arena, "ligne %lld : plus longue qu'une ligne ne peut l'être", number);
    else if (!charset_decode(rows->charset, text, &rows->decoded))
        row->defect = arena_printf(arena, "ligne %lld : ce n'est pas du %s", number,
                                   charset_name(rows->charset));
    row->body = arena_copy(arena, row->defect ? text : buffer_view(&rows->decoded));
    return OUTCOME_OK;
}

/* What stands there of a broken element, so far as a dead letter keeps it. */
static struct bytes raw_of(struct rows *rows, const struct xml_record *record, struct arena *arena)
{
    size_t size = record->size < LINE_MOST ? record->size : LINE_MOST;
    uint8_t *data = arena_alloc_unset(arena, size);
    ssize_t got = pread(fileno(rows->file), data, size, (off_t)record->from);

    return bytes_of(data, got > 0 ? (size_t)got : 0);
}

static enum outcome next_element(struct rows *rows, struct arena *arena, struct row *row,
                                 struct error *err)
{
    struct xml_record record;
    enum outcome outcome = xml_read(rows->xml, arena, &record, err);

    if (outcome == OUTCOME_REJECT) /* it was XML to its end */
        return error_set(err, OUTCOME_RETRY, "the file changed while it was read");
    if (outcome != OUTCOME_OK || record.number == 0)
        return outcome;
    *row = (struct row){.body = record.defect ? raw_of(rows, &record, arena) : record.json,
                        .number = record.number,
                        .line = record.line,
                        .defect = record.defect};
    return OUTCOME_OK;
}

enum outcome rows_next(struct rows *rows, struct arena *arena, struct row *ret_row,
                       struct error *err)
{
    struct row row = {.body = BYTES_NONE};
    enum outcome outcome = rows->form->kind == ROWS_CSV   ? next_csv(rows, arena, &row, err)
                           : rows->form->kind == ROWS_XML ? next_element(rows, arena, &row, err)
                                                          : next_line(rows, arena, &row, err);

    if (outcome == OUTCOME_OK)
        *ret_row = row;
    return outcome;
}
