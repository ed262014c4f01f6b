/* SPDX-License-Identifier: Apache-2.0 */
#include "connectors/mapping/document.h"

#include "connectors/mapping/functions.h"
#include "connectors/mapping/zones.h"

/* In a table cell a bar must be escaped. */
static void write_cell(const char *text, struct buffer *out)
{
    for (; *text; text++) {
        if (*text == '|')
            buffer_append_byte(out, '\\');
        buffer_append_byte(out, (uint8_t)*text);
    }
}

static void write_roots(const struct paths_root *roots, struct buffer *out)
{
    for (; roots->word; roots++)
        buffer_printf(out, "| `%s` | %s | %s |\n", roots->word,
                      roots->scopes & SCOPE_RECORD     ? "`records`"
                      : roots->scopes & SCOPE_DELIVERY ? "`deliver`"
                                                       : "`answers`, `remember`",
                      roots->doc);
}

static void write_functions(struct buffer *out)
{
    buffer_append_text(out, "### Fonctions\n\n| Écriture | Sens |\n|---|---|\n");
    for (size_t i = 0; functions_at(i); i++) {
        buffer_append_text(out, "| `");
        write_cell(functions_at(i)->usage, out);
        buffer_printf(out, "` | %s |\n", functions_at(i)->doc);
    }
}

static const char *type_of(const struct field *field)
{
    switch ((int)field->type) {
    case FIELD_BOOL:
        return "vrai ou faux";
    case FIELD_INT:
    case FIELD_LONG:
        return "entier";
    case FIELD_TIME:
        return "instant";
    case FIELD_DATE:
        return "jour";
    case FIELD_ENUM:
        return "code";
    case FIELD_ARRAY:
        return field->symbols ? "liste de codes" : "liste";
    case FIELD_RECORD:
        return "identifiant chez eux";
    default:
        return field->format ? field->format : "texte";
    }
}

static void write_targets(const struct record_table *table, const char *title, struct buffer *out)
{
    buffer_printf(out, "\n### Champs de %s\n\n| Champ | Type | Codes |\n|---|---|---|\n", title);
    for (const struct field *field = table->fields; field->name; field++) {
        if (field->flags & FIELD_RUNTIME)
            continue;
        buffer_printf(out, "| `%s` | %s |", field->name, type_of(field));
        for (size_t i = 0; field->symbols && i < field->symbols->count; i++)
            buffer_printf(out, " %s", field->symbols->symbols[i]);
        buffer_append_text(out, " |\n");
    }
}

void document_write(struct buffer *out)
{
    buffer_append_text(out,
                       "### Ce qu'une expression peut lire\n\n| Mot | Où | Sens |\n|---|---|---|\n"
                       "| `$` | `records`, `answers`, `remember` | L'enregistrement ; dans une "
                       "réponse, son corps. |\n"
                       "| `.` ou `@` | `records` | L'élément de `each`. |\n");
    write_roots(paths_roots(), out);
    write_roots(paths_words(), out);
    buffer_append_text(out, "\n");
    write_functions(out);
    buffer_append_text(out, "\n### Zones\n\n");
    for (const char *const *name = zones_names(); *name; name++)
        buffer_printf(out, "%s`%s`", name == zones_names() ? "" : ", ", *name);
    buffer_append_text(out, "\n");
    write_targets(&referral_table, "`referral`", out);
    write_targets(&appointment_table, "`appointment`", out);
    write_targets(&closure_table, "`closure`", out);
    write_targets(&contact_table, "`contact`", out);
}
