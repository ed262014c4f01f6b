/* SPDX-License-Identifier: Apache-2.0
 *
 * Reading a whole file that a person gave us: bounded, with a clear sentence.
 */
#ifndef RELAIS_BASE_FILE_H
#define RELAIS_BASE_FILE_H

#include "base/bytes.h"

enum file_rule {
    FILE_ANY,
    FILE_PRIVATE, /* refused when others may read it (mode & 077) */
};

/* Appends the file's content. REJECT: it cannot be read, is no regular file or pipe, is
 * longer than `max_bytes`, or breaks the rule; then `out` is as it was. */
MUST_USE enum outcome file_read(const char *path, size_t max_bytes, enum file_rule rule,
                                struct buffer *out, struct error *err);

#endif
