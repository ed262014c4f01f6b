/* SPDX-License-Identifier: Apache-2.0 */
#include "schemas/nir.h"

#include <inttypes.h>
#include <stdio.h>

#include "schemas/events.h"
#include "tests/support/test.h"

static void check(const char *text, bool found)
{
    if (nir_in_text(bytes_of_text(text)) != found)
        fail_msg("%s: %s", text, found ? "not found" : "found");
}

/* 2 95 10 99 126 111 is the published vector, its key 93 (docs/domain.md 4.3). */
static void a_nir_is_found_however_it_is_written(void **state)
{
    static const char *const texts[] = {
        "295109912611193",
        "2951099126111",
        "2 95 10 99 126 111 93",
        "2.95.10.99.126.111",
        "2-95-10-99-126-111",
        "2\u00A095\u202F10 99\u2009126\u3000111",
        "2\u201395\u201110\u201299\u2014126\u2212111",
        "2\u200B9510\u00AD99\uFEFF126\u2060111 93",
        "2\u00B795\u00B710\u00B799\u00B7126\u00B7111",
        "２９５１０９９１２６１１１",
        "２ ９５ １０ ９９ １２６ １１１ ９３",
        "2９5１0９9１2６1１1",
        "\u0662\u0669\u0665\u0661\u0660\u0669\u0669\u0661\u0662\u0666\u0661\u0661\u0661",
        "2 9 5 1 0 9 9 1 2 6 1 1 1",
        "2\t95\n10\r\n99 126 111",
        "2 - 95 - 10 - 99 - 126 - 111",
        "2951 09912 611193",     /* wrong groups: the key tells */
        "2/95/10/99/126/111/93", /* other marks: the key tells */
        "2_95_10_99_126_111|93",
        "(2)95(10)99(126)111(93)",
        "184052A004123",
        "1 84 05 2a 004 123",
        "184052B033123",
        "１８４０５２Ａ００４１２３",
        "Son numéro est le 2951099126111, merci de le rappeler.",
        "n°2951099126111",
        "NIR2951099126111X",
        "dossier 12 2951099126111 à voir",
        "2 95 10 99 126 111 93 06 12 34 56 78",
        "06 12 34 56 78 2 95 10 99 126 111",
        "1 84 05 2A 004 123 20", /* a wrong key, but the 13 before it are one */
        "1995099126111 2951099126111",
        "\xFF\xFE 2951099126111",
    };

    (void)state;
    for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
        check(texts[i], true);
}

static void other_numbers_are_no_nir(void **state)
{
    static const char *const texts[] = {
        "",
        "295109912611194", /* the key is wrong */
        "2951 09912 611194",
        "2951 09912 6111",    /* wrong groups, and no key */
        "2/95/10/99/126/111", /* marks, and no key */
        "73282932000074",     /* a SIRET */
        "732 829 320 00074",
        "+33612345678",
        "06 12 34 56 78 06 12 34 56 78",
        "REF-2026-000123",
        "5951099126111", /* no such sex */
        "2951399126111", /* no such month */
        "2954399126111",
        "2951000126111", /* no such département */
        "2951099000111",
        "2951099126000",
        "02951099126111", /* inside a longer number */
        "29510991261112",
        "2026-11-22 57000", /* a day and a postcode */
        "22.11.2026 57000",
        "2024-01-15 12:34:56",
        "2024-01-15T12:34:56.789",
        "2024/01/15 12:34:56.78901",
        "1 84 05 2C 004 123",
        "018f3a2e-1c44-7b1e-9a52-5d2a97c1e0b4",
        "12345678-1234-1234-1234-123456789012",
        "2\xFF"
        "951099126111",
    };

    (void)state;
    for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
        check(texts[i], false);
}

