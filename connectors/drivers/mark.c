/* SPDX-License-Identifier: Apache-2.0 */
#include "connectors/drivers/mark.h"

#include "base/crypto.h"

void mark_hash(struct bytes json, uint8_t hash[MARK_HASH_SIZE])
{
    uint8_t digest[CRYPTO_DIGEST_SIZE];

    crypto_sha256(json, digest);
    memcpy(hash, digest, MARK_HASH_SIZE);
}

void mark_move(struct mark *mark, const char *moment, const uint8_t hash[MARK_HASH_SIZE])
{
    if (!bytes_equal_text(buffer_view(&mark->moment), moment)) {
        buffer_clear(&mark->moment);
        buffer_append_text(&mark->moment, moment);
        buffer_clear(&mark->seen);
    }
    buffer_append(&mark->seen, hash, MARK_HASH_SIZE);
}

bool mark_is_full(const struct mark *mark, const char *moment)
{
    return mark->seen.len >= (size_t)MARK_SEEN_MOST * MARK_HASH_SIZE &&
           bytes_equal_text(buffer_view(&mark->moment), moment);
}

bool mark_has(const struct mark *mark, const char *moment, const uint8_t hash[MARK_HASH_SIZE])
{
    if (!bytes_equal_text(buffer_view(&mark->moment), moment))
        return false;
    for (size_t at = 0; at + MARK_HASH_SIZE <= mark->seen.len; at += MARK_HASH_SIZE) {
        if (memcmp(mark->seen.data + at, hash, MARK_HASH_SIZE) == 0)
            return true;
    }
    return false;
}

void mark_copy(struct mark *to, const struct mark *from)
{
    buffer_clear(&to->moment);
    buffer_clear(&to->seen);
    buffer_append_bytes(&to->moment, buffer_view(&from->moment));
    buffer_append_bytes(&to->seen, buffer_view(&from->seen));
}

void mark_deinit(struct mark *mark)
{
    buffer_deinit(&mark->moment);
    buffer_deinit(&mark->seen);
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
