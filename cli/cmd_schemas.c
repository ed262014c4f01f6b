/* SPDX-License-Identifier: Apache-2.0
 *
 * relais schemas: the built-in set of Avro schemas, and what each field means.
 * relais schemas register: puts it into a registry.
 * relais schemas check: that it fits every version of itself that was ever in use.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <yyjson.h>

#include "base/json.h"
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
    yyjson_mut_doc *doc = json_new();
    yyjson_mut_val *root = yyjson_mut_obj(doc);
    char fingerprint[17];
    char *json;

    (void)snprintf(fingerprint, sizeof(fingerprint), "%016" PRIx64, schema->fingerprint);
    yyjson_mut_doc_set_root(doc, root);
    yyjson_mut_obj_add_str(doc, root, "subject", schema->subject);
    if (schema->id != 0) {
        yyjson_mut_obj_add_uint(doc, root, "id", schema->id);
        yyjson_mut_obj_add_int(doc, root, "version", schema->version);
    }
    yyjson_mut_obj_add_str(doc, root, "fingerprint", fingerprint);
    yyjson_mut_obj_add_strn(doc, root, "schema", (const char *)schema->text.data, schema->text.len);
    json = json_write(doc, NULL);
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

static void append_line(const struct wire_schema *schema, struct buffer *out)
{
    buffer_printf(out, "%-20s ", schema->subject);
    if (schema->id != 0)
        buffer_printf(out, "%10u  v%-3d", schema->id, schema->version);
    else
        buffer_printf(out, "%10s  %-4s", "absent", "");
    buffer_printf(out, " %016" PRIx64 "  %s\n", schema->fingerprint, schema->table->doc);
}

/* With a registry: its id and version; 0 when it does not have the schema. */
static bool find(const struct cli *cli, struct wire_schema *schema, struct error *err)
{
    struct registry_place place = {0};
    enum outcome outcome = OUTCOME_REJECT;

    if (!cli->registry)
        return true;
    outcome = registry_find(cli->registry, schema->subject, schema->text, &place, err);
    schema->id = place.id;
    schema->version = place.version;
    return outcome == OUTCOME_OK || outcome == OUTCOME_REJECT;
}

static enum cli_exit run(struct cli *cli, const void *opaque)
{
    const struct settings *settings = opaque;
    CLEANUP(wire_freep) struct wire *wire = cli_wire(cli);
    CLEANUP(buffer_deinit) struct buffer out = {0};
    struct error err;

    for (size_t i = 0; i < wire_schema_count(wire); i++) {
        struct wire_schema schema = wire_schema_at(wire, i);

        if (settings->record && strcmp(settings->record, schema.table->name) != 0)
            continue;
        if (!settings->record && !find(cli, &schema, &err))
            return cli_fail(cli, &err);
        if (cli->json)
            append_json(&schema, &out);
        else if (settings->record)
            append_fields(schema.table, &out);
        else
            append_line(&schema, &out);
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
    .description = "Sujet, identifiant, version, empreinte ; avec --registry, l'identifiant et la\n"
                   "version du registre. Avec --json, le texte du schéma aussi.",
    .examples = "relais schemas\nrelais schemas Referral\nrelais schemas --json\n"
                "relais schemas --registry http://localhost:8081",
    .uses = CLI_JSON | CLI_REGISTRY,
    .options = options,
    .settings_size = sizeof(struct settings),
    .run = run,
};

/* ---- register ------------------------------------------------------------------------ */

static enum cli_exit run_register(struct cli *cli, const void *opaque)
{
    CLEANUP(wire_freep) struct wire *wire = cli_wire(cli);
    CLEANUP(buffer_deinit) struct buffer out = {0};
    struct error err;

    (void)opaque;
    if (!cli->registry) {
        error_set(&err, OUTCOME_REJECT,
                  "il manque l'option --registry (ou la variable RELAIS_REGISTRY)");
        return cli_misuse(cli, &err);
    }
    for (size_t i = 0; i < wire_schema_count(wire); i++) {
        struct wire_schema schema = wire_schema_at(wire, i);
        uint32_t id = 0;

        if (registry_register(cli->registry, schema.subject, schema.text, &id, &err) != OUTCOME_OK)
            return cli_fail(cli, &err);
        buffer_printf(&out, "%-20s %10u\n", schema.subject, id);
    }
    return cli_write(&out) ? CLI_OK : CLI_FAILURE;
}

const struct command cmd_schemas_register = {
    .name = "schemas register",
    .summary = "enregistre tous les schémas dans un registre",
    .description = "Pour qui ne laisse pas les processus enregistrer eux-mêmes\n"
                   "(--registry-read-only, ou des droits limités). Redit, il ne change rien.",
    .examples =
        "relais schemas register --registry https://registre:8081 --registry-user admin \\\n"
        "    --registry-secret-file /run/secrets/registre",
    .uses = CLI_REGISTRY,
    .run = run_register,
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
