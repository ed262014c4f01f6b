/* SPDX-License-Identifier: Apache-2.0
 *
 * Formats and code lists that a text field's `format` names. Each check cites its source.
 */
#ifndef RELAIS_SCHEMAS_CODES_H
#define RELAIS_SCHEMAS_CODES_H

#include "base/diagnostics.h"
#include "schemas/field.h"

/* Known formats: "operator_code", "site_code", "region", "departement", "commune", "siret",
 * "siren", "rome", "pcs1", "phone" (E.164), "postcode", "zone" (IANA), "rejection". */
bool codes_format_known(const char *format);
/* True when `value` is of that format; else *ret_expected says what it would be (static). */
bool codes_check(const char *format, struct bytes value, const char **ret_expected);
/* True for a text that holds 13 or 15 digits shaped like a NIR (domain.md 4.3), blanks
 * and dots between them ignored: refused in shared fields. */
bool codes_looks_like_nir(struct bytes value);

/* Codes of Rejection.code, with a French sentence each for people; NULL-terminated. */
struct rejection_code {
    const char *code;
    const char *meaning_fr;
    bool retryable;
};
extern const struct rejection_code rejection_codes[];

/* Checks a whole record against its table: required fields, formats, NIR in shared texts,
 * UTF-8, lengths (strings ≤ 1,024 bytes unless personal). REJECT names the field, never the
 * value. */
MUST_USE enum outcome record_check(const struct record_table *table, const void *record,
                                   struct error *err);

#endif
