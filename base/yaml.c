/* SPDX-License-Identifier: Apache-2.0
 *
 * libyaml's events become a tree. libyaml counts lines and columns in characters, from 0.
 * It stops at the first mistake of syntax; what we refuse ourselves (anchors, tags,
 * duplicate keys) is gathered and the reading goes on.
 */
#include "base/yaml.h"

#include <stdlib.h>
#include <yaml.h>

#include "base/file.h"
#include "base/yaml_source.h"

#define MAX_DEPTH 64
#define MAX_BYTES ((size_t)4 * 1024 * 1024)

struct reader {
    yaml_parser_t parser;
    struct yaml_source source;
    struct arena *arena;
    struct diagnostics *diagnostics;
    bool stopped; /* after a mistake that cannot be read over */
};

/* ---- Events to nodes ----------------------------------------------------------- */

static void event_deinit(yaml_event_t *event)
{
    yaml_event_delete(event);
}

static void blame_syntax(struct reader *reader)
{
    const yaml_parser_t *parser = &reader->parser;
    const struct yaml_failure failure = {
        parser->context,
        parser->context_mark.line,
        parser->context_mark.column,
        parser->problem ? parser->problem : "ce n'est pas du YAML",
        parser->problem_mark.line,
        parser->problem_mark.column,
    };

    reader->stopped = true;
    yaml_source_blame_syntax(&reader->source, &failure);
}

static bool next_event(struct reader *reader, yaml_event_t *ret_event)
{
    if (!reader->stopped && !yaml_parser_parse(&reader->parser, ret_event))
        blame_syntax(reader);
    if (reader->stopped)
        memset(ret_event, 0, sizeof(*ret_event));
    return !reader->stopped;
}

static struct place place_of(const struct reader *reader, const yaml_event_t *event)
{
    const yaml_mark_t *start = &event->start_mark;
    const yaml_mark_t *end = &event->end_mark;
    size_t width = 1;

    if (event->type == YAML_SCALAR_EVENT && start->line == end->line)
        width = end->column - start->column;
    return yaml_source_place(&reader->source, start->line, start->column, width);
}

static void refuse(struct reader *reader, const yaml_event_t *event, const char *what,
                   const char *expected)
{
    diagnostics_add(reader->diagnostics, place_of(reader, event), expected, "%s", what);
}

static void refuse_properties(struct reader *reader, const yaml_event_t *event,
                              const yaml_char_t *anchor, const yaml_char_t *tag)
{
    if (anchor)
        refuse(reader, event, "ancre de YAML (&…)",
               "la valeur écrite là où il la faut ; entre guillemets si c'est un texte");
    if (tag)
        refuse(reader, event, "étiquette de YAML (!…)",
               "la valeur sans « ! » devant ; entre guillemets si c'est un texte");
}

static struct yaml_node *node_new(struct reader *reader, const yaml_event_t *event,
                                  enum yaml_kind kind)
{
    struct yaml_node *node = arena_alloc(reader->arena, sizeof(*node));

    node->kind = kind;
    node->place = place_of(reader, event);
    node->text_place = node->place;
    node->text_place.width = 1;
    node->text = BYTES_NONE;
    return node;
}

static struct yaml_node *read_scalar(struct reader *reader, const yaml_event_t *event)
{
    struct yaml_node *node = node_new(reader, event, YAML_SCALAR);
    struct bytes text = bytes_of(event->data.scalar.value, event->data.scalar.length);
    size_t line = event->start_mark.line;
    bool quoted = event->data.scalar.style == YAML_SINGLE_QUOTED_SCALAR_STYLE ||
                  event->data.scalar.style == YAML_DOUBLE_QUOTED_SCALAR_STYLE;
    size_t column = event->start_mark.column + quoted;

    refuse_properties(reader, event, event->data.scalar.anchor, event->data.scalar.tag);
    if (memchr(text.data, '\0', text.len))
        refuse(reader, event, "texte avec un caractère nul", NULL);
    node->text = bytes_of(arena_text(reader->arena, text), text.len);
    node->plain = event->data.scalar.style == YAML_PLAIN_SCALAR_STYLE;
    node->block = event->data.scalar.style == YAML_LITERAL_SCALAR_STYLE ||
                  event->data.scalar.style == YAML_FOLDED_SCALAR_STYLE;
    if (line == event->end_mark.line &&
        bytes_starts_with(yaml_source_rest(&reader->source, line, column), text))
        node->text_place =
            yaml_source_place(&reader->source, line, column, yaml_source_characters(text));
    /* libyaml takes "- a", newline, tab, "- b" for the one text "a - b". */
    else if (node->plain && event->end_mark.line > line)
        (void)yaml_source_blame_tab(&reader->source, line + 1, event->end_mark.line);
    return node;
}

