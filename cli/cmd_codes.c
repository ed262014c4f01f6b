/* SPDX-License-Identifier: Apache-2.0
 *
 * relais codes: the code lists that a field's format names, with source and dates.
 */
#include "base/diagnostics.h"
#include "cli/commands.h"
#include "directory/dates.h"
#include "schemas/code_lists.h"
#include "schemas/codes.h"
#include "schemas/communes.h"
#include "schemas/enums.h"

/* More communes than any postcode serves. */
#define MOST_OF_POSTCODE 64

struct settings {
    const char *list;
    const char *code;
    const char *at;
};

static const struct option options[] = {
    OPTION(struct settings, list, .name = "LISTE", .flags = OPTION_ARGUMENT,
           .help =
               "commune, postcode, region, departement, rome, motive… ; sans elle, les listes."),
    OPTION(struct settings, code, .name = "CODE", .flags = OPTION_ARGUMENT,
           .help = "Un seul code ; sans lui, toute la liste (des communes, la source seulement ; "
                   "`postcode` en veut un)."),
    OPTION(struct settings, at, .name = "at", .value = "JOUR",
           .help = "Ce qui valait ce jour (AAAA-MM-JJ) ; sans lui, ce qui vaut encore."),
    OPTION_END,
};

/* Enumerations of the schemas that people look for as lists. */
static const struct {
    const char *name;
    const struct enum_table *symbols;
    const char *source;
} enums[] = {
    {"referral_status", &enum_referral_status, "schéma Referral v1 ; docs/domain.md § B"},
    {"appointment_status", &enum_appointment_status, "schéma Appointment v1 ; docs/domain.md § C"},
    {"closure_outcome", &enum_closure_outcome, "schéma Closure v1 ; docs/domain.md § D"},
    {"modality", &enum_modality, "schéma Appointment v1 ; docs/domain.md § D"},
    {"motive", &enum_motive,
     "schéma Referral v1 ; docs/domain.md § 4.4 : aucune liste nationale n'a été trouvée"},
    {"referral_reason", &enum_referral_reason, "schéma Referral v1 ; docs/domain.md § D"},
    {"decline_reason", &enum_decline_reason, "schéma Referral v1 ; docs/domain.md § D"},
};
#define ENUM_COUNT (sizeof(enums) / sizeof(enums[0]))

#define MOST_NAMES 32
/* Ends with NULL. */
static void list_names(const char *names[MOST_NAMES])
{
    size_t count = 0;

    names[count++] = "commune";
    names[count++] = "postcode";
    for (size_t i = 0; code_lists[i] && count < MOST_NAMES - ENUM_COUNT - 2; i++)
        names[count++] = code_lists[i]->name;
    names[count++] = "rejection";
    for (size_t i = 0; i < ENUM_COUNT; i++)
        names[count++] = enums[i].name;
    names[count] = NULL;
}

static void put_dates(struct bytes from, struct bytes to, struct buffer *out)
{
    if (from.len > 0)
        buffer_printf(out, "  depuis le %.*s", BYTES_ARG(from));
    if (to.len > 0)
        buffer_printf(out, "  jusqu'au %.*s (exclu)", BYTES_ARG(to));
}

static void put_row(const struct code_row *row, struct buffer *out)
{
    buffer_printf(out, "%-5s %s", row->code, row->label);
    if (row->parent[0] != '\0')
        buffer_printf(out, "  → %s", row->parent);
    put_dates(bytes_of_text(row->valid_from), bytes_of_text(row->valid_to), out);
    buffer_append_byte(out, '\n');
}

static void put_list(const struct code_list *list, const char *code, struct bytes at,
                     struct buffer *out)
{
    if (!code)
        buffer_printf(out, "# %s\n", list->source);
    for (size_t i = 0; i < list->count; i++) {
        const struct code_row *row = &list->rows[i];
        bool wanted = code ? strcmp(code, row->code) == 0 && (!at.data || codes_row_holds(row, at))
                           : codes_row_holds(row, at);

        if (wanted)
            put_row(row, out);
    }
}

static void put_commune(struct bytes code, struct bytes at, struct buffer *out)
{
    static const char *const states[] = {[COMMUNE_CURRENT] = "commune",
                                         [COMMUNE_FORMER] = "ancienne commune",
                                         [COMMUNE_FUTURE] = "pas encore commune"};
    struct commune commune;
    enum commune_state state = communes_find(code, at, &commune);

    if (!code.data)
        buffer_append_bytes(out, communes_source());
    if (state == COMMUNE_UNKNOWN)
        return;
    buffer_printf(out, "%.*s %.*s  (%s, département %.*s", BYTES_ARG(code),
                  BYTES_ARG(commune.label), states[state], BYTES_ARG(commune.departement));
    if (commune.region.data)
        buffer_printf(out, ", région %.*s", BYTES_ARG(commune.region));
    buffer_append_byte(out, ')');
    if (commune.successor.data)
        buffer_printf(out, "  → %.*s", BYTES_ARG(commune.successor));
    put_dates(commune.valid_from, commune.valid_to, out);
    buffer_append_byte(out, '\n');
}

