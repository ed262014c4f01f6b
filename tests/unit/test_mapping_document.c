/* SPDX-License-Identifier: Apache-2.0
 *
 * docs/mapping.md: its reference is what the tables say, and its guide names every key.
 * `test_mapping_document --write` writes the reference anew.
 */
#include <stdio.h>

#include "base/file.h"
#include "base/yaml.h"
#include "tests/support/mapping_case.h"
#include "tests/support/test.h"

#define PAGE "docs/mapping.md"
#define MARK                                                                                       \
    "<!-- Le reste de la page vient des tables du programme : test_mapping_document --write -->\n"

static void read_page(struct buffer *page, size_t *ret_reference)
{
    const char *mark;

    assert_int_equal(file_read(PAGE, 1 << 20, FILE_ANY, page, NULL), OUTCOME_OK);
    mark = strstr(buffer_text(page), MARK);
    assert_non_null(mark);
    *ret_reference = (size_t)(mark - buffer_text(page)) + strlen(MARK);
}

static void the_reference_is_what_the_tables_say(void **state)
{
    CLEANUP(buffer_deinit) struct buffer page = {0};
    CLEANUP(buffer_deinit) struct buffer reference = {0};
    size_t at;

    (void)state;
    read_page(&page, &at);
    buffer_append_text(&reference, "\n");
    mapping_document(&reference);
    assert_string_equal(buffer_text(&page) + at, buffer_text(&reference));
}

static void the_guide_names_every_key(void **state)
{
    static const char *const keys[] = {
        "name",        "each",   "when",    "ignore_when", "emit",     "entity",       "version",
        "handoff",     "parent", "links",   "echo",        "test",     "fields",       "contact",
        "drop",        "on",     "skip",    "otherwise",   "calls",    "request",      "query",
        "headers",     "body",   "safety",  "answers",     "remember", "receiver_ref", "means",
        "code",        "reason", "formats", "zone",        "if_past",  "$when",        "absent",
        "same_entity", "form",   "file",    "key",         "from",     "to",           "delimiter",
        "encoding",    "loses",  "refuse"};
    CLEANUP(buffer_deinit) struct buffer page = {0};
    char word[64];
    size_t at;

    (void)state;
    read_page(&page, &at);
    for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++) {
        (void)snprintf(word, sizeof(word), "`%s", keys[i]);
        if (!strstr(buffer_text(&page), word))
            fail_msg("%s is not in %s", word, PAGE);
    }
    for (size_t i = 0; mapping_keys[i]; i++) {
        (void)snprintf(word, sizeof(word), "`%s", mapping_keys[i]);
        if (!strstr(buffer_text(&page), word))
            fail_msg("%s is not in %s", word, PAGE);
    }
}

static void the_first_example_of_the_guide_compiles(void **state)
{
    CLEANUP(buffer_deinit) struct buffer page = {0};
    struct mapping_case c;
    char *from;
    char *end;
    size_t at;

    (void)state;
    read_page(&page, &at);
    from = strstr((char *)page.data, "```yaml\n");
    assert_non_null(from);
    from += strlen("```yaml\n");
    end = strstr(from, "```");
    assert_non_null(end);
    *end = '\0';
    mapping_case_init(&c, from);
    if (!c.mapping)
        fail_msg("%s", mapping_case_mistakes(&c));
    mapping_case_deinit(&c);
}

/* Fragments too: what is copied out of a page can be read. */
static void read_examples(const char *path, size_t *count)
{
    CLEANUP(buffer_deinit) struct buffer page = {0};
    const char *from;

    assert_int_equal(file_read(path, 1 << 20, FILE_ANY, &page, NULL), OUTCOME_OK);
    from = strstr(buffer_text(&page), "```yaml\n");
    for (; from; from = strstr(from, "```yaml\n")) {
        CLEANUP(arena_deinit) struct arena arena = {0};
        CLEANUP(diagnostics_freep) struct diagnostics *diagnostics = diagnostics_new();
        CLEANUP(buffer_deinit) struct buffer said = {0};
        struct yaml_node *root;
        const char *end;

        from += strlen("```yaml\n");
        end = strstr(from, "```");
        assert_non_null(end);
        arena_init(&arena);
        if (yaml_read(path, bytes_of(from, (size_t)(end - from)), &arena, diagnostics, &root,
                      NULL) != OUTCOME_OK) {
            diagnostics_write(diagnostics, &said);
            fail_msg("%s", buffer_text(&said));
        }
        from = end + strlen("```");
        ++*count;
    }
}

static void each_example_of_the_pages_is_yaml(void **state)
{
    static const char *const pages[] = {PAGE, "docs/connecteur.md", "docs/fichiers.md",
                                        "README.md"};
    size_t count = 0;

    (void)state;
    for (size_t i = 0; i < sizeof(pages) / sizeof(pages[0]); i++)
        read_examples(pages[i], &count);
    assert_true(count >= 6);
}

static int write_page(void)
{
    CLEANUP(buffer_deinit) struct buffer page = {0};
    const char *mark;
    FILE *file;

    if (file_read(PAGE, 1 << 20, FILE_ANY, &page, NULL) != OUTCOME_OK)
        return 1;
    mark = strstr(buffer_text(&page), MARK);
    if (!mark)
        return 1;
    page.len = (size_t)(mark - buffer_text(&page)) + strlen(MARK);
    buffer_append_text(&page, "\n");
    mapping_document(&page);
    file = fopen(PAGE, "w");
    if (!file)
        return 1;
    (void)fwrite(page.data, 1, page.len, file);
    return fclose(file) == 0 ? 0 : 1;
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_reference_is_what_the_tables_say),
        cmocka_unit_test(the_guide_names_every_key),
        cmocka_unit_test(the_first_example_of_the_guide_compiles),
        cmocka_unit_test(each_example_of_the_pages_is_yaml),
    };

    if (argc > 1 && strcmp(argv[1], "--write") == 0)
        return write_page();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