static struct yaml_node *read_node(struct reader *reader, const yaml_event_t *event, int depth);

/* Takes the pointers gathered in a buffer over into the arena. */
static struct yaml_node **keep_nodes(struct reader *reader, const struct buffer *nodes)
{
    struct yaml_node **kept =
        arena_array(reader->arena, nodes->len / sizeof(*kept) + 1, sizeof(*kept));

    if (nodes->len > 0)
        memcpy(kept, nodes->data, nodes->len);
    return kept;
}

static struct yaml_node *read_sequence(struct reader *reader, const yaml_event_t *event, int depth)
{
    CLEANUP(buffer_deinit) struct buffer items = {0};
    struct yaml_node *node = node_new(reader, event, YAML_SEQUENCE);

    refuse_properties(reader, event, event->data.sequence_start.anchor,
                      event->data.sequence_start.tag);
    for (;;) {
        CLEANUP(event_deinit) yaml_event_t item;
        struct yaml_node *value;

        if (!next_event(reader, &item) || item.type == YAML_SEQUENCE_END_EVENT)
            break;
        value = read_node(reader, &item, depth + 1);
        buffer_append(&items, &value, sizeof(value));
        node->count++;
    }
    node->items = keep_nodes(reader, &items);
    return node;
}

static int compare_keys(const void *left, const void *right)
{
    const struct yaml_node *a = *(struct yaml_node *const *)left;
    const struct yaml_node *b = *(struct yaml_node *const *)right;
    int order = bytes_compare(a->text, b->text);

    if (order == 0)
        order = (a->place.line > b->place.line) - (a->place.line < b->place.line);
    if (order == 0)
        order = (a->place.column > b->place.column) - (a->place.column < b->place.column);
    return order;
}

static void check_duplicates(struct reader *reader, const struct yaml_node *mapping)
{
    size_t size = mapping->count * sizeof(struct yaml_node *);
    struct yaml_node **keys;

    if (mapping->count < 2)
        return;
    keys = xcalloc(mapping->count, sizeof(struct yaml_node *));
    memcpy(keys, mapping->keys, size);
    qsort(keys, mapping->count, sizeof(struct yaml_node *), compare_keys);
    for (size_t i = 1; i < mapping->count; i++)
        if (bytes_equal(keys[i]->text, keys[i - 1]->text))
            diagnostics_add(reader->diagnostics, keys[i]->place, "chaque clé une fois",
                            "la clé « %.*s » est déjà à la ligne %d", BYTES_ARG(keys[i]->text),
                            keys[i - 1]->place.line);
    free(keys);
}

static struct yaml_node *read_mapping(struct reader *reader, const yaml_event_t *event, int depth)
{
    CLEANUP(buffer_deinit) struct buffer keys = {0};
    CLEANUP(buffer_deinit) struct buffer values = {0};
    struct yaml_node *node = node_new(reader, event, YAML_MAPPING);

    refuse_properties(reader, event, event->data.mapping_start.anchor,
                      event->data.mapping_start.tag);
    for (;;) {
        CLEANUP(event_deinit) yaml_event_t key = {0};
        CLEANUP(event_deinit) yaml_event_t value = {0};
        struct yaml_node *key_node;
        struct yaml_node *value_node;

        if (!next_event(reader, &key) || key.type == YAML_MAPPING_END_EVENT)
            break;
        key_node = read_node(reader, &key, depth + 1);
        if (key_node->kind != YAML_SCALAR)
            refuse(reader, &key, "clé qui n'est pas un texte", "« clé: valeur »");
        if (!next_event(reader, &value))
            break;
        value_node = read_node(reader, &value, depth + 1);
        if (key_node->kind != YAML_SCALAR)
            continue;
        buffer_append(&keys, &key_node, sizeof(key_node));
        buffer_append(&values, &value_node, sizeof(value_node));
        node->count++;
    }
    node->keys = keep_nodes(reader, &keys);
    node->items = keep_nodes(reader, &values);
    check_duplicates(reader, node);
    return node;
}

static struct yaml_node *empty_scalar(struct reader *reader, struct place place)
{
    struct yaml_node *node = arena_alloc(reader->arena, sizeof(*node));

    *node = (struct yaml_node){.kind = YAML_SCALAR,
                               .place = place,
                               .text = BYTES_LITERAL(""),
                               .plain = true,
                               .text_place = place};
    return node;
}

