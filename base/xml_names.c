/* SPDX-License-Identifier: Apache-2.0 */
#include "base/xml_names.h"

#include <stdlib.h>

#define SLOTS ((size_t)2 * XML_NAMES_MOST) /* a power of two */
#define SCHEMA_INSTANCE "http://www.w3.org/2001/XMLSchema-instance"

static const struct xml_namespace known[] = {
    {"xsi", SCHEMA_INSTANCE},
    {"xml", "http://www.w3.org/XML/1998/namespace"},
};

void xml_names_init(struct xml_names *names, const struct xml_options *options)
{
    *names = (struct xml_names){.namespaces = options->namespaces,
                                .namespace_count = options->namespace_count,
                                .seen = xcalloc(SLOTS, sizeof(*names->seen))};
}

void xml_names_deinit(struct xml_names *names)
{
    free(names->seen);
    buffer_deinit(&names->open);
    buffer_deinit(&names->akin);
}

static uint64_t hash_of(const char *name, size_t len)
{
    uint64_t sum = UINT64_C(14695981039346656037); /* FNV-1a */

    for (size_t i = 0; i < len; i++)
        sum = (sum ^ (uint8_t)name[i]) * UINT64_C(1099511628211);
    return sum | 1;
}

/* Expat keeps every different name until the end: so many, and not more. */
const char *xml_names_note(struct xml_names *names, const char *raw)
{
    size_t len = strlen(raw);
    uint64_t hash = hash_of(raw, len);
    size_t at = (size_t)(hash >> 8) & (SLOTS - 1);

    if (len > XML_NAME_MOST)
        return "un nom trop long";
    while (names->seen[at] != 0 && names->seen[at] != hash)
        at = (at + 1) & (SLOTS - 1);
    if (names->seen[at] == hash)
        return NULL;
    if (names->seen_count == XML_NAMES_MOST)
        return "trop de noms différents";
    names->seen[at] = hash;
    names->seen_count++;
    return NULL;
}

static const char *prefix_of(const struct xml_namespace *namespaces, size_t count, struct bytes uri)
{
    for (size_t i = 0; i < count; i++)
        if (bytes_equal_text(uri, namespaces[i].uri))
            return namespaces[i].prefix;
    return NULL;
}

void xml_names_write(const struct xml_names *names, const char *raw, struct buffer *out)
{
    const char *separator = strchr(raw, XML_NAMES_SEPARATOR);
    struct bytes uri = separator ? bytes_of(raw, (size_t)(separator - raw)) : BYTES_NONE;
    const char *prefix =
        separator ? prefix_of(names->namespaces, names->namespace_count, uri) : NULL;

    if (separator && !prefix)
        prefix = prefix_of(known, sizeof(known) / sizeof(known[0]), uri);
    if (prefix && strcmp(prefix, "xmlns") != 0)
        buffer_printf(out, "%s:", prefix);
    else if (separator && !prefix && names->namespace_count > 0)
        buffer_printf(out, "{%.*s}", BYTES_ARG(uri));
    buffer_append_text(out, separator ? separator + 1 : raw);
}

bool xml_names_is_instance(const char *raw, const char *name)
{
    size_t len = sizeof(SCHEMA_INSTANCE) - 1;

    return strncmp(raw, SCHEMA_INSTANCE, len) == 0 && raw[len] == XML_NAMES_SEPARATOR &&
           strcmp(raw + len + 1, name) == 0;
}

/* ---- As paths -------------------------------------------------------------------------------- */

static void write_step(const char *name, struct buffer *out)
{
    if (!strpbrk(name, ".{"))
        buffer_printf(out, ".%s", name);
    else
        buffer_printf(out, strchr(name, '\'') ? "[\"%s\"]" : "['%s']", name);
}

void xml_names_write_path(const struct xml_names *names, size_t depth, const char *const *lists,
                          struct buffer *out)
{
    buffer_append_text(out, "$");
    for (; depth < names->depth; depth++) {
        const char *name = xml_names_at(names, depth);
        size_t i = 0;

        while (lists && lists[i] && strcmp(lists[i], name) != 0)
            i++;
        write_step(name, out);
        if (lists && lists[i] && depth + 1 < names->depth)
            buffer_append_text(out, "[*]");
    }
}

