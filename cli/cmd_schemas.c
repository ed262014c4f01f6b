/* SPDX-License-Identifier: Apache-2.0
 *
 * relais schemas: the built-in set of Avro schemas, and what each field means.
 * relais schemas check: that it fits every version of itself that was ever in use.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <yyjson.h>

#include "cli/commands.h"
#include "schemas/schema_compat.h"
#include "schemas/wire.h"

struct settings {
    const char *record;
};

static const struct option options[] = {
    OPTION(struct settings, record, .name = "ENREGISTREMENT", .flags = OPTION_ARGUMENT,
           .help = "Referral, Appointment, Closure… : montre ses champs ; sans lui, la liste."),
    OPTION_END,
};

/* One object a line, the schema as text, as a registry answers. */
static void append_json(const struct wire_schema *schema, struct buffer *out)
{
    yyjson_mut_doc *doc = yyjson_mut_doc_new(NULL);
    yyjson_mut_val *root = yyjson_mut_obj(doc);
    char fingerprint[17];
    char *json;

    (void)snprintf(fingerprint, sizeof(fingerprint), "%016" PRIx64, schema->fingerprint);
    yyjson_mut_doc_set_root(doc, root);
    yyjson_mut_obj_add_str(doc, root, "subject", schema->subject);
    yyjson_mut_obj_add_uint(doc, root, "id", schema->id);
    yyjson_mut_obj_add_str(doc, root, "fingerprint", fingerprint);
    yyjson_mut_obj_add_strn(doc, root, "schema", (const char *)schema->text.data, schema->text.len);
    json = yyjson_mut_write(doc, 0, NULL);
    buffer_append_text(out, json ? json : "{}");
    buffer_append_byte(out, '\n');
    free(json);
    yyjson_mut_doc_free(doc);
}

static const char *type_name(enum field_type type)
{
    static const char *const names[] = {
        [FIELD_STRING] = "texte",          [FIELD_BYTES] = "octets", [FIELD_UUID] = "uuid",
        [FIELD_BOOL] = "oui/non",          [FIELD_INT] = "entier",   [FIELD_LONG] = "entier long",
        [FIELD_TIME] = "instant (µs UTC)", [FIELD_DATE] = "jour",    [FIELD_ENUM] = "code",
        [FIELD_RECORD] = "enregistrement", [FIELD_ARRAY] = "liste",
    };

    return names[type];
}

static void append_fields(const struct record_table *table, struct buffer *out)
{
    buffer_printf(out, "%s : %s\n\n", table->name, table->doc);
    for (const struct field *field = table->fields; field->name; field++) {
        buffer_printf(out, "%s (%s", field->name, type_name(field->type));
        if (field->type == FIELD_ARRAY)
            buffer_printf(out, " de %s", type_name(field->item));
        if (field->format)
            buffer_printf(out, ", %s", field->format);
        buffer_append_text(out, field->flags & FIELD_REQUIRED ? ", obligatoire" : "");
        buffer_append_text(out, field->flags & FIELD_PERSONAL ? ", personnel" : "");
        buffer_append_text(out, field->flags & FIELD_RUNTIME ? ", mis par Relais" : "");
        buffer_printf(out, ")\n    %s\n", field->doc);
        for (size_t i = 0; field->symbols && i < field->symbols->count; i++)
            buffer_printf(out, "%s%s", i == 0 ? "    " : " ", field->symbols->symbols[i]);
        if (field->symbols)
            buffer_append_byte(out, '\n');
    }
}

static enum cli_exit run(struct cli *cli, const void *opaque)
{
    const struct settings *settings = opaque;
    CLEANUP(wire_freep) struct wire *wire = wire_new();
    CLEANUP(buffer_deinit) struct buffer out = {0};
    struct error err;

    for (size_t i = 0; i < wire_schema_count(wire); i++) {
        struct wire_schema schema = wire_schema_at(wire, i);

        if (settings->record && strcmp(settings->record, schema.table->name) != 0)
            continue;
        if (cli->json)
            append_json(&schema, &out);
        else if (settings->record)
            append_fields(schema.table, &out);
        else
            buffer_printf(&out, "%-24s %10u  %016" PRIx64 "  %s\n", schema.subject, schema.id,
                          schema.fingerprint, schema.table->doc);
    }
    if (out.len == 0) {
        error_set(&err, OUTCOME_REJECT, "pas d'enregistrement « %s »",
                  settings->record ? settings->record : "");
        return cli_fail(cli, &err);
    }
    return cli_write(&out) ? CLI_OK : CLI_FAILURE;
}

const struct command cmd_schemas = {
    .name = "schemas",
    .summary = "montre les schémas Avro intégrés et le sens de leurs champs",
    .examples = "relais schemas\nrelais schemas Referral\nrelais schemas --json",
    .uses = CLI_JSON,
    .options = options,
    .settings_size = sizeof(struct settings),
    .run = run,
};

/* ---- check --------------------------------------------------------------------------- */

/* Appends a line a recorded version; the number of those that do not fit. */
static size_t check_one(const struct schema_text *now, struct buffer *out)
{
    struct bytes newest = BYTES_NONE;
    size_t broken = 0;

    for (size_t i = 0; i < schema_history_count; i++) {
        const struct schema_version *recorded = &schema_history[i];
        struct error err;

        if (recorded->table != now->table)
            continue;
        newest = recorded->text;
        if (schema_compat_recorded(now, recorded, &err) == OUTCOME_OK) {
            buffer_printf(out, "relais.%s : version %d compatible dans les deux sens\n",
                          now->table->name, recorded->version);
            continue;
        }
        buffer_printf(out, "relais.%s : %s\n", now->table->name, err.text);
        broken++;
    }
    if (bytes_equal(newest, now->text))
        return broken;
    buffer_printf(out, "relais.%s : le schéma n'est pas dans schemas/history\n", now->table->name);
    return broken + 1;
}

static enum cli_exit run_check(struct cli *cli, const void *settings)
{
    CLEANUP(buffer_deinit) struct buffer out = {0};
    size_t broken = 0;

    (void)cli;
    (void)settings;
    for (size_t i = 0; i < schema_text_count; i++)
        broken += check_one(&schema_texts[i], &out);
    return cli_write(&out) && broken == 0 ? CLI_OK : CLI_FAILURE;
}

const struct command cmd_schemas_check = {
    .name = "schemas check",
    .summary = "prouve que les schémas s'accordent avec toutes leurs versions",
    .description =
        "Compare chaque schéma à chaque version déjà utilisée (schemas/history), dans les deux\n"
        "sens (FULL_TRANSITIVE) : ce qui fut écrit reste lisible, et une version plus ancienne\n"
        "lit ce qui est écrit aujourd'hui. Sans réseau.",
    .examples = "relais schemas check",
    .run = run_check,
};
