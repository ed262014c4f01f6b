/* SPDX-License-Identifier: Apache-2.0
 *
 * A delivery as a person writes it down, for `relais map` and the golden files:
 *
 *     {"deliver": {"record": "Referral", "status": "ISSUED", "requested_on": "2026-03-01", …},
 *      "contact": {"birth_name": "EXEMPLE", …}, "links": {"own": "12"},
 *      "answers": {"creer": {"status": 201, "body": {"id": "ORI-1"}}}}
 */
#ifndef RELAIS_CONNECTORS_MAPPING_SAMPLE_H
#define RELAIS_CONNECTORS_MAPPING_SAMPLE_H

#include <yyjson.h>

#include "connectors/mapping/mapping.h"

struct sample {
    struct event event;
    struct contact contact;
    bool has_contact;
    struct link_note links[32];
    size_t link_count;
    yyjson_val *answers;
};

/* A record with what came around it:
 *
 *     {"receive": {…}, "headers": {"X-Event": "rdv"}, "query": {"agence": "57"},
 *      "file": "export-12.csv", "line": 3, "absent": true}
 *
 * and of a thin notice, what completes it: explain_completion.h.
 */
bool sample_is_receipt(yyjson_val *root);
void sample_receipt(yyjson_val *root, struct arena *arena, struct mapping_input *ret_input);

/* True when the text is such a delivery. */
bool sample_is_delivery(yyjson_val *root);
/* REJECT names the field that is none, or that cannot be read. */
MUST_USE enum outcome sample_read(yyjson_val *root, struct arena *arena, struct sample *ret_sample,
                                  struct error *err);
/* Whether the field can be that value. */
bool sample_takes(const struct record_table *table, const struct field *field, yyjson_val *value);
/* The answer to a call; 200 with {} when the sample has none. */
void sample_answer(const struct sample *sample, const char *call, struct arena *arena,
                   struct http_response *ret_response);

#endif
