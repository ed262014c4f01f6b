/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/sample_source.h"

#include <fnmatch.h>

struct search {
    const struct yaml_node *const *nodes;
    size_t count;
    const char *path;
    const char *file;
    bool is_xml; /* the sample */
};

static bool says(const struct yaml_node *node, const char *key, const char *value)
{
    const struct yaml_node *said = yaml_get(node, key);

    return said && bytes_equal_text(said->text, value);
}

static bool is_folder(const struct yaml_node *node)
{
    return says(node, "type", "folder");
}

/* A document as a webhook receives it, or a file of a folder. */
static bool reads_files(const struct yaml_node *node)
{
    return is_folder(node) || (says(node, "type", "webhook") && says(node, "format", "xml"));
}

static const char *format_of(const struct yaml_node *node)
{
    return yaml_get_text(node, "format", "csv");
}

static bool reads_format(const struct search *search, const struct yaml_node *node)
{
    return reads_files(node) && (strcmp(format_of(node), "xml") == 0) == search->is_xml;
}

static bool takes_name(const struct search *search, const struct yaml_node *node)
{
    return is_folder(node) && fnmatch(yaml_get_text(node, "pattern", "*"), search->file, 0) == 0;
}

/* folder-2 */
static void write_name(const struct search *search, size_t index, struct buffer *out)
{
    buffer_printf(out, "%s-%zu", yaml_get_text(search->nodes[index], "type", "source"), index + 1);
}

/* ---- Choosing ----------------------------------------------------------------------------- */

/* The only one that `fits`; `count` of those that do. */
static size_t find_only(const struct search *search,
                        bool (*fits)(const struct search *search, const struct yaml_node *node),
                        size_t *ret_count)
{
    size_t found = search->count;

    *ret_count = 0;
    for (size_t i = 0; i < search->count; i++) {
        if (!reads_format(search, search->nodes[i]) || !fits(search, search->nodes[i]))
            continue;
        found = i;
        (*ret_count)++;
    }
    return found;
}

/* By name or number; search->count: there is none. */
static size_t find_named(const struct search *search, struct bytes wanted)
{
    int64_t number;

    if (bytes_to_int64(wanted, &number) && number > 0 && (uint64_t)number <= search->count)
        return (size_t)number - 1;
    for (size_t i = 0; i < search->count; i++) {
        CLEANUP(buffer_deinit) struct buffer name = {0};

        write_name(search, i, &name);
        if (bytes_equal(wanted, buffer_view(&name)))
            return i;
    }
    return search->count;
}

/* The source that reads files whose whole name stands in front of the sample's. */
static size_t find_in_front(struct search *search)
{
    const char *dot = strchr(search->file, '.');
    struct bytes front = bytes_of(search->file, dot ? (size_t)(dot - search->file) : 0);
    size_t found = front.len > 0 && memchr(front.data, '-', front.len) && strchr(dot + 1, '.')
                       ? find_named(search, front)
                       : search->count;

    if (found == search->count || !reads_files(search->nodes[found]))
        return search->count;
    search->file = dot + 1;
    return found;
}

/* ---- Why not ------------------------------------------------------------------------------ */

static const char *list(const struct search *search, bool of_the_format, struct buffer *out)
{
    for (size_t i = 0; i < search->count; i++) {
        const struct yaml_node *node = search->nodes[i];
        const char *pattern = is_folder(node) ? yaml_get_text(node, "pattern", NULL) : NULL;

        if (!(of_the_format ? reads_format(search, node) : reads_files(node)))
            continue;
        buffer_append_text(out, out->len > 0 ? ", " : "");
        write_name(search, i, out);
        buffer_printf(out, " (%s%s%s)", format_of(node), pattern ? ", pattern " : "",
                      pattern ? pattern : "");
    }
    return out->len > 0 ? buffer_text(out) : "aucune source qui lit des fichiers";
}

static enum outcome refuse_wanted(const struct search *search, const char *wanted,
                                  struct error *err)
{
    CLEANUP(buffer_deinit) struct buffer names = {0};

    return error_set(err, OUTCOME_REJECT,
                     "aucune source « %s » ne lit de fichiers ; attendu pour --source, nom ou "
                     "numéro : %s",
                     wanted, list(search, false, &names));
}

static enum outcome refuse_format(const struct search *search, struct error *err)
{
    CLEANUP(buffer_deinit) struct buffer names = {0};
    const char *there = list(search, false, &names);

    if (names.len == 0)
        return error_set(err, OUTCOME_REJECT,
                         "aucune source de type folder : rien ne dit comment "
                         "lire un fichier de lignes");
    return error_set(err, OUTCOME_REJECT,
                     search->is_xml
                         ? "%s : aucune source de type folder ne lit de XML : %s ; attendu : "
                           "format: xml, ou un échantillon .csv"
                         : "%s : aucune source de type folder ne lit de lignes, toutes lisent du "
                           "XML : %s ; attendu : un échantillon .xml",
                     search->path, there);
}

static enum outcome refuse_several(const struct search *search, size_t taking, struct error *err)
{
    CLEANUP(buffer_deinit) struct buffer names = {0};

    return error_set(err, OUTCOME_REJECT,
                     "%s : %s : %s ; attendu : un nom que prend un seul `pattern`, le nom de la "
                     "source devant (folder-2.%s), ou relais map --source folder-2",
                     search->path,
                     taking == 0 ? "le `pattern` d'aucune des sources de ce format ne prend ce nom"
                                 : "plusieurs sources prennent ce nom",
                     list(search, true, &names), search->file);
}

/* ---- Whole -------------------------------------------------------------------------------- */

static bool any(const struct search *search, const struct yaml_node *node)
{
    (void)search;
    (void)node;
    return true;
}

static enum outcome choose(struct search *search, size_t *ret_index, struct error *err)
{
    size_t reading;
    size_t taking;
    size_t only;

    *ret_index = find_in_front(search);
    if (*ret_index < search->count)
        return OUTCOME_OK;
    *ret_index = find_only(search, takes_name, &taking);
    only = find_only(search, any, &reading);
    if (taking == 1)
        return OUTCOME_OK;
    if (reading == 0)
        return refuse_format(search, err);
    *ret_index = only;
    return reading == 1 ? OUTCOME_OK : refuse_several(search, taking, err);
}

enum outcome sample_source_find(const struct yaml_node *root, const char *path, const char *wanted,
                                struct sample_source *ret_source, struct error *err)
{
    const struct yaml_node *source = yaml_get(root, "source");
    bool is_list = source && source->kind == YAML_SEQUENCE;
    const char *slash = strrchr(path, '/');
    const char *dot = strrchr(path, '.');
    struct search search = {.nodes =
                                is_list ? (const struct yaml_node *const *)source->items : &source,
                            .count = is_list ? source->count : source != NULL,
                            .path = path,
                            .file = slash ? slash + 1 : path,
                            .is_xml = dot && strcmp(dot, ".xml") == 0};
    enum outcome outcome = OUTCOME_OK;
    size_t index = 0;

    if (wanted)
        index = find_named(&search, bytes_of_text(wanted));
    else
        outcome = choose(&search, &index, err);
    if (outcome != OUTCOME_OK)
        return outcome;
    if (index >= search.count || !reads_files(search.nodes[index]))
        return refuse_wanted(&search, wanted ? wanted : search.file, err);
    *ret_source =
        (struct sample_source){search.nodes[index], search.file, !is_folder(search.nodes[index])};
    return OUTCOME_OK;
}
