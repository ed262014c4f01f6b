/* SPDX-License-Identifier: Apache-2.0
 *
 * From each start of a group of digits the text is read as one run of digits over whatever
 * separates them; where a group ends the run is looked at. A run is at most 15 long, so the time
 * follows the text's length.
 */
#include "schemas/nir.h"

#include <utf8proc.h>

#include "schemas/field.h"

#define NIR_SHORT 13
#define NIR_LONG 15
/* What may stand between two digits. */
#define MOST_GAP 4

enum kind { KIND_OTHER, KIND_DIGIT, KIND_BLANK, KIND_MARK };

/* One character: for KIND_DIGIT its value as ASCII; 'A' and 'B' keep theirs with KIND_OTHER. */
struct character {
    enum kind kind;
    uint8_t ascii;
    size_t len;
};

/* A digit's ASCII form; 0 for anything else. Fullwidth, Arabic, Persian and mathematical ones. */
static uint8_t digit_of(int32_t code)
{
    static const int32_t zeros[] = {'0',     0xFF10,  0x0660,  0x06F0, 0x1D7CE,
                                    0x1D7D8, 0x1D7E2, 0x1D7EC, 0x1D7F6};

    for (size_t i = 0; i < sizeof(zeros) / sizeof(zeros[0]); i++)
        if (code >= zeros[i] && code <= zeros[i] + 9)
            return (uint8_t)('0' + (code - zeros[i]));
    return 0;
}

static bool is_dot(int32_t code)
{
    return code == '.' || code == 0xB7 || code == 0x2024 || code == 0xFF0E || code == 0x2212;
}

/* Blanks, dots, dashes and what is not seen (zero width, soft hyphens) break a number in groups;
 * other marks may, and then only the key tells. */
static enum kind kind_of(int32_t code)
{
    utf8proc_category_t category = utf8proc_category(code);

    if (code == '\t' || code == '\n' || code == '\r' || is_dot(code))
        return KIND_BLANK;
    if (category == UTF8PROC_CATEGORY_ZS || category == UTF8PROC_CATEGORY_CF ||
        category == UTF8PROC_CATEGORY_PD)
        return KIND_BLANK;
    if ((category >= UTF8PROC_CATEGORY_PC && category <= UTF8PROC_CATEGORY_PO) || code == '|')
        return KIND_MARK;
    return KIND_OTHER;
}

static struct character character_at(struct bytes text, size_t at)
{
    struct character character = {KIND_OTHER, 0, 1};
    int32_t code = 0;
    utf8proc_ssize_t len =
        utf8proc_iterate(text.data + at, (utf8proc_ssize_t)(text.len - at), &code);

    if (len <= 0)
        return character;
    character.len = (size_t)len;
    character.ascii = digit_of(code);
    if (character.ascii != 0) {
        character.kind = KIND_DIGIT;
        return character;
    }
    if (code >= 0xFF21 && code <= 0xFF5A)
        code -= 0xFEE0;
    if (code == 'A' || code == 'a' || code == 'B' || code == 'b')
        character.ascii = code == 'A' || code == 'a' ? 'A' : 'B';
    character.kind = kind_of(code);
    return character;
}

/* What was read of a number: its digits, and before which of them a gap stood. */
struct run {
    uint8_t digits[NIR_LONG];
    size_t len;
    unsigned gaps; /* bit i: a gap between digit i - 1 and digit i */
    bool marks;    /* a gap that is more than blanks, dots and dashes */
};

static unsigned pair(const uint8_t *at)
{
    return (unsigned)(at[0] - '0') * 10 + (unsigned)(at[1] - '0');
}

static bool is_digit(uint8_t c)
{
    return c >= '0' && c <= '9';
}

/* 97 - (n13 mod 97), with 2A → 19 and 2B → 18 */
static bool key_is_right(const uint8_t *digits)
{
    uint64_t number = 0;

    for (size_t i = 0; i < NIR_SHORT; i++) {
        unsigned digit = is_digit(digits[i]) ? (unsigned)(digits[i] - '0')
                         : digits[i] == 'A'  ? 9
                                             : 8;

        if (i == 5 && !is_digit(digits[6]))
            digit = 1;
        number = number * 10 + digit;
    }
    return 97 - number % 97 == pair(digits + NIR_SHORT);
}