static void put_postcode(struct bytes postcode, struct bytes at, struct buffer *out)
{
    struct bytes codes[MOST_OF_POSTCODE];
    size_t count = communes_of_postcode(postcode, codes, MOST_OF_POSTCODE);

    for (size_t i = 0; i < count && i < MOST_OF_POSTCODE; i++)
        put_commune(codes[i], at, out);
}

static void put_enum(size_t which, const char *code, struct buffer *out)
{
    if (!code)
        buffer_printf(out, "# %s\n", enums[which].source);
    for (size_t i = 0; i < enums[which].symbols->count; i++)
        if (!code || strcmp(code, enums[which].symbols->symbols[i]) == 0)
            buffer_printf(out, "%s\n", enums[which].symbols->symbols[i]);
}

static void put_rejections(const char *code, struct buffer *out)
{
    for (const struct rejection_code *row = rejection_codes; row->code; row++)
        if (!code || strcmp(code, row->code) == 0)
            buffer_printf(out, "%-24s %s\n", row->code, row->meaning_fr);
}

/* Leaves `out` empty when there is no such list or code. */
static void put(const struct settings *settings, struct bytes at, struct buffer *out)
{
    struct bytes code = bytes_of_text(settings->code);

    if (strcmp(settings->list, "commune") == 0)
        put_commune(code, at, out);
    else if (strcmp(settings->list, "postcode") == 0)
        put_postcode(code, at, out);
    else if (strcmp(settings->list, "rejection") == 0)
        put_rejections(settings->code, out);
    for (size_t i = 0; code_lists[i]; i++)
        if (strcmp(settings->list, code_lists[i]->name) == 0)
            put_list(code_lists[i], settings->code, at, out);
    for (size_t i = 0; i < ENUM_COUNT; i++)
        if (strcmp(settings->list, enums[i].name) == 0)
            put_enum(i, settings->code, out);
}

/* A day that there is, and no hour. */
static bool is_day(const char *text)
{
    int64_t at;

    return strlen(text) == strlen("0000-00-00") && dates_parse(bytes_of_text(text), &at);
}

/* Said before anything is looked for. */
static enum outcome check(const struct settings *settings, const char *const *names,
                          struct error *err)
{
    const char *nearest;

    if (settings->at && !is_day(settings->at))
        return error_set(err, OUTCOME_REJECT, "option --at : « %s » n'est pas un jour AAAA-MM-JJ",
                         settings->at);
    if (!settings->list)
        return OUTCOME_OK;
    if (strcmp(settings->list, "postcode") == 0 && !settings->code)
        return error_set(err, OUTCOME_REJECT, "il manque l'argument CODE : un code postal");
    for (size_t i = 0; names[i]; i++)
        if (strcmp(settings->list, names[i]) == 0)
            return OUTCOME_OK;
    nearest = diagnostics_nearest(bytes_of_text(settings->list), names);
    return error_set(err, OUTCOME_REJECT,
                     "argument LISTE : « %s » inconnue%s%s%s ; `relais codes` "
                     "les montre toutes",
                     settings->list, nearest ? " ; peut-être " : "", nearest ? nearest : "",
                     nearest ? " ?" : "");
}

static enum cli_exit run(struct cli *cli, const void *opaque)
{
    const struct settings *settings = opaque;
    CLEANUP(buffer_deinit) struct buffer out = {0};
    const char *names[MOST_NAMES];
    struct error err;

    list_names(names);
    if (check(settings, names, &err) != OUTCOME_OK)
        return cli_misuse(cli, &err);
    if (settings->list)
        put(settings, bytes_of_text(settings->at), &out);
    for (size_t i = 0; !settings->list && names[i]; i++)
        buffer_printf(&out, "%s\n", names[i]);
    if (out.len == 0) {
        error_set(&err, OUTCOME_REJECT, "la liste %s n'a pas de code « %s »%s%s", settings->list,
                  settings->code ? settings->code : "", settings->at ? " le " : "",
                  settings->at ? settings->at : "");
        return cli_fail(cli, &err);
    }
    return cli_write(&out) ? CLI_OK : CLI_FAILURE;
}

const struct command cmd_codes = {
    .name = "codes",
    .summary =
        "montre les listes de codes (communes, régions, ROME…) et ce que vaut un code un jour",
    .examples = "relais codes\nrelais codes region\nrelais codes commune 01144 --at 2017-06-01\n"
                "relais codes postcode 57000",
    .options = options,
    .settings_size = sizeof(struct settings),
    .run = run,
};
