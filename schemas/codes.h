/* SPDX-License-Identifier: Apache-2.0
 *
 * Formats and code lists that a text field's `format` names. Each check cites its source.
 */
#ifndef RELAIS_SCHEMAS_CODES_H
#define RELAIS_SCHEMAS_CODES_H

#include "base/diagnostics.h"
#include "schemas/field.h"

/* Known formats: "operator_code", "site_code", "region", "departement", "commune", "siret",
 * "siren", "rna", "rome", "pcs1", "phone" (E.164), "postcode", "zone" (IANA), "rejection".
 * A region or département must be one of today's; a commune one of any day since 1976, for
 * addresses of the past stay in files; of ROME the domain must be in the list. */
bool codes_format_known(const char *format);
/* True when `value` is of that format; else *ret_expected says what it would be (static). */
bool codes_check(const char *format, struct bytes value, const char **ret_expected);
/* The same for who asks often: its name is looked up once. NULL: unknown. */
struct codes_format;
const struct codes_format *codes_find_format(const char *format);
bool codes_check_format(const struct codes_format *format, struct bytes value,
                        const char **ret_expected);

struct code_list; /* schemas/code_lists.h */
struct code_row;
/* The row of a list, whatever its dates; NULL when there is none. */
const struct code_row *codes_row(const struct code_list *list, struct bytes code);
/* In force on a day written YYYY-MM-DD; BYTES_NONE: still. */
bool codes_row_holds(const struct code_row *row, struct bytes day);

/* Codes of Rejection.code, with a French sentence each for people; NULL-terminated. */
struct rejection_code {
    const char *code;
    const char *meaning_fr;
    bool retryable;
};
extern const struct rejection_code rejection_codes[];
/* False too for what is no code of ours. */
bool rejection_codes_retryable(const char *code);

/* Checks a whole record against its table: required fields, formats, NIR in shared texts,
 * UTF-8, lengths (strings ≤ 1,024 bytes unless personal). REJECT names the field, never the
 * value. */
MUST_USE enum outcome record_check(const struct record_table *table, const void *record,
                                   struct error *err);

#endif
