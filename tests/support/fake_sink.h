/* SPDX-License-Identifier: Apache-2.0
 *
 * A sink whose far end is a function of the test.
 */
#ifndef RELAIS_TESTS_SUPPORT_FAKE_SINK_H
#define RELAIS_TESTS_SUPPORT_FAKE_SINK_H

#include "connectors/connector.h"

struct fake_sink;
/* Fills status and body (a literal); returns OK, or RETRY with *maybe_done. */
typedef enum outcome fake_answer(struct fake_sink *sink, const struct delivery_call *call,
                                 int32_t *status, const char **body, bool *maybe_done);

struct fake_sink {
    struct connector connector; /* of fake_sink_ops */
    fake_answer *answer;        /* NULL: 201 with a dossier */
    void *context;
    const char *content_type; /* NULL: application/json */
    size_t payload_most;      /* 0: any size of a body */
    int calls;
    char last[256];      /* "POST /dossiers" */
    char last_body[512]; /* of the last call */
    char last_key[64];   /* its Idempotency-Key */
};

void fake_sink_init(struct fake_sink *sink, fake_answer *answer);

#endif
