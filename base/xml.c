/* SPDX-License-Identifier: Apache-2.0
 *
 * Expat calls back; a record that is complete suspends it, so that the caller pulls.
 */
#include "base/xml.h"

#include <expat.h>
#include <stdlib.h>

#include "base/xml_charset.h"
#include "base/xml_names.h"
#include "base/xml_tree.h"

#define CHUNK ((size_t)64 * 1024)

static const char markup_too_long[] = "une balise ou un commentaire de plus de 1 Mio";

struct xml_reader {
    struct xml_options options;
    XML_Parser parser;
    struct error why; /* of a document that is refused */
    bool suspended;
    bool ended;
    size_t fed;
    struct xml_names names;
    bool saw_place; /* a record, or an element that may hold some */

    bool in_record;
    size_t record_depth; /* open elements around it */
    int64_t record_column;
    struct xml_record record; /* the one at hand; number: the last one */
    const char *defect;       /* static, or in `told` */
    struct buffer told;
    int64_t defect_line;
    int64_t defect_column;
    struct xml_tree *tree;
};

/* ---- Refusals --------------------------------------------------------------------------- */

static int64_t line_of(const struct xml_reader *reader)
{
    return (int64_t)XML_GetCurrentLineNumber(reader->parser);
}

static int64_t column_of(const struct xml_reader *reader)
{
    return (int64_t)XML_GetCurrentColumnNumber(reader->parser) + 1;
}

static enum outcome refuse(struct xml_reader *reader, const char *why)
{
    (void)XML_StopParser(reader->parser, XML_FALSE);
    return error_set(&reader->why, OUTCOME_REJECT, "ligne %lld, colonne %lld : %s",
                     (long long)line_of(reader), (long long)column_of(reader), why);
}

/* Expat may still call for what it has begun. */
static bool is_refused(const struct xml_reader *reader)
{
    return reader->why.outcome != OUTCOME_OK;
}

/* Unless NULL: the record at hand is broken; the document goes on. */
static void spoil(struct xml_reader *reader, const char *why)
{
    if (!why || reader->defect)
        return;
    reader->defect = why;
    reader->defect_line = line_of(reader);
    reader->defect_column = column_of(reader);
}

/* The same of an element that comes again: which, and what to write. */
static void spoil_repeated(struct xml_reader *reader)
{
    const struct xml_names *names = &reader->names;
    const char *const *lists = reader->options.lists;
    const char *name = xml_names_at(names, names->depth - 1);

    buffer_clear(&reader->told);
    buffer_append_text(&reader->told, "un élément répété, ");
    xml_names_write_path(names, reader->record_depth + (reader->options.element ? 1 : 0), lists,
                         &reader->told);
    buffer_append_text(&reader->told, " ; attendu : lists: [");
    for (; lists && *lists; lists++)
        buffer_printf(&reader->told, "%s, ", *lists);
    buffer_printf(&reader->told, strchr(name, '{') ? "\"%s\"]" : "%s]", name);
    spoil(reader, buffer_text(&reader->told));
}

static const char *sentence_of(enum XML_Error code)
{
    static const struct {
        enum XML_Error code;
        const char *sentence;
    } sentences[] = {
        {XML_ERROR_NO_ELEMENTS, "le document s'arrête avant sa fin"},
        {XML_ERROR_UNCLOSED_TOKEN, "le document s'arrête avant sa fin"},
        {XML_ERROR_UNCLOSED_CDATA_SECTION, "le document s'arrête avant sa fin"},
        {XML_ERROR_PARTIAL_CHAR, "le document s'arrête avant sa fin"},
        {XML_ERROR_TAG_MISMATCH, "une balise fermante n'est pas celle de l'élément ouvert"},
        {XML_ERROR_INVALID_TOKEN, "un signe que le XML ne permet pas ici, ou que le codage du "
                                  "document n'a pas ; « & » s'écrit &amp; et « < » &lt;"},
        {XML_ERROR_UNDEFINED_ENTITY, "une entité que rien ne définit ; il n'y a que &amp; &lt; "
                                     "&gt; &quot; &apos; et &#233;"},
        {XML_ERROR_DUPLICATE_ATTRIBUTE, "deux attributs du même nom"},
        {XML_ERROR_UNBOUND_PREFIX, "un préfixe sans xmlns"},
        {XML_ERROR_UNKNOWN_ENCODING, "la première ligne annonce un codage qui n'est pas connu ici"},
        {XML_ERROR_INCORRECT_ENCODING, "ce n'est pas le codage que la première ligne annonce"},
        {XML_ERROR_MISPLACED_XML_PI, "« <?xml » n'est pas au début"},
        {XML_ERROR_XML_DECL, "la première ligne, « <?xml … ?> », n'est pas comme elle doit être"},
        {XML_ERROR_JUNK_AFTER_DOC_ELEMENT, "quelque chose derrière la fin du document"},
        {XML_ERROR_BAD_CHAR_REF, "un « &#… ; » que le XML ne permet pas"},
        {XML_ERROR_NONE, "ce n'est pas du XML"},
    };
    size_t i = 0;

    while (sentences[i].code != code && sentences[i].code != XML_ERROR_NONE)
        i++;
    return sentences[i].sentence;
}

