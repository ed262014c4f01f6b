/* SPDX-License-Identifier: Apache-2.0
 *
 * To whom a referral goes when its mapping leaves that to the dated directory.
 */
#include "connectors/receivers.h"

#include "tests/support/stage_case.h"
#include "tests/support/test.h"

static const char receiver_mapping[] =
    "unknown_fields: count\n"
    "times: { zone: Europe/Paris }\n"
    "records:\n"
    "  - emit: referral\n"
    "    entity: $.id\n"
    "    version: $.at | datetime\n"
    "    handoff: own\n"
    "    fields:\n"
    "      status: ISSUED\n"
    "      to_operator: if($.site == null, regional($.region), operator_of($.site))\n"
    "    contact: { birth_name: $.name }\n";
#define TO(id, at, more) "{\"id\":" id ",\"at\":\"" at "\",\"name\":\"EXEMPLE\"," more "}"

static void the_directory_says_who_gets_what_goes_to_a_region_or_a_site(void **state)
{
    struct stage_case *c = stage_case_new(receiver_mapping, NULL, NULL);

    (void)state;
    (void)stage_case_record(&c->a, TO("1", "2026-03-02", "\"region\":\"11\""));
    (void)stage_case_record(&c->a, TO("2", "2026-03-02", "\"site\":\"o22-montreuil\""));
    for (size_t i = 0; i < 2; i++) {
        struct event event = stage_case_event(&c->a, i);

        assert_bytes_text(event.referral.to_operator, "o22");
        assert_bytes_text(event.envelope.sealed_for, "o22");
    }
    stage_case_assert_conserved(&c->a);
    stage_case_free(c);
}

/* No lot there; a site that did not exist that day; and what is no region at all. */
static void whom_the_directory_does_not_know_makes_a_dead_letter(void **state)
{
    static const char *const codes[] = {"operator_unknown", "operator_unknown", "bad_value"};
    struct stage_case *c = stage_case_new(receiver_mapping, NULL, NULL);

    (void)state;
    (void)stage_case_record(&c->a, TO("1", "2026-03-02", "\"region\":\"53\""));
    (void)stage_case_record(&c->a, TO("2", "2019-03-02", "\"site\":\"o22-montreuil\""));
    (void)stage_case_record(&c->a, TO("3", "2026-03-02", "\"region\":\"Lorraine\""));
    assert_int_equal(fake_log_count(&c->a.log, TOPIC_OUTBOX), 0);
    for (size_t i = 0; i < 3; i++) {
        struct rejection rejection = stage_case_rejection(&c->a, i);

        assert_bytes_text(rejection.code, codes[i]);
        assert_bytes_text(rejection.field, "to_operator");
    }
    stage_case_assert_conserved(&c->a);
    stage_case_free(c);
}

static struct directory *no_directory(void *context)
{
    (void)context;
    return NULL;
}

/* Nothing is decided without it; what a person reads of it is French. */
static void a_record_waits_for_a_directory_that_is_not_known_yet(void **state)
{
    struct stage_case *c = stage_case_new(receiver_mapping, NULL, NULL);
    struct directory *(*directory)(void *context) = c->a.shared.directory;
    struct result result;

    (void)state;
    c->a.shared.directory = no_directory;
    result = stage_case_record(&c->a, TO("1", "2026-03-02", "\"region\":\"11\""));
    assert_int_equal(result.outcome, OUTCOME_RETRY);
    assert_string_equal(result.detail, "l'annuaire n'est pas encore connu ici");
    assert_int_equal(fake_log_count(&c->a.log, TOPIC_OUTBOX), 0);
    c->a.shared.directory = directory;
    result = stage_case_record(&c->a, TO("1", "2026-03-02", "\"region\":\"11\""));
    assert_int_equal(result.outcome, OUTCOME_OK);
    assert_int_equal(fake_log_count(&c->a.log, TOPIC_OUTBOX), 1);
    stage_case_free(c);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_directory_says_who_gets_what_goes_to_a_region_or_a_site),
        cmocka_unit_test(whom_the_directory_does_not_know_makes_a_dead_letter),
        cmocka_unit_test(a_record_waits_for_a_directory_that_is_not_known_yet),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
