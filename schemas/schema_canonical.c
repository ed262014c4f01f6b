/* SPDX-License-Identifier: Apache-2.0 */
#include "schemas/schema_canonical.h"

/* Named types already written: a second mention is the name alone. */
struct written {
    const struct schema_node *node;
    const struct written *next;
};

struct writer {
    struct buffer *out;
    struct arena arena;
    struct written *written;
};

static void write_node(struct writer *writer, const struct schema_node *node);

static void write_quoted(struct buffer *out, struct bytes text)
{
    buffer_append_byte(out, '"');
    buffer_append_bytes(out, text);
    buffer_append_byte(out, '"');
}

static void write_fields(struct writer *writer, const struct schema_node *node)
{
    for (size_t i = 0; i < node->count; i++) {
        buffer_append_text(writer->out, i ? ",{\"name\":" : "{\"name\":");
        write_quoted(writer->out, node->names[i]);
        buffer_append_text(writer->out, ",\"type\":");
        write_node(writer, node->children[i]);
        buffer_append_byte(writer->out, '}');
    }
}

/* [ORDER] name, type, fields, symbols, items, values, size */
static void write_named(struct writer *writer, const struct schema_node *node)
{
    struct buffer *out = writer->out;
    struct written *own;

    for (const struct written *known = writer->written; known; known = known->next) {
        if (known->node == node) {
            write_quoted(out, node->name);
            return;
        }
    }
    own = arena_alloc(&writer->arena, sizeof(*own));
    *own = (struct written){node, writer->written};
    writer->written = own;
    buffer_append_text(out, "{\"name\":");
    write_quoted(out, node->name);
    buffer_printf(out, ",\"type\":\"%s\"", schema_tree_kind_name(node->kind));
    if (node->kind == SCHEMA_RECORD) {
        buffer_append_text(out, ",\"fields\":[");
        write_fields(writer, node);
        buffer_append_text(out, "]}");
    } else if (node->kind == SCHEMA_ENUM) {
        buffer_append_text(out, ",\"symbols\":[");
        for (size_t i = 0; i < node->count; i++) {
            if (i)
                buffer_append_byte(out, ',');
            write_quoted(out, node->names[i]);
        }
        buffer_append_text(out, "]}");
    } else {
        buffer_printf(out, ",\"size\":%zu}", node->count);
    }
}

static void write_union(struct writer *writer, const struct schema_node *node)
{
    for (size_t i = 0; i < node->count; i++) {
        buffer_append_byte(writer->out, i ? ',' : '[');
        write_node(writer, node->children[i]);
    }
    buffer_append_byte(writer->out, ']');
}

static void write_node(struct writer *writer, const struct schema_node *node)
{
    if (node->kind == SCHEMA_RECORD || node->kind == SCHEMA_ENUM || node->kind == SCHEMA_FIXED) {
        write_named(writer, node);
    } else if (node->kind == SCHEMA_ARRAY || node->kind == SCHEMA_MAP) {
        buffer_append_text(writer->out, node->kind == SCHEMA_ARRAY
                                            ? "{\"type\":\"array\",\"items\":"
                                            : "{\"type\":\"map\",\"values\":");
        write_node(writer, node->children[0]);
        buffer_append_byte(writer->out, '}');
    } else if (node->kind == SCHEMA_UNION) {
        write_union(writer, node);
    } else {
        write_quoted(writer->out, bytes_of_text(schema_tree_kind_name(node->kind)));
    }
}

void schema_canonical_write(const struct schema_node *root, struct buffer *out)
{
    struct writer writer = {.out = out};

    write_node(&writer, root);
    arena_deinit(&writer.arena);
}
