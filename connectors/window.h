/* SPDX-License-Identifier: Apache-2.0
 *
 * What a pipeline has pulled and not yet acknowledged, in the order of pulling: whose turn
 * it is, what waits for how long, and which oldest ones have ended. Bounded: when it is
 * full, nothing is pulled.
 */
#ifndef RELAIS_CONNECTORS_WINDOW_H
#define RELAIS_CONNECTORS_WINDOW_H

#include "connectors/pipeline.h"

enum entry_state {
    ENTRY_OPEN,      /* to be pushed, again or for the first time     */
    ENTRY_REJECTED,  /* to be made a dead letter, for `result`        */
    ENTRY_ENDED,     /* durable somewhere: may be acknowledged        */
    ENTRY_GIVEN_BACK /* its source sends it again: not acknowledged   */
};

struct window_entry {
    struct record *record;
    struct batch *batch;
    uint64_t key_hash; /* of the order key; 0: none */
    size_t bytes;      /* of the body as it was pulled: a stage may change it */
    enum entry_state state;
    struct attempts attempts;
    int64_t first_failure_ms;  /* monotonic                                        */
    int64_t next_ms;           /* monotonic: not before                            */
    uint64_t successes_before; /* successes of the pipeline at its first failure  */
    struct result result;      /* of the last push                                */
};

struct window {
    struct window_entry *entries; /* oldest first */
    size_t count;
    size_t capacity;
    size_t bytes;
    size_t max_bytes;
};

void window_init(struct window *window, size_t capacity, size_t max_bytes);
void window_deinit(struct window *window);
/* How many records may still be pulled. */
size_t window_room(const struct window *window);
/* Takes the batch over, also an empty one. */
void window_add(struct window *window, struct batch *batch);

/* Records that have not ended, and the items that are known of them. */
size_t window_open(const struct window *window, size_t *ret_items);
/* True while an older record of the same key has not ended. */
bool window_is_behind(const struct window *window, size_t index);
/* Fills `turns` with the entries that may be pushed now, oldest first. */
size_t window_turns(struct window *window, int64_t now_ms, struct window_entry **turns,
                    size_t most);
/* The one to try while the far system is down: the least often tried whose turn it is. */
struct window_entry *window_probe(struct window *window);
/* Milliseconds until window_turns() finds something; -1 when nothing is open. */
int64_t window_next_ms(const struct window *window, int64_t now_ms);
/* Everything open may be tried at once, as if it had never failed. */
void window_forgive(struct window *window, int64_t now_ms);

/* The oldest entries, up to the first that has not ended: *ret_count of them, of which
 * `records` gets those to acknowledge. Returns how many these are. */
size_t window_ended(const struct window *window, struct record **records, size_t most,
                    size_t *ret_count);
/* Drops the oldest `count`; frees batches that nobody needs any more. */
void window_drop(struct window *window, size_t count);

#endif
