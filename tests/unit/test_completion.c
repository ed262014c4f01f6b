/* SPDX-License-Identifier: Apache-2.0
 *
 * A notice and the answers to its calls become one record, or say why not.
 */
#include "tests/support/test.h"

#include "connectors/mapping/completion.h"
#include "tests/support/mapping_case.h"

#define RECORDS                                                                                    \
    "records:\n"                                                                                   \
    "  - emit: referral\n"                                                                         \
    "    entity: $.id\n"                                                                           \
    "    version: $.le | datetime(iso, \"Europe/Paris\")\n"                                        \
    "    handoff: own\n"                                                                           \
    "    fields: { status: ISSUED, to_operator: o22 }\n"

static const char one[] = "source: { type: webhook, detail: { request: \"GET "
                          "/d/{$.id}?vue={header.X-Vue}\" } }\n" RECORDS;
static const char two[] = "fallback_encoding: windows-1252\n"
                          "source:\n"
                          "  - type: folder\n"
                          "  - type: webhook\n"
                          "    detail:\n"
                          "      - request: GET /d/{$.id}\n"
                          "      - request: GET /p/{$.detail.personne.id}\n"
                          "        as: personne\n"
                          "        gone: 404\n" RECORDS;

/* What each call is answered, in turn. */
struct scripted {
    int32_t status;
    const char *body;
    const char *type; /* NULL: JSON */
};

/* What became of the notice, as one text: its calls, and how it ended. */
static const char *complete(const char *yaml, size_t source, struct bytes notice,
                            const struct scripted *answers, struct arena *arena)
{
    static const char *const words[] = {"taken", "gone", "later", "unreadable", "refused"};
    struct mapping_case c;
    CLEANUP(buffer_deinit) struct buffer out = {0};
    struct http_header header = {"X-Vue", "tout"};
    struct mapping_input input = {.body = notice, .headers = &header, .header_count = 1};
    struct completion *completion = NULL;
    struct completion_call call;
    enum completion_answer answer = COMPLETION_TAKEN;
    const char *code;
    const char *detail;

    mapping_case_init(&c, yaml);
    if (!c.mapping)
        fail_msg("%s", mapping_case_mistakes(&c));
    if (completion_begin(c.mapping, source, &input, &c.arena, &completion, NULL) != OUTCOME_OK) {
        mapping_case_deinit(&c);
        return "rejected";
    }
    while (answer <= COMPLETION_GONE && completion_next(completion, &call) == COMPLETION_CALL) {
        struct http_response response = {.status = answers->status,
                                         .content_type =
                                             answers->type ? answers->type : "application/json",
                                         .etag = "",
                                         .retry_after_s = -1,
                                         .body = bytes_of_text(answers->body)};

        answers++;
        answer = completion_answer(completion, &response);
        buffer_printf(&out, "%s %s %s\n", call.name, call.path, words[answer]);
    }
    completion_reason(completion, &code, &detail);
    if (answer <= COMPLETION_GONE && *detail == '\0')
        buffer_append_bytes(&out, completion_record(completion));
    if (*detail != '\0')
        buffer_append_text(&out, code);
    mapping_case_deinit(&c);
    return arena_text(arena, buffer_view(&out));
}

static void assert_completed(const char *yaml, size_t source, struct bytes notice,
                             const struct scripted *answers, const char *expected)
{
    CLEANUP(arena_deinit) struct arena arena = {0};

    arena_init(&arena);
    assert_string_equal(complete(yaml, source, notice, answers, &arena), expected);
}

static void the_detail_stands_beside_what_the_notice_says(void **state)
{
    static const struct scripted answers[] = {{200, " {\"a\": 1.50} \n", NULL}};

    (void)state;
    assert_completed(one, 0, BYTES_LITERAL("{\"id\":\"7 b\",\"le\":null} \n"), answers,
                     "detail /d/7%20b?vue=tout taken\n"
                     "{\"id\":\"7 b\",\"le\":null,\"detail\":{\"a\": 1.50}}");
}

static void an_answer_that_is_no_detail_is_asked_for_again(void **state)
{
    static const struct scripted answers[][1] = {
        {{200, "", NULL}},
        {{204, "", NULL}},
        {{200, "null", NULL}},
        {{200, "\"bientôt\"", NULL}},
        {{200, "<html>en maintenance</html>", "text/html"}},
        {{200, "\n <!doctype html>", NULL}},
        {{404, "<html>introuvable</html>", "text/html"}},
        {{410, "<h1>", NULL}},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(answers) / sizeof(answers[0]); i++)
        assert_completed(one, 0, BYTES_LITERAL("{\"id\":1}"), answers[i],
                         "detail /d/1?vue=tout unreadable\n");
}

static void a_status_says_gone_later_or_never(void **state)
{
    static const int32_t later[] = {302, 401, 403, 407, 408, 425, 429, 500, 503};

    (void)state;
    for (size_t i = 0; i < sizeof(later) / sizeof(later[0]); i++)
        assert_completed(one, 0, BYTES_LITERAL("{\"id\":1}"),
                         (struct scripted[]){{later[i], "{}", NULL}},
                         "detail /d/1?vue=tout later\n");
    assert_completed(one, 0, BYTES_LITERAL("{\"id\":1}"), (struct scripted[]){{404, "", NULL}},
                     "detail /d/1?vue=tout gone\n{\"id\":1,\"detail\":null}");
    assert_completed(one, 0, BYTES_LITERAL("{\"id\":1}"),
                     (struct scripted[]){{410, "not here", "text/plain"}},
                     "detail /d/1?vue=tout gone\n{\"id\":1,\"detail\":null}");
    assert_completed(one, 0, BYTES_LITERAL("{\"id\":1}"), (struct scripted[]){{422, "{}", NULL}},
                     "detail /d/1?vue=tout refused\ndetail_unavailable");
}