static struct yaml_node *read_node(struct reader *reader, const yaml_event_t *event, int depth)
{
    if (depth > MAX_DEPTH) {
        refuse(reader, event, "trop de niveaux", "64 au plus");
        reader->stopped = true;
    } else if (event->type == YAML_SCALAR_EVENT) {
        return read_scalar(reader, event);
    } else if (event->type == YAML_SEQUENCE_START_EVENT) {
        return read_sequence(reader, event, depth);
    } else if (event->type == YAML_MAPPING_START_EVENT) {
        return read_mapping(reader, event, depth);
    } else {
        refuse(reader, event, "alias de YAML (*…)",
               "la valeur écrite ; entre guillemets si c'est un texte");
    }
    return empty_scalar(reader, place_of(reader, event));
}

static struct yaml_node *read_stream(struct reader *reader)
{
    struct yaml_node *root = NULL;
    bool more = true;

    while (more) {
        CLEANUP(event_deinit) yaml_event_t event;

        if (!next_event(reader, &event))
            break;
        more = event.type != YAML_STREAM_END_EVENT;
        if (event.type == YAML_DOCUMENT_START_EVENT && root) {
            refuse(reader, &event, "second document (---)", "un document par fichier");
            reader->stopped = true;
        }
        if (event.type == YAML_SCALAR_EVENT || event.type == YAML_SEQUENCE_START_EVENT ||
            event.type == YAML_MAPPING_START_EVENT || event.type == YAML_ALIAS_EVENT)
            root = read_node(reader, &event, 1);
    }
    return root ? root : empty_scalar(reader, yaml_source_place(&reader->source, 0, 0, 1));
}

/* ---- Entry points -------------------------------------------------------------- */

static enum outcome refuse_file(const struct diagnostics *diagnostics, struct error *err)
{
    CLEANUP(buffer_deinit) struct buffer first = {0};

    diagnostics_first(diagnostics, &first);
    return error_set(err, OUTCOME_REJECT, "%s", buffer_text(&first));
}

enum outcome yaml_read(const char *name, struct bytes text, struct arena *arena,
                       struct diagnostics *diagnostics, struct yaml_node **ret_root,
                       struct error *err)
{
    struct reader reader = {.arena = arena, .diagnostics = diagnostics};
    size_t before = diagnostics_count(diagnostics);
    struct yaml_node *root;

    text = bytes_unmark(text);
    if (!text.data)
        text = BYTES_LITERAL("");
    diagnostics_add_source(diagnostics, name, text);
    yaml_source_init(&reader.source, name, text, arena, diagnostics);
    if (text.len > MAX_BYTES)
        diagnostics_add(diagnostics, (struct place){.file = name}, "4 Mio au plus",
                        "fichier trop long");
    else if (yaml_source_check(&reader.source)) {
        if (!yaml_parser_initialize(&reader.parser))
            abort(); /* no memory for a few buffers of its own (DESIGN.md "Out of memory") */
        yaml_parser_set_encoding(&reader.parser, YAML_UTF8_ENCODING);
        yaml_parser_set_input_string(&reader.parser, text.data, text.len);
        root = read_stream(&reader);
        yaml_parser_delete(&reader.parser);
        if (diagnostics_count(diagnostics) == before) {
            *ret_root = root;
            return OUTCOME_OK;
        }
    }
    return refuse_file(diagnostics, err);
}

enum outcome yaml_read_file(const char *path, struct arena *arena, struct diagnostics *diagnostics,
                            struct yaml_node **ret_root, struct error *err)
{
    CLEANUP(buffer_deinit) struct buffer text = {0};
    struct error why = {0};

    if (file_read(path, MAX_BYTES, FILE_ANY, &text, &why) != OUTCOME_OK) {
        diagnostics_add(diagnostics, (struct place){0}, NULL, "%s", why.text);
        return error_set(err, OUTCOME_REJECT, "%s", why.text);
    }
    return yaml_read(path, buffer_view(&text), arena, diagnostics, ret_root, err);
}

struct yaml_node *yaml_get(const struct yaml_node *node, const char *key)
{
    if (!node || node->kind != YAML_MAPPING)
        return NULL;
    for (size_t i = 0; i < node->count; i++)
        if (bytes_equal_text(node->keys[i]->text, key))
            return node->items[i];
    return NULL;
}

const char *yaml_text(const struct yaml_node *node)
{
    return node && node->kind == YAML_SCALAR ? (const char *)node->text.data : NULL;
}

const char *yaml_get_text(const struct yaml_node *node, const char *key, const char *fallback)
{
    const char *text = yaml_text(yaml_get(node, key));

    return text ? text : fallback;
}

bool yaml_is_null(const struct yaml_node *node)
{
    return node->kind == YAML_SCALAR && node->plain &&
           (node->text.len == 0 || bytes_equal_text(node->text, "~") ||
            bytes_equal_text(node->text, "null"));
}
