/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/samples.h"

#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <yyjson.h>

#include "base/file.h"
#include "cli/sample_source.h"
#include "connectors/drivers/headings.h"
#include "connectors/mapping/sample_check.h"
#include "connectors/mapping/sample_quote.h"

#define MAX_BYTES ((size_t)8 * 1024 * 1024)
#define EXPECTED " ; attendu : "

/* The file as its mistakes are quoted, so far. */
struct quoted {
    struct bytes file;
    size_t upto;
    struct buffer text;
};

struct trying {
    const struct samples *samples;
    const char *path;
    struct buffer *out;
    struct quoted *quoted;       /* of JSON; else NULL */
    struct sample_source source; /* of a file of theirs; else zeroed */
};

static const char *name_of(const struct trying *trying)
{
    const char *slash = strrchr(trying->path, '/');

    if (trying->source.file)
        return trying->source.file;
    return slash ? slash + 1 : trying->path;
}

/* ---- Where a text is no JSON ------------------------------------------------------------- */

static const struct sentence {
    yyjson_read_code code;
    const char *what;
    const char *expected;
} sentences[] = {
    {YYJSON_READ_ERROR_EMPTY_CONTENT, "l'échantillon est vide",
     "un enregistrement de leur système, en JSON : { … }"},
    {YYJSON_READ_ERROR_UNEXPECTED_END, "le JSON s'arrête avant sa fin",
     "l'accolade, le crochet ou le guillemet qui manque"},
    {YYJSON_READ_ERROR_UNEXPECTED_CONTENT, "du texte derrière la fin du JSON",
     "un seul enregistrement par fichier .json, ou un par ligne d'un fichier .jsonl"},
    {YYJSON_READ_ERROR_JSON_STRUCTURE, "ce n'est pas du JSON à partir d'ici",
     "une virgule entre deux champs et aucune derrière le dernier"},
    {YYJSON_READ_ERROR_INVALID_STRING, "texte que le JSON ne permet pas",
     "de l'UTF-8, sans retour à la ligne dans un texte, et \\\\ pour une barre oblique inverse"},
    {0, "ce n'est pas du JSON",
     "un enregistrement de leur système, en JSON : des textes et des noms entre guillemets "
     "doubles"},
};

static void blame(const struct trying *trying, struct bytes record, int32_t first_line,
                  const yyjson_read_err *why)
{
    const struct sentence *sentence = sentences;
    yyjson_read_code code = record.len > 0 ? why->code : YYJSON_READ_ERROR_EMPTY_CONTENT;
    size_t at = why->pos < record.len ? why->pos : record.len;
    const struct sample_text text = {trying->path, first_line, record, NULL};

    while (sentence->code != 0 && sentence->code != code)
        sentence++;
    /* An end that came too early: behind the last character that is none of the line's end. */
    while (code == YYJSON_READ_ERROR_UNEXPECTED_END && at > 0 && record.data[at - 1] <= ' ')
        at--;
    diagnostics_add(trying->samples->diagnostics, sample_place(&text, at, 0), sentence->expected,
                    "%s", sentence->what);
}

/* ---- One record --------------------------------------------------------------------------- */

/* What stands before the record, as it is, and the record. */
static void quote(struct quoted *quoted, struct bytes record)
{
    size_t from = (size_t)(record.data - quoted->file.data);

    buffer_append(&quoted->text, quoted->file.data + quoted->upto, from - quoted->upto);
    sample_quote_write(record, &quoted->text);
    quoted->upto = from + record.len;
}

/* True when it is JSON, and no sample with a mistake. The parser writes into its text: a copy. */
static bool is_sound(const struct trying *trying, struct bytes record, int32_t first_line)
{
    const struct samples *samples = trying->samples;
    size_t before = diagnostics_count(samples->diagnostics);
    yyjson_read_err why = {0};
    char *copy = xcalloc(1, record.len + YYJSON_PADDING_SIZE);
    const struct sample_text text = {trying->path, first_line, record, copy};
    yyjson_doc *document;

    memcpy(copy, record.data, record.len);
    document = yyjson_read_opts(copy, record.len, YYJSON_READ_NUMBER_AS_RAW | YYJSON_READ_INSITU,
                                NULL, &why);
    if (document) {
        sample_check(samples->mapping, yyjson_doc_get_root(document), &text, samples->diagnostics);
        quote(trying->quoted, record);
    } else {
        blame(trying, record, first_line, &why);
    }
    yyjson_doc_free(document);
    free(copy);
    return diagnostics_count(samples->diagnostics) == before;
}

