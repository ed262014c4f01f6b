/* SPDX-License-Identifier: Apache-2.0
 *
 * Files that another system drops into a folder: each row a record. One file at a time, in the
 * order of names; the next one begins when every row of the one before is acknowledged and it
 * has been moved away (intake.h).
 *
 * Restart in the middle of a file: the cursor in the state topic holds the digest of the file
 * and the number of the last row that was acknowledged. The same content goes on behind that row,
 * whatever its name; any other content begins at its first row. Rows that were durable but
 * not acknowledged come again, with the same ids: the mapping gives the same event, and the
 * broker takes an event once.
 *
 * A full extract (`extract: full`) needs no cursor: extract.h.
 */
#include "connectors/drivers/drivers.h"

#include <stdlib.h>

#include "connectors/drivers/reading.h"
#include "connectors/memory/pack.h"

#define KEYS_MOST 8
/* While rows of a file that was read to its end are not acknowledged yet. */
#define TAIL_MS 50

struct folder_source {
    struct connector connector;
    struct intake_settings intake_settings;
    struct rows_settings rows;
    int64_t poll_ms;
    const char *extract_mode;
    struct yaml_node *key;
    int64_t most_lost_percent;
    int64_t most_rows;

    struct rows_form *form;
    struct intake *intake;
    const char *keys[KEYS_MOST];
    size_t key_count;
    struct extract *extract; /* NULL: no full extract */
    struct waiter *waiter;
    struct reading_settings settings;
    struct metric *files[3]; /* by intake_end */
    int64_t next_ms;         /* monotonic: the next look */
    struct intake_file file; /* being read; name NULL: none */
    struct reading *reading; /* of it, or NULL */
};

static const struct config_field folder_source_fields[] = {
    DRIVER_TYPE(struct folder_source, "folder"),
    CONFIG_FIELD(struct folder_source, intake_settings.path, .key = "path",
                 .flags = CONFIG_REQUIRED,
                 .help = "Le dossier ; done/, rejected/, held/ et released/ y sont créés."),
    CONFIG_FIELD(struct folder_source, intake_settings.pattern, .key = "pattern", .fallback = "*",
                 .help = "Noms des fichiers, avec * et ?."),
    CONFIG_FIELD(struct folder_source, intake_settings.marker, .key = "marker",
                 .help = "Fin du nom d'un fichier vide qui dit que celui de ce nom est entier, par "
                         "exemple .ok ; rien : il l'est quand il ne change plus."),
    CONFIG_FIELD(
        struct folder_source, intake_settings.settle_ms, .key = "settle_ms", .fallback = "5000",
        .min = 0, .max = 3600000,
        .help =
            "Depuis combien de temps un fichier ne change plus quand on le lit, en millisecondes."),
    ROWS_FIELDS(struct folder_source),
    CONFIG_FIELD(struct folder_source, poll_ms, .key = "poll_ms", .fallback = "5000", .min = 50,
                 .max = 86400000, .help = "Pause entre deux regards, en millisecondes."),
    CONFIG_FIELD(struct folder_source, extract_mode, .key = "extract", .fallback = "changes",
                 .choices = "changes|full",
                 .help = "full : chaque fichier dit tout ; seul ce qui diffère du dernier "
                         "continue, et ce qui manque est offert une fois comme absent."),
    CONFIG_FIELD(
        struct folder_source, key, .key = "key",
        .help = "full : les colonnes qui disent quelle ligne est laquelle, un nom ou une liste."),
    CONFIG_FIELD(struct folder_source, most_lost_percent, .key = "most_lost_percent",
                 .fallback = "20", .min = 0, .max = 100,
                 .help = "full : un extrait où il manque plus des lignes connues est retenu dans "
                         "held/, en pour cent."),
    CONFIG_FIELD(struct folder_source, most_rows, .key = "most_rows", .fallback = "100000",
                 .min = 1, .max = 2000000,
                 .help =
                     "full : lignes d'un extrait ; chacune prend environ 300 octets de mémoire."),
    CONFIG_END,
};

static int64_t now_ms(const struct folder_source *self)
{
    return clock_mono_ms(self->connector.context->clock);
}

/* ---- Life ------------------------------------------------------------------------------- */

static void read_key(struct folder_source *self, const struct yaml_node *node)
{
    if (node->kind == YAML_SCALAR)
        self->keys[self->key_count++] = (const char *)node->text.data;
    for (size_t i = 0; node->kind == YAML_SEQUENCE && i < node->count && i < KEYS_MOST; i++)
        if (node->items[i]->text.data)
            self->keys[self->key_count++] = (const char *)node->items[i]->text.data;
}

