/* SPDX-License-Identifier: Apache-2.0
 *
 * One record as a source received it, and the batch that it came in.
 */
#ifndef RELAIS_CONNECTORS_RECORD_H
#define RELAIS_CONNECTORS_RECORD_H

#include "base/arena.h"
#include "base/http_client.h"

/* A longer one is a dead letter: what is kept of it (waiting, parked, quarantined) has to fit
 * into one record of Kafka, 1 MB with all that comes with it. */
#define RECORD_BODY_MOST ((size_t)512 * 1024)

struct record {
    struct bytes body;
    const struct http_header *headers; /* of the message or request; may be NULL */
    size_t header_count;
    const char *file; /* NULL when it came from no file */
    int64_t line;
    /* Records of one key are pushed in the order of their pull, one after the other;
     * BYTES_NONE: this one depends on no other. */
    struct bytes order_key;
    bool absent;         /* gone from a full extract: see struct mapping_input      */
    bool waited;         /* for its hand-over, as long as that may take             */
    const char *defect;  /* its source could not read it: why, without a value; or NULL */
    int64_t position;    /* the source's own mark: an offset, a number of a request */
    int64_t observed_at; /* µs UTC */
    int32_t tries;       /* the pipeline's: pushes of it that ended in RETRY */
    size_t items;        /* the stage's: how many it holds; 0: not read yet  */
    int64_t until_ms;    /* monotonic: from then on its sender was told "later"; 0: nobody waits */
    struct {
        uint8_t *body;   /* what `body` became: freed with the batch; NULL: nothing */
        uint64_t before; /* others that were completed when this one failed first */
        int32_t waited;  /* `tries` when nobody could be called: counted from there */
    } completed;         /* the completing stage's */
};

/* What one pull brought. The records and their bytes live in its arena, until all of them
 * are acknowledged. */
struct batch {
    struct arena arena;
    struct record *records;
    size_t count;
    size_t capacity;
    size_t held; /* the window's: records of it that have not left the window */
};

struct batch *batch_new(size_t capacity);
void batch_free(struct batch *batch);
DEFINE_CLEANUP(struct batch, batch_free)
/* A zeroed record at the end; NULL when the batch is full. */
struct record *batch_add(struct batch *batch);

/* All of a record but its order key and position as bytes, to be kept encrypted (quarantine,
 * parked, waiting for a link), and back: views into `packed`, headers in `arena`. */
void record_pack(const struct record *record, struct buffer *out);
/* Of its packing, without the lengths in it. */
size_t record_size(const struct record *record);
MUST_USE enum outcome record_unpack(struct bytes packed, struct arena *arena,
                                    struct record *ret_record, struct error *err);

#endif
