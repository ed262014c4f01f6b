/* SPDX-License-Identifier: Apache-2.0 */
#include "schemas/communes.h"

#include "schemas/code_lists.h"
#include "schemas/codes.h"
#include "tests/support/test.h"

static enum commune_state find(const char *code, const char *day, struct commune *ret)
{
    return communes_find(bytes_of_text(code), bytes_of_text(day), ret);
}

static void assert_text(struct bytes found, const char *wanted)
{
    if (!bytes_equal(found, bytes_of_text(wanted)))
        fail_msg("%.*s instead of %s", BYTES_ARG(found), wanted ? wanted : "nothing");
}

static void each_part_of_the_country_has_its_communes(void **state)
{
    static const struct {
        const char *code;
        const char *label;
        const char *departement;
        const char *region;
        const char *successor;
    } cases[] = {
        {"57463", "Metz", "57", "44", NULL},
        {"2A004", "Ajaccio", "2A", "94", NULL},
        {"2B033", "Bastia", "2B", "94", NULL},
        {"01001", "L'Abergement-Clémenciat", "01", "84", NULL}, /* the first line */
        {"97105", "Basse-Terre", "971", "01", NULL},
        {"97411", "Saint-Denis", "974", "04", NULL},
        {"97611", "Mamoudzou", "976", "06", NULL},
        {"97502", "Saint-Pierre", "975", NULL, NULL},
        {"97801", "Saint-Martin", "978", NULL, NULL},
        {"98818", "Nouméa", "988", NULL, NULL},
        {"98901", "Île de Clipperton", "989", NULL, NULL}, /* the last line */
        {"75056", "Paris", "75", "11", NULL},
        {"75101", "Paris 1er Arrondissement", "75", "11", "75056"},
        {"75120", "Paris 20e Arrondissement", "75", "11", "75056"},
        {"69381", "Lyon 1er Arrondissement", "69", "84", "69123"},
        {"13216", "Marseille 16e Arrondissement", "13", "93", "13055"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct commune commune;

        assert_int_equal(find(cases[i].code, NULL, &commune), COMMUNE_CURRENT);
        assert_text(commune.label, cases[i].label);
        assert_text(commune.departement, cases[i].departement);
        assert_text(commune.region, cases[i].region);
        assert_text(commune.successor, cases[i].successor);
    }
}

static void what_is_no_commune_is_unknown(void **state)
{
    static const char *const codes[] = {"",      "0",      "00000",  "75121", "75100",  "57000",
                                        "2C001", "2a004",  "99999",  "9890",  "989011", "#  Co",
                                        "# Com", "\n0100", "01001,", "57463 "};

    (void)state;
    for (size_t i = 0; i < sizeof(codes) / sizeof(codes[0]); i++)
        assert_int_equal(find(codes[i], NULL, NULL), COMMUNE_UNKNOWN);
    assert_int_equal(communes_find(BYTES_NONE, BYTES_NONE, NULL), COMMUNE_UNKNOWN);
}

/* Dommartin (01144) went into Bâgé-Dommartin (01025) on 2018-01-01. */
static void a_merger_ends_a_commune_on_its_day(void **state)
{
    struct commune commune;

    (void)state;
    assert_int_equal(find("01144", "2017-12-31", &commune), COMMUNE_CURRENT);
    assert_int_equal(find("01144", "2018-01-01", &commune), COMMUNE_FORMER);
    assert_text(commune.label, "Dommartin");
    assert_text(commune.successor, "01025");
    assert_text(commune.valid_to, "2018-01-01");
    assert_int_equal(find("01144", NULL, &commune), COMMUNE_FORMER);
    assert_int_equal(find("01025", "2018-01-01", &commune), COMMUNE_CURRENT);
}

/* Ajaccio was 20004 until Corsica was parted on 1976-01-01. */
static void a_code_that_changed_is_known_before_and_after(void **state)
{
    struct commune commune;

    (void)state;
    assert_int_equal(find("20004", "1975-12-31", &commune), COMMUNE_CURRENT);
    assert_text(commune.region, "94");
    assert_int_equal(find("20004", "1976-01-01", &commune), COMMUNE_FORMER);
    assert_text(commune.successor, "2A004");
    assert_int_equal(find("2A004", "1975-12-31", &commune), COMMUNE_FUTURE);
    assert_int_equal(find("2A004", "1976-01-01", &commune), COMMUNE_CURRENT);
}

/* Sannerville (14666) ended in 2017 and began anew, as the edition of 2021 shows. */
static void a_commune_that_began_anew_was_none_in_between(void **state)
{
    struct commune commune;

    (void)state;
    assert_int_equal(find("14666", "2016-12-31", NULL), COMMUNE_CURRENT);
    assert_int_equal(find("14666", "2018-06-01", &commune), COMMUNE_FORMER);
    assert_text(commune.successor, "14712");
    assert_int_equal(find("14666", "2021-01-01", &commune), COMMUNE_CURRENT);
    assert_text(commune.valid_to, NULL);
    assert_int_equal(find("14666", NULL, NULL), COMMUNE_CURRENT);
}

static void a_postcode_has_all_its_communes_and_no_more(void **state)
{
    struct bytes codes[40];

    (void)state;
    assert_int_equal(communes_of_postcode(BYTES_LITERAL("57000"), codes, 40), 1);
    assert_text(codes[0], "57463");
    assert_int_equal(communes_of_postcode(BYTES_LITERAL("01400"), codes, 40), 10);
    assert_text(codes[0], "01001");
    assert_int_equal(communes_of_postcode(BYTES_LITERAL("01400"), codes, 2), 10);
    assert_int_equal(communes_of_postcode(BYTES_LITERAL("01400"), NULL, 0), 10);
    assert_true(communes_of_postcode(BYTES_LITERAL("20167"), codes, 40) > 0); /* Corsica's are 20 */
    assert_text(codes[0], "2A001");
    assert_int_equal(communes_of_postcode(BYTES_LITERAL("00000"), codes, 40), 0);
    assert_int_equal(communes_of_postcode(BYTES_LITERAL("99999"), codes, 40), 0);
    assert_int_equal(communes_of_postcode(BYTES_LITERAL("5700"), codes, 40), 0);
    assert_int_equal(communes_of_postcode(BYTES_NONE, codes, 40), 0);
}

/* Walks the text itself: order, dates, and that what is said of others is true. */
static void the_list_is_whole_and_agrees_with_itself(void **state)
{
    struct bytes text =
        bytes_of(code_texts_commune, (size_t)(code_texts_commune_end - code_texts_commune));
    struct bytes last = BYTES_LITERAL("#    ");
    size_t current = 0;

    (void)state;
    for (size_t at = 0; at < text.len;) {
        const uint8_t *end = memchr(text.data + at, '\n', text.len - at);
        struct bytes line = bytes_of(text.data + at, (size_t)(end - text.data) - at);
        struct bytes code = bytes_of(line.data, 5);
        struct commune commune;

        at += line.len + 1;
        if (line.data[0] == '#')
            continue;
        assert_true(bytes_compare(last, line) < 0);
        assert_int_not_equal(communes_find(code, BYTES_NONE, &commune), COMMUNE_UNKNOWN);
        assert_true(bytes_is_utf8(commune.label) && commune.label.len > 0);
        if (commune.successor.data)
            assert_int_not_equal(communes_find(commune.successor, BYTES_NONE, NULL),
                                 COMMUNE_UNKNOWN);
        if (!commune.valid_to.data && bytes_compare(bytes_of(line.data, 5), bytes_of(last.data, 5)))
            current++;
        last = line;
    }
    assert_int_equal(current, 34969 + 45);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_part_of_the_country_has_its_communes),
        cmocka_unit_test(what_is_no_commune_is_unknown),
        cmocka_unit_test(a_merger_ends_a_commune_on_its_day),
        cmocka_unit_test(a_code_that_changed_is_known_before_and_after),
        cmocka_unit_test(a_commune_that_began_anew_was_none_in_between),
        cmocka_unit_test(a_postcode_has_all_its_communes_and_no_more),
        cmocka_unit_test(the_list_is_whole_and_agrees_with_itself),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
