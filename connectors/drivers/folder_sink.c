/* SPDX-License-Identifier: Apache-2.0
 *
 * Rows of deliveries into files for another system: CSV or JSON lines, made in a work folder
 * and moved to where they are taken when they are full or old (journals.h). The class of a
 * delivery is "once": a repeated one is known by its idempotency key.
 */
#include "connectors/drivers/drivers.h"
#include "connectors/drivers/journals.h"
#include "connectors/drivers/rows.h"

struct folder_sink {
    struct connector connector;
    const char *path;
    const char *format;
    const char *delimiter;
    const char *encoding;
    const char *unfit;
    const char *line_end;
    bool header;
    bool bom;
    bool guard;
    int64_t most_rows;
    int64_t close_after_s;

    struct charset *charset;
    struct journals_settings settings;
    struct journals *journals;
    struct metric *replaced;
};

static const struct config_field folder_sink_fields[] = {
    DRIVER_TYPE(struct folder_sink, "folder"),
    CONFIG_FIELD(
        struct folder_sink, path, .key = "path", .flags = CONFIG_REQUIRED,
        .help = "Le dossier où les fichiers paraissent ; .relais/ y appartient au connecteur."),
    CONFIG_FIELD(struct folder_sink, format, .key = "format", .fallback = "csv",
                 .choices = "csv|json_lines", .help = "Ce qu'est une ligne."),
    CONFIG_FIELD(struct folder_sink, delimiter, .key = "delimiter", .fallback = ";",
                 .help = "csv : entre deux cellules : un caractère, ou `tab`."),
    CONFIG_FIELD(struct folder_sink, encoding, .key = "encoding", .fallback = "utf-8",
                 .choices = CHARSET_CHOICES, .help = "csv : celui de tout le fichier."),
    CONFIG_FIELD(struct folder_sink, unfit, .key = "unfit", .fallback = "replace",
                 .choices = "replace|reject",
                 .help = "Un caractère que `encoding` n'a pas : un ? à sa place, compté ; ou "
                         "l'événement est rejeté."),
    CONFIG_FIELD(struct folder_sink, line_end, .key = "line_end", .fallback = "crlf",
                 .choices = "crlf|lf", .help = "csv : ce qui finit une ligne."),
    CONFIG_FIELD(struct folder_sink, header, .key = "header", .fallback = "true",
                 .help = "csv : la première ligne nomme les colonnes."),
    CONFIG_FIELD(struct folder_sink, bom, .key = "bom", .fallback = "false",
                 .help =
                     "csv en utf-8 : commence par une marque d'ordre (BOM), comme Excel le veut."),
    CONFIG_FIELD(struct folder_sink, guard, .key = "guard_formulas", .fallback = "true",
                 .help = "csv : une cellule qu'un tableur prendrait pour une formule commence par "
                         "une apostrophe."),
    CONFIG_FIELD(struct folder_sink, most_rows, .key = "most_rows", .fallback = "500", .min = 1,
                 .max = 10000, .help = "Lignes après lesquelles un fichier est clos."),
    CONFIG_FIELD(struct folder_sink, close_after_s, .key = "close_after_s", .fallback = "60",
                 .min = 1, .max = 86400,
                 .help = "Âge auquel un fichier est clos, en secondes depuis sa première ligne."),
    CONFIG_END,
};

static enum outcome folder_sink_configure(struct connector *connector,
                                          struct diagnostics *diagnostics, struct error *err)
{
    struct folder_sink *self = (struct folder_sink *)connector;
    const struct connector_context *context = connector->context;
    CLEANUP(buffer_deinit) struct buffer labels = {0};
    bool csv = strcmp(self->format, "csv") == 0;

