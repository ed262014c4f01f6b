/* SPDX-License-Identifier: Apache-2.0 */
#include "connectors/drivers/rows_form.h"

#include <stdlib.h>

void rows_form_free_names(char **names, size_t count)
{
    for (size_t i = 0; i < count; i++)
        free(names[i]);
    free(names);
}

/* Neither empty nor there twice: a row is an object with one member a column. */
enum outcome rows_form_check_names(char *const *names, size_t count, struct error *err)
{
    for (size_t i = 0; i < count; i++) {
        if (names[i][0] == '\0')
            return error_set(err, OUTCOME_REJECT, "la colonne %zu n'a pas de titre", i + 1);
        for (size_t j = 0; j < i; j++)
            if (strcmp(names[i], names[j]) == 0)
                return error_set(err, OUTCOME_REJECT, "les colonnes %zu et %zu ont le même titre",
                                 j + 1, i + 1);
    }
    return count > 0 ? OUTCOME_OK : error_set(err, OUTCOME_REJECT, "aucune colonne");
}

static enum outcome read_columns(struct rows_form *form, const struct yaml_node *node,
                                 struct diagnostics *diagnostics, struct error *err)
{
    enum outcome outcome = node->kind == YAML_SEQUENCE
                               ? OUTCOME_OK
                               : error_set(err, OUTCOME_REJECT, "`columns` n'est pas une liste");

    form->columns = xcalloc(node->count + 1, sizeof(*form->columns));
    for (size_t i = 0; i < node->count && outcome == OUTCOME_OK; i++) {
        struct bytes text = node->items[i]->text;

        form->columns[form->column_count++] = bytes_dup_text(text.data ? text : BYTES_LITERAL(""));
    }
    if (outcome == OUTCOME_OK)
        outcome = rows_form_check_names(form->columns, form->column_count, err);
    if (outcome != OUTCOME_OK)
        diagnostics_add(diagnostics, node->place, "columns: [Nom, Prénom, …]", "%s", err->text);
    return outcome;
}

static enum outcome read_optional(struct rows_form *form, const struct yaml_node *node,
                                  struct diagnostics *diagnostics, struct error *err)
{
    size_t count = node && node->kind == YAML_SEQUENCE ? node->count : 0;
    bool good = !node || (node->kind == YAML_SEQUENCE && form->kind == ROWS_CSV);

    form->optional = xcalloc(count + 1, sizeof(*form->optional));
    for (size_t i = 0; i < count && good; i++) {
        good = node->items[i]->text.len > 0;
        form->optional[i] = (const char *)node->items[i]->text.data;
    }
    if (good)
        return OUTCOME_OK;
    diagnostics_add(diagnostics, node->place, "optional_columns: [Remarque, …]",
                    "ce ne sont pas des colonnes d'un fichier CSV");
    return error_set(err, OUTCOME_REJECT, "`optional_columns` nomme des colonnes d'un fichier CSV");
}

/* What is of XML only, and what it needs. */
static enum outcome check_kind(struct rows_form *form, const struct rows_settings *settings,
                               struct diagnostics *diagnostics, struct error *err)
{
    return form->kind == ROWS_XML
               ? xml_form_new(&settings->xml, settings->element, diagnostics, &form->xml, err)
               : xml_form_refuse(&settings->xml, settings->element, diagnostics, err);
}

enum outcome rows_form_new(const struct rows_settings *settings, struct diagnostics *diagnostics,
                           struct rows_form **ret_form, struct error *err)
{
    CLEANUP(rows_form_freep) struct rows_form *form = xcalloc(1, sizeof(*form));
    struct error own;

    form->kind = strcmp(settings->format, "csv") == 0   ? ROWS_CSV
                 : strcmp(settings->format, "xml") == 0 ? ROWS_XML
                                                        : ROWS_JSON_LINES;
    form->delimiter = rows_delimiter(settings->delimiter);
    form->utf8 = charset_new("utf-8");
    form->charset = charset_new(settings->encoding);
    if (settings->fallback_encoding)
        form->fallback = charset_new(settings->fallback_encoding);
    if (!form->charset || (settings->fallback_encoding && !form->fallback))
        return error_set(err, OUTCOME_FATAL, "this system's iconv lacks a charset");
    if (!form->delimiter)
        return error_set(err, OUTCOME_REJECT, "`delimiter` est un caractère, ou tab");
    if (settings->columns &&
        read_columns(form, settings->columns, diagnostics, err ? err : &own) != OUTCOME_OK)
        return OUTCOME_REJECT;
    if (read_optional(form, settings->optional_columns, diagnostics, err) != OUTCOME_OK)
        return OUTCOME_REJECT;
    if (check_kind(form, settings, diagnostics, err) != OUTCOME_OK)
        return OUTCOME_REJECT;
    *ret_form = TAKE(form);
    return OUTCOME_OK;
}

/* As yaml_get(), for those who keep it. */
static struct yaml_node *part_of(const struct yaml_node *node, const char *key)
{
    for (size_t i = 0; i < node->count; i++)
        if (bytes_equal_text(node->keys[i]->text, key))
            return node->items[i];
    return NULL;
}

enum outcome rows_form_of(const struct yaml_node *source, struct diagnostics *diagnostics,
                          struct rows_form **ret_form, struct error *err)
{
    struct rows_settings settings = {.format = yaml_get_text(source, "format", "csv"),
                                     .delimiter = yaml_get_text(source, "delimiter", ";"),
                                     .encoding = yaml_get_text(source, "encoding", "utf-8"),
                                     .fallback_encoding =
                                         yaml_get_text(source, "fallback_encoding", NULL)};

    settings.columns = part_of(source, "columns");
    settings.optional_columns = part_of(source, "optional_columns");
    settings.element = part_of(source, "element");
    settings.xml.lists = part_of(source, "lists");
    settings.xml.namespaces = part_of(source, "namespaces");
    if (rows_form_new(&settings, diagnostics, ret_form, err) != OUTCOME_OK)
        return OUTCOME_REJECT;
    if ((*ret_form)->xml)
        xml_form_name_repeated((*ret_form)->xml);
    return OUTCOME_OK;
}

enum rows_kind rows_form_kind(const struct rows_form *form)
{
    return form->kind;
}

void rows_form_free(struct rows_form *form)
{
    if (!form)
        return;
    xml_form_free(form->xml);
    free(form->optional);
    charset_free(form->utf8);
    charset_free(form->charset);
    charset_free(form->fallback);
    rows_form_free_names(form->columns, form->column_count);
    free(form);
}
