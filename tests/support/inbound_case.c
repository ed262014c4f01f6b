/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/support/test.h"

#include "connectors/memory/links.h"
#include "tests/support/inbound_case.h"

static const char mapping[] =
    "times: { formats: [\"%Y-%m-%d %H:%M:%S %z\"], zone: Europe/Paris }\n"
    "unknown_fields: count\n"
    "records:\n"
    "  - name: orientation\n"
    "    when: $.kind == orientation\n"
    "    emit: referral\n"
    "    entity: orientation \"/\" $.id\n"
    "    version: $.at | datetime\n"
    "    handoff: own\n"
    "    parent: given($.parent)\n"
    "    links: { own: $.id, person: $.person }\n"
    "    fields:\n"
    "      status: $.status | code(status)\n"
    "      to_operator: $.to\n"
    "      synthesis_at: $.at | datetime\n"
    "    contact:\n"
    "      birth_name: $.name\n"
    "      first_names: $.first\n"
    "      phone: $.phone\n"
    "      birth_date: $.born | date\n"
    "  - name: dossier\n"
    "    when: $.kind == dossier\n"
    "    emit: referral\n"
    "    entity: dossier \"/\" $.id\n"
    "    version: $.at | datetime\n"
    "    handoff: given($.ref)\n"
    "    links: { dossier: $.id, person: $.person }\n"
    "    echo: { of: dossier \"/\" $.id, says: $.status }\n"
    "    fields:\n"
    "      status: $.status | code(status)\n"
    "  - name: rdv\n"
    "    when: $.kind == rdv\n"
    "    emit: appointment\n"
    "    entity: rdv \"/\" $.id\n"
    "    version: $.at | datetime\n"
    "    handoff: by_person($.person)\n"
    "    fields:\n"
    "      status: BOOKED\n"
    "      starts_at: $.at | datetime\n"
    "codes:\n"
    "  status: { sent: ISSUED, received: RECEIVED, accepted: ACCEPTED, declined: DECLINED,\n"
    "            withdrawn: WITHDRAWN_BY_PERSON }\n";

struct stage_case *inbound_case_new(void)
{
    return stage_case_new(mapping, NULL, NULL);
}

void inbound_case_know_at(struct stage_side *side, struct uuid handoff_id, const char *person,
                          int64_t inbox_position)
{
    struct link_note links[] = {{BYTES_LITERAL("person"), bytes_of_text(person)}};
    struct known_handoff known = {.handoff_id = handoff_id,
                                  .thread_id = handoff_id,
                                  .inbox_position = inbox_position,
                                  .sent_at = STAGE_START_US - 60 * US_PER_SECOND,
                                  .other = BYTES_LITERAL("o22"),
                                  .links = links,
                                  .link_count = 1};
    struct state_change *change = state_begin(side->state);
    struct error err = {0};

    links_remember(change, &known, &side->arena);
    assert_int_equal(state_commit(change, &err), OUTCOME_OK);
}

void inbound_case_know(struct stage_side *side, struct uuid handoff_id, const char *person)
{
    inbound_case_know_at(side, handoff_id, person, -1);
}

struct uuid inbound_case_id(void)
{
    struct uuid id = UUID_NONE;

    assert_true(uuid_parse(BYTES_LITERAL(INBOUND_CASE_UNKNOWN_REF), &id));
    return id;
}
