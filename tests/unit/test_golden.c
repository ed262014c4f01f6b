/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/support/test.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cli/golden.h"
#include "cli/junit.h"

#define CONNECTOR                                                                                  \
    "records:\n"                                                                                   \
    "  - emit: referral\n"                                                                         \
    "    entity: $.id\n"                                                                           \
    "    version: $.at | datetime\n"                                                               \
    "    handoff: own\n"                                                                           \
    "    fields: { status: ISSUED, to_operator: o22, motive_source_code: $.m }\n"

struct fixture {
    char folder[64];
    struct golden golden;
    struct error err;
};

static void put(const struct fixture *f, const char *name, const char *text)
{
    char path[128];
    FILE *file;

    (void)snprintf(path, sizeof(path), "%s/%s", f->folder, name);
    file = fopen(path, "wb");
    assert_non_null(file);
    assert_int_equal(fwrite(text, 1, strlen(text), file), strlen(text));
    assert_int_equal(fclose(file), 0);
}

static void make_folder(const struct fixture *f, const char *name)
{
    char path[128];

    (void)snprintf(path, sizeof(path), "%s/%s", f->folder, name);
    assert_int_equal(mkdir(path, 0700), 0);
}

static int set_up(void **state)
{
    struct fixture *f = test_calloc(1, sizeof(*f));

    (void)snprintf(f->folder, sizeof(f->folder), "build/golden-XXXXXX");
    assert_non_null(mkdtemp(f->folder));
    make_folder(f, "samples");
    put(f, "connector.yaml", CONNECTOR);
    put(f, "samples/b.json", "{\"id\":1,\"at\":\"2026-03-02T09:00:00Z\",\"m\":\"x\"}");
    put(f, "samples/a.jsonl",
        "{\"id\":2,\"at\":\"2026-03-02T09:00:00Z\",\"m\":\"y\"}\n\n"
        "{\"id\":3,\"at\":\"2026-03-02T09:00:00Z\",\"m\":\"z\"}\n");
    *state = f;
    return 0;
}

static void clear(const struct fixture *f, const char *name)
{
    char path[128];

    (void)snprintf(path, sizeof(path), "%s/%s", f->folder, name);
    (void)remove(path);
}

static int tear_down(void **state)
{
    static const char *const files[] = {"samples/a.jsonl", "samples/b.json", "samples",
                                        "golden/a.txt",    "golden/b.txt",   "golden/c.txt",
                                        "golden",          "connector.yaml", ""};
    struct fixture *f = *state;

    golden_deinit(&f->golden);
    for (size_t i = 0; i < sizeof(files) / sizeof(files[0]); i++)
        clear(f, files[i]);
    test_free(f);
    return 0;
}

static void run_again(struct fixture *f, bool update)
{
    golden_deinit(&f->golden);
    f->golden = (struct golden){.folder = NULL};
    assert_int_equal(golden_run(&f->golden, f->folder, update, &f->err), OUTCOME_OK);
}

static void assert_result(const struct fixture *f, size_t index, const char *name,
                          enum golden_verdict verdict)
{
    assert_true(index < f->golden.count);
    assert_string_equal(f->golden.results[index].name, name);
    assert_int_equal(f->golden.results[index].verdict, verdict);
}

static void a_missing_golden_file_fails_and_says_how_to_make_it(void **state)
{
    struct fixture *f = *state;

    run_again(f, false);
    assert_int_equal(f->golden.count, 2);
    assert_result(f, 0, "a", GOLDEN_MISSING);
    assert_non_null(strstr(f->golden.results[0].detail, "relais test --update"));
    assert_int_equal(f->golden.failed, 2);
}

static void what_was_updated_passes_afterwards(void **state)
{
    struct fixture *f = *state;

    run_again(f, true);
    assert_result(f, 0, "a", GOLDEN_WRITTEN);
    assert_result(f, 1, "b", GOLDEN_WRITTEN);
    assert_int_equal(f->golden.failed, 0);
    run_again(f, false);
    assert_result(f, 0, "a", GOLDEN_PASSED);
    assert_result(f, 1, "b", GOLDEN_PASSED);
    assert_int_equal(coverage_percent(f->golden.coverage), 100);
}

static void each_line_of_a_jsonl_file_is_a_record_of_its_own(void **state)
{
    struct fixture *f = *state;

    run_again(f, true);
    put(f, "samples/a.jsonl", "{\"id\":2,\"at\":\"2026-03-02T09:00:00Z\",\"m\":\"y\"}\n");
    run_again(f, false);
    assert_result(f, 0, "a", GOLDEN_DIFFERS);
    assert_non_null(strstr(f->golden.results[0].detail, "-ligne 3\n"));
}

