/* SPDX-License-Identifier: Apache-2.0
 *
 * For xml.c: one record in the making, from the beginning of its element to its end. What returns
 * a text says why the record is broken (NULL: it is not); then it goes no further.
 */
#ifndef RELAIS_BASE_XML_TREE_H
#define RELAIS_BASE_XML_TREE_H

#include "base/xml.h"

struct xml_tree;
/* `lists`, which are borrowed, and `first_only` are those of the options. */
struct xml_tree *xml_tree_new(const struct xml_options *options);
void xml_tree_free(struct xml_tree *tree);

/* Forgets what there was. */
void xml_tree_begin(struct xml_tree *tree);
const char *xml_tree_open(struct xml_tree *tree, const char *name);
/* What it says of an element that comes again, of which there is no list. */
extern const char xml_tree_repeated[];
/* Of the element just opened; the name with its @. */
const char *xml_tree_attribute(struct xml_tree *tree, struct bytes name, const char *value);
void xml_tree_say_nil(struct xml_tree *tree);
void xml_tree_text(struct xml_tree *tree, const char *text, size_t len);
/* The element ends; it is a child of the one around it, if there is one. */
const char *xml_tree_close(struct xml_tree *tree, const char *name);

/* The record, closed, as JSON: its element alone, or in an object under `name`. BYTES_NONE: a
 * text that JSON does not have. */
struct bytes xml_tree_write(struct xml_tree *tree, const char *name, struct arena *arena);

#endif
