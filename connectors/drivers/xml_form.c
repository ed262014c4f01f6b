/* SPDX-License-Identifier: Apache-2.0 */
#include "connectors/drivers/xml_form.h"

#include <stdlib.h>

#define NAMES_MOST 64

struct xml_form {
    struct xml_namespace namespaces[NAMES_MOST];
    const char *lists[NAMES_MOST + 1];
    struct xml_options options;
};

struct compiling {
    struct xml_form *form;
    struct diagnostics *diagnostics;
    bool wrong;
};

static void mistake(struct compiling *c, const struct yaml_node *node, const char *expected,
                    const char *what)
{
    c->wrong = true;
    diagnostics_add(c->diagnostics, node->place, expected, "%s", what);
}

static void refuse_prefix(struct compiling *c, const struct yaml_node *node, struct bytes prefix)
{
    c->wrong = true;
    diagnostics_add(c->diagnostics, node->place,
                    "namespaces: { préfixe: adresse de l'espace de noms }",
                    "un préfixe que `namespaces` ne déclare pas : %.*s", BYTES_ARG(prefix));
}

static bool is_declared(const struct xml_form *form, struct bytes prefix)
{
    for (size_t i = 0; i < form->options.namespace_count; i++)
        if (bytes_equal_text(prefix, form->namespaces[i].prefix))
            return true;
    return bytes_equal_text(prefix, "xsi") || bytes_equal_text(prefix, "xml");
}

/* "{urn:x}rdv", as such a name stands: not without `namespaces`, nor with a prefix there. */
static bool is_spelled_out(const struct xml_form *form, struct bytes name)
{
    const uint8_t *end = memchr(name.data, '}', name.len);
    struct bytes uri = bytes_of(name.data + 1, end ? (size_t)(end - name.data) - 1 : name.len - 1);
    bool declared = false;

    for (size_t i = 0; i < form->options.namespace_count; i++)
        declared = declared || bytes_equal_text(uri, form->namespaces[i].uri);
    return end && end + 1 < name.data + name.len && form->options.namespace_count > 0 && !declared;
}

/* One name as paths have it: "rdv", "g:rdv", "{urn:x}rdv"; false after a mistake. */
static bool check_name(struct compiling *c, const struct yaml_node *node, struct bytes name)
{
    const uint8_t *colon = name.len > 0 ? memchr(name.data, ':', name.len) : NULL;
    struct bytes prefix = bytes_of(name.data, colon ? (size_t)(colon - name.data) : 0);
    bool good = false;

    if (name.len == 0 || name.data[0] == '$' || name.data[0] == '@' || name.data[0] == '.')
        mistake(c, node, "le nom de l'élément, sans $ ni point : rdv, ou g:rdv",
                "ce n'est pas le nom d'un élément");
    else if (name.data[0] == '{' && !is_spelled_out(c->form, name))
        mistake(c, node, "namespaces: { g: adresse }, et g:rdv",
                "une adresse entre { } que `namespaces` déclare, ou qui ne compte pas sans elle");
    else if (colon && name.data[0] != '{' && !is_declared(c->form, prefix))
        refuse_prefix(c, node, prefix);
    else
        good = true;
    return good;
}

static void compile_namespaces(struct compiling *c, const struct yaml_node *node)
{
    static const char expected[] = "namespaces: { g: \"http://…\" }, 64 au plus";

    c->form->options.namespaces = c->form->namespaces;
    if (node->kind != YAML_MAPPING || node->count > NAMES_MOST) {
        mistake(c, node, expected, "ce ne sont pas des espaces de noms");
        return;
    }
    for (size_t i = 0; i < node->count; i++) {
        struct xml_namespace *namespace = &c->form->namespaces[c->form->options.namespace_count++];

        namespace->prefix = yaml_text(node->keys[i]);
        namespace->uri = yaml_text(node->items[i]) ? yaml_text(node->items[i]) : "";
        if (namespace->prefix[0] == '\0' || namespace->uri[0] == '\0')
            mistake(c, node->items[i], expected, "un espace de noms sans préfixe ou sans adresse");
    }
}