static void explain(const struct trying *trying, struct bytes record, int64_t line)
{
    const struct samples *samples = trying->samples;
    const struct mapping_input input = {.body = record, .file = name_of(trying), .line = line};
    struct error err;

    if (mapping_explain(samples->mapping, &input, samples->sources, samples->coverage, trying->out,
                        &err) != OUTCOME_OK)
        diagnostics_add(samples->diagnostics, (struct place){trying->path, (int32_t)line, 1, 1},
                        NULL, "%s", err.text);
}

static void try_record(const struct trying *trying, struct bytes record, int32_t line)
{
    if (is_sound(trying, record, line))
        explain(trying, record, line);
}

/* Nothing at all could be taken for nothing wrong. */
static void say_none(const struct trying *trying, size_t before)
{
    if (trying->out->len == before)
        buffer_append_text(trying->out, "aucun enregistrement\n");
}

static void try_lines(const struct trying *trying, struct bytes text)
{
    size_t before = trying->out->len;
    int32_t number = 1;

    for (size_t from = 0; from < text.len; number++) {
        const uint8_t *end = memchr(text.data + from, '\n', text.len - from);
        size_t len = end ? (size_t)(end - text.data) - from : text.len - from;
        struct bytes line = bytes_of(text.data + from, len);

        from += len + 1;
        if (bytes_trim(line).len == 0)
            continue;
        buffer_printf(trying->out, "ligne %d\n", (int)number);
        try_record(trying, line, number);
    }
    say_none(trying, before);
}

static bool ends_with(const char *text, const char *end)
{
    size_t len = strlen(text);

    return len >= strlen(end) && strcmp(text + len - strlen(end), end) == 0;
}

/* ---- A file of rows ------------------------------------------------------------------------- */

static enum outcome try_each_row(const struct trying *trying, struct rows *rows, struct error *err)
{
    size_t before = trying->out->len;

    for (;;) {
        CLEANUP(arena_deinit) struct arena arena = {0};
        struct row row = {0};
        enum outcome outcome = rows_next(rows, &arena, &row, err);

        if (outcome == OUTCOME_OK && row.number == 0)
            say_none(trying, before);
        if (outcome != OUTCOME_OK || row.number == 0)
            return outcome;
        buffer_printf(trying->out, "ligne %lld\n", (long long)row.line);
        if (!row.defect) {
            explain(trying, row.body, row.line);
            continue;
        }
        buffer_printf(trying->out, "  rejeté : unreadable_record, %s\n", row.defect);
        coverage_note_rejection(trying->samples->coverage);
    }
}

static void check_columns(const struct trying *trying, const struct rows *rows)
{
    const struct samples *samples = trying->samples;
    CLEANUP(arena_deinit) struct arena arena = {0};
    const char *const *names = headings_names(rows, &arena);
    const struct columns_lack *lacks = NULL;
    size_t count;

    count = headings_find_lacking(rows, samples->mapping, name_of(trying), &arena, &lacks);
    for (size_t i = 0; i < count; i++)
        headings_blame(&lacks[i], names, "le fichier n'a pas de colonne", samples->diagnostics);
}

/* The number behind `word`, and what follows it; NULL when it is none. */
static const char *number_behind(const char *text, const char *word, int *ret_number)
{
    size_t len = strlen(word);
    char *end = NULL;
    long number;

    if (strncmp(text, word, len) != 0)
        return NULL;
    number = strtol(text + len, &end, 10);
    if (end == text + len || number < 1 || number > INT_MAX)
        return NULL;
    *ret_number = (int)number;
    return end;
}

/* What a document says that it is written in; nothing: UTF-8 (XML 1.0, 4.3.3), or what a mark of
 * UTF-16 says. */
