/* SPDX-License-Identifier: Apache-2.0
 *
 * A snapshot is its entries, sorted, and beside them the rows that look-ups answer with:
 * arrays sorted by code and start, searched by halves. An operator's keys are entries of
 * their own with their own dates, but an answer must hold the key of that day: so an
 * operator's row is cut wherever one of its keys begins or ends.
 */
#include "directory/directory.h"

#include <stdatomic.h>
#include <stdlib.h>

#include "base/arena.h"
#include "base/clock.h"
#include "schemas/events.h"

/* Every kind of row begins with the text it is sorted and searched by. */
struct convention {
    const char *from;
    const char *to;
    int64_t valid_from, valid_to;
};

struct key {
    const char *operator_code;
    int64_t valid_from, valid_to;
    struct public_keys keys;
};

struct rows {
    void *first;
    size_t count;
    size_t size; /* of one row */
};

struct directory {
    atomic_uint references;
    struct arena arena;
    struct directory_entry *entries;
    size_t entry_count;
    struct rows operators;                    /* struct directory_operator, cut by keys */
    struct rows sites;                        /* struct directory_site                  */
    struct rows conventions;                  /* struct convention                      */
    struct rows keys;                         /* struct key                             */
    const struct directory_operator **listed; /* the last row of each code */
    size_t listed_count;
};

/* ---- Entries ----------------------------------------------------------------------- */

static int compare_times(int64_t a, int64_t b)
{
    return (a > b) - (a < b);
}

int directory_entry_compare(const struct directory_entry *a, const struct directory_entry *b)
{
    int order = (a->kind > b->kind) - (a->kind < b->kind);

    if (order == 0)
        order = bytes_compare(a->code, b->code);
    return order != 0 ? order : compare_times(a->valid_from, b->valid_from);
}

static int compare_entries(const void *a, const void *b)
{
    return directory_entry_compare(a, b);
}

void directory_entry_key(const struct directory_entry *entry, struct buffer *out)
{
    static const char *const kinds[] = {
        [DIRECTORY_UNKNOWN] = "unknown", [DIRECTORY_OPERATOR] = "operator",
        [DIRECTORY_SITE] = "site",       [DIRECTORY_CONVENTION] = "convention",
        [DIRECTORY_KEY] = "key",         [DIRECTORY_MEMBER] = "member",
    };
    size_t count = sizeof(kinds) / sizeof(kinds[0]);
    size_t kind = (size_t)entry->kind;
    char time[CLOCK_TEXT_SIZE];

    buffer_append_text(out, kinds[kind < count ? kind : DIRECTORY_UNKNOWN]);
    buffer_append_byte(out, '/');
    buffer_append_bytes(out, entry->code);
    if (entry->valid_from == NO_TIME)
        return;
    buffer_append_byte(out, '@');
    buffer_append_text(out, clock_format(entry->valid_from, time));
}

static void copy_entry(struct arena *arena, struct directory_entry *entry)
{
    for (const struct field *field = directory_table.fields; field->name; field++) {
        struct bytes *text = (void *)((uint8_t *)entry + field->offset);

        if ((field->type == FIELD_STRING || field->type == FIELD_BYTES) && text->data)
            *text = arena_copy(arena, *text);
    }
}

/* ---- Rows -------------------------------------------------------------------------- */

static const char *text_of(struct arena *arena, struct bytes text)
{
    return text.data ? arena_text(arena, text) : NULL;
}

static int64_t end_of(const struct directory_entry *entry)
{
    return entry->valid_to == NO_TIME ? INT64_MAX : entry->valid_to;
}

static size_t count_kind(const struct directory *directory, enum directory_kind kind)
{
    size_t count = 0;

    for (size_t i = 0; i < directory->entry_count; i++)
        count += directory->entries[i].kind == (int32_t)kind;
    return count;
}

