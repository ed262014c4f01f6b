/* SPDX-License-Identifier: Apache-2.0
 *
 * A schema registry (Confluent's API) as a client of it: which id a schema has, which schema
 * an id has. What an id means never changes; wire.h keeps it for ever. That an id is not there
 * is remembered for some seconds only, and a registry that did not answer is left alone for
 * one second from that call on.
 *
 * Who registers: a process that produces, at its start, the schemas of what it produces
 * (wire_register()); `relais schemas register`, all of them. With `read_only` nobody does: the
 * schemas must be there. Subjects are the records' full names (RecordNameStrategy).
 *
 * Any thread; calls come one after the other, each at most `timeout_ms` long, however many nodes
 * it has (registry_http.h).
 */
#ifndef RELAIS_SCHEMAS_REGISTRY_H
#define RELAIS_SCHEMAS_REGISTRY_H

#include "base/clock.h"
#include "base/config.h"
#include "schemas/registry_answer.h"

struct registry_settings {
    const char *url;         /* or several, with commas: nodes of one; NULL: the built-in ids */
    const char *user;        /* NULL: no authentication              */
    const char *secret_file; /* its password                         */
    const char *ca_file;     /* NULL: the system's authorities       */
    bool read_only;
    int64_t timeout_ms;
};
/* The `registry:` block of a file. */
extern const struct config_field registry_fields[];

struct registry;
/* FATAL: the settings cannot be. Calls nobody. */
MUST_USE enum outcome registry_new(const struct registry_settings *settings, struct clock *clock,
                                   struct registry **ret_registry, struct error *err);
void registry_free(struct registry *registry);
DEFINE_CLEANUP(struct registry, registry_free)

/* Before other threads know it: counts requests and hits from here on. `metrics` outlives every
 * call. */
struct metrics;
void registry_count(struct registry *registry, struct metrics *metrics);
/* wire.h read a record with an id of its own memory. Any thread. */
void registry_hit(const struct registry *registry);

/* The id to write `schema` with: registered under `subject`, or already there. What the
 * registry then has under that id is compared with the schema. RETRY: it does not answer,
 * something else does, or it does not show the id yet that it gave. FATAL: it refuses
 * (incompatible, no right, not there and read-only), or its id is another schema's. */
MUST_USE enum outcome registry_register(struct registry *registry, const char *subject,
                                        struct bytes schema, uint32_t *ret_id, struct error *err);
/* The same without registering. REJECT: not there. */
MUST_USE enum outcome registry_find(struct registry *registry, const char *subject,
                                    struct bytes schema, struct registry_place *ret_place,
                                    struct error *err);
/* The schema's text of an id, in `arena`; BYTES_NONE when it is none of ours to read (not Avro,
 * or it refers to other subjects). RETRY: as above, or it does not know our user. REJECT: there is
 * none, or we may not read it (logged once, until it shows one again); remembered for 10 s. */
MUST_USE enum outcome registry_schema(struct registry *registry, uint32_t id, struct arena *arena,
                                      struct bytes *ret_text, struct error *err);

#endif
