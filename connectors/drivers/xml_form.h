/* SPDX-License-Identifier: Apache-2.0
 *
 * How a source reads XML: its settings, checked, as the options of base/xml.h.
 */
#ifndef RELAIS_CONNECTORS_DRIVERS_XML_FORM_H
#define RELAIS_CONNECTORS_DRIVERS_XML_FORM_H

#include "base/config.h"
#include "base/xml.h"
#include "connectors/record.h"

struct xml_settings {
    struct yaml_node *namespaces; /* NULL: names stand alone */
    struct yaml_node *lists;
};
/* NOLINTBEGIN(bugprone-macro-parentheses): a member cannot stand in any */
#define XML_FIELDS(owner, member)                                                                     \
    CONFIG_FIELD(owner, member.lists, .key = "lists",                                                 \
                 .help = "xml : les noms des éléments qui peuvent se répéter : une liste, même " \
                         "quand il n'y en a qu'un."),                                                 \
        CONFIG_FIELD(owner, member.namespaces, .key = "namespaces",                                   \
                     .help = "xml : préfixe: adresse, de chaque espace de noms ; `xmlns` : sans "    \
                             "préfixe. Sans cette clé, les noms seuls comptent.")
/* NOLINTEND(bugprone-macro-parentheses) */

struct xml_form;
/* `element` as in struct xml_options, or NULL; borrows all of it. REJECT: see `diagnostics`. */
MUST_USE enum outcome xml_form_new(const struct xml_settings *settings,
                                   const struct yaml_node *element, struct diagnostics *diagnostics,
                                   struct xml_form **ret_form, struct error *err);
/* For another format, of which none of it is true. REJECT: see `diagnostics`. */
MUST_USE enum outcome xml_form_refuse(const struct xml_settings *settings,
                                      const struct yaml_node *element,
                                      struct diagnostics *diagnostics, struct error *err);
void xml_form_free(struct xml_form *form);
DEFINE_CLEANUP(struct xml_form, xml_form_free)

/* From now on a defect names the element that comes again: for its owner's eyes alone. */
void xml_form_name_repeated(struct xml_form *form);
/* Of a text or a `fill` that the caller sets in its copy. */
struct xml_options xml_form_options(const struct xml_form *form);
/* Unless NULL: makes JSON of a record's body, all of it one document. What is none stays as it
 * came, with its defect. */
void xml_form_read(const struct xml_form *form, struct arena *arena, struct record *record);
/* Appends what decides how a document is read. */
void xml_form_write(const struct xml_form *form, struct buffer *out);

#endif