static void *rows_start(struct directory *directory, struct rows *rows, size_t most, size_t size)
{
    rows->first = arena_array(&directory->arena, most > 0 ? most : 1, size);
    rows->count = 0;
    rows->size = size;
    return rows->first;
}

static const void *rows_at(const struct rows *rows, size_t index)
{
    return (const uint8_t *)rows->first + index * rows->size;
}

static const char *rows_code(const struct rows *rows, size_t index)
{
    const char *code;

    memcpy(&code, rows_at(rows, index), sizeof(code));
    return code;
}

/* Index of the first row whose code is not before `code`. */
static size_t rows_find(const struct rows *rows, struct bytes code)
{
    size_t low = 0;
    size_t high = rows->count;

    while (low < high) {
        size_t middle = low + (high - low) / 2;

        if (bytes_compare(bytes_of_text(rows_code(rows, middle)), code) < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

static bool rows_match(const struct rows *rows, size_t index, struct bytes code)
{
    return index < rows->count && bytes_equal_text(code, rows_code(rows, index));
}

static int compare_keys(const void *a, const void *b)
{
    const struct key *left = a;
    const struct key *right = b;
    int order = strcmp(left->operator_code, right->operator_code);

    return order != 0 ? order : compare_times(left->valid_from, right->valid_from);
}

static int compare_conventions(const void *a, const void *b)
{
    const struct convention *left = a;
    const struct convention *right = b;
    int order = strcmp(left->from, right->from);

    return order != 0 ? order : strcmp(left->to, right->to);
}

/* False for a key that no file could have held: then the operator has none. */
static bool read_key(const struct directory_entry *entry, struct public_keys *keys)
{
    if (entry->seal_key.len != KEY_SIZE || entry->signing_key.len != KEY_SIZE ||
        entry->seal_key_id.len >= sizeof(keys->seal_key_id) ||
        entry->signing_key_id.len >= sizeof(keys->signing_key_id) || !entry->seal_key_id.data ||
        !entry->signing_key_id.data)
        return false;
    memset(keys, 0, sizeof(*keys));
    memcpy(keys->seal_key_id, entry->seal_key_id.data, entry->seal_key_id.len);
    memcpy(keys->signing_key_id, entry->signing_key_id.data, entry->signing_key_id.len);
    memcpy(keys->seal_key, entry->seal_key.data, KEY_SIZE);
    memcpy(keys->signing_key, entry->signing_key.data, KEY_SIZE);
    return true;
}

static void build_keys(struct directory *directory)
{
    struct key *keys = rows_start(directory, &directory->keys, count_kind(directory, DIRECTORY_KEY),
                                  sizeof(struct key));

    for (size_t i = 0; i < directory->entry_count; i++) {
        const struct directory_entry *entry = &directory->entries[i];
        struct key *key = &keys[directory->keys.count];

        if (entry->kind != DIRECTORY_KEY || !entry->operator_code.data ||
            !read_key(entry, &key->keys))
            continue;
        key->operator_code = text_of(&directory->arena, entry->operator_code);
        key->valid_from = entry->valid_from; /* NO_TIME is INT64_MIN: since ever */
        key->valid_to = end_of(entry);
        directory->keys.count++;
    }
    qsort(keys, directory->keys.count, sizeof(*keys), compare_keys);
}

/* The key in force at `at`, or NULL; *ret_until is when that answer ends. */
static const struct key *key_at(const struct directory *directory, struct bytes code, int64_t at,
                                int64_t *ret_until)
{
    size_t i = rows_find(&directory->keys, code);

    *ret_until = INT64_MAX;
    for (; rows_match(&directory->keys, i, code); i++) {
        const struct key *key = rows_at(&directory->keys, i);

        if (key->valid_from > at) {
            *ret_until = key->valid_from;
            return NULL;
        }
        if (at < key->valid_to) {
            *ret_until = key->valid_to;
            return key;
        }
    }
    return NULL;
}

static void add_operator(struct directory *directory, const struct directory_entry *entry)
{
    struct directory_operator *rows = directory->operators.first;
    struct arena *arena = &directory->arena;
    const struct directory_operator whole = {
        .code = text_of(arena, entry->code),
        .name = text_of(arena, entry->name),
        .network = text_of(arena, entry->network),
        .region = text_of(arena, entry->region),
        .lead = text_of(arena, entry->lead),
        .test = entry->test,
    };
    int64_t at = entry->valid_from;

    while (at < end_of(entry)) {
        struct directory_operator *row = &rows[directory->operators.count++];
        int64_t until;
        const struct key *key = key_at(directory, entry->code, at, &until);

        *row = whole;
        row->valid_from = at;
        row->valid_to = until < end_of(entry) ? until : end_of(entry);
        row->has_keys = key != NULL;
        if (key)
            row->keys = key->keys;
        at = row->valid_to;
    }
}

/* One piece more for each end of each of its keys that falls inside. */
static size_t most_rows_of(const struct directory *directory, const struct directory_entry *entry)
{
    size_t first = rows_find(&directory->keys, entry->code);
    size_t end = first;

    while (rows_match(&directory->keys, end, entry->code))
        end++;
    return 1 + 2 * (end - first);
}

static void build_operators(struct directory *directory)
{
    size_t entries = count_kind(directory, DIRECTORY_OPERATOR);
    size_t most = 0;

    for (size_t i = 0; i < directory->entry_count; i++)
        if (directory->entries[i].kind == DIRECTORY_OPERATOR)
            most += most_rows_of(directory, &directory->entries[i]);
    rows_start(directory, &directory->operators, most, sizeof(struct directory_operator));
    directory->listed = arena_array(&directory->arena, entries + 1, sizeof(*directory->listed));
    for (size_t i = 0; i < directory->entry_count; i++) {
        const struct directory_entry *entry = &directory->entries[i];
        size_t before = directory->operators.count;
        size_t listed = directory->listed_count;

        if (entry->kind != DIRECTORY_OPERATOR)
            continue;
        add_operator(directory, entry);
        if (directory->operators.count == before)
            continue;
        if (listed == 0 || !bytes_equal_text(entry->code, directory->listed[listed - 1]->code))
            directory->listed_count++;
        directory->listed[directory->listed_count - 1] =
            rows_at(&directory->operators, directory->operators.count - 1);
    }
}

static void build_sites(struct directory *directory)
{
    struct arena *arena = &directory->arena;
    struct directory_site *sites =
        rows_start(directory, &directory->sites, count_kind(directory, DIRECTORY_SITE),
                   sizeof(struct directory_site));

    for (size_t i = 0; i < directory->entry_count; i++) {
        const struct directory_entry *entry = &directory->entries[i];

        if (entry->kind != DIRECTORY_SITE)
            continue;
        sites[directory->sites.count++] = (struct directory_site){
            .code = text_of(arena, entry->code),
            .operator_code = text_of(arena, entry->operator_code),
            .name = text_of(arena, entry->name),
            .siret = text_of(arena, entry->siret),
            .commune = text_of(arena, entry->commune),
            .zone = text_of(arena, entry->zone),
            .member = text_of(arena, entry->member),
            .valid_from = entry->valid_from,
            .valid_to = end_of(entry),
        };
    }
}

static void build_conventions(struct directory *directory)
{
    struct arena *arena = &directory->arena;
    struct convention *rows =
        rows_start(directory, &directory->conventions, count_kind(directory, DIRECTORY_CONVENTION),
                   sizeof(struct convention));

    for (size_t i = 0; i < directory->entry_count; i++) {
        const struct directory_entry *entry = &directory->entries[i];

        if (entry->kind != DIRECTORY_CONVENTION || !entry->from_operator.data ||
            !entry->to_operator.data)
            continue;
        rows[directory->conventions.count++] = (struct convention){
            .from = text_of(arena, entry->from_operator),
            .to = text_of(arena, entry->to_operator),
            .valid_from = entry->valid_from,
            .valid_to = end_of(entry),
        };
    }
    qsort(rows, directory->conventions.count, sizeof(*rows), compare_conventions);
}

struct directory *directory_new(const struct directory_entry *entries, size_t count)
{
    struct directory *directory = xcalloc(1, sizeof(*directory));

    atomic_init(&directory->references, 1);
    arena_init(&directory->arena);
    directory->entries = arena_array(&directory->arena, count + 1, sizeof(*entries));
    directory->entry_count = count;
    for (size_t i = 0; i < count; i++) {
        directory->entries[i] = entries[i];
        copy_entry(&directory->arena, &directory->entries[i]);
    }
    qsort(directory->entries, count, sizeof(*directory->entries), compare_entries);
    build_keys(directory);
    build_operators(directory);
    build_sites(directory);
    build_conventions(directory);
    return directory;
}

struct directory *directory_ref(struct directory *directory)
{
    atomic_fetch_add_explicit(&directory->references, 1, memory_order_relaxed);
    return directory;
}

void directory_unref(struct directory *directory)
{
    if (!directory ||
        atomic_fetch_sub_explicit(&directory->references, 1, memory_order_acq_rel) > 1)
        return;
    arena_deinit(&directory->arena);
    free(directory);
}

/* ---- Look-ups ---------------------------------------------------------------------- */

size_t directory_entry_count(const struct directory *directory)
{
    return directory->entry_count;
}

const struct directory_entry *directory_entry_at(const struct directory *directory, size_t index)
{
    return &directory->entries[index];
}

const struct directory_operator *directory_operator(const struct directory *directory,
                                                    struct bytes code, int64_t at_us)
{
    for (size_t i = rows_find(&directory->operators, code);
         rows_match(&directory->operators, i, code); i++) {
        const struct directory_operator *row = rows_at(&directory->operators, i);

        if (row->valid_from <= at_us && at_us < row->valid_to)
            return row;
    }
    return NULL;
}

const struct directory_site *directory_site(const struct directory *directory, struct bytes code,
                                            int64_t at_us)
{
    for (size_t i = rows_find(&directory->sites, code); rows_match(&directory->sites, i, code);
         i++) {
        const struct directory_site *row = rows_at(&directory->sites, i);

        if (row->valid_from <= at_us && at_us < row->valid_to)
            return row;
    }
    return NULL;
}

const struct directory_operator *directory_regional(const struct directory *directory,
                                                    struct bytes region, int64_t at_us)
{
    for (size_t i = 0; i < directory->operators.count; i++) {
        const struct directory_operator *row = rows_at(&directory->operators, i);

        if (row->region && bytes_equal_text(region, row->region) && !row->lead && !row->test &&
            row->valid_from <= at_us && at_us < row->valid_to)
            return row;
    }
    return NULL;
}

bool directory_may_refer(const struct directory *directory, struct bytes from, struct bytes to,
                         int64_t at_us)
{
    if (bytes_equal(from, to))
        return true;
    for (size_t i = rows_find(&directory->conventions, from);
         rows_match(&directory->conventions, i, from); i++) {
        const struct convention *row = rows_at(&directory->conventions, i);

        if (bytes_equal_text(to, row->to) && row->valid_from <= at_us && at_us < row->valid_to)
            return true;
    }
    return false;
}

const struct public_keys *directory_keys(const struct directory *directory, struct bytes code,
                                         struct bytes signing_key_id)
{
    for (size_t i = rows_find(&directory->keys, code); rows_match(&directory->keys, i, code); i++) {
        const struct key *row = rows_at(&directory->keys, i);

        if (bytes_equal_text(signing_key_id, row->keys.signing_key_id))
            return &row->keys;
    }
    return NULL;
}

size_t directory_operator_count(const struct directory *directory)
{
    return directory->listed_count;
}

const struct directory_operator *directory_operator_at(const struct directory *directory,
                                                       size_t index)
{
    return directory->listed[index];
}
