/* SPDX-License-Identifier: Apache-2.0 */
#include "connectors/drivers/mark.h"

#include <stdlib.h>

#include "base/crypto.h"

void mark_hash(struct bytes json, uint8_t hash[MARK_HASH_SIZE])
{
    uint8_t digest[CRYPTO_DIGEST_SIZE];

    crypto_sha256(json, digest);
    memcpy(hash, digest, MARK_HASH_SIZE);
}

static void forget_index(struct mark *mark)
{
    free(mark->slots);
    mark->slots = NULL;
    mark->slot_count = 0;
    mark->indexed = 0;
}

void mark_move(struct mark *mark, const char *moment, const uint8_t hash[MARK_HASH_SIZE])
{
    if (!bytes_equal_text(buffer_view(&mark->moment), moment)) {
        buffer_clear(&mark->moment);
        buffer_append_text(&mark->moment, moment);
        buffer_clear(&mark->seen);
        forget_index(mark);
    }
    buffer_append(&mark->seen, hash, MARK_HASH_SIZE);
}

bool mark_is_full(const struct mark *mark, const char *moment)
{
    return mark->seen.len >= (size_t)MARK_SEEN_MOST * MARK_HASH_SIZE &&
           bytes_equal_text(buffer_view(&mark->moment), moment);
}

/* ---- The index: 1 + the place in `seen`, 0: free; open addressing, at most half full ---- */

static uint32_t *slot_of(const struct mark *mark, const uint8_t hash[MARK_HASH_SIZE])
{
    size_t mask = mark->slot_count - 1;
    uint64_t start;

    memcpy(&start, hash, sizeof(start)); /* of a hash, any bytes do */
    for (size_t at = start & mask;; at = (at + 1) & mask) {
        uint32_t *slot = &mark->slots[at];

        if (*slot == 0 || memcmp(mark->seen.data + (*slot - 1) * (size_t)MARK_HASH_SIZE, hash,
                                 MARK_HASH_SIZE) == 0)
            return slot;
    }
}

static void make_room(struct mark *mark, size_t seen)
{
    size_t needed = 64; /* a power of two */

    while (needed < 2 * seen)
        needed *= 2;
    if (needed <= mark->slot_count)
        return;
    forget_index(mark);
    mark->slots = xcalloc(needed, sizeof(*mark->slots));
    mark->slot_count = needed;
}

bool mark_has(struct mark *mark, const char *moment, const uint8_t hash[MARK_HASH_SIZE])
{
    size_t seen = mark->seen.len / MARK_HASH_SIZE;

    if (seen == 0 || !bytes_equal_text(buffer_view(&mark->moment), moment))
        return false;
    make_room(mark, seen);
    for (; mark->indexed < seen; mark->indexed++)
        *slot_of(mark, mark->seen.data + mark->indexed * MARK_HASH_SIZE) =
            (uint32_t)mark->indexed + 1;
    return *slot_of(mark, hash) != 0;
}

void mark_copy(struct mark *to, const struct mark *from)
{
    buffer_clear(&to->moment);
    buffer_clear(&to->seen);
    forget_index(to);
    buffer_append_bytes(&to->moment, buffer_view(&from->moment));
    buffer_append_bytes(&to->seen, buffer_view(&from->seen));
}

void mark_deinit(struct mark *mark)
{
    buffer_deinit(&mark->moment);
    buffer_deinit(&mark->seen);
    forget_index(mark);
}

/* ---- Order ------------------------------------------------------------------------- */

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

static size_t digits_of(const char *text)
{
    size_t count = 0;

    while (is_digit(text[count]))
        count++;
    return count;
}

/* Digits where the other has digits, and the rest equal. */
static bool is_of_one_form(const char *a, const char *b)
{
    for (; *a && *b; a++, b++) {
        if (is_digit(*a) ? !is_digit(*b) : *a != *b)
            return false;
    }
    return *a == *b;
}

/* "+0100" or "+01:00" at the end of a time: then texts compare only under one offset. */
static const char *offset_of(const char *text)
{
    const char *time = strchr(text, ':');
    const char *sign = time ? strpbrk(time, "+-") : NULL;

    return sign ? sign : "";
}

int mark_compare(const char *a, const char *b)
{
    size_t digits_a = digits_of(a);
    size_t digits_b = digits_of(b);

    if (a[digits_a] == '\0' && b[digits_b] == '\0' && digits_a != digits_b)
        return !*a || !*b || *a == '0' || *b == '0' ? 0 : digits_a < digits_b ? -1 : 1;
    if (!is_of_one_form(a, b) || strcmp(offset_of(a), offset_of(b)) != 0)
        return 0;
    return a[digits_a] == '\0' || digits_a == 4 ? strcmp(a, b) : 0;
}
