/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/support/test.h"

#include <unistd.h>
#include <yyjson.h>

#include "base/log.h"

/* Standard error goes to a pipe between the two. */
struct capture {
    int saved;
    int reader;
};

static struct capture capture_start(void)
{
    struct capture capture;
    int ends[2];

    assert_int_equal(pipe(ends), 0);
    capture.saved = dup(STDERR_FILENO);
    capture.reader = ends[0];
    assert_true(dup2(ends[1], STDERR_FILENO) >= 0);
    (void)close(ends[1]);
    return capture;
}

static size_t capture_stop(struct capture capture, char *text, size_t size)
{
    size_t len = 0;
    ssize_t got;

    (void)dup2(capture.saved, STDERR_FILENO);
    (void)close(capture.saved);
    while ((got = read(capture.reader, text + len, size - 1 - len)) > 0)
        len += (size_t)got;
    (void)close(capture.reader);
    text[len] = '\0';
    return len;
}

static void assert_member(const char *line, const char *key, const char *expected)
{
    yyjson_doc *doc = yyjson_read(line, strlen(line), YYJSON_READ_STOP_WHEN_DONE);

    assert_non_null(doc);
    assert_string_equal(yyjson_get_str(yyjson_obj_get(yyjson_doc_get_root(doc), key)), expected);
    yyjson_doc_free(doc);
}

static void a_line_is_one_json_object_with_its_fields(void **state)
{
    char text[4097];
    struct capture capture = capture_start();

    (void)state;
    log_info("pipeline", "parked", LOG_TEXT("handoff", "0123"), LOG_INT("tries", -3),
             LOG_BYTES("code", BYTES_LITERAL("a\"\\\n\x01\xC3\xA9")), LOG_TEXT("none", NULL));
    capture_stop(capture, text, sizeof(text));
    assert_int_equal(strncmp(text, "{\"ts\":\"20", 9), 0);
    assert_non_null(strstr(text, "Z\",\"level\":\"info\",\"area\":\"pipeline\",\"msg\":\"parked\","
                                 "\"handoff\":\"0123\",\"tries\":-3,"
                                 "\"code\":\"a\\\"\\\\\\u000a\\u0001\xC3\xA9\",\"none\":null}\n"));
    assert_member(text, "code", "a\"\\\n\x01\xC3\xA9");
}

static void what_is_no_utf8_still_makes_good_json(void **state)
{
    char text[4097];
    struct capture capture = capture_start();

    (void)state;
    log_error("pipeline", "odd", LOG_BYTES("code", BYTES_LITERAL("x\xFFy")));
    capture_stop(capture, text, sizeof(text));
    assert_member(text, "code", "x\xC3\xBFy");
}

static void a_line_below_the_level_is_not_written(void **state)
{
    char text[4097];
    struct capture capture = capture_start();
    enum log_level level;

    (void)state;
    log_debug("clock", "quiet");
    log_set_level(LOG_WARN);
    log_info("clock", "quiet");
    log_warn("clock", "loud");
    log_set_level(LOG_INFO);
    capture_stop(capture, text, sizeof(text));
    assert_null(strstr(text, "quiet"));
    assert_non_null(strstr(text, "loud"));
    assert_true(log_level_parse("error", &level));
    assert_int_equal(level, LOG_ERROR);
    assert_false(log_level_parse("loud", &level));
    assert_false(log_level_parse(NULL, &level));
}

static void a_field_that_does_not_fit_is_left_out_and_the_line_says_so(void **state)
{
    char text[8192];
    char big[5000];
    struct capture capture = capture_start();
    size_t len;

    (void)state;
    memset(big, 'x', sizeof(big) - 1);
    big[sizeof(big) - 1] = '\0';
    log_info("task", "much", LOG_TEXT("big", big), LOG_INT("after", 7));
    len = capture_stop(capture, text, sizeof(text));
    assert_true(len <= 4096);
    assert_null(strstr(text, "xxx"));
    assert_non_null(strstr(text, "\"after\":7,\"cut\":true}\n"));
    assert_member(text, "msg", "much");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_line_is_one_json_object_with_its_fields),
        cmocka_unit_test(what_is_no_utf8_still_makes_good_json),
        cmocka_unit_test(a_line_below_the_level_is_not_written),
        cmocka_unit_test(a_field_that_does_not_fit_is_left_out_and_the_line_says_so),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