/* ---- Records ----------------------------------------------------------------------------- */

static bool builds(const struct xml_reader *reader)
{
    return reader->in_record && !reader->defect && !reader->options.checks;
}

static void check_size(struct xml_reader *reader)
{
    size_t at = (size_t)XML_GetCurrentByteIndex(reader->parser);

    if (reader->defect || at - reader->record.from <= reader->options.record_most)
        return;
    reader->defect = "plus long qu'un enregistrement ne peut l'être";
    reader->defect_line = reader->record.line; /* wherever a chunk of its text ended */
    reader->defect_column = reader->record_column;
}

static void begin_record(struct xml_reader *reader)
{
    reader->in_record = true;
    reader->record_depth = reader->names.depth - 1;
    reader->record.is_root = reader->record_depth == 0;
    reader->record.from = (size_t)XML_GetCurrentByteIndex(reader->parser);
    reader->record.number++;
    reader->record.line = line_of(reader);
    reader->record_column = column_of(reader);
    reader->defect = NULL;
    if (!reader->options.checks)
        xml_tree_begin(reader->tree);
}

static void end_record(struct xml_reader *reader)
{
    reader->in_record = false;
    if (reader->options.checks)
        return;
    reader->record.size = (size_t)XML_GetCurrentByteIndex(reader->parser) +
                          (size_t)XML_GetCurrentByteCount(reader->parser) - reader->record.from;
    (void)XML_StopParser(reader->parser, XML_TRUE);
    reader->suspended = true;
}

/* Whether the element just opened is a record; notes what is around them. */
static bool is_record(struct xml_reader *reader)
{
    const struct xml_names *names = &reader->names;
    struct bytes path = bytes_of_text(reader->options.element ? reader->options.element : "");
    size_t last = xml_names_last(path);
    bool found = path.len > 0 ? xml_names_end_with(names, path) : names->depth == 1;

    if (found || (last > 0 && xml_names_end_with(names, bytes_of(path.data, last - 1))))
        reader->saw_place = true;
    else if (names->depth > 1)
        xml_names_pass(&reader->names, path);
    return found;
}

static void add_attribute(struct xml_reader *reader, const char *raw, const char *value)
{
    CLEANUP(buffer_deinit) struct buffer name = {0};

    if (xml_names_is_instance(raw, "nil")) {
        if (strcmp(value, "true") == 0 || strcmp(value, "1") == 0)
            xml_tree_say_nil(reader->tree);
        return;
    }
    if (xml_names_is_instance(raw, "schemaLocation") ||
        xml_names_is_instance(raw, "noNamespaceSchemaLocation"))
        return;
    buffer_append_byte(&name, '@');
    xml_names_write(&reader->names, raw, &name);
    spoil(reader, xml_tree_attribute(reader->tree, buffer_view(&name), value));
}

/* ---- Called by Expat ----------------------------------------------------------------------- */

/* Of what Expat now has whole, in however many pieces it came. False: the document is refused. */
static bool check_markup(struct xml_reader *reader)
{
    if (!is_refused(reader) && XML_GetCurrentByteCount(reader->parser) > (int)XML_MARKUP_MOST)
        (void)refuse(reader, markup_too_long);
    return !is_refused(reader);
}

/* The same. */
static bool note_names(struct xml_reader *reader, const char *raw, const XML_Char **attributes)
{
    const char *why = xml_names_push(&reader->names, raw);

    for (size_t i = 0; attributes[i] && !why; i += 2)
        why = xml_names_note(&reader->names, attributes[i]);
    if (why)
        (void)refuse(reader, why);
    return !why;
}

static void open_element(struct xml_reader *reader)
{
    const char *name = xml_names_at(&reader->names, reader->names.depth - 1);
    const char *why = xml_tree_open(reader->tree, name);

    if (why == xml_tree_repeated && reader->options.names_repeated)
        spoil_repeated(reader);
    else
        spoil(reader, why);
}