static void a_difference_is_shown_line_by_line_and_written_on_update(void **state)
{
    struct fixture *f = *state;

    run_again(f, true);
    put(f, "samples/b.json", "{\"id\":1,\"at\":\"2026-03-02T09:00:00Z\",\"m\":\"other\"}");
    run_again(f, false);
    assert_result(f, 1, "b", GOLDEN_DIFFERS);
    assert_non_null(strstr(f->golden.results[1].detail, "--- golden/b.txt\n+++ samples/b.json\n"));
    assert_non_null(strstr(f->golden.results[1].detail, "-    motive_source_code       x\n"));
    assert_int_equal(f->golden.failed, 1);
    run_again(f, true);
    assert_result(f, 1, "b", GOLDEN_REWRITTEN);
    assert_non_null(strstr(f->golden.results[1].detail, "+    motive_source_code       other\n"));
    run_again(f, false);
    assert_int_equal(f->golden.failed, 0);
}

static void a_golden_file_without_its_sample_fails(void **state)
{
    struct fixture *f = *state;

    run_again(f, true);
    put(f, "golden/c.txt", "");
    run_again(f, false);
    assert_int_equal(f->golden.count, 3);
    assert_result(f, 2, "c", GOLDEN_ORPHAN);
    assert_int_equal(f->golden.failed, 1);
}

static void a_sample_that_is_no_json_is_shown_where_it_breaks(void **state)
{
    struct fixture *f = *state;

    put(f, "samples/a.jsonl", "{\"id\":1}\n{\"id\":é}\n");
    run_again(f, true);
    assert_result(f, 0, "a", GOLDEN_UNREADABLE);
    assert_non_null(strstr(f->golden.results[0].detail, "samples/a.jsonl:2:7: "));
    assert_int_equal(f->golden.failed, 1);
}

static void two_samples_of_one_name_are_not_compared_with_one_golden_file(void **state)
{
    struct fixture *f = *state;

    put(f, "samples/b.xml", "<b/>");
    run_again(f, true);
    assert_int_equal(f->golden.count, 3);
    assert_result(f, 1, "b", GOLDEN_WRITTEN);
    assert_result(f, 2, "b", GOLDEN_UNREADABLE);
    assert_non_null(strstr(f->golden.results[2].detail, "un autre nom à samples/b.xml"));
    clear(f, "samples/b.xml");
}

static void mistakes_of_the_file_are_the_result(void **state)
{
    struct fixture *f = *state;

    put(f, "connector.yaml", CONNECTOR "unknown_fields: maybe\n");
    run_again(f, false);
    assert_non_null(strstr(f->golden.mistakes, "connector.yaml:7:17"));
    assert_int_equal(f->golden.count, 0);
    assert_int_equal(f->golden.failed, 1);
}

static void a_file_instead_of_a_folder_is_refused(void **state)
{
    struct fixture *f = *state;
    char path[128];

    (void)snprintf(path, sizeof(path), "%s/connector.yaml", f->folder);
    assert_int_equal(golden_run(&f->golden, path, false, &f->err), OUTCOME_REJECT);
    assert_non_null(strstr(f->err.text, "n'est pas un dossier"));
}

static void junit_has_a_case_a_sample_and_escapes_what_it_shows(void **state)
{
    struct fixture *f = *state;
    CLEANUP(buffer_deinit) struct buffer xml = {0};

    run_again(f, true);
    put(f, "samples/b.json", "{\"id\":1,\"at\":\"2026-03-02T09:00:00Z\",\"m\":\"<&>\"}");
    run_again(f, false);
    junit_begin(&xml);
    junit_suite(&f->golden, true, &xml);
    junit_end(&xml);
    assert_non_null(strstr(buffer_text(&xml), "tests=\"3\" failures=\"2\""));
    assert_non_null(strstr(buffer_text(&xml), "name=\"a\"/>\n"));
    assert_non_null(strstr(buffer_text(&xml), "<failure message=\"DIFFÈRE\">"));
    assert_non_null(strstr(buffer_text(&xml), "+    motive_source_code       &lt;&amp;&gt;\n"));
    assert_non_null(strstr(buffer_text(&xml), "name=\"couverture\""));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_missing_golden_file_fails_and_says_how_to_make_it, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(what_was_updated_passes_afterwards, set_up, tear_down),
        cmocka_unit_test_setup_teardown(each_line_of_a_jsonl_file_is_a_record_of_its_own, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(a_difference_is_shown_line_by_line_and_written_on_update,
                                        set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_golden_file_without_its_sample_fails, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_sample_that_is_no_json_is_shown_where_it_breaks, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(
            two_samples_of_one_name_are_not_compared_with_one_golden_file, set_up, tear_down),
        cmocka_unit_test_setup_teardown(mistakes_of_the_file_are_the_result, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_file_instead_of_a_folder_is_refused, set_up, tear_down),
        cmocka_unit_test_setup_teardown(junit_has_a_case_a_sample_and_escapes_what_it_shows, set_up,
                                        tear_down),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
