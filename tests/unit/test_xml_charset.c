/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/support/test.h"

#include "base/xml_charset.h"

enum { BYTES = 256, ASCII = 0x80, CONTROLS_END = 0xA0, EURO = 0x20AC };

static void read_map(const char *said, int map[BYTES])
{
    struct error err = {0};

    if (xml_charset_map(said, map, &err) != OUTCOME_OK)
        fail_msg("%s: %s", said, err.text);
    for (int byte = 0; byte < ASCII; byte++)
        assert_int_equal(map[byte], byte);
}

static void each_name_of_a_charset_has_its_map_whatever_its_case(void **state)
{
    static const struct {
        const char *said;
        int x80; /* tells Windows-1252 */
        int xa4; /* tells Latin-9 */
    } names[] = {
        {"windows-1252", EURO, 0xA4}, {"Windows-1252", EURO, 0xA4}, {"CP1252", EURO, 0xA4},
        {"cp1252", EURO, 0xA4},       {"ISO-8859-15", 0x80, EURO},  {"iso-8859-15", 0x80, EURO},
        {"iso_8859-15", 0x80, EURO},  {"latin-9", 0x80, EURO},      {"Latin9", 0x80, EURO},
        {"latin-1", 0x80, 0xA4},      {"LATIN1", 0x80, 0xA4},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        int map[BYTES] = {0};

        read_map(names[i].said, map);
        if (map[0x80] != names[i].x80 || map[0xA4] != names[i].xa4)
            fail_msg("%s: %X %X", names[i].said, (unsigned)map[0x80], (unsigned)map[0xA4]);
        assert_int_equal(map[0xE9], 0xE9); /* é */
    }
}

static void a_name_that_is_none_of_them_is_refused_and_writes_nothing(void **state)
{
    static const char *const names[] = {"",      "windows-1251", "windows-1252 ", "ebcdic",
                                        "cp125", "utf-8"}; /* the last is Expat's own */

    (void)state;
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        int map[BYTES] = {7};
        struct error err = {0};

        assert_int_equal(xml_charset_map(names[i], map, &err), OUTCOME_REJECT);
        assert_int_equal(map[0], 7);
        assert_int_equal(map[0xE9], 0);
    }
}

/* https://www.unicode.org/Public/MAPPINGS/VENDORS/MICSFT/WINDOWS/CP1252.TXT: "#UNDEFINED" for five.
 */
static void windows_1252_is_latin_1_but_for_the_controls_from_80_to_9f(void **state)
{
    static const int theirs[] = {0x20AC, -1,     0x201A, 0x0192, 0x201E, 0x2026, 0x2020, 0x2021,
                                 0x02C6, 0x2030, 0x0160, 0x2039, 0x0152, -1,     0x017D, -1,
                                 -1,     0x2018, 0x2019, 0x201C, 0x201D, 0x2022, 0x2013, 0x2014,
                                 0x02DC, 0x2122, 0x0161, 0x203A, 0x0153, -1,     0x017E, 0x0178};
    int windows[BYTES] = {0};
    int latin[BYTES] = {0};

    (void)state;
    read_map("windows-1252", windows);
    read_map("latin-1", latin);
    for (int byte = ASCII; byte < BYTES; byte++) {
        assert_int_equal(latin[byte], byte);
        assert_int_equal(windows[byte], byte < CONTROLS_END ? theirs[byte - ASCII] : byte);
    }
}

static void latin_9_is_latin_1_but_for_eight_characters(void **state)
{
    static const struct {
        int byte;
        int character;
    } others[] = {{0xA4, EURO},  {0xA6, 0x160}, {0xA8, 0x161}, {0xB4, 0x17D},
                  {0xB8, 0x17E}, {0xBC, 0x152}, {0xBD, 0x153}, {0xBE, 0x178}};
    int latin9[BYTES] = {0};
    size_t next = 0;

    (void)state;
    read_map("latin-9", latin9);
    for (int byte = ASCII; byte < BYTES; byte++) {
        bool other = next < sizeof(others) / sizeof(others[0]) && others[next].byte == byte;

        assert_int_equal(latin9[byte], other ? others[next].character : byte);
        next += other;
    }
}

static void what_expat_is_told_it_knows_or_has_a_map(void **state)
{
    static const struct {
        const char *charset;
        const char *told;
    } cases[] = {{"utf-8", "utf-8"},
                 {"latin-1", "ISO-8859-1"},
                 {"windows-1252", "windows-1252"},
                 {"latin-9", "latin-9"}};

    (void)state;
    assert_null(xml_charset_name(NULL));
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        CLEANUP(charset_freep) struct charset *charset = charset_new(cases[i].charset);

        assert_non_null(charset);
        assert_string_equal(xml_charset_name(charset), cases[i].told);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_name_of_a_charset_has_its_map_whatever_its_case),
        cmocka_unit_test(a_name_that_is_none_of_them_is_refused_and_writes_nothing),
        cmocka_unit_test(windows_1252_is_latin_1_but_for_the_controls_from_80_to_9f),
        cmocka_unit_test(latin_9_is_latin_1_but_for_eight_characters),
        cmocka_unit_test(what_expat_is_told_it_knows_or_has_a_map),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
