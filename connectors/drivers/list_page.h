/* SPDX-License-Identifier: Apache-2.0
 *
 * One page of a list of theirs, as an answer holds it: JSON, a list at a path; or XML, each element
 * of a name. How its records are ordered, by the moment of change that each says.
 */
#ifndef RELAIS_CONNECTORS_DRIVERS_LIST_PAGE_H
#define RELAIS_CONNECTORS_DRIVERS_LIST_PAGE_H

#include "connectors/drivers/xml_form.h"
#include "connectors/mapping/mapping.h"

struct list_settings {
    const char *format;
    struct yaml_node *items;   /* JSON */
    struct yaml_node *element; /* XML  */
    struct xml_settings xml;
    struct yaml_node *pages; /* NULL: there is one page */
    struct yaml_node *changed;
};
#define LIST_FIELDS(owner)                                                                           \
    CONFIG_FIELD(owner, list.format, .key = "format", .fallback = "json", .choices = "json|xml",     \
                 .help = "Ce qu'est la réponse."),                                                   \
        CONFIG_FIELD(owner, list.items, .key = "items",                                              \
                     .help =                                                                         \
                         "json : chemin de la liste dans la réponse, par exemple $.resultats."),     \
        CONFIG_FIELD(owner, list.element, .key = "element",                                          \
                     .help = "xml : l'élément qui se répète, un enregistrement chacun : `rdv`, " \
                             "ou `rdvs/rdv`."),                                                      \
        XML_FIELDS(owner, list.xml),                                                                 \
        CONFIG_FIELD(owner, list.pages, .key = "pages",                                              \
                     .help = "Chemin du nombre de pages dans la réponse : $.pages, ou en XML "      \
                             "$.rdvs.@pages."),                                                      \
        CONFIG_FIELD(owner, list.changed, .key = "changed", .flags = CONFIG_REQUIRED,                \
                     .help = "Chemin de la date de changement dans un enregistrement, par "          \
                             "exemple $.dateModification.")

struct list_form;
/* Borrows the settings. REJECT: see `diagnostics`. */
MUST_USE enum outcome list_form_new(const struct list_settings *settings,
                                    struct diagnostics *diagnostics, struct list_form **ret_form,
                                    struct error *err);
void list_form_free(struct list_form *form);
DEFINE_CLEANUP(struct list_form, list_form_free)

struct list_item {
    struct bytes body;  /* JSON, or when broken what stands there */
    const char *defect; /* NULL; or why it cannot be read, without a value */
    const char *moment; /* of its change, as they write it; "": it says none */
};
struct list_page {
    struct list_item *items;
    size_t count;
    int64_t pages; /* that there are, by what it says; 0: it does not */
    /* It goes back in time: `count` is of the records that stand before all that follow. */
    bool unsorted;
};
/* All in `arena`, or pointing into `body`. REJECT: there is no such list in it. */
MUST_USE enum outcome list_page_read(const struct list_form *form, struct bytes body,
                                     struct arena *arena, struct list_page *ret_page,
                                     struct error *err);

#endif