static enum outcome configure_extract(struct folder_source *self, struct diagnostics *diagnostics,
                                      struct error *err)
{
    bool full = strcmp(self->extract_mode, "full") == 0;

    if (self->key)
        read_key(self, self->key);
    if (self->key && self->key->kind == YAML_SEQUENCE && self->key->count > KEYS_MOST) {
        diagnostics_add(diagnostics, self->key->place, "au plus 8 colonnes", "`key` en a %zu",
                        self->key->count);
        return error_set(err, OUTCOME_REJECT, "`key` a plus de %d colonnes", KEYS_MOST);
    }
    if (full && self->key_count > 0) {
        self->extract = extract_new(self->connector.context->state, self->connector.name,
                                    self->keys, self->key_count, (size_t)self->most_rows);
        self->connector.keeps_extract = true;
        return OUTCOME_OK;
    }
    if (!full && !self->key)
        return OUTCOME_OK;
    if (self->key)
        diagnostics_add(diagnostics, self->key->place, "extract: full et key: [colonne, …]",
                        full ? "ce ne sont pas des noms de colonnes"
                             : "`key` est pour les extraits complets");
    return error_set(err, OUTCOME_REJECT,
                     full
                         ? "`extract: full` demande `key` : les colonnes qui distinguent les lignes"
                         : "`key` sans `extract: full`");
}

static void make_metrics(struct folder_source *self)
{
    static const char *const ends[] = {
        [INTAKE_DONE] = "done", [INTAKE_REJECTED] = "rejected", [INTAKE_HELD] = "held"};
    const struct connector_context *context = self->connector.context;

    for (size_t i = 0; context->metrics && i < 3; i++) {
        struct buffer labels = {0};

        buffer_printf(&labels, "op=\"%s\",source=\"%s\",end=\"%s\"", context->operator_code,
                      self->connector.name, ends[i]);
        self->files[i] = metrics_counter(context->metrics, "relais_folder_files_total",
                                         buffer_text(&labels), "Files taken, by their end.");
        buffer_deinit(&labels);
    }
}

static enum outcome folder_source_configure(struct connector *connector,
                                            struct diagnostics *diagnostics, struct error *err)
{
    struct folder_source *self = (struct folder_source *)connector;
    enum outcome outcome = rows_form_new(&self->rows, diagnostics, &self->form, err);

    self->waiter = waiter_new();
    self->intake = intake_new(&self->intake_settings, connector->context->clock);
    make_metrics(self);
    if (outcome == OUTCOME_OK)
        outcome = configure_extract(self, diagnostics, err);
    self->settings = (struct reading_settings){.form = self->form,
                                               .intake = self->intake,
                                               .mapping = connector->context->mapping,
                                               .extract = self->extract,
                                               .keys = self->keys,
                                               .key_count = self->key_count,
                                               .most_lost_percent = self->most_lost_percent,
                                               .waiter = self->waiter,
                                               .clock = connector->context->clock};
    return outcome;
}

static enum outcome folder_source_open(struct connector *connector, struct error *err)
{
    return intake_open(((struct folder_source *)connector)->intake, err);
}

static void folder_source_interrupt(struct connector *connector)
{
    waiter_interrupt(((struct folder_source *)connector)->waiter);
}

static void let_go(struct folder_source *self)
{
    reading_free(self->reading);
    self->reading = NULL;
    intake_drop(&self->file);
}

static void folder_source_close(struct connector *connector)
{
    struct folder_source *self = (struct folder_source *)connector;

    let_go(self);
    extract_free(self->extract);
    intake_free(self->intake);
    rows_form_free(self->form);
    waiter_free(self->waiter);
}

/* ---- Cursor ------------------------------------------------------------------------------- */

static struct bytes cursor_id(const struct folder_source *self)
{
    return bytes_of_text(self->connector.name);
}

/* The last row of this content that was acknowledged; 0: none. */
static int64_t recall(const struct folder_source *self)
{
    CLEANUP(arena_deinit) struct arena arena = {0};
    struct bytes value =
        state_get(self->connector.context->state, STATE_CURSOR, cursor_id(self), &arena);
    struct cursor in = cursor_over(value);
    struct bytes digest;
    int64_t row;

    if (!value.data || !pack_read_bytes(&in, &digest) || !pack_read_int(&in, &row) ||
        !bytes_equal(digest, bytes_of(reading_digest(self->reading), ROWS_DIGEST_SIZE)))
        return 0;
    return row;
}

