/* SPDX-License-Identifier: Apache-2.0
 *
 * Checks of form, each with its source. Lists that are data stand in schemas/codes/.
 */
#include "schemas/codes.h"

#include "schemas/code_lists.h"

static bool is_digit(uint8_t c)
{
    return c >= '0' && c <= '9';
}

static bool is_letter(uint8_t c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

static bool all_digits(struct bytes value, size_t len)
{
    if (value.len != len)
        return false;
    for (size_t i = 0; i < len; i++)
        if (!is_digit(value.data[i]))
            return false;
    return true;
}

/* ---- Relais' own ------------------------------------------------------------------ */

static bool is_code(struct bytes value, size_t most, const char *others)
{
    if (value.len == 0 || value.len > most || !value.data)
        return false;
    for (size_t i = 0; i < value.len; i++) {
        uint8_t c = value.data[i];
        bool plain = (c >= 'a' && c <= 'z') || is_digit(c);

        if (!plain && (i == 0 || c == '\0' || !strchr(others, c)))
            return false;
    }
    return true;
}

/* Stands in a topic's name. */
static bool check_operator(struct bytes value)
{
    return is_code(value, 31, "");
}

static bool check_site(struct bytes value)
{
    return is_code(value, 63, "-_.");
}

static bool check_rejection(struct bytes value)
{
    for (const struct rejection_code *row = rejection_codes; row->code; row++)
        if (bytes_equal_text(value, row->code))
            return true;
    return false;
}

/* ---- INSEE, Code officiel géographique (domain.md 4.1) ------------------------------ */

static bool in_list(const struct code_list *list, struct bytes value)
{
    size_t low = 0;
    size_t high = list->count;

    while (low < high) {
        size_t middle = low + (high - low) / 2;
        int order = bytes_compare(value, bytes_of_text(list->rows[middle].code));

        if (order == 0)
            return true;
        if (order < 0)
            high = middle;
        else
            low = middle + 1;
    }
    return false;
}

static bool check_region(struct bytes value)
{
    return in_list(&code_list_region, value);
}

static bool check_departement(struct bytes value)
{
    return in_list(&code_list_departement, value);
}

/* ^(\d{2}|2[AB])\d{3}$ */
static bool check_commune(struct bytes value)
{
    if (value.len != 5 || !all_digits(bytes_of(value.data + 2, 3), 3))
        return false;
    return is_digit(value.data[0]) &&
           (is_digit(value.data[1]) ||
            (value.data[0] == '2' && (value.data[1] == 'A' || value.data[1] == 'B')));
}

/* ---- SIREN and SIRET (domain.md 4.2) ------------------------------------------------ */

static bool luhn(struct bytes digits)
{
    unsigned sum = 0;

    for (size_t i = 0; i < digits.len; i++) {
        unsigned digit = (unsigned)(digits.data[digits.len - 1 - i] - '0');

        if (i % 2 == 1)
            digit = digit > 4 ? 2 * digit - 9 : 2 * digit;
        sum += digit;
    }
    return sum % 10 == 0;
}

static bool check_siren(struct bytes value)
{
    return all_digits(value, 9) && luhn(value);
}

/* La Poste's establishments: two published validators disagree, so either is accepted. */
static bool la_poste(struct bytes value)
{
    unsigned sum = 0;

    for (size_t i = 0; i < value.len; i++)
        sum += (unsigned)(value.data[i] - '0');
    return bytes_starts_with(value, BYTES_LITERAL("356000000")) && sum % 5 == 0;
}

static bool check_siret(struct bytes value)
{
    return all_digits(value, 14) && (luhn(value) || la_poste(value));
}

/* ---- Nomenclatures (domain.md 4.4) and formats --------------------------------------- */

/* ^[A-N]\d{4}$ */
static bool check_rome(struct bytes value)
{
    return value.len == 5 && value.data[0] >= 'A' && value.data[0] <= 'N' &&
           all_digits(bytes_of(value.data + 1, 4), 4);
}

static bool check_pcs1(struct bytes value)
{
    return value.len == 1 && value.data[0] >= '1' && value.data[0] <= '8';
}

/* ITU-T E.164: a country code, which never begins with 0, at most 15 digits in all. */
static bool check_phone(struct bytes value)
{
    return value.len >= 8 && value.len <= 16 && value.data[0] == '+' && value.data[1] != '0' &&
           all_digits(bytes_of(value.data + 1, value.len - 1), value.len - 1);
}

static bool check_postcode(struct bytes value)
{
    return all_digits(value, 5);
}

/* The form of a name in the IANA time zone database; whether it is there is asked when it is
 * used. */
static bool check_zone(struct bytes value)
{
    bool begin = true;

    if (value.len == 0 || value.len > 64)
        return false;
    for (size_t i = 0; i < value.len; i++) {
        uint8_t c = value.data[i];
        bool inner = is_digit(c) || c == '_' || c == '-' || c == '+';

        if (c == '/' ? begin : !(is_letter(c) || (inner && !begin)))
            return false;
        begin = c == '/';
    }
    return !begin;
}

static const struct {
    const char *format;
    bool (*check)(struct bytes value);
    const char *expected;
} formats[] = {
    {"operator_code", check_operator, "an operator code: up to 31 of a-z and 0-9"},
    {"site_code", check_site, "a site code: up to 63 of a-z, 0-9, '-', '_', '.'"},
    {"region", check_region, "an INSEE region code such as 44 or 11"},
    {"departement", check_departement, "a département code such as 57, 2A or 974"},
    {"commune", check_commune, "an INSEE commune code of 5 characters, not a postcode"},
    {"siret", check_siret, "a SIRET: 14 digits with a valid key"},
    {"siren", check_siren, "a SIREN: 9 digits with a valid key"},
    {"rome", check_rome, "a ROME code: a letter A to N and 4 digits"},
    {"pcs1", check_pcs1, "a PCS level 1 code, 1 to 8"},
    {"phone", check_phone, "a telephone number in E.164, such as +33123456789"},
    {"postcode", check_postcode, "a postcode of 5 digits"},
    {"zone", check_zone, "an IANA time zone such as Europe/Paris"},
    {"rejection", check_rejection, "a code of the list of rejections"},
};
#define FORMAT_COUNT (sizeof(formats) / sizeof(formats[0]))

static size_t find_format(const char *format)
{
    size_t i = 0;

    while (i < FORMAT_COUNT && strcmp(formats[i].format, format) != 0)
        i++;
    return i;
}

bool codes_format_known(const char *format)
{
    return find_format(format) < FORMAT_COUNT;
}

bool codes_check(const char *format, struct bytes value, const char **ret_expected)
{
    size_t i = find_format(format);

    if (i == FORMAT_COUNT) {
        *ret_expected = "a known format";
        return false;
    }
    if (value.data && formats[i].check(value))
        return true;
    *ret_expected = formats[i].expected;
    return false;
}

/* ---- NIR (domain.md 4.3) ------------------------------------------------------------ */

#define NIR_SHORT 13
#define NIR_LONG 15

/* The length of a blank or dot at `at`: ASCII's, U+00A0 or U+202F; 0 when it is none. */
static size_t gap_length(const uint8_t *at, size_t left)
{
    if (at[0] == ' ' || at[0] == '\t' || at[0] == '.')
        return 1;
    if (left >= 2 && at[0] == 0xC2 && at[1] == 0xA0)
        return 2;
    if (left >= 3 && at[0] == 0xE2 && at[1] == 0x80 && at[2] == 0xAF)
        return 3;
    return 0;
}

/* Number of two digits. */
static unsigned pair(const uint8_t *at)
{
    return (unsigned)(at[0] - '0') * 10 + (unsigned)(at[1] - '0');
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

/* `run`: digits, with A or B only where Corsica's département has one. */
static bool run_is_nir(const uint8_t *run, size_t len)
{
    unsigned month;

    if ((len != NIR_SHORT && len != NIR_LONG) || !strchr("123478", run[0]) || !is_digit(run[3]))
        return false;
    month = pair(run + 3);
    if (month == 0 || (month > 12 && month < 20) || (month > 42 && month < 50))
        return false;
    return len == NIR_SHORT || key_is_right(run);
}

/* True when a NIR begins at `at`, a digit: digits over single gaps, ending where a group of
 * digits ends, so that a number beside it hides nothing. */
static bool nir_begins(const uint8_t *at, size_t left)
{
    uint8_t run[NIR_LONG + 1] = {0};
    size_t used = 0;
    size_t len = 0;

    while (used < left && len < NIR_LONG) {
        bool corsica = len == 6 && run[5] == '2' && (at[used] == 'A' || at[used] == 'B');
        size_t gap = gap_length(at + used, left - used);

        if (gap > 0 && len > 0) {
            used += gap;
            continue;
        }
        if (!is_digit(at[used]) && !corsica)
            return false;
        run[len++] = at[used++];
        if ((used == left || !is_digit(at[used])) && run_is_nir(run, len))
            return true;
    }
    return false;
}

bool codes_looks_like_nir(struct bytes value)
{
    for (size_t at = 0; at < value.len; at++) {
        bool begins = is_digit(value.data[at]) && (at == 0 || !is_digit(value.data[at - 1]));

        if (begins && nir_begins(value.data + at, value.len - at))
            return true;
    }
    return false;
}