/* ---- Open elements -------------------------------------------------------------------------- */

const char *xml_names_push(struct xml_names *names, const char *raw)
{
    const char *why = xml_names_note(names, raw);

    if (!why && names->depth == XML_DEPTH_MOST)
        why = "des éléments dans des éléments, plus de 64";
    if (why)
        return why;
    names->starts[names->depth++] = names->open.len;
    xml_names_write(names, raw, &names->open);
    buffer_append_byte(&names->open, '\0');
    return NULL;
}

void xml_names_pop(struct xml_names *names)
{
    names->open.len = names->starts[--names->depth];
}

const char *xml_names_at(const struct xml_names *names, size_t depth)
{
    return (const char *)names->open.data + names->starts[depth];
}

size_t xml_names_last(struct bytes path)
{
    bool in_uri = false; /* which has slashes of its own */
    size_t from = path.len;

    while (from > 0 && (in_uri || path.data[from - 1] != '/')) {
        from--;
        in_uri = path.data[from] == '}' || (in_uri && path.data[from] != '{');
    }
    return from;
}

bool xml_names_end_with(const struct xml_names *names, struct bytes path)
{
    size_t end = path.len;

    for (size_t depth = names->depth; depth-- > 0;) {
        size_t from = xml_names_last(bytes_of(path.data, end));

        if (!bytes_equal_text(bytes_of(path.data + from, end - from), xml_names_at(names, depth)))
            return false;
        if (from == 0)
            return true;
        end = from - 1;
    }
    return false;
}

/* ---- What a path does not find -------------------------------------------------------------- */

/* "rdv" of "g:rdv" and "{urn:x}rdv". */
static struct bytes local_of(struct bytes name)
{
    size_t from = name.len;

    while (from > 0 && name.data[from - 1] != ':' && name.data[from - 1] != '}')
        from--;
    return bytes_of(name.data + from, name.len - from);
}

static struct bytes last_of(struct bytes path)
{
    size_t from = xml_names_last(path);

    return bytes_of(path.data + from, path.len - from);
}

void xml_names_pass(struct xml_names *names, struct bytes path)
{
    struct bytes wanted = last_of(path);
    struct bytes name = bytes_of_text(xml_names_at(names, names->depth - 1));

    names->saw_other = true;
    if (names->akin.len == 0 && !bytes_equal(name, wanted) &&
        bytes_equal(local_of(name), local_of(wanted)))
        buffer_append_bytes(&names->akin, name);
}

/* What `namespaces` says of the name's prefix; NULL: nothing. */
static const struct xml_namespace *declared(const struct xml_names *names, struct bytes name)
{
    struct bytes local = local_of(name);
    struct bytes prefix = bytes_of(name.data, name.len - local.len);

    for (size_t i = 0; i < names->namespace_count && prefix.len > 0; i++)
        if (bytes_equal_text(bytes_of(prefix.data, prefix.len - 1), names->namespaces[i].prefix))
            return &names->namespaces[i];
    return NULL;
}

enum outcome xml_names_refuse(const struct xml_names *names, const char *path, struct error *err)
{
    struct bytes akin = buffer_view(&names->akin);
    struct bytes local = local_of(akin);
    const struct xml_namespace *said = declared(names, last_of(bytes_of_text(path)));

    if (akin.len == 0)
        return error_set(err, OUTCOME_REJECT, "aucun élément « %s » dans le document", path);
    if (akin.data[0] != '{')
        return error_set(err, OUTCOME_REJECT,
                         "aucun élément « %s » dans le document : il s'y écrit « %.*s »", path,
                         BYTES_ARG(akin));
    akin = bytes_of(akin.data + 1, akin.len - local.len - 2); /* without { } */
    if (!said)
        return error_set(err, OUTCOME_REJECT,
                         "aucun élément « %s » dans le document : il y est dans l'" XML_NAMESPACE
                         " %.*s, à qui `namespaces` ne donne pas de préfixe",
                         path, BYTES_ARG(akin));
    return error_set(err, OUTCOME_REJECT,
                     "aucun élément « %s » dans le document : il y est dans l'" XML_NAMESPACE
                     " %.*s, et `namespaces` dit %s pour %s",
                     path, BYTES_ARG(akin), said->uri, said->prefix);
}