static void remember(const struct folder_source *self, int64_t acked, struct state_change *change)
{
    CLEANUP(buffer_deinit) struct buffer value = {0};

    pack_bytes(&value, bytes_of(reading_digest(self->reading), ROWS_DIGEST_SIZE));
    pack_int(&value, acked);
    state_put(change, STATE_CURSOR, cursor_id(self), buffer_view(&value));
}

/* ---- Files ---------------------------------------------------------------------------------- */

/* Takes the next file, if there is one that is whole. */
static enum outcome begin(struct folder_source *self, struct error *err)
{
    enum outcome outcome = intake_next(self->intake, &self->file, err);

    if (outcome != OUTCOME_OK)
        return outcome;
    if (!self->file.name) {
        bool soon = self->file.growing && self->intake_settings.settle_ms < self->poll_ms;

        self->next_ms = now_ms(self) + (soon ? self->intake_settings.settle_ms : self->poll_ms);
        return OUTCOME_OK;
    }
    outcome = reading_new(&self->settings, &self->file, &self->reading, err);
    if (outcome == OUTCOME_OK && !self->extract && reading_digest(self->reading))
        outcome = reading_skip(self->reading, recall(self), err);
    if (outcome != OUTCOME_OK)
        let_go(self);
    return outcome;
}

/* Each of its rows is where it belongs: away with it. The cursor goes after the move: a crash
 * in between finds a file of which every row is acknowledged. */
static enum outcome finish(struct folder_source *self, struct error *err)
{
    enum intake_end end = reading_end(self->reading);
    enum outcome outcome = intake_finish(self->intake, &self->file, end, err);

    if (outcome != OUTCOME_OK)
        return outcome;
    if (self->files[end])
        metric_add(self->files[end], 1);
    if (!self->extract)
        (void)!state_set(self->connector.context->state, STATE_CURSOR, cursor_id(self), BYTES_NONE,
                         NULL);
    let_go(self);
    return OUTCOME_OK;
}

/* Lets go of a file that is through and acknowledged, and takes the next one. */
static enum outcome change_file(struct folder_source *self, struct error *err)
{
    enum outcome outcome = OUTCOME_OK;
    bool failed = false;

    if (self->reading && reading_is_through(self->reading, &failed) &&
        reading_is_acknowledged(self->reading)) {
        if (failed)
            let_go(self);
        else
            outcome = finish(self, err);
    }
    if (outcome != OUTCOME_OK || self->reading || now_ms(self) < self->next_ms)
        return outcome;
    return begin(self, err);
}

/* ---- Pull and acknowledge ------------------------------------------------------------------- */

static void wait_for_files(struct folder_source *self, int32_t wait_ms)
{
    int64_t left_ms = self->next_ms - now_ms(self);

    if (left_ms > 0 && wait_ms > 0)
        (void)waiter_wait_ms(self->waiter, left_ms < wait_ms ? left_ms : wait_ms);
}

static enum outcome folder_source_pull(struct connector *connector, int32_t wait_ms,
                                       struct batch *batch, struct error *err)
{
    struct folder_source *self = (struct folder_source *)connector;
    enum outcome outcome = change_file(self, err);
    bool failed;

    if (outcome != OUTCOME_OK)
        return outcome;
    if (!self->reading) {
        wait_for_files(self, wait_ms);
        return OUTCOME_OK;
    }
    if (!reading_is_through(self->reading, &failed))
        return reading_hand_out(self->reading, batch, err);
    (void)waiter_wait_ms(self->waiter, wait_ms < TAIL_MS ? wait_ms : TAIL_MS);
    return OUTCOME_OK;
}

static enum outcome folder_source_ack(struct connector *connector, struct record *const *records,
                                      size_t count, struct error *err)
{
    struct folder_source *self = (struct folder_source *)connector;
    int64_t position = records[count - 1]->position;
    enum outcome outcome = OUTCOME_OK;

    if (reading_digest(self->reading)) {
        struct state_change *change = state_begin(connector->context->state);

        if (!self->extract)
            remember(self, position, change);
        reading_remember(self->reading, position, change);
        outcome = state_commit(change, err);
    }
    if (outcome == OUTCOME_OK)
        reading_acknowledge(self->reading, position);
    return outcome;
}

const struct connector_ops folder_source = {
    .name = "folder",
    .role = CONNECTOR_SOURCE,
    .size = sizeof(struct folder_source),
    .fields = folder_source_fields,
    .configure = folder_source_configure,
    .open = folder_source_open,
    .pull = folder_source_pull,
    .ack = folder_source_ack,
    .interrupt = folder_source_interrupt,
    .close = folder_source_close,
};
