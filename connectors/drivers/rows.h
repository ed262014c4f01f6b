/* SPDX-License-Identifier: Apache-2.0
 *
 * A file of rows → records, one a row: CSV, each a JSON object of texts keyed by the header;
 * JSON lines, each the JSON that stands there; or XML, each element of a name as the JSON that
 * base/xml.h makes of it, or the whole document where no name is said.
 *
 * The whole file is read before: for its charset, its digest, and whether it is XML to its end,
 * so that none of it is found out in the middle; then row by row, in memory of one row.
 */
#ifndef RELAIS_CONNECTORS_DRIVERS_ROWS_H
#define RELAIS_CONNECTORS_DRIVERS_ROWS_H

#include <stdio.h>

#include "base/arena.h"
#include "base/charset.h"
#include "base/clock.h"
#include "base/yaml.h"
#include "connectors/drivers/xml_form.h"

#define ROWS_DIGEST_SIZE 16

enum rows_kind { ROWS_JSON_LINES, ROWS_CSV, ROWS_XML };

/* Settings of any source of files; the keys of ROWS_FIELDS. */
struct rows_settings {
    const char *format;
    const char *delimiter;
    const char *encoding;
    const char *fallback_encoding;
    struct yaml_node *columns; /* NULL: the first row names them */
    struct yaml_node *optional_columns;
    struct yaml_node *element; /* NULL: the document is one record */
    struct xml_settings xml;
};
#define ROWS_FIELDS(owner)                                                                           \
    CONFIG_FIELD(owner, rows.format, .key = "format", .fallback = "csv",                             \
                 .choices = "csv|json_lines|xml", .help = "Ce qu'est une ligne."),                   \
        CONFIG_FIELD(owner, rows.delimiter, .key = "delimiter", .fallback = ";",                     \
                     .help = "csv : entre deux cellules : un caractère, ou `tab`."),                 \
        CONFIG_FIELD(owner, rows.encoding, .key = "encoding", .fallback = "utf-8",                   \
                     .choices = CHARSET_CHOICES,                                                     \
                     .help = "Celui de tout un fichier ; une marque d'ordre (BOM) dit utf-8. "       \
                             "xml : le fichier le dit lui-même."),                                   \
        CONFIG_FIELD(owner, rows.fallback_encoding, .key = "fallback_encoding",                      \
                     .choices = CHARSET_CHOICES,                                                     \
                     .help = "Celui d'un fichier qui n'est pas dans `encoding` ; rien : refusé."),   \
        CONFIG_FIELD(owner, rows.columns, .key = "columns",                                          \
                     .help = "csv : les noms des colonnes d'un fichier sans ligne de titres."),      \
        CONFIG_FIELD(owner, rows.optional_columns, .key = "optional_columns",                        \
                     .help = "csv : les colonnes qui peuvent manquer ; un fichier à qui il en "     \
                             "manque une autre, que `records` lit, est refusé."),                    \
        CONFIG_FIELD(owner, rows.element, .key = "element",                                          \
                     .help = "xml : l'élément qui se répète, un enregistrement chacun : `rdv`, " \
                             "ou `rdvs/rdv` ; rien : tout le document en est un."),                  \
        XML_FIELDS(owner, rows.xml)

/* What a file must be: the settings, compiled. */
struct rows_form;
/* REJECT: see `diagnostics`, or the error alone. */
MUST_USE enum outcome rows_form_new(const struct rows_settings *settings,
                                    struct diagnostics *diagnostics, struct rows_form **ret_form,
                                    struct error *err);
/* That of one source of type folder in a connector's file, for its samples: a defect of theirs
 * names the element of XML that comes again. REJECT: there is a mistake in it. */
MUST_USE enum outcome rows_form_of(const struct yaml_node *source, struct diagnostics *diagnostics,
                                   struct rows_form **ret_form, struct error *err);
enum rows_kind rows_form_kind(const struct rows_form *form);
void rows_form_free(struct rows_form *form);
DEFINE_CLEANUP(struct rows_form, rows_form_free)
/* One character of a configuration, "tab" for a tab; 0: something else. */
char rows_delimiter(const char *text);

struct row {
    struct bytes body;  /* JSON, or when broken what stands there, at most 256 KiB */
    int64_t number;     /* 0: the end; broken ones count */
    int64_t line;       /* of the file, from 1 */
    const char *defect; /* NULL; or why it cannot be read, without a value */
};

struct rows;
/* Takes `file` over in any case; `waiter` ends the first reading early. REJECT: no file of such
 * rows as a whole: its charset, its line of names. RETRY: it cannot be read now. */
MUST_USE enum outcome rows_open(const struct rows_form *form, FILE *file,
                                const struct waiter *waiter, struct rows **ret_rows,
                                struct error *err);
void rows_close(struct rows *rows);
DEFINE_CLEANUP(struct rows, rows_close)
/* Of the content and of the form that it is read in. */
const uint8_t *rows_digest(const struct rows *rows);
/* True when a row can have a member of that name; all but CSV, and an empty file, may have any. */
bool rows_has_column(const struct rows *rows, const char *name);
/* The name of that column, from 0; NULL behind the last one, and of all but CSV. */
const char *rows_column(const struct rows *rows, size_t index);
/* Those that may be missing; NULL at the end. */
const char *const *rows_optional(const struct rows *rows);
/* The next row, in `arena`; a broken one is OK with its defect. Rows whose cells are all empty
 * are passed over. RETRY: it cannot be read now; open it again. */
MUST_USE enum outcome rows_next(struct rows *rows, struct arena *arena, struct row *ret_row,
                                struct error *err);
/* From the first row again. */
MUST_USE enum outcome rows_rewind(struct rows *rows, struct error *err);

#endif