static void on_start(void *context, const XML_Char *raw, const XML_Char **attributes)
{
    struct xml_reader *reader = context;

    if (!check_markup(reader) || !note_names(reader, raw, attributes))
        return;
    if (!reader->in_record && is_record(reader))
        begin_record(reader);
    if (builds(reader))
        check_size(reader);
    if (builds(reader))
        open_element(reader);
    for (size_t i = 0; attributes[i] && builds(reader); i += 2)
        add_attribute(reader, attributes[i], attributes[i + 1]);
}

static void on_end(void *context, const XML_Char *raw)
{
    struct xml_reader *reader = context;

    (void)raw;
    if (!check_markup(reader))
        return;
    if (builds(reader))
        check_size(reader);
    if (builds(reader))
        spoil(reader,
              xml_tree_close(reader->tree, xml_names_at(&reader->names, reader->names.depth - 1)));
    if (reader->in_record && reader->names.depth == reader->record_depth + 1)
        end_record(reader);
    xml_names_pop(&reader->names);
}

static void on_text(void *context, const XML_Char *text, int len)
{
    struct xml_reader *reader = context;

    if (is_refused(reader) || !builds(reader))
        return;
    check_size(reader);
    if (!reader->defect)
        xml_tree_text(reader->tree, text, (size_t)len);
}

static void on_comment(void *context, const XML_Char *text)
{
    (void)text;
    (void)check_markup(context);
}

static void on_instruction(void *context, const XML_Char *target, const XML_Char *text)
{
    (void)target;
    (void)text;
    (void)check_markup(context);
}

static void on_namespace(void *context, const XML_Char *prefix, const XML_Char *uri)
{
    struct xml_reader *reader = context;
    const char *why = prefix ? xml_names_note(&reader->names, prefix) : NULL;

    if (!why && uri)
        why = xml_names_note(&reader->names, uri);
    if (why && !is_refused(reader))
        (void)refuse(reader, why);
}

static void on_doctype(void *context, const XML_Char *name, const XML_Char *system_id,
                       const XML_Char *public_id, int has_subset)
{
    (void)name;
    (void)system_id;
    (void)public_id;
    (void)has_subset;
    (void)refuse(context, "un DOCTYPE : il pourrait définir des entités, et n'est pas lu");
}

static int on_encoding(void *context, const XML_Char *name, XML_Encoding *info)
{
    struct xml_reader *reader = context;
    struct error err = {0};
    enum outcome outcome = xml_charset_map(name, info->map, &err);

    info->data = NULL;
    info->convert = NULL;
    info->release = NULL;
    if (outcome == OUTCOME_RETRY) /* what is unknown, Expat tells by itself, with its place */
        reader->why = err;
    return outcome == OUTCOME_OK ? XML_STATUS_OK : XML_STATUS_ERROR;
}

/* ---- Life ---------------------------------------------------------------------------------- */

/* Aborts like xcalloc(): a document is not refused for want of memory. */
static void *allocate(size_t size)
{
    return xrealloc(NULL, size);
}

struct xml_reader *xml_reader_new(const struct xml_options *options)
{
    static const XML_Memory_Handling_Suite memory = {allocate, xrealloc, free};
    static const XML_Char separator[] = {XML_NAMES_SEPARATOR, '\0'};
    struct xml_reader *reader = xcalloc(1, sizeof(*reader));

    reader->options = *options;
    if (reader->options.record_most == 0)
        reader->options.record_most = XML_RECORD_MOST;
    xml_names_init(&reader->names, options);
    reader->tree = xml_tree_new(options);
    reader->parser = XML_ParserCreate_MM(xml_charset_name(options->charset), &memory, separator);
    if (!reader->parser)
        abort();
    XML_SetUserData(reader->parser, reader);
    XML_SetElementHandler(reader->parser, on_start, on_end);
    XML_SetCharacterDataHandler(reader->parser, on_text);
    XML_SetCommentHandler(reader->parser, on_comment);
    XML_SetProcessingInstructionHandler(reader->parser, on_instruction);
    XML_SetStartNamespaceDeclHandler(reader->parser, on_namespace);
    XML_SetStartDoctypeDeclHandler(reader->parser, on_doctype);
    XML_SetUnknownEncodingHandler(reader->parser, on_encoding, reader);
    return reader;
}

void xml_reader_free(struct xml_reader *reader)
{
    if (!reader)
        return;
    XML_ParserFree(reader->parser);
    xml_tree_free(reader->tree);
    xml_names_deinit(&reader->names);
    buffer_deinit(&reader->told);
    free(reader);
}

/* ---- Reading --------------------------------------------------------------------------------- */