static void compile_lists(struct compiling *c, const struct yaml_node *node)
{
    c->form->options.lists = c->form->lists;
    if (node->kind != YAML_SEQUENCE || node->count > NAMES_MOST) {
        mistake(c, node, "lists: [rdv, tel], 64 au plus", "`lists` n'est pas une liste de noms");
        return;
    }
    for (size_t i = 0; i < node->count; i++) {
        const char *name = yaml_text(node->items[i]);

        (void)check_name(c, node->items[i], bytes_of_text(name ? name : ""));
        c->form->lists[i] = name ? name : "";
    }
}

static void compile_element(struct compiling *c, const struct yaml_node *node)
{
    const char *at = yaml_text(node);

    c->form->options.element = at;
    if (!at || at[0] == '\0' || at[0] == '/' || at[0] == '$') {
        mistake(c, node, "le nom de l'élément qui se répète : rdv, ou export/rdvs/rdv",
                "`element` n'est pas le nom d'un élément");
        return;
    }
    while (at) {
        const char *uri_end = at[0] == '{' ? strchr(at, '}') : NULL; /* it has slashes itself */
        const char *name = uri_end ? uri_end : at;
        size_t len = (size_t)(name - at) + strcspn(name, "/");

        if (!check_name(c, node, bytes_of(at, len)))
            return;
        at = at[len] == '/' ? at + len + 1 : NULL;
    }
}

enum outcome xml_form_new(const struct xml_settings *settings, const struct yaml_node *element,
                          struct diagnostics *diagnostics, struct xml_form **ret_form,
                          struct error *err)
{
    CLEANUP(xml_form_freep) struct xml_form *form = xcalloc(1, sizeof(*form));
    struct compiling compiling = {.form = form, .diagnostics = diagnostics};

    if (settings->namespaces)
        compile_namespaces(&compiling, settings->namespaces);
    if (settings->lists)
        compile_lists(&compiling, settings->lists);
    if (element)
        compile_element(&compiling, element);
    if (compiling.wrong)
        return error_set(err, OUTCOME_REJECT, "le XML ne peut pas être lu ainsi");
    *ret_form = TAKE(form);
    return OUTCOME_OK;
}

enum outcome xml_form_refuse(const struct xml_settings *settings, const struct yaml_node *element,
                             struct diagnostics *diagnostics, struct error *err)
{
    const struct yaml_node *only = element           ? element
                                   : settings->lists ? settings->lists
                                                     : settings->namespaces;

    if (!only)
        return OUTCOME_OK;
    diagnostics_add(diagnostics, only->place, "format: xml",
                    "`element`, `lists` et `namespaces` disent comment lire du XML");
    return error_set(err, OUTCOME_REJECT, "des clés du XML sans `format: xml`");
}

void xml_form_free(struct xml_form *form)
{
    free(form);
}

void xml_form_name_repeated(struct xml_form *form)
{
    form->options.names_repeated = true;
}

struct xml_options xml_form_options(const struct xml_form *form)
{
    return form->options;
}

void xml_form_read(const struct xml_form *form, struct arena *arena, struct record *record)
{
    struct xml_options options;
    struct error why;

    if (!form)
        return;
    options = xml_form_options(form);
    options.record_most = RECORD_BODY_MOST;
    if (xml_to_json(&options, record->body, arena, &record->body, &why) != OUTCOME_OK)
        record->defect = arena_text(arena, bytes_of_text(why.text));
}

void xml_form_write(const struct xml_form *form, struct buffer *out)
{
    const struct xml_options *options = &form->options;

    buffer_printf(out, "%s\n", options->element ? options->element : "");
    for (size_t i = 0; i < options->namespace_count; i++)
        buffer_printf(out, "%s=%s\n", options->namespaces[i].prefix, options->namespaces[i].uri);
    for (size_t i = 0; options->lists && options->lists[i]; i++)
        buffer_printf(out, "%s\n", options->lists[i]);
}