static bool all_zero(const uint8_t *digits, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (digits[i] != '0')
            return false;
    return true;
}

/* Sex, year, month, département, commune and order, as far as each can be wrong. */
static bool structure_is_right(const uint8_t *digits)
{
    unsigned month = pair(digits + 3);

    if (!strchr("123478", digits[0]) || month == 0 || (month > 12 && month < 20) ||
        (month > 42 && month < 50))
        return false;
    return !all_zero(digits + 5, 2) && !all_zero(digits + 7, 3) && !all_zero(digits + 10, 3);
}

static bool run_is_nir(const struct run *run, bool with_key)
{
    const unsigned groups = 1U << 1 | 1U << 3 | 1U << 5 | 1U << 7 | 1U << 10;
    const unsigned every = (1U << NIR_SHORT) - 2;

    if (run->len == NIR_LONG)
        return structure_is_right(run->digits) && key_is_right(run->digits);
    return !with_key && run->len == NIR_SHORT && !run->marks && structure_is_right(run->digits) &&
           ((run->gaps & ~groups) == 0 || run->gaps == every);
}

/* Moves *at over the gap there; false when it is too long or none of one. */
static bool skip_gap(struct bytes text, size_t *at, struct run *run)
{
    for (size_t i = 0; i <= MOST_GAP && *at < text.len; i++) {
        struct character character = character_at(text, *at);
        bool corsica = character.ascii != 0 && run->len == 6 && run->digits[5] == '2';

        if (character.kind == KIND_DIGIT || corsica) {
            if (i > 0)
                run->gaps |= 1U << run->len;
            return true;
        }
        if (character.kind == KIND_OTHER || i == MOST_GAP)
            return false;
        run->marks = run->marks || character.kind == KIND_MARK;
        *at += character.len;
    }
    return false;
}

/* The length of the one that begins there; 0: none does. */
static size_t nir_begins(struct bytes text, size_t begin, bool with_key)
{
    struct run run = {.len = 0};
    size_t at = begin;

    while (run.len < NIR_LONG) {
        struct character next = {KIND_OTHER, 0, 0};

        if (!skip_gap(text, &at, &run))
            return 0;
        next = character_at(text, at);
        run.digits[run.len++] = next.ascii;
        at += next.len;
        if (at < text.len)
            next = character_at(text, at);
        if ((at == text.len || next.kind != KIND_DIGIT) && run_is_nir(&run, with_key))
            return at - begin;
    }
    return 0;
}

/* Most texts have too few digits of any kind: a look at the bytes is all they cost. */
static bool has_enough(struct bytes text)
{
    size_t count = 0;

    for (size_t i = 0; i < text.len; i++)
        count += is_digit(text.data[i]) || text.data[i] >= 0x80;
    return count >= NIR_SHORT - 1; /* Corsica's letter is none */
}

static bool find(struct bytes text, bool with_key, struct bytes *ret_found)
{
    bool after_digit = false;

    if (!has_enough(text))
        return false;
    for (size_t at = 0; at < text.len;) {
        struct character character = character_at(text, at);
        bool begins = character.kind == KIND_DIGIT && !after_digit;
        size_t len = begins ? nir_begins(text, at, with_key) : 0;

        if (len > 0) {
            *ret_found = bytes_of(text.data + at, len);
            return true;
        }
        after_digit = character.kind == KIND_DIGIT;
        at += character.len;
    }
    return false;
}

bool nir_find(struct bytes text, struct bytes *ret_found)
{
    return find(text, true, ret_found);
}

bool nir_in_identifier(struct bytes text)
{
    struct bytes found;

    return nir_find(text, &found);
}

bool nir_in_text(struct bytes text)
{
    struct bytes found;

    return find(text, false, &found);
}

bool nir_in_field(const struct field *field, struct bytes text)
{
    if (field->record)
        field = field_find(field->record, BYTES_LITERAL("id"));
    if (!field || field->format || (field->flags & (FIELD_PERSONAL | FIELD_RUNTIME)))
        return false;
    return field->flags & FIELD_IDENTIFIER ? nir_in_identifier(text) : nir_in_text(text);
}
