/* SPDX-License-Identifier: Apache-2.0
 *
 * What differs between the directory that is published and the one in the files.
 */
#ifndef RELAIS_DIRECTORY_DIFF_H
#define RELAIS_DIRECTORY_DIFF_H

#include "directory/directory.h"

/* `before` or `after` is NULL where the other directory alone has an entry of that key. */
struct diff_pair {
    const struct directory_entry *before;
    const struct directory_entry *after;
};

/* Where a walk through both stands; begin with both positions 0. */
struct diff_walk {
    const struct directory *published;
    const struct directory *files;
    size_t at_published;
    size_t at_files;
};

/* The next entry that is not the same in both; false at the end. */
bool diff_next(struct diff_walk *walk, struct diff_pair *pair);

/* Appends one line a difference: "+ operator/o23@2026-01-01T00:00:00Z", "~ site/…: zone",
 * "- convention/…". */
void diff_write(const struct directory *published, const struct directory *files,
                struct buffer *out);

#endif