static void an_identifier_is_one_only_with_its_key(void **state)
{
    static const struct {
        const char *text;
        bool found;
    } cases[] = {
        {"295109912611193", true},       {"rdv-295109912611193", true},
        {"2 95 10 99 126 111 93", true}, {"1 84 05 2A 004 123 08", true},
        {"2951099126111", false},        {"1772123456789", false}, /* an instant in milliseconds */
        {"rdv-1772123456789", false},    {"2 95 10 99 126 111", false},
        {"295109912611194", false},      {"", false},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
        if (nir_in_identifier(bytes_of_text(cases[i].text)) != cases[i].found)
            fail_msg("%s: %s", cases[i].text, cases[i].found ? "not found" : "found");
}

/* A number from 0 to `most` - 1, the same in each run. */
static uint64_t draw(uint64_t *seed, uint64_t most)
{
    *seed = *seed * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    return (*seed >> 11) % most;
}

#define DRAWN 100000

static size_t count_of(bool (*found)(struct bytes text), uint64_t first, uint64_t count)
{
    uint64_t seed = 1;
    size_t hits = 0;
    char text[24];

    for (size_t i = 0; i < DRAWN; i++) {
        (void)snprintf(text, sizeof(text), "%" PRIu64, first + draw(&seed, count));
        hits += found(bytes_of_text(text));
    }
    return hits;
}

/* The shares that nir.h tells. */
static void chance_numbers_are_taken_for_one_as_often_as_the_header_says(void **state)
{
    const uint64_t e12 = UINT64_C(1000000000000);
    const uint64_t new_year = UINT64_C(1767225600000); /* 2026, in milliseconds */
    const uint64_t year = UINT64_C(31536000000);

    (void)state;
    assert_in_range(count_of(nir_in_text, e12, 9 * e12), 55500, 56499);
    assert_in_range(count_of(nir_in_text, new_year, year), 84500, 85499);
    assert_in_range(count_of(nir_in_identifier, 100 * e12, 900 * e12), DRAWN / 200, DRAWN / 150);
    assert_int_equal(count_of(nir_in_identifier, new_year, year), 0);
}

static void a_field_is_asked_as_what_it_holds(void **state)
{
    static const struct field text = {.name = "text", .type = FIELD_STRING};
    static const struct field own = {.name = "own", .flags = FIELD_RUNTIME};
    static const struct field personal = {.name = "personal", .flags = FIELD_PERSONAL};
    static const struct field coded = {.name = "coded", .format = "siret"};
    const struct field *reference = field_find(&referral_table, BYTES_LITERAL("issuer_ref"));
    const struct field *consent = field_find(&referral_table, BYTES_LITERAL("consent_ref"));
    struct bytes bare = BYTES_LITERAL("2951099126111");
    struct bytes whole = BYTES_LITERAL("295109912611193");

    (void)state;
    assert_true(nir_in_field(&text, bare));
    assert_false(nir_in_field(reference, bare));
    assert_true(nir_in_field(reference, whole));
    assert_false(nir_in_field(consent, bare));
    assert_true(nir_in_field(consent, whole));
    assert_false(nir_in_field(&own, whole));
    assert_false(nir_in_field(&personal, whole));
    assert_false(nir_in_field(&coded, whole));
}

/* The time must follow the text's length: a text of nothing but what could begin one. */
static void a_long_text_of_digits_and_blanks_is_read_in_time(void **state)
{
    struct buffer text = {0};

    (void)state;
    for (size_t i = 0; i < 100000; i++)
        buffer_append_text(&text, "5 ");
    assert_false(nir_in_text(buffer_view(&text)));
    buffer_deinit(&text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_nir_is_found_however_it_is_written),
        cmocka_unit_test(other_numbers_are_no_nir),
        cmocka_unit_test(an_identifier_is_one_only_with_its_key),
        cmocka_unit_test(chance_numbers_are_taken_for_one_as_often_as_the_header_says),
        cmocka_unit_test(a_field_is_asked_as_what_it_holds),
        cmocka_unit_test(a_long_text_of_digits_and_blanks_is_read_in_time),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
