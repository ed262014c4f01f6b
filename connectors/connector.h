/* SPDX-License-Identifier: Apache-2.0
 *
 * A connector is one end of a pipeline. A source fills batches (pull, ack); a sink makes
 * the calls of a delivery (call). A driver has exactly one of the two roles.
 *
 * Life of an instance, always in this order:
 *     connector_new     allocated (zeroed), filled from `fields`, then configure
 *     open              until it succeeds
 *     pull+ack or call  any number of times
 *     close             once, also after a failed open and without any
 *
 * Threads: everything runs on the pipeline's thread, one call at a time, except
 * interrupt() and serve(), which any thread may call between open's return and close's start.
 *
 * Time: a call may block for `wait_ms` or the instance's own time-out, and for its turn where
 * their system bears only so many calls, not longer; interrupt() makes it return within 100 ms, and
 * every later one at once.
 *
 * Memory: a batch and its bytes belong to the pipeline. A driver fills it during the call
 * and keeps no pointer into it afterwards.
 */
#ifndef RELAIS_CONNECTORS_CONNECTOR_H
#define RELAIS_CONNECTORS_CONNECTOR_H

#include "base/clock.h"
#include "base/config.h"
#include "base/http_server.h"
#include "base/kafka_config.h"
#include "base/metrics.h"
#include "connectors/mapping/mapping.h"
#include "connectors/memory/state.h"
#include "connectors/record.h"

struct connector;
struct paces;

enum connector_role { CONNECTOR_SOURCE, CONNECTOR_SINK };

struct connector_ops {
    const char *name; /* value of `type` in the connector file */
    enum connector_role role;
    enum call_kind takes;              /* sink: the calls of a mapping that it makes */
    const char *planned;               /* NULL, or why it cannot run yet: `relais check` and
                                        * `relais map` know its calls, nothing else of it */
    size_t size;                       /* bytes of the instance, base included    */
    const struct config_field *fields; /* offsets into the instance; CONFIG_END   */

    /* Optional. Reads what `fields` took as nodes; opens nothing, reads no secret: `relais
     * check` stops here. Every mistake goes to `diagnostics`; REJECT when there was one. */
    MUST_USE enum outcome (*configure)(struct connector *self, struct diagnostics *diagnostics,
                                       struct error *err);

    /* Acquires what the instance needs. RETRY: the far end is not there yet. */
    MUST_USE enum outcome (*open)(struct connector *self, struct error *err);

    /* Source. Appends up to the batch's capacity. OK with an empty batch when `wait_ms`
     * passed and nothing came. RETRY: the far end cannot be asked now, or what it says cannot be
     * gone on from; what was appended before that counts. */
    MUST_USE enum outcome (*pull)(struct connector *self, int32_t wait_ms, struct batch *batch,
                                  struct error *err);

    /* Source. These records, the oldest not yet acknowledged, in the order of their pull, are
     * durable, dead-lettered or counted out: they are never offered again. Called once a
     * record, but again after RETRY, and never called for those given back. */
    MUST_USE enum outcome (*ack)(struct connector *self, struct record *const *records,
                                 size_t count, struct error *err);

    /* Source, optional: one whose far end is told "later" and sends the record again. The
     * record is forgotten here without having been acknowledged. */
    void (*give_back)(struct connector *self, const struct record *record);

    /* Source, optional: one that is called instead of calling. True when the path is its
     * own; then `reply` is filled. Any thread, several at once. */
    bool (*serve)(struct connector *self, const struct http_server_request *request,
                  struct http_reply *reply);

    /* Source, optional: one whose records may need a call of their own to be whole (`detail`).
     * GET of a path, within `timeout_ms` (0: its own time-out). As `call`. */
    MUST_USE enum outcome (*fetch)(struct connector *self, const char *path, int32_t timeout_ms,
                                   struct arena *arena, struct http_response *ret_response,
                                   struct error *err);
    /* Source, optional: as `closed_until`, of the system that `fetch` calls; asked before each,
     * also where records come at any hour. */
    int64_t (*fetch_closed_until)(struct connector *self);

    /* Sink. One call of one delivery. OK: an answer came, judged by the mapping. RETRY: none
     * came; *ret_maybe_done says whether the far end may have acted. REJECT: it can never be
     * made. The answer lives in `arena`. */
    MUST_USE enum outcome (*call)(struct connector *self, const struct delivery_call *call,
                                  struct arena *arena, struct http_response *ret_response,
                                  bool *ret_maybe_done, struct error *err);

    /* Sink, optional. Why their system can never take this call, without a value; NULL: it may.
     * Makes nothing. */
    const char *(*refuses)(struct connector *self, const struct delivery_call *call);

    /* Sink, optional. Called about every second: ends what is to be ended by its age. RETRY: it
     * could not; it is called again. */
    MUST_USE enum outcome (*tend)(struct connector *self, struct error *err);

    /* Optional. 0: their system takes calls at this hour. Else the moment when it opens (µs
     * UTC): until then nothing is pulled, or pushed, and that is no failure of anything. */
    int64_t (*closed_until)(struct connector *self);

    void (*interrupt)(struct connector *self); /* wakes a blocked call; idempotent */
    void (*close)(struct connector *self);     /* accepts a half-open instance     */
};

/* What a driver may use; all borrowed, all outlive the instance. */
struct connector_context {
    const char *operator_code;
    const char *system;
    struct clock *clock;
    struct metrics *metrics;
    struct state *state;              /* cursors; NULL under `relais check` */
    const struct kafka_config *kafka; /* for the inbox; NULL elsewhere      */
    struct paces *paces;              /* of all calls; NULL: each its own   */
    const struct yaml_node *sink;     /* of the file: whose API a source may share; NULL: none */
    const struct mapping *mapping;    /* of the records; NULL under `relais check` */
};

/* First member of every instance. */
struct connector {
    const struct connector_ops *ops;
    const char *type; /* as the file has it; for the driver's table */
    const char *name; /* for logs, metrics and cursors; outlives the instance */
    const struct connector_context *context;
    bool keeps_extract; /* set by configure: STATE_EXTRACT holds what the source said last */
};

/* NULL when no driver of that type and role is built in. */
const struct connector_ops *connector_find(const char *type, enum connector_role role);
/* The types of a role, NULL-terminated, for "did you mean". */
const char *const *connector_types(enum connector_role role);

/* Allocates and configures; `node` is the mapping with the driver's keys and `type`, its tree
 * outlives the instance. REJECT: see `diagnostics`. */
MUST_USE enum outcome connector_new(const struct connector_ops *ops, const struct yaml_node *node,
                                    const char *name, const struct connector_context *context,
                                    struct diagnostics *diagnostics,
                                    struct connector **ret_connector, struct error *err);
/* Closes and frees; NULL is fine. */
void connector_free(struct connector *connector);
DEFINE_CLEANUP(struct connector, connector_free)

#endif
