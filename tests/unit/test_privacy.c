/* SPDX-License-Identifier: Apache-2.0
 *
 * What a file of rules gives away of personal data, told before it runs.
 */
#include <stdio.h>

#include "tests/support/mapping_case.h"
#include "tests/support/test.h"

/* A rule with these fields and this contact; `more`: keys of the file. */
static void compile(struct mapping_case *c, const char *more, const char *fields,
                    const char *contact)
{
    char yaml[2048];

    (void)snprintf(yaml, sizeof(yaml),
                   "unknown_fields: count\n%srecords:\n  - emit: referral\n    entity: $.id\n"
                   "    handoff: own\n    version: $.at | datetime\n"
                   "    fields:\n      status: ISSUED\n      to_operator: o22\n%s"
                   "    contact:\n%s",
                   more, fields, contact);
    mapping_case_init(c, yaml);
}

static void assert_good(const char *more, const char *fields, const char *contact)
{
    struct mapping_case c;

    compile(&c, more, fields, contact);
    if (!c.mapping)
        fail_msg("%s%s%s", fields, contact, mapping_case_mistakes(&c));
    mapping_case_deinit(&c);
}

static void assert_mistake(const char *more, const char *fields, const char *contact,
                           const char *sentence)
{
    struct mapping_case c;

    compile(&c, more, fields, contact);
    if (c.mapping || !strstr(mapping_case_mistakes(&c), sentence))
        fail_msg("%s%s%s", fields, contact, c.mapping ? "taken" : mapping_case_mistakes(&c));
    mapping_case_deinit(&c);
}

#define SEALED_AND_SHOWN "scelle la même valeur pour son seul destinataire"

static void one_value_goes_sealed_or_in_clear(void **state)
{
    (void)state;
    assert_mistake("", "      motive_source_code: $.note\n", "      note: $.note\n",
                   "contact.note " SEALED_AND_SHOWN ", et motive_source_code la montrerait à tous");
    assert_mistake("", "      motive_source_code: $.a.note | trim | upper\n",
                   "      note: $.a.note | cut(200)\n", SEALED_AND_SHOWN);
    assert_mistake("", "      issuer_ref: $.tel\n", "      phone: $.tel | phone\n",
                   SEALED_AND_SHOWN);
    assert_mistake("", "      consent_ref: '$.moyens[type=TEL].valeur'\n",
                   "      phone: '$.moyens[type=TEL].valeur | phone'\n", SEALED_AND_SHOWN);
}

static void another_value_or_what_is_made_of_it_is_meant(void **state)
{
    (void)state;
    assert_good("", "      motive_source_code: $.code\n", "      note: $.note\n");
    assert_good("", "      motive_source_code: '$.moyens[type=REF].valeur'\n",
                "      phone: '$.moyens[type=TEL].valeur | phone'\n");
    assert_good("codes: { m: { a: A, else: B } }\n", "      motive_source_code: $.note | code(m)\n",
                "      note: $.note\n");
    assert_good("", "      motive_source_code: if(present($.note), AVEC, SANS)\n",
                "      note: $.note\n");
    assert_good("", "      requested_on: $.jour | date\n", "      birth_date: $.jour | date\n");
}

static void a_part_of_a_sealed_text_is_shown_only_when_it_is_another(void **state)
{
    (void)state;
    assert_good("", "      motive_source_code: $.note | pick(\"code {#+}\")\n",
                "      note: $.note\n");
    assert_good("", "      motive_source_code: $.note | pick(\"code {#+}\")\n",
                "      phone: $.note | pick(\"tel {#+}\") | phone\n");
    assert_mistake("", "      motive_source_code: $.note | pick(\"tel {#+}\")\n",
                   "      phone: $.note | pick(\"tel {#+}\") | phone\n", SEALED_AND_SHOWN);
}

static void a_misspelt_path_of_personal_protects_nothing(void **state)
{
    static const char fields[] = "      motive_source_code: $.motif\n";
    static const char contact[] = "      birth_name: $.usager.nom\n";

    (void)state;
    assert_good("personal: [$.usager.nom]\n", fields, contact);
    assert_good("personal: [$.usager]\n", fields, contact);
    assert_good("personal: [$.tout_autre_chose]\n", fields, contact); /* in some records only */
    assert_mistake("personal: [$.usager.nomm]\n", fields, contact,
                   "ce chemin de `personal` ne désigne rien que ce fichier lise");
    assert_mistake("personal: [$.usagers.nom]\n", fields, contact, "attendu : $.usager");
}

static void what_is_personal_stays_out_of_shared_fields(void **state)
{
    (void)state;
    assert_mistake("personal: [$.usager]\n", "      motive_source_code: $.usager.motif\n",
                   "      birth_name: $.usager.nom\n", "est personnel");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(one_value_goes_sealed_or_in_clear),
        cmocka_unit_test(another_value_or_what_is_made_of_it_is_meant),
        cmocka_unit_test(a_part_of_a_sealed_text_is_shown_only_when_it_is_another),
        cmocka_unit_test(a_misspelt_path_of_personal_protects_nothing),
        cmocka_unit_test(what_is_personal_stays_out_of_shared_fields),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
