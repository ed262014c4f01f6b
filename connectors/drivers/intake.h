/* SPDX-License-Identifier: Apache-2.0
 *
 * The drop folder of a source: which file is next, and where one ends.
 *
 *     PATH/x.csv ──► PATH/done/      each row is durable, or kept as a dead letter
 *               ├──► PATH/rejected/  it cannot be read as a whole
 *               └──► PATH/held/      a full extract that lost too much
 *     PATH/released/x.csv            put there by a person: taken first, and without that doubt
 *
 * A file is taken when it is whole: it has not changed for `settle_ms`, or, with a marker, when the
 * file NAME + marker lies beside it. While its file is moved away, a marker is called
 * relais-marker-INODE.tmp, so that after a crash no marker is left for the next file of that name.
 * Names that begin with a dot or end in .tmp, .part, .partial or .filepart are never taken. In the
 * order of names, strictly: what cannot be read, or is still growing, holds up those behind it.
 */
#ifndef RELAIS_CONNECTORS_DRIVERS_INTAKE_H
#define RELAIS_CONNECTORS_DRIVERS_INTAKE_H

#include "base/clock.h"
#include "base/folder.h"

struct intake_settings {
    const char *path;
    const char *pattern;
    const char *marker; /* NULL: none */
    int64_t settle_ms;
};

enum intake_end { INTAKE_DONE, INTAKE_REJECTED, INTAKE_HELD };

struct intake_file {
    char *name;   /* NULL: there is none now */
    bool growing; /* then: one is there that is not whole yet */
    bool released;
    FILE *content; /* the taker's, or NULL */
    struct folder_stamp stamp;
};

struct intake;
/* Both are borrowed. */
struct intake *intake_new(const struct intake_settings *settings, struct clock *clock);
void intake_free(struct intake *intake);
DEFINE_CLEANUP(struct intake, intake_free)

/* Makes the folders below PATH, which must be there. RETRY: it is not, or not to be written. */
MUST_USE enum outcome intake_open(const struct intake *intake, struct error *err);
/* The next file, opened. RETRY: the folder or the file cannot be read; the text says which. */
MUST_USE enum outcome intake_next(struct intake *intake, struct intake_file *ret_file,
                                  struct error *err);
/* *ret_unchanged: it is there as it was when it was taken. RETRY: nobody can tell now. */
MUST_USE enum outcome intake_look(const struct intake *intake, const struct intake_file *file,
                                  bool *ret_unchanged, struct error *err);
/* Moves it, durably, and lets go of it. One that was removed, or changed since it was taken,
 * stays as it is, and counts as another delivery. RETRY: it cannot be moved; again later. */
MUST_USE enum outcome intake_finish(const struct intake *intake, struct intake_file *file,
                                    enum intake_end end, struct error *err);
/* Lets go of it where it is. */
void intake_drop(struct intake_file *file);

#endif
