/* SPDX-License-Identifier: Apache-2.0
 *
 * For xml.c: the charsets of a document that Expat asks about, as it does not know them by itself.
 *
 * Each has one byte a character. Those that Expat knows (UTF-8, UTF-16, ISO-8859-1, US-ASCII) it
 * reads without a question.
 */
#ifndef RELAIS_BASE_XML_CHARSET_H
#define RELAIS_BASE_XML_CHARSET_H

#include "base/charset.h"

/*
 * The code point of each byte in the charset that a document's first line calls `said`, whatever
 * its case: "windows-1252", "ISO-8859-15", …; -1 where the charset has no character. REJECT: it is
 * none of those; RETRY: this system's iconv lacks it.
 */
MUST_USE enum outcome xml_charset_map(const char *said, int ret_map[256], struct error *err);

/* What Expat is told in place of the document's first line; xml_charset_map() knows it, or Expat
 * does. NULL, which is as that line says, for NULL. Static. */
const char *xml_charset_name(const struct charset *charset);

#endif
