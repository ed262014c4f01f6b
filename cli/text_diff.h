/* SPDX-License-Identifier: Apache-2.0
 *
 * What differs between two texts, line by line, as `diff -u` shows it.
 */
#ifndef RELAIS_CLI_TEXT_DIFF_H
#define RELAIS_CLI_TEXT_DIFF_H

#include "base/bytes.h"

/* Appends "--- old_name", "+++ new_name" and the changes with three lines around each; nothing
 * when the texts are equal. Above some 2,000 differing lines the whole is shown as replaced. */
void text_diff_write(const char *old_name, struct bytes old_text, const char *new_name,
                     struct bytes new_text, struct buffer *out);

#endif
