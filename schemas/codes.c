/* SPDX-License-Identifier: Apache-2.0
 *
 * Checks of form, each with its source. Lists that are data stand in schemas/codes/.
 */
#include "schemas/codes.h"

#include "schemas/code_lists.h"
#include "schemas/communes.h"

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

/* As bytes_compare(); codes are two or three characters, and a call for each costs more. */
static int compare_code(struct bytes code, const char *other)
{
    for (size_t i = 0; i < code.len; i++)
        if (code.data[i] != (uint8_t)other[i] || other[i] == '\0')
            return code.data[i] < (uint8_t)other[i] ? -1 : 1;
    return other[code.len] == '\0' ? 0 : -1;
}

const struct code_row *codes_row(const struct code_list *list, struct bytes code)
{
    size_t low = 0;
    size_t high = list->count;

    while (low < high) {
        size_t middle = low + (high - low) / 2;
        int order = compare_code(code, list->rows[middle].code);

        if (order == 0)
            return &list->rows[middle];
        if (order < 0)
            high = middle;
        else
            low = middle + 1;
    }
    return NULL;
}

bool codes_row_holds(const struct code_row *row, struct bytes day)
{
    if (!day.data)
        return row->valid_to[0] == '\0';
    return bytes_compare(day, bytes_of_text(row->valid_from)) >= 0 &&
           (row->valid_to[0] == '\0' || bytes_compare(day, bytes_of_text(row->valid_to)) < 0);
}

static bool holds(const struct code_list *list, struct bytes value)
{
    const struct code_row *row = codes_row(list, value);

    return row && codes_row_holds(row, BYTES_NONE);
}

static bool check_region(struct bytes value)
{
    return holds(&code_list_region, value);
}

static bool check_departement(struct bytes value)
{
    return holds(&code_list_departement, value);
}

/* One of today, or of the past: files keep old addresses. But not from before the départements
 * around Paris (1968) and of Corsica (1976) were made: 75001 was a commune of the Seine, and is a
 * postcode wherever it is met now. */
static bool check_commune(struct bytes value)
{
    struct commune commune;
    enum commune_state state = communes_find(value, BYTES_NONE, &commune);

    return state == COMMUNE_CURRENT ||
           (state == COMMUNE_FORMER &&
            bytes_compare(commune.valid_to, BYTES_LITERAL("1976-01-01")) > 0);
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

/* ^W\d[\dA-Z]\d{7}$: W and nine digits, the first three of which are the registry's; some of
 * Corsica and overseas have a letter there. Associations of the local law of Alsace-Moselle have
 * none: they are known by their SIREN or by the court's volume and folio (domain.md 4.2). */
static bool check_rna(struct bytes value)
{
    if (value.len != 10 || value.data[0] != 'W' || !is_digit(value.data[1]))
        return false;
    return (is_digit(value.data[2]) || (value.data[2] >= 'A' && value.data[2] <= 'Z')) &&
           all_digits(bytes_of(value.data + 3, 7), 7);
}

/* ---- Nomenclatures (domain.md 4.4) and formats --------------------------------------- */

/* A domain of the list and the number of an occupation in it. */
static bool check_rome(struct bytes value)
{
    return value.len == 5 && all_digits(bytes_of(value.data + 1, 4), 4) &&
           holds(&code_list_rome, bytes_of(value.data, 3)) &&
           !(value.data[3] == '0' && value.data[4] == '0');
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

struct codes_format {
    const char *name;
    bool (*check)(struct bytes value);
    const char *expected;
};

static const struct codes_format formats[] = {
    {"operator_code", check_operator, "un code d'opérateur : 31 au plus de a-z et 0-9"},
    {"site_code", check_site, "un code de site : 63 au plus de a-z, 0-9, '-', '_', '.'"},
    {"region", check_region, "un code INSEE de région, comme 44 ou 11"},
    {"departement", check_departement, "un code de département, comme 57, 2A ou 974"},
    {"commune", check_commune,
     "le code INSEE d'une commune, d'aujourd'hui ou depuis 1976, pas un code postal"},
    {"siret", check_siret, "un SIRET : 14 chiffres, clé juste"},
    {"siren", check_siren, "un SIREN : 9 chiffres, clé juste"},
    {"rna", check_rna, "un numéro RNA : W et 9 chiffres"},
    {"rome", check_rome, "un code ROME comme M1607, d'un domaine de la liste"},
    {"pcs1", check_pcs1, "un code PCS de niveau 1, de 1 à 8"},
    {"phone", check_phone, "un téléphone en E.164, comme +33123456789"},
    {"postcode", check_postcode, "un code postal de 5 chiffres"},
    {"zone", check_zone, "un fuseau IANA, comme Europe/Paris"},
    {"rejection", check_rejection, "un code de la liste des rejets"},
};
#define FORMAT_COUNT (sizeof(formats) / sizeof(formats[0]))

const struct codes_format *codes_find_format(const char *format)
{
    for (size_t i = 0; i < FORMAT_COUNT; i++)
        if (formats[i].name[0] == format[0] && strcmp(formats[i].name, format) == 0)
            return &formats[i];
    return NULL;
}

bool codes_format_known(const char *format)
{
    return codes_find_format(format) != NULL;
}

bool codes_check_format(const struct codes_format *format, struct bytes value,
                        const char **ret_expected)
{
    if (value.data && format->check(value))
        return true;
    *ret_expected = format->expected;
    return false;
}

bool codes_check(const char *format, struct bytes value, const char **ret_expected)
{
    const struct codes_format *known = codes_find_format(format);

    if (known)
        return codes_check_format(known, value, ret_expected);
    *ret_expected = "un format connu";
    return false;
}
