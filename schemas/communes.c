/* SPDX-License-Identifier: Apache-2.0
 *
 * Lines are sorted by bytes and begin with their key of five characters; the comments at the
 * top sort before all of them ('#' < '0'), so that the whole text can be bisected.
 */
#include "schemas/communes.h"

#include "schemas/code_lists.h"
#include "schemas/codes.h"

#define KEY_LEN 5

static struct bytes commune_text(void)
{
    return bytes_of(code_texts_commune, (size_t)(code_texts_commune_end - code_texts_commune));
}

static struct bytes postcode_text(void)
{
    return bytes_of(code_texts_postcode, (size_t)(code_texts_postcode_end - code_texts_postcode));
}

/* The line at offset `at`, without its end. */
static struct bytes line_at(struct bytes text, size_t at)
{
    const uint8_t *end = memchr(text.data + at, '\n', text.len - at);

    return bytes_of(text.data + at, end ? (size_t)(end - text.data) - at : text.len - at);
}

static size_t line_start(struct bytes text, size_t at)
{
    while (at > 0 && text.data[at - 1] != '\n')
        at--;
    return at;
}

static int compare_key(struct bytes line, struct bytes key)
{
    return bytes_compare(bytes_of(line.data, line.len < KEY_LEN ? line.len : (size_t)KEY_LEN), key);
}

/* Offset of the first line that is not less than `key`. */
static size_t lower_bound(struct bytes text, struct bytes key)
{
    size_t low = 0;
    size_t high = text.len;

    while (low < high) {
        size_t start = line_start(text, low + (high - low) / 2);
        struct bytes line = line_at(text, start);

        if (compare_key(line, key) < 0)
            low = start + line.len + 1;
        else
            high = start;
    }
    return low;
}

/* The line at *at while it is one of `key`; moves *at behind it. */
static bool next_line(struct bytes text, struct bytes key, size_t *at, struct bytes *ret_line)
{
    if (*at >= text.len)
        return false;
    *ret_line = line_at(text, *at);
    if (compare_key(*ret_line, key) != 0)
        return false;
    *at += ret_line->len + 1;
    return true;
}

/* The next cell; BYTES_NONE for an empty one. */
static struct bytes next_cell(struct bytes *line)
{
    const uint8_t *comma = memchr(line->data, ',', line->len);
    size_t len = comma ? (size_t)(comma - line->data) : line->len;
    struct bytes cell = len > 0 ? bytes_of(line->data, len) : BYTES_NONE;

    *line = comma ? bytes_of(comma + 1, line->len - len - 1) : bytes_of(line->data + len, 0);
    return cell;
}

static struct commune read_line(struct bytes line)
{
    struct commune commune;
    struct bytes code = next_cell(&line);
    const struct code_row *departement;

    commune.valid_from = next_cell(&line);
    commune.valid_to = next_cell(&line);
    commune.successor = next_cell(&line);
    commune.label = line;
    commune.departement = bytes_of(code.data, bytes_starts_with(code, BYTES_LITERAL("97")) ||
                                                      bytes_starts_with(code, BYTES_LITERAL("98"))
                                                  ? 3
                                                  : 2);
    departement = codes_row(&code_list_departement, commune.departement);
    commune.region = departement ? bytes_of_text(departement->parent) : BYTES_NONE;
    return commune;
}

static enum commune_state state_on(const struct commune *commune, struct bytes day)
{
    if (!day.data)
        return commune->valid_to.data ? COMMUNE_FORMER : COMMUNE_CURRENT;
    if (commune->valid_from.data && bytes_compare(day, commune->valid_from) < 0)
        return COMMUNE_FUTURE;
    if (commune->valid_to.data && bytes_compare(day, commune->valid_to) >= 0)
        return COMMUNE_FORMER;
    return COMMUNE_CURRENT;
}

/* A code's lines stand in the order of their time: the last one that has begun is the one. */
enum commune_state communes_find(struct bytes code, struct bytes day, struct commune *ret_commune)
{
    enum commune_state found = COMMUNE_UNKNOWN;
    struct bytes text = commune_text();
    struct bytes line;
    size_t at;

    if (!code.data || code.len != KEY_LEN || code.data[0] == '#')
        return COMMUNE_UNKNOWN;
    at = lower_bound(text, code);
    while (next_line(text, code, &at, &line)) {
        struct commune commune = read_line(line);
        enum commune_state state = state_on(&commune, day);

        if (found != COMMUNE_UNKNOWN && state == COMMUNE_FUTURE)
            break;
        found = state;
        if (ret_commune)
            *ret_commune = commune;
    }
    return found;
}

size_t communes_of_postcode(struct bytes postcode, struct bytes *ret_codes, size_t most)
{
    struct bytes text = postcode_text();
    struct bytes line;
    size_t count = 0;
    size_t at;

    if (!postcode.data || postcode.len != KEY_LEN || postcode.data[0] == '#')
        return 0;
    at = lower_bound(text, postcode);
    while (next_line(text, postcode, &at, &line)) {
        (void)next_cell(&line);
        if (count < most)
            ret_codes[count] = line;
        count++;
    }
    return count;
}

struct bytes communes_source(void)
{
    struct bytes text = commune_text();
    size_t end = lower_bound(text, BYTES_LITERAL("00000"));

    return bytes_of(text.data, end);
}