static bool is_called_utf8(struct bytes file)
{
    const char *text = (const char *)bytes_unmark(file).data;
    const char *end = strncmp(text, "<?xml", 5) == 0 ? strstr(text, "?>") : NULL;
    const char *name = end ? strstr(text, "encoding") : NULL;

    if (!name || name > end)
        return file.data[0] < 0xFE;
    name += strcspn(name, "\"'");
    return name < end && strncasecmp(name + 1, "utf-8", 5) == 0;
}

/* It stops where the document is not what it says of itself, or as good as says. */
static bool is_lying(struct bytes file, int number)
{
    const uint8_t *line = file.data;
    const uint8_t *end = file.data + file.len;
    const uint8_t *next;

    while (number > 1 && (next = memchr(line, '\n', (size_t)(end - line)))) {
        line = next + 1;
        number--;
    }
    next = memchr(line, '\n', (size_t)(end - line));
    return is_called_utf8(file) &&
           !bytes_is_utf8(bytes_of(line, (size_t)((next ? next : end) - line)));
}

/* Shows where a file of XML is no such document, or the name that none of its elements has. */
static void blame_document(const struct trying *trying, const struct error *why)
{
    const struct samples *samples = trying->samples;
    const struct yaml_node *element = yaml_get(trying->source.node, "element");
    const struct yaml_node *namespaces = yaml_get(trying->source.node, "namespaces");
    CLEANUP(buffer_deinit) struct buffer file = {0};
    struct place place = {trying->path, 0, 0, 1};
    const char *expected = "un document XML entier et bien formé, sans DOCTYPE";
    const char *what = number_behind(why->text, "ligne ", &place.line);
    const char *own = strstr(why->text, EXPECTED); /* it says itself what */

    what = what ? number_behind(what, ", colonne ", &place.column) : NULL;
    if (what && strncmp(what, " : ", 3) == 0) {
        what += 3;
        if (file_read(trying->path, MAX_BYTES, FILE_ANY, &file, NULL) == OUTCOME_OK)
            diagnostics_add_source(samples->diagnostics, trying->path, buffer_view(&file));
        (void)buffer_text(&file);
        if (file.len > 0 && is_lying(buffer_view(&file), place.line))
            expected = "le codage que la première ligne annonce ; d'un fichier qui ment : "
                       "fallback_encoding: windows-1252 dans `source`";
        else if (own)
            expected = own + strlen(EXPECTED);
    } else if (namespaces && strstr(why->text, XML_NAMESPACE)) {
        what = why->text;
        place = namespaces->place;
        expected = "namespaces: { préfixe: l'adresse que le document donne }";
    } else {
        what = why->text;
        place = element ? element->place : (struct place){0};
        expected = "le nom de l'élément qui se répète, tel que le document l'écrit";
    }
    diagnostics_add(samples->diagnostics, place, expected, "%.*s",
                    own ? (int)(own - what) : (int)strlen(what), what);
}

/* A document as a webhook receives it. */
static enum outcome try_document(const struct trying *trying, struct error *err)
{
    const struct yaml_node *source = trying->source.node;
    CLEANUP(xml_form_freep) struct xml_form *form = NULL;
    CLEANUP(buffer_deinit) struct buffer file = {0};
    CLEANUP(arena_deinit) struct arena arena = {0};
    struct xml_settings settings = {0};
    struct xml_options options;
    struct bytes json;
    enum outcome outcome = file_read(trying->path, MAX_BYTES, FILE_ANY, &file, err);

    for (size_t i = 0; i < source->count; i++) {
        if (bytes_equal_text(source->keys[i]->text, "lists"))
            settings.lists = source->items[i];
        if (bytes_equal_text(source->keys[i]->text, "namespaces"))
            settings.namespaces = source->items[i];
    }
    if (outcome == OUTCOME_OK)
        outcome = xml_form_new(&settings, NULL, trying->samples->diagnostics, &form, err);
    if (outcome != OUTCOME_OK)
        return outcome;
    xml_form_name_repeated(form);
    options = xml_form_options(form);
    if (xml_to_json(&options, buffer_view(&file), &arena, &json, err) == OUTCOME_OK)
        explain(trying, json, 1);
    else
        blame_document(trying, err);
    return OUTCOME_OK;
}

