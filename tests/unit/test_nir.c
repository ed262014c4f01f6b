/* SPDX-License-Identifier: Apache-2.0 */
#include "schemas/nir.h"

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
        cmocka_unit_test(a_long_text_of_digits_and_blanks_is_read_in_time),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
