/* SPDX-License-Identifier: Apache-2.0 */
#include "directory/diff.h"

#include "schemas/events.h"

bool diff_next(struct diff_walk *walk, struct diff_pair *pair)
{
    for (;;) {
        bool more_published = walk->at_published < directory_entry_count(walk->published);
        bool more_files = walk->at_files < directory_entry_count(walk->files);
        int order;

        if (!more_published && !more_files)
            return false;
        pair->before =
            more_published ? directory_entry_at(walk->published, walk->at_published) : NULL;
        pair->after = more_files ? directory_entry_at(walk->files, walk->at_files) : NULL;
        if (more_published && more_files)
            order = directory_entry_compare(pair->before, pair->after);
        else
            order = more_published ? -1 : 1;
        walk->at_published += order <= 0;
        walk->at_files += order >= 0;
        if (order < 0)
            pair->after = NULL;
        else if (order > 0)
            pair->before = NULL;
        if (order != 0 || !record_equal(&directory_table, pair->before, pair->after))
            return true;
    }
}

static void append_changed_fields(const struct diff_pair *pair, struct buffer *out)
{
    const char *separator = ": ";

    for (const struct field *field = directory_table.fields; field->name; field++) {
        const struct field alone[] = {*field, {.name = NULL}};
        const struct record_table table = {directory_table.name, alone, directory_table.size,
                                           directory_table.doc};

        if (record_equal(&table, pair->before, pair->after))
            continue;
        buffer_append_text(out, separator);
        buffer_append_text(out, field->name);
        separator = ", ";
    }
}

void diff_write(const struct directory *published, const struct directory *files,
                struct buffer *out)
{
    struct diff_walk walk = {.published = published, .files = files};
    struct diff_pair pair;

    while (diff_next(&walk, &pair)) {
        const char *sign = !pair.before ? "+ " : !pair.after ? "- " : "~ ";

        buffer_append_text(out, sign);
        directory_entry_key(pair.after ? pair.after : pair.before, out);
        if (pair.before && pair.after)
            append_changed_fields(&pair, out);
        buffer_append_byte(out, '\n');
    }
}