static enum outcome take_text(void *context, uint8_t *room, size_t size, size_t *ret_got,
                              struct error *err)
{
    struct xml_reader *reader = context;
    size_t left = reader->options.text.len - reader->fed;

    (void)err;
    *ret_got = left < size ? left : size;
    if (*ret_got > 0)
        memcpy(room, reader->options.text.data + reader->fed, *ret_got);
    return OUTCOME_OK;
}

/* Expat's verdict as ours. */
static enum outcome judge(struct xml_reader *reader, enum XML_Status status, struct error *err)
{
    XML_ParsingStatus parsing;
    /* -1: it waits for twice what it had in vain; what is left may be more than one markup. */
    XML_Index at = XML_GetCurrentByteIndex(reader->parser);
    bool looked =
        status == XML_STATUS_OK || XML_GetErrorCode(reader->parser) == XML_ERROR_UNCLOSED_TOKEN;

    if (looked && at >= 0 && reader->fed - (size_t)at > XML_MARKUP_MOST) {
        (void)refuse(reader, markup_too_long);
        status = XML_STATUS_ERROR;
    }
    XML_GetParsingStatus(reader->parser, &parsing);
    reader->ended = parsing.parsing == XML_FINISHED;
    if (status != XML_STATUS_ERROR)
        return OUTCOME_OK;
    reader->ended = true;
    if (!is_refused(reader))
        (void)refuse(reader, sentence_of(XML_GetErrorCode(reader->parser)));
    return error_set(err, reader->why.outcome, "%s", reader->why.text);
}

static enum outcome feed(struct xml_reader *reader, struct error *err)
{
    xml_fill *fill = reader->options.fill ? reader->options.fill : take_text;
    void *context = reader->options.fill ? reader->options.context : reader;
    void *room = XML_GetBuffer(reader->parser, (int)CHUNK);
    size_t got = 0;
    enum outcome outcome;

    if (!room)
        abort();
    outcome = fill(context, room, CHUNK, &got, err);
    if (outcome != OUTCOME_OK)
        return outcome;
    reader->fed += got;
    return judge(reader, XML_ParseBuffer(reader->parser, (int)got, got == 0), err);
}

static enum outcome check_end(const struct xml_reader *reader, struct error *err)
{
    const char *element = reader->options.element;

    if (element && !reader->saw_place && reader->names.saw_other)
        return xml_names_refuse(&reader->names, element, err);
    return OUTCOME_OK;
}

/* The record that has just ended. */
static void give(struct xml_reader *reader, struct arena *arena, struct xml_record *ret_record)
{
    const char *defect = reader->defect;

    *ret_record = reader->record;
    if (!defect)
        ret_record->json = xml_tree_write(
            reader->tree, reader->options.element ? NULL : xml_names_at(&reader->names, 0), arena);
    if (!defect && !ret_record->json.data)
        defect = "un texte que le JSON n'a pas";
    if (defect)
        ret_record->defect =
            arena_printf(arena, "ligne %lld, colonne %lld : %s", (long long)reader->defect_line,
                         (long long)reader->defect_column, defect);
}

enum outcome xml_read(struct xml_reader *reader, struct arena *arena, struct xml_record *ret_record,
                      struct error *err)
{
    enum outcome outcome = OUTCOME_OK;

    while (outcome == OUTCOME_OK && !reader->ended) {
        if (reader->suspended) {
            reader->suspended = false;
            outcome = judge(reader, XML_ResumeParser(reader->parser), err);
        } else {
            outcome = feed(reader, err);
        }
        if (outcome == OUTCOME_OK && reader->suspended) {
            give(reader, arena, ret_record);
            return OUTCOME_OK;
        }
    }
    *ret_record = (struct xml_record){.json = BYTES_NONE};
    return outcome == OUTCOME_OK ? check_end(reader, err) : outcome;
}

enum outcome xml_to_json(const struct xml_options *options, struct bytes text, struct arena *arena,
                         struct bytes *ret_json, struct error *err)
{
    struct xml_options own = *options;
    struct xml_record record;
    struct xml_record end;
    CLEANUP(xml_reader_freep) struct xml_reader *reader = NULL;
    enum outcome outcome;

    own.element = NULL;
    own.fill = NULL;
    own.text = text;
    reader = xml_reader_new(&own);
    outcome = xml_read(reader, arena, &record, err);
    if (outcome == OUTCOME_OK) /* there may be something behind it */
        outcome = xml_read(reader, arena, &end, err);
    if (outcome == OUTCOME_OK && record.defect)
        outcome = error_set(err, OUTCOME_REJECT, "%s", record.defect);
    if (outcome == OUTCOME_OK)
        *ret_json = record.json;
    return outcome;
}
