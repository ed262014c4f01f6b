/* SPDX-License-Identifier: Apache-2.0 */
#include "connectors/record.h"

#include <stdlib.h>

#include "connectors/memory/pack.h"

struct batch *batch_new(size_t capacity)
{
    struct batch *batch = xcalloc(1, sizeof(*batch));

    arena_init(&batch->arena);
    batch->records = xcalloc(capacity, sizeof(*batch->records));
    batch->capacity = capacity;
    return batch;
}

void batch_free(struct batch *batch)
{
    if (!batch)
        return;
    for (size_t i = 0; i < batch->count; i++)
        free(batch->records[i].completed.body);
    arena_deinit(&batch->arena);
    free(batch->records);
    free(batch);
}

struct record *batch_add(struct batch *batch)
{
    if (batch->count == batch->capacity)
        return NULL;
    return &batch->records[batch->count++];
}

/* Version of the packing, so that a later one can tell. */
#define RECORD_PACKING 1

void record_pack(const struct record *record, struct buffer *out)
{
    pack_int(out, RECORD_PACKING);
    pack_bytes(out, record->body);
    pack_text(out, record->file);
    pack_int(out, record->line);
    pack_int(out, record->observed_at);
    pack_int(out, (int64_t)record->header_count);
    for (size_t i = 0; i < record->header_count; i++) {
        pack_text(out, record->headers[i].name);
        pack_text(out, record->headers[i].value);
    }
    pack_int(out, record->absent ? 1 : 0);
    pack_text(out, record->defect);
}

size_t record_size(const struct record *record)
{
    size_t size = record->body.len;

    for (size_t i = 0; i < record->header_count; i++)
        size += strlen(record->headers[i].name) + strlen(record->headers[i].value);
    return size;
}

static bool read_text(struct cursor *in, struct arena *arena, const char **ret_text)
{
    struct bytes text;

    if (!pack_read_bytes(in, &text))
        return false;
    *ret_text = text.data ? arena_text(arena, text) : NULL;
    return true;
}

static bool read_headers(struct cursor *in, int64_t count, struct arena *arena,
                         struct record *record)
{
    struct http_header *headers;

    /* Each header takes at least its two lengths. */
    if (count < 0 || (uint64_t)count > cursor_left(in) / 8)
        return false;
    headers = arena_array(arena, (size_t)count, sizeof(*headers));
    for (int64_t i = 0; i < count; i++) {
        if (!read_text(in, arena, &headers[i].name) || !read_text(in, arena, &headers[i].value) ||
            !headers[i].name || !headers[i].value)
            return false;
    }
    record->headers = headers;
    record->header_count = (size_t)count;
    return true;
}

enum outcome record_unpack(struct bytes packed, struct arena *arena, struct record *ret_record,
                           struct error *err)
{
    struct cursor in = cursor_over(packed);
    struct record record = {0};
    int64_t packing = 0;
    int64_t count = 0;
    int64_t absent = 0;

    if (!pack_read_int(&in, &packing) || packing != RECORD_PACKING ||
        !pack_read_bytes(&in, &record.body) || !read_text(&in, arena, &record.file) ||
        !pack_read_int(&in, &record.line) || !pack_read_int(&in, &record.observed_at) ||
        !pack_read_int(&in, &count) || !read_headers(&in, count, arena, &record) ||
        !pack_read_int(&in, &absent) || !read_text(&in, arena, &record.defect))
        return error_set(err, OUTCOME_REJECT, "packed record: damaged");
    record.absent = absent == 1;
    *ret_record = record;
    return OUTCOME_OK;
}
