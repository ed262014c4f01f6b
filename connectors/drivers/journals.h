/* SPDX-License-Identifier: Apache-2.0
 *
 * The files of rows of one folder: each row is durable when its call returns, each file appears
 * whole and once, whatever is killed when.
 *
 *     PATH/.relais/rows/STEM    the rows so far (journal.h)
 *     PATH/.relais/ready/FILE   the file as it will be
 *     PATH/.relais/keys/STEM    keys of the rows last published, so that none is written twice
 *     PATH/FILE                 what the other system takes
 *
 * To publish: FILE is written in ready/, the keys are written, rows/STEM is removed, FILE is
 * moved to PATH; each step durable before the next. Removing rows/STEM is what decides: as long
 * as it is there, whatever stands in ready/ is made anew; once it is gone, only the move is left
 * to do, and a move happens once.
 */
#ifndef RELAIS_CONNECTORS_DRIVERS_JOURNALS_H
#define RELAIS_CONNECTORS_DRIVERS_JOURNALS_H

#include "base/clock.h"
#include "base/csv_writer.h"

struct journals_settings {
    const char *path;
    bool csv; /* else JSON lines */
    struct csv_dialect dialect;
    bool header; /* csv: a first line with the names */
    bool bom;    /* csv in utf-8: a byte order mark   */
    int64_t most_rows;
    int64_t close_after_s;
};

struct journals;
/* `settings` is borrowed. */
struct journals *journals_new(const struct journals_settings *settings, struct clock *clock);
/* Publishes nothing: what is there is found again. */
void journals_free(struct journals *journals);
DEFINE_CLEANUP(struct journals, journals_free)

/* Finds what an earlier process left, and ends what it began. RETRY: the folder is not there,
 * not to be written, or another process writes there. */
MUST_USE enum outcome journals_open(struct journals *journals, struct error *err);
/* How many characters of the row the charset lacks; SIZE_MAX: it is no object of columns. */
size_t journals_unfit(const struct journals *journals, struct bytes row);
/* One row, a JSON object on one line with texts in the order of the columns. OK: durable, or
 * written before under this key. RETRY: it cannot be written now, and was not. REJECT: it is
 * no such object. */
MUST_USE enum outcome journals_write(struct journals *journals, const char *stem, struct bytes key,
                                     struct bytes row, struct error *err);
/* Publishes what is full or old. RETRY: something could not be published; call again. */
MUST_USE enum outcome journals_tend(struct journals *journals, struct error *err);

#endif