static void a_second_call_asks_by_what_the_first_one_said(void **state)
{
    static const struct scripted answers[] = {
        {200, " \n\xEF\xBB\xBF {\"personne\":{\"id\":9}}", NULL},
        {200, "[{\"nom\":\"Z\xE9lie\"}]", NULL}};

    (void)state;
    assert_completed(two, 1, BYTES_LITERAL("{\"id\":7}"), answers,
                     "detail /d/7 taken\npersonne /p/9 taken\n"
                     "{\"id\":7,\"detail\":{\"personne\":{\"id\":9}},"
                     "\"personne\":[{\"nom\":\"Zélie\"}]}");
}

static void what_hangs_on_something_gone_is_gone_too(void **state)
{
    static const struct scripted gone[] = {{410, "", NULL}};
    static const struct scripted without[] = {{200, "{}", NULL}};
    static const struct scripted refused[] = {{200, "{\"personne\":{\"id\":9}}", NULL},
                                              {410, "", NULL}};

    (void)state;
    assert_completed(two, 1, BYTES_LITERAL("{\"id\":7}"), gone,
                     "detail /d/7 gone\n{\"id\":7,\"detail\":null,\"personne\":null}");
    /* A detail that is there and names nobody is another matter. */
    assert_completed(two, 1, BYTES_LITERAL("{\"id\":7}"), without,
                     "detail /d/7 taken\nmissing_field");
    assert_completed(two, 1, BYTES_LITERAL("{\"id\":7}"), refused,
                     "detail /d/7 taken\npersonne /p/9 refused\ndetail_unavailable");
}

static void a_notice_without_its_id_calls_nobody(void **state)
{
    (void)state;
    assert_completed(one, 0, BYTES_LITERAL("{}"), NULL, "missing_field");
}

static void a_notice_chooses_no_other_of_their_addresses(void **state)
{
    (void)state;
    assert_completed(one, 0, BYTES_LITERAL("{\"id\":\"..\"}"), NULL, "bad_value");
    assert_completed(one, 0, BYTES_LITERAL("{\"id\":\".\"}"), NULL, "bad_value");
    assert_completed(one, 0, BYTES_LITERAL("{\"id\":\"../x?y\"}"),
                     (struct scripted[]){{404, "", NULL}},
                     "detail /d/..%2Fx%3Fy?vue=tout gone\n{\"id\":\"../x?y\",\"detail\":null}");
}

static void what_takes_no_detail_is_rejected(void **state)
{
    (void)state;
    assert_completed(one, 0, BYTES_LITERAL("4711"), NULL, "rejected");
    assert_completed(one, 0, BYTES_LITERAL("[{\"id\":1}]"), NULL, "rejected");
    assert_completed(one, 0, BYTES_LITERAL("{\"id\":"), NULL, "rejected");
    assert_completed(one, 0, BYTES_LITERAL("{\"id\":1,\"detail\":null}"), NULL, "rejected");
}

static void a_source_without_detail_is_left_alone(void **state)
{
    struct mapping_case c;

    (void)state;
    mapping_case_init(&c, two);
    assert_false(completion_is_needed(c.mapping, 0));
    assert_true(completion_is_needed(c.mapping, 1));
    assert_false(completion_is_needed(c.mapping, 2));
    mapping_case_deinit(&c);
}

/* What a call reads is named by it: no unknown field. */
static void a_field_that_only_a_call_reads_is_known(void **state)
{
    struct mapping_case c;

    (void)state;
    mapping_case_init(
        &c, "source: { type: webhook, detail: { request: \"GET /d/{$.no}\" } }\n" RECORDS);
    mapping_case_read(&c, "{\"id\":1,\"no\":2,\"le\":\"2026-03-02\"}");
    assert_int_equal(c.items.unknown_fields, 0);
    mapping_case_read(&c, "{\"id\":1,\"nu\":2,\"le\":\"2026-03-02\"}");
    assert_int_equal(c.items.unknown_fields, 1);
    mapping_case_deinit(&c);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_detail_stands_beside_what_the_notice_says),
        cmocka_unit_test(an_answer_that_is_no_detail_is_asked_for_again),
        cmocka_unit_test(a_status_says_gone_later_or_never),
        cmocka_unit_test(a_second_call_asks_by_what_the_first_one_said),
        cmocka_unit_test(what_hangs_on_something_gone_is_gone_too),
        cmocka_unit_test(a_notice_without_its_id_calls_nobody),
        cmocka_unit_test(a_notice_chooses_no_other_of_their_addresses),
        cmocka_unit_test(what_takes_no_detail_is_rejected),
        cmocka_unit_test(a_source_without_detail_is_left_alone),
        cmocka_unit_test(a_field_that_only_a_call_reads_is_known),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
