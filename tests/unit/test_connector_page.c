/* SPDX-License-Identifier: Apache-2.0
 *
 * docs/connecteur.md: its reference is what the tables of the connector file say.
 * `test_connector_page --write` writes the reference anew.
 */
#include <stdio.h>

#include "base/file.h"
#include "connectors/configuration.h"
#include "tests/support/test.h"

#define PAGE "docs/connecteur.md"
#define MARK                                                                                       \
    "<!-- Le reste de la page vient des tables du programme : test_connector_page --write -->\n"

static size_t read_page(struct buffer *page)
{
    const char *mark;

    assert_int_equal(file_read(PAGE, 1 << 20, FILE_ANY, page, NULL), OUTCOME_OK);
    mark = strstr(buffer_text(page), MARK);
    assert_non_null(mark);
    return (size_t)(mark - buffer_text(page)) + strlen(MARK);
}

static void the_reference_is_what_the_tables_say(void **state)
{
    CLEANUP(buffer_deinit) struct buffer page = {0};
    CLEANUP(buffer_deinit) struct buffer reference = {0};
    size_t at = read_page(&page);

    (void)state;
    buffer_append_text(&reference, "\n");
    configuration_document(&reference);
    if (strcmp(buffer_text(&page) + at, buffer_text(&reference)) != 0)
        print_message("%s is old: build/dev/tests/unit/test_connector_page --write\n", PAGE);
    assert_string_equal(buffer_text(&page) + at, buffer_text(&reference));
}

static void write_page(void **state)
{
    CLEANUP(buffer_deinit) struct buffer page = {0};
    FILE *file;

    (void)state;
    page.len = read_page(&page);
    buffer_append_text(&page, "\n");
    configuration_document(&page);
    file = fopen(PAGE, "w");
    assert_non_null(file);
    assert_int_equal(fwrite(page.data, 1, page.len, file), page.len);
    assert_int_equal(fclose(file), 0);
}

int main(int argc, char **argv)
{
    const struct CMUnitTest held[] = {cmocka_unit_test(the_reference_is_what_the_tables_say)};
    const struct CMUnitTest written[] = {cmocka_unit_test(write_page)};

    if (argc > 1 && strcmp(argv[1], "--write") == 0)
        return cmocka_run_group_tests(written, NULL, NULL);
    return cmocka_run_group_tests(held, NULL, NULL);
}
