/* SPDX-License-Identifier: Apache-2.0
 *
 * A broker whose schema registry goes away. Its rows have the registry's ids, which no broker
 * without one can read: so this has a Kafka of its own.
 */
#include "tests/support/test.h"

#include "schemas/registry.h"
#include "tests/support/deployment.h"
#include "tests/support/fake_registry.h"
#include "tests/support/world.h"

static void start_with(struct deployment *d, struct registry *registry)
{
    const struct record_table *const tables[] = {&referral_table, &rejection_table, NULL};
    const struct broker_options options = {.kafka = &d->kafka,
                                           .clock = clock_system(),
                                           .instance = "test",
                                           .workers = 1,
                                           .state_folder = d->state,
                                           .registry = registry};
    struct error err = {0};

    deployment_stop(d);
    if (broker_start(&options, &d->broker, &err) != OUTCOME_OK) {
        fail_msg("%s", err.text);
    }
    wire_use_registry(d->wire, registry);
    assert_int_equal(wire_register(d->wire, tables, &err), OUTCOME_OK);
}

/* While the registry is broken nobody knows what the record is; then it says that nobody will. */
static void a_record_of_an_unknown_schema_holds_up_its_own_outbox_only(void **state)
{
    struct deployment *d = *state;
    struct fake_registry *fake = fake_registry_start();
    const struct registry_settings settings = {.url = fake_registry_url(fake), .timeout_ms = 1000};
    CLEANUP(registry_freep) struct registry *registry = NULL;
    int behind = deployment_new_handoff(d);
    int elsewhere[3];
    char key[UUID_TEXT_SIZE];
    bool calm;

    assert_int_equal(registry_new(&settings, clock_system(), &registry, NULL), OUTCOME_OK);
    start_with(d, registry);
    deployment_put(d, 0, deployment_issue(d, deployment_new_handoff(d), 0, 1));
    deployment_expect(d, TOPIC_INBOX, 1, d->next_handoff);
    calm = deployment_counts(d, "relais_broker_start_overs_total 0");
    fake_registry_set(fake, MOOD_BROKEN);
    uuid_format(world_id("handoff", behind), key);
    deployment_put_bytes(d, 0, bytes_of(key, UUID_TEXT_LEN), BYTES_LITERAL("\0\0\0\x03\xe7x"));
    deployment_put(d, 0, deployment_issue(d, behind, 0, 1));
    for (int i = 0; i < 3; i++) {
        elsewhere[i] = deployment_new_handoff(d);
        deployment_put(d, 1, deployment_issue(d, elsewhere[i], 1, 2));
        deployment_expect(d, TOPIC_INBOX, 2, elsewhere[i]);
    }
    assert_int_equal(deployment_counts(d, "relais_broker_start_overs_total 0"), calm);
    fake_registry_set(fake, MOOD_WELL);
    deployment_expect(d, TOPIC_INBOX, 1, behind);
    assert_int_equal(deployment_counts(d, "relais_broker_start_overs_total 0"), calm);
    deployment_stop(d);
    wire_use_registry(d->wire, NULL);
    fake_registry_stop(fake);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_record_of_an_unknown_schema_holds_up_its_own_outbox_only),
    };

    return cmocka_run_group_tests(tests, deployment_setup, deployment_teardown);
}