    (void)diagnostics;
    self->charset = charset_new(self->encoding);
    if (!self->charset)
        return error_set(err, OUTCOME_FATAL, "this system's iconv lacks %s", self->encoding);
    self->settings =
        (struct journals_settings){.path = self->path,
                                   .csv = csv,
                                   .dialect = {.delimiter = rows_delimiter(self->delimiter),
                                               .charset = self->charset,
                                               .guard = self->guard,
                                               .crlf = strcmp(self->line_end, "crlf") == 0},
                                   .header = self->header,
                                   .bom = self->bom,
                                   .most_rows = self->most_rows,
                                   .close_after_s = self->close_after_s};
    if (!self->settings.dialect.delimiter)
        return error_set(err, OUTCOME_REJECT, "`delimiter` est un caractère, ou tab");
    if ((self->bom || !csv) && strcmp(self->encoding, "utf-8") != 0)
        return error_set(err, OUTCOME_REJECT, "%s ne va qu'avec utf-8",
                         csv ? "`bom`" : "json_lines");
    self->journals = journals_new(&self->settings, context->clock);
    buffer_printf(&labels, "op=\"%s\"", context->operator_code);
    if (context->metrics)
        self->replaced =
            metrics_counter(context->metrics, "relais_folder_unfit_characters_total",
                            buffer_text(&labels), "Characters written as ? for want of better.");
    return OUTCOME_OK;
}

static enum outcome folder_sink_open(struct connector *connector, struct error *err)
{
    return journals_open(((struct folder_sink *)connector)->journals, err);
}

/* Event and step: the same for every try of this row. */
static struct bytes key_of(const struct delivery_call *call, struct arena *arena)
{
    for (size_t i = 0; i < call->header_count; i++)
        if (strcmp(call->headers[i].name, "Idempotency-Key") == 0)
            return bytes_of_text(
                arena_printf(arena, "%s\x1f%s", call->headers[i].value, call->name));
    return BYTES_NONE;
}

static enum outcome folder_sink_call(struct connector *connector, const struct delivery_call *call,
                                     struct arena *arena, struct http_response *ret_response,
                                     bool *ret_maybe_done, struct error *err)
{
    struct folder_sink *self = (struct folder_sink *)connector;
    struct bytes key = key_of(call, arena);
    size_t unfit = 0;
    enum outcome outcome;

    *ret_maybe_done = false;
    if (strcmp(call->method, "WRITE") != 0 || !key.data || !call->body.data)
        return error_set(err, OUTCOME_REJECT, "un dossier veut `write` et `columns`");
    unfit = journals_unfit(self->journals, call->body);
    if (unfit > 0 && unfit != SIZE_MAX && strcmp(self->unfit, "reject") == 0)
        return error_set(err, OUTCOME_REJECT, "%zu caractères que %s n'a pas (unfit: reject)",
                         unfit, self->encoding);
    outcome = journals_write(self->journals, call->path, key, call->body, err);
    if (outcome != OUTCOME_OK)
        return outcome;
    if (self->replaced && unfit > 0)
        metric_add(self->replaced, (int64_t)unfit);
    *ret_response = (struct http_response){
        .status = 200, .content_type = "application/json", .body = BYTES_LITERAL("{}")};
    return OUTCOME_OK;
}

static enum outcome folder_sink_tend(struct connector *connector, struct error *err)
{
    return journals_tend(((struct folder_sink *)connector)->journals, err);
}

/* Nothing here waits. */
static void folder_sink_interrupt(struct connector *connector)
{
    (void)connector;
}

static void folder_sink_close(struct connector *connector)
{
    struct folder_sink *self = (struct folder_sink *)connector;

    journals_free(self->journals);
    charset_free(self->charset);
}

const struct connector_ops folder_sink = {
    .name = "folder",
    .role = CONNECTOR_SINK,
    .takes = CALL_ROW,
    .size = sizeof(struct folder_sink),
    .fields = folder_sink_fields,
    .configure = folder_sink_configure,
    .open = folder_sink_open,
    .call = folder_sink_call,
    .tend = folder_sink_tend,
    .interrupt = folder_sink_interrupt,
    .close = folder_sink_close,
};
