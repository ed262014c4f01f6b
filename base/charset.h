/* SPDX-License-Identifier: Apache-2.0
 *
 * Texts of other systems that are not UTF-8: one byte a character, to UTF-8 and back.
 *
 * The table of a charset is asked of iconv once; after that nothing is converted by it, so a
 * charset is immutable and shared by all threads. UTF-8 itself is a charset here that checks.
 */
#ifndef RELAIS_BASE_CHARSET_H
#define RELAIS_BASE_CHARSET_H

#include "base/bytes.h"

/* For a configuration table: the names that a person may write. */
#define CHARSET_CHOICES "utf-8|windows-1252|latin-1|latin-9"

struct charset;
/* NULL: no such charset, or this system's iconv lacks it. */
struct charset *charset_new(const char *name);
void charset_free(struct charset *charset);
DEFINE_CLEANUP(struct charset, charset_free)

/* "utf-8", … as in CHARSET_CHOICES. Static. */
const char *charset_name(const struct charset *charset);
/* Appends `text` as UTF-8; false, and nothing appended, when it holds bytes that the charset
 * has no character for (for UTF-8: that are not well formed). */
MUST_USE bool charset_decode(const struct charset *charset, struct bytes text, struct buffer *out);
/* Appends well-formed UTF-8 in this charset and returns how many characters it has none for:
 * each of these became one `?`. */
size_t charset_encode(const struct charset *charset, struct bytes text, struct buffer *out);

#endif
