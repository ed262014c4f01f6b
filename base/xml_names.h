/* SPDX-License-Identifier: Apache-2.0
 *
 * For xml.c: the names of a document, as paths have them, and those of the elements that are open.
 */
#ifndef RELAIS_BASE_XML_NAMES_H
#define RELAIS_BASE_XML_NAMES_H

#include "base/xml.h"

/* Between a namespace and its name, as Expat gives them: no XML holds it. */
#define XML_NAMES_SEPARATOR '\x1F'

struct xml_names {
    const struct xml_namespace *namespaces;
    size_t namespace_count;
    uint64_t *seen; /* hashes; 0: free */
    size_t seen_count;
    struct buffer open; /* each name ended by NUL */
    size_t starts[XML_DEPTH_MOST];
    size_t depth;
    bool saw_other;     /* an element that is none of a path's, below the root */
    struct buffer akin; /* the first of them of its name but for the namespace, or empty */
};

void xml_names_init(struct xml_names *names, const struct xml_options *options);
void xml_names_deinit(struct xml_names *names);

/* Counts a name, `raw` as Expat gives it. NULL, or why there are too many. */
const char *xml_names_note(struct xml_names *names, const char *raw);
/* Appends it as paths have it. */
void xml_names_write(const struct xml_names *names, const char *raw, struct buffer *out);
/* True for that name of XMLSchema-instance. */
bool xml_names_is_instance(const char *raw, const char *name);

/* An element begins: NULL, or why it is one too many. */
const char *xml_names_push(struct xml_names *names, const char *raw);
void xml_names_pop(struct xml_names *names);
/* From 0, the root; valid until the next push. */
const char *xml_names_at(const struct xml_names *names, size_t depth);
/* Appends the open ones from that depth on, as a mapping's path has them; an element of one of
 * `lists` (NULL at the end; or NULL) is any of its list: "$.g:contacts.tel[*].type". */
void xml_names_write_path(const struct xml_names *names, size_t depth, const char *const *lists,
                          struct buffer *out);
/* Where the last name of "export/{http://a/b}rdv" begins; 0: it is the only one. */
size_t xml_names_last(struct bytes path);
/* The innermost open element is none of the path's. */
void xml_names_pass(struct xml_names *names, struct bytes path);
/* REJECT: the document has none of the path's elements; what there is instead. */
MUST_USE enum outcome xml_names_refuse(const struct xml_names *names, const char *path,
                                       struct error *err);
/* True when the open elements end with those of a path such as "export/rdv". */
bool xml_names_end_with(const struct xml_names *names, struct bytes path);

#endif