static enum outcome check_format(const struct trying *trying, const struct rows_form *form,
                                 struct error *err)
{
    bool is_xml = ends_with(trying->path, ".xml");

    if (is_xml == (rows_form_kind(form) == ROWS_XML))
        return OUTCOME_OK;
    return error_set(err, OUTCOME_REJECT,
                     is_xml ? "%s : la source de type folder ne lit pas de XML ; attendu : "
                              "format: xml, ou un échantillon .csv"
                            : "%s : la source de type folder lit du XML ; attendu : un "
                              "échantillon .xml",
                     trying->path);
}

/* In the words of base/file.h. */
static enum outcome refuse_file(const char *path, int number, struct error *err)
{
    char reason[ERROR_REASON_SIZE];

    if (number == ENOENT)
        return error_set(err, OUTCOME_REJECT, "%s n'existe pas", path);
    return error_set(err, OUTCOME_REJECT, "%s ne peut pas être lu : %s", path,
                     error_reason(number, reason));
}

static enum outcome try_rows(const struct trying *trying, struct error *err)
{
    const struct samples *samples = trying->samples;
    CLEANUP(rows_form_freep) struct rows_form *form = NULL;
    CLEANUP(rows_closep) struct rows *rows = NULL;
    enum outcome outcome = rows_form_of(trying->source.node, samples->diagnostics, &form, err);
    FILE *file;

    if (outcome == OUTCOME_OK)
        outcome = check_format(trying, form, err);
    if (outcome != OUTCOME_OK)
        return outcome;
    file = fopen(trying->path, "rbe");
    if (!file)
        return refuse_file(trying->path, errno, err);
    outcome = rows_open(form, file, NULL, &rows, err);
    if (outcome == OUTCOME_REJECT && ends_with(trying->path, ".xml")) {
        blame_document(trying, err);
        return OUTCOME_OK;
    }
    if (outcome != OUTCOME_OK)
        return error_wrap(err, "%s", trying->path);
    check_columns(trying, rows);
    return try_each_row(trying, rows, err);
}

/* A file of theirs, by the source that reads it. */
static enum outcome try_file(struct trying *trying, struct error *err)
{
    const struct samples *samples = trying->samples;
    enum outcome outcome =
        sample_source_find(samples->root, trying->path, samples->source, &trying->source, err);

    if (outcome != OUTCOME_OK)
        return outcome;
    return trying->source.is_document ? try_document(trying, err) : try_rows(trying, err);
}

enum outcome samples_try(const struct samples *samples, const char *path, struct buffer *out)
{
    struct trying trying = {.samples = samples, .path = path, .out = out};
    CLEANUP(buffer_deinit) struct buffer file = {0};
    size_t before = diagnostics_count(samples->diagnostics);
    struct quoted quoted = {.upto = 0};
    bool is_file = ends_with(path, ".csv") || ends_with(path, ".xml");
    struct error err;
    struct bytes text;

    if ((is_file ? try_file(&trying, &err) : file_read(path, MAX_BYTES, FILE_ANY, &file, &err)) !=
        OUTCOME_OK) {
        diagnostics_add(samples->diagnostics, (struct place){0}, NULL, "%s", err.text);
        return OUTCOME_REJECT;
    }
    if (is_file)
        return diagnostics_count(samples->diagnostics) == before ? OUTCOME_OK : OUTCOME_REJECT;
    text = file.data ? bytes_unmark(buffer_view(&file)) : BYTES_LITERAL("");
    quoted.file = text;
    trying.quoted = &quoted;
    if (ends_with(path, ".jsonl"))
        try_lines(&trying, text);
    else
        try_record(&trying, text, 1);
    buffer_append(&quoted.text, text.data + quoted.upto, text.len - quoted.upto);
    diagnostics_add_source(samples->diagnostics, path, buffer_view(&quoted.text));
    buffer_deinit(&quoted.text);
    return diagnostics_count(samples->diagnostics) == before ? OUTCOME_OK : OUTCOME_REJECT;
}
