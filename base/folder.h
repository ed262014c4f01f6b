/* SPDX-License-Identifier: Apache-2.0
 *
 * A folder as a mail box between two programs: what lies there, and files that appear, move
 * and vanish whole, so that neither a reader nor a crash ever meets half of one.
 *
 * Every function may block for as long as the file system does. RETRY: the folder is not
 * there, or not to be read or written now; the text says which and why. It never
 * names a file: names of files are others' and may be those of people.
 */
#ifndef RELAIS_BASE_FOLDER_H
#define RELAIS_BASE_FOLDER_H

#include <stdio.h>

#include "base/arena.h"

/* Which content a name stands for. Two that are equal are the same file, unchanged. */
struct folder_stamp {
    uint64_t inode;
    int64_t size;
    int64_t modified_ns;
};
struct folder_entry {
    const char *name;
    struct folder_stamp stamp;
};

bool folder_same(const struct folder_stamp *a, const struct folder_stamp *b);

/* The regular files whose name fits `pattern` (fnmatch: * ? [ ]), in the byte order of their
 * names. Names that begin with a dot are somebody's work and not listed; symbolic links are
 * not followed. Of more than 10,000 the first ones. */
MUST_USE enum outcome folder_list(const char *path, const char *pattern, struct arena *arena,
                                  struct folder_entry **ret_entries, size_t *ret_count,
                                  struct error *err);
/* REJECT: it is gone, or no regular file. */
MUST_USE enum outcome folder_look(const char *path, const char *name,
                                  struct folder_stamp *ret_stamp, struct error *err);
/* Opens a regular file for reading; fclose() it. REJECT: it is gone, or no regular file. */
MUST_USE enum outcome folder_open(const char *path, const char *name, FILE **ret_file,
                                  struct folder_stamp *ret_stamp, struct error *err);
/* Makes the folder `name` in the folder `path`, which must be there, unless it is there. */
MUST_USE enum outcome folder_need(const char *path, const char *name, struct error *err);

/* Moves a file between two folders of one file system, atomically and durably. A name taken
 * there gets a number: x.csv, x-2.csv, … (nobody else writes into `to`). REJECT: it is gone. */
MUST_USE enum outcome folder_move(const char *from, const char *name, const char *to,
                                  struct error *err);
/* Gives a file of the folder another name, replacing what had it; durable. */
MUST_USE enum outcome folder_rename(const char *path, const char *old_name, const char *new_name,
                                    struct error *err);
/* Writes a file whole under that name (through the name with a dot before and .tmp behind),
 * replacing what had it; durable. */
MUST_USE enum outcome folder_write(const char *path, const char *name, struct bytes content,
                                   struct error *err);
/* What was made or moved in it is durable. */
MUST_USE enum outcome folder_sync(const char *path, struct error *err);
/* Durable too; not there is fine. */
MUST_USE enum outcome folder_remove(const char *path, const char *name, struct error *err);

#endif
