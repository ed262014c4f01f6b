/* SPDX-License-Identifier: Apache-2.0
 *
 * JSON with yyjson, on memory that aborts like xcalloc()'s. yyjson's builders answer a want of
 * memory with a value that is left out, and nobody looks: what is written would lack a field;
 * its reader with "no document", as if the text were not JSON. Texts are bounded before they
 * come here, and what is written by what was read.
 */
#ifndef RELAIS_BASE_JSON_H
#define RELAIS_BASE_JSON_H

#include <yyjson.h>

#include "base/bytes.h"

/* NULL: it is not JSON. yyjson_doc_free() it. */
yyjson_doc *json_read(struct bytes text);

/* The same, with numbers as they are written (yyjson_is_raw()), whatever their size. */
yyjson_doc *json_read_raw(struct bytes text);

/* An empty document; yyjson_mut_doc_free() it. */
yyjson_mut_doc *json_new(void) __attribute__((returns_nonnull));
/* The text of a document that has a root, NUL-terminated; free() it. NULL: what cannot be
 * written, such as a text that is not UTF-8. */
char *json_write(const yyjson_mut_doc *document, size_t *ret_len);
/* The same of a value that was read. */
char *json_write_value(const yyjson_val *value, size_t *ret_len);

#endif
