/* SPDX-License-Identifier: Apache-2.0
 *
 * What a beginner reads: whole texts, for the likeliest mistakes.
 */
#include "tests/support/mapping_case.h"
#include "tests/support/test.h"

#define HEAD                                                                                       \
    "records:\n"                                                                                   \
    "  - emit: referral\n"                                                                         \
    "    entity: $.id\n"                                                                           \
    "    version: $.at | datetime\n"                                                               \
    "    handoff: own\n"                                                                           \
    "    fields:\n"                                                                                \
    "      status: ISSUED\n      to_operator: o22\n"
#define DELIVER                                                                                    \
    "deliver:\n"                                                                                   \
    "  - { on: [referral, appointment, closure, refused, notice], skip: nothing to say }\n"

/* The file has exactly these mistakes, as they are shown. */
static void assert_mistakes(const char *file, const char *expected)
{
    struct mapping_case c;

    mapping_case_init(&c, file);
    assert_null(c.mapping);
    assert_string_equal(mapping_case_mistakes(&c), expected);
    mapping_case_deinit(&c);
}

/* One of the mistakes says so. */
static void assert_says(const char *file, const char *expected)
{
    struct mapping_case c;

    mapping_case_init(&c, file);
    assert_null(c.mapping);
    if (!strstr(mapping_case_mistakes(&c), expected))
        fail_msg("not said: %s\n%s", expected, mapping_case_mistakes(&c));
    mapping_case_deinit(&c);
}

static void a_misspelt_field_gets_the_nearest_name(void **state)
{
    (void)state;
    assert_mistakes(HEAD "      motiv: $.why\n",
                    "connector.yaml:9:7: Referral n'a pas de champ « motiv »\n"
                    "   9 |       motiv: $.why\n"
                    "     |       ^^^^^\n"
                    "attendu : motive\n");
}

static void a_misspelt_code_gets_the_nearest_symbol(void **state)
{
    (void)state;
    assert_mistakes(HEAD "      motive: $.why | code(bilan = TAKE_STOC)\n",
                    "connector.yaml:9:36: Motive n'a pas de « TAKE_STOC »\n"
                    "   9 |       motive: $.why | code(bilan = TAKE_STOC)\n"
                    "     |                                    ^^^^^^^^^\n"
                    "attendu : TAKE_STOCK, ou l'un de UNKNOWN, CHANGE_JOB_OR_SECTOR, "
                    "CREATE_OR_TAKE_OVER_BUSINESS, ACQUIRE_SKILLS_TRAINING, CERTIFICATION_VAE, "
                    "FUNDING_CPF_PTP, RESIGNATION_PROJECT, INTERNAL_MOBILITY, RETURN_TO_WORK, "
                    "KEEP_JOB_HEALTH, TAKE_STOCK, OTHER\n");
}

static void a_code_in_a_table_is_checked_where_it_stands(void **state)
{
    (void)state;
    assert_says(HEAD "      urgency: $.u | code(u)\ncodes:\n  u: { oui: URGENTE }\n",
                "connector.yaml:11:13: Urgency n'a pas de « URGENTE »\n"
                "  11 |   u: { oui: URGENTE }\n"
                "     |             ^^^^^^^\n"
                "attendu : URGENT");
}

static void a_path_alone_is_no_code(void **state)
{
    (void)state;
    assert_says(
        HEAD "      motive: $.why\n",
        "motive prend un code de Motive ; ceci est ce que l'enregistrement veut bien contenir");
}

static void a_text_is_no_time(void **state)
{
    (void)state;
    assert_mistakes(
        HEAD "      synthesis_at: $.day\n",
        "connector.yaml:9:21: synthesis_at ne peut pas être une valeur de l'enregistrement\n"
        "   9 |       synthesis_at: $.day\n"
        "     |                     ^^^^^\n"
        "attendu : un instant : ajoutez | datetime, ou | datetime(\"%d/%m/%Y\", "
        "\"Europe/Paris\")\n");
}

static void a_local_time_needs_its_zone(void **state)
{
    (void)state;
    assert_says(HEAD "      synthesis_at: $.day | datetime(\"%d/%m/%Y\")\n",
                "une heure locale sans son fuseau");
}

static void a_personal_value_stays_out_of_shared_fields(void **state)
{
    (void)state;
    assert_mistakes(
        "personal: [$.user]\n" HEAD "      motive_source_code: $.user.name | upper\n"
        "    contact: { usual_name: $.user.name }\n",
        "connector.yaml:10:27: $.user.name est personnel, et motive_source_code ne l'est pas\n"
        "  10 |       motive_source_code: $.user.name | upper\n"
        "     |                           ^^^^^^^^^^^\n"
        "attendu : un champ de `contact`, scellé pour le destinataire\n");
    assert_says("personal: ['$.people[*].user']\nrecords:\n  - emit: appointment\n"
                "    each: $.people\n    entity: .id\n    version: $.at | datetime\n"
                "    handoff: by_person(.user.id)\n"
                "    fields: { status: BOOKED, zone: .user.zone }\n",
                ".user.zone est personnel, et zone ne l'est pas");
}

static void a_personal_header_stays_out_of_shared_fields(void **state)
{
    (void)state;
    assert_says("personal: [header.X-Agent]\n" HEAD "      motive_source_code: header.x-agent\n",
                "header.x-agent est personnel, et motive_source_code ne l'est pas");
    assert_says("personal: [query.agent]\n" HEAD "      motive_source_code: query.agent\n",
                "query.agent est personnel, et motive_source_code ne l'est pas");
}

static void a_personal_header_is_no_key_of_the_record(void **state)
{
    static const char *const files[] = {
        "personal: [header.idd, query.Agent]\n" HEAD "      motive_source_code: $.agent\n",
        "personal: [header.agent]\n" HEAD "      motive_source_code: query.agent\n",
    };

    (void)state;
    for (size_t i = 0; i < sizeof(files) / sizeof(files[0]); i++) {
        struct mapping_case c;

        mapping_case_init(&c, files[i]);
        assert_string_equal(mapping_case_mistakes(&c), "");
        mapping_case_deinit(&c);
    }
}

static void one_part_of_a_cell_is_sealed_and_another_shared(void **state)
{
    struct mapping_case c;

    (void)state;
    mapping_case_init(&c, HEAD "      motive_source_code: $.cell | pick(\"* - {*}\")\n"
                               "    contact:\n      birth_name: $.cell | pick(\"{*} - *\")\n");
    assert_string_equal(mapping_case_mistakes(&c), "");
    mapping_case_deinit(&c);
    assert_says(HEAD "      motive_source_code: $.cell | pick(\"{*} - *\") | upper\n"
                     "    contact:\n      birth_name: $.cell | pick(\"{*} - *\")\n",
                "contact.birth_name scelle la même valeur");
    assert_says(HEAD "      motive_source_code: $.cell\n"
                     "    contact:\n      birth_name: $.cell | pick(\"{*} - *\")\n",
                "contact.birth_name scelle la même valeur");
}

static void a_bracket_and_any_character_is_no_regular_expression(void **state)
{
    struct mapping_case c;

    (void)state;
    mapping_case_init(&c, HEAD "      motive_source_code: $.cell | pick(\"*(?) - {*}\")\n");
    assert_string_equal(mapping_case_mistakes(&c), "");
    mapping_case_deinit(&c);
    assert_says(HEAD "      motive_source_code: $.cell | pick(\"(?:a|b) {*}\")\n",
                "une expression régulière serait lue telle qu'elle est écrite");
}

static void what_each_takes_must_be_a_path_or_a_text_cut(void **state)
{
    static const char rule[] = "records:\n  - emit: appointment\n    each: %s\n    entity: \"@\"\n"
                               "    version: $.at | datetime\n    handoff: by_person($.p)\n"
                               "    fields: { status: BOOKED }\n";
    static const struct {
        const char *each;
        const char *said;
    } cases[] = {
        {"\"'liste'\"", "ce n'est pas un chemin"},
        {"$.cell \";\"", "ce n'est pas un chemin"},
        {"$.cell 'a", "ce n'est pas un chemin"},
        {"[$.list, '$.cell | split(\"/\")']", "`each` mêle une liste et un texte coupé"},
        {"['$.cell | split(\"/\")', $.list]", "`each` mêle une liste et un texte coupé"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        CLEANUP(buffer_deinit) struct buffer file = {0};

        buffer_printf(&file, rule, cases[i].each);
        assert_says(buffer_text(&file), cases[i].said);
    }
}

static void a_header_cannot_be_dropped(void **state)
{
    (void)state;
    assert_says(HEAD "    drop: [header.X-Agent]\n",
                "`drop` écarte ce que l'enregistrement contient");
}

static void operators_are_small_and_double(void **state)
{
    (void)state;
    assert_says(HEAD "      choice_recorded: $.a AND $.b\n", "opérateur en capitales");
    assert_says(HEAD "      choice_recorded: $.a = 1\n", "attendu : == pour comparer");
    assert_says(HEAD "      choice_recorded: $.a && $.b\n", "attendu : `and`");
    assert_says(HEAD "      choice_recorded: $.a || $.b\n", "attendu : `or`, ou une fonction");
}

static void a_text_of_several_words_wants_quotes(void **state)
{
    (void)state;
    assert_says(HEAD "      motive_source_code: Bonjour tout le monde\n",
                "attendu : des guillemets autour d'un texte de plusieurs mots");
    assert_says(HEAD "      motive_source_code: \"a\" $.b\n",
                "du texte derrière le guillemet fermant");
}

static void an_item_without_each_is_said(void **state)
{
    (void)state;
    assert_says(HEAD "      motive_source_code: .why\n", "la règle n'a pas de `each`");
}

static void a_tab_and_an_at_sign_get_their_sentence(void **state)
{
    (void)state;
    assert_says("records:\n\t- emit: referral\n", "tabulation en tête de ligne");
    assert_says(HEAD "      motive: @.why\n",
                "attendu : des guillemets autour de la valeur entière");
}

static void in_quotes_a_path_that_begins_with_an_at_sign_is_read(void **state)
{
    struct mapping_case c;

    (void)state;
    mapping_case_init(&c, "records:\n  - emit: appointment\n    each: $.l\n    entity: \"@.id\"\n"
                          "    version: $.at | datetime\n    handoff: by_person(@.p)\n"
                          "    fields: { status: BOOKED }\n");
    assert_non_null(c.mapping);
    mapping_case_deinit(&c);
}

static void an_unknown_function_or_table_gets_the_nearest(void **state)
{
    (void)state;
    assert_says(HEAD "      motive: $.m | cod(x)\n", "fonction inconnue « cod »");
    assert_says(HEAD "      motive: $.m | code(motifs)\ncodes: { motif: { a: OTHER } }\n",
                "table de codes inconnue « motifs »");
}

static void a_comma_inside_yaml_braces_is_explained(void **state)
{
    (void)state;
    assert_says(HEAD "    contact: { phone: first_of($.a, $.b) }\n",
                "entre { } ou [ ] de YAML une virgule finit la valeur");
}

static void a_rule_needs_entity_handoff_and_time(void **state)
{
    (void)state;
    assert_says("records:\n  - emit: referral\n    fields: { status: ISSUED, to_operator: o22 }\n",
                "il manque `entity`");
    assert_says("records:\n  - emit: referral\n    fields: { status: ISSUED, to_operator: o22 }\n",
                "il manque `handoff`");
    assert_says("records:\n  - emit: referral\n    fields: { status: ISSUED, to_operator: o22 }\n",
                "la règle ne dit pas quand c'est arrivé");
    assert_says("records:\n  - emit: referal\n", "aucun événement de ce nom");
}

static void what_the_connector_sets_is_not_the_mappings(void **state)
{
    (void)state;
    assert_says(HEAD "      event_id: $.id\n",
                "event_id est mis par le connecteur, pas par ce fichier");
}

static void every_event_that_may_arrive_needs_a_rule(void **state)
{
    (void)state;
    assert_mistakes(
        "deliver:\n  - { on: [referral, appointment, closure.TRAINING, notice], skip: x }\n"
        "  - { on: closure, when: present(link.own), skip: x }\n",
        "connector.yaml:2:3: `deliver` ne dit pas ce que devient closure.UNKNOWN, "
        "closure.EMPLOYMENT, closure.BUSINESS_CREATION, closure.VAE_CERTIFICATION, "
        "closure.FUNDING_FILE_SUBMITTED, closure.INTERNAL_MOBILITY, closure.IMMERSION, "
        "closure.PROJECT_FORMALISED, closure.INFORMATION_SUFFICIENT, closure.REFERRED_ONWARD, "
        "closure.ABANDONED, closure.UNREACHABLE, closure.TRANSFERRED, closure.OTHER, "
        "closure.ENTERED_IN_ERROR, refused\n"
        "   2 |   - { on: [referral, appointment, closure.TRAINING, notice], skip: x }\n"
        "     |   ^\n"
        "attendu : une règle sans `when` pour chacun, au moins `skip: pourquoi`\n");
}

static void a_table_outwards_must_have_a_word_for_every_code(void **state)
{
    (void)state;
    assert_says(DELIVER "  - on: notice\n    request: PUT /x\n"
                        "    body: { a: event.kind | code(OVERDUE = x) }\n",
                "la table n'a pas de mot pour UNKNOWN");
    assert_says(DELIVER
                "  - on: notice\n    request: PUT /x\n"
                "    body: { a: event.kind | code(o) }\ncodes: { o: { OVERDU: x, else: y } }\n",
                "NoticeKind n'a pas de « OVERDU »");
}

static void outwards_only_what_is_there_can_be_read(void **state)
{
    (void)state;
    assert_says(DELIVER "  - { on: notice, request: PUT /x, body: { a: event.kin } }\n",
                "Notice n'a pas de champ « kin »");
    assert_says(DELIVER "  - { on: notice, request: PUT /x, body: { a: $.kind } }\n",
                "il n'y a pas d'enregistrement ici");
    assert_says(DELIVER "  - { on: notice, request: PUT /x, body: { a: event.recorded_at } }\n",
                "aucune expression ne peut le lire");
    assert_says(DELIVER "  - { on: notice, request: PUT /x, body: { a: event.due_at } }\n",
                "un instant peut s'écrire de plusieurs façons");
    assert_says(DELIVER "  - { on: notice, request: \"PUT x\" }\n", "ce n'est pas une requête");
    assert_says(DELIVER "  - { on: notice, request: POST /x, safety: looked_up }\n",
                "rien n'est cherché avant cet appel");
}

static void a_kind_of_link_that_is_remembered_twice_is_listed_once(void **state)
{
    (void)state;
    assert_says(DELIVER
                "  - on: notice\n    calls:\n"
                "      - { request: PUT /a, remember: { dossier: $.id } }\n"
                "      - { request: PUT /b, remember: { dossier: $.id, x: link.dosier } }\n",
                "attendu : dossier, ou l'un de own, dossier, x\n");
}

static void a_rule_that_nothing_reaches_is_told(void **state)
{
    static const char reached[] =
        "deliver:\n  - { on: [referral.ISSUED, notice], when: present(link.own), skip: a }\n"
        "  - { on: referral.ISSUED, skip: b }\n"
        "  - { on: [referral, appointment, closure, refused, notice], skip: c }\n";
    struct mapping_case c;

    (void)state;
    assert_says(DELIVER "  - { name: late, on: [notice, referral.ISSUED], skip: x }\n",
                "rien n'arrive à cette règle : deliver-1, au-dessus et sans `when`, le prend déjà");
    assert_says(DELIVER "  - { on: [notice, refused], when: present(link.own), skip: x }\n",
                "rien n'arrive à cette règle");
    mapping_case_init(&c, reached);
    assert_string_equal(mapping_case_mistakes(&c), "");
    mapping_case_deinit(&c);
}

static void an_entity_that_reads_nothing_is_told(void **state)
{
    (void)state;
    assert_says("records:\n  - emit: referral\n    entity: orientation\n    handoff: own\n"
                "    version: $.at | datetime\n    fields: { status: CANCELLED }\n",
                "`entity` ne lit rien : tous les enregistrements seraient le même");
    assert_says("records:\n  - emit: referral\n    entity: text(\"a\") \"b\"\n    handoff: own\n"
                "    version: $.at | datetime\n    fields: { status: CANCELLED }\n",
                "`entity` ne lit rien");
}

static void every_mistake_is_said_at_once(void **state)
{
    struct mapping_case c;

    (void)state;
    mapping_case_init(&c, HEAD "      motiv: $.a\n      urgency: $.b\n      sex: $.c | cod(x)\n"
                               "unknown_fields: maybe\nsentinels: x\n");
    assert_int_equal(diagnostics_count(c.diagnostics), 5);
    mapping_case_deinit(&c);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_misspelt_field_gets_the_nearest_name),
        cmocka_unit_test(a_misspelt_code_gets_the_nearest_symbol),
        cmocka_unit_test(a_code_in_a_table_is_checked_where_it_stands),
        cmocka_unit_test(a_path_alone_is_no_code),
        cmocka_unit_test(a_text_is_no_time),
        cmocka_unit_test(a_local_time_needs_its_zone),
        cmocka_unit_test(a_personal_value_stays_out_of_shared_fields),
        cmocka_unit_test(a_personal_header_stays_out_of_shared_fields),
        cmocka_unit_test(a_personal_header_is_no_key_of_the_record),
        cmocka_unit_test(one_part_of_a_cell_is_sealed_and_another_shared),
        cmocka_unit_test(a_bracket_and_any_character_is_no_regular_expression),
        cmocka_unit_test(what_each_takes_must_be_a_path_or_a_text_cut),
        cmocka_unit_test(a_header_cannot_be_dropped),
        cmocka_unit_test(operators_are_small_and_double),
        cmocka_unit_test(a_text_of_several_words_wants_quotes),
        cmocka_unit_test(an_item_without_each_is_said),
        cmocka_unit_test(a_tab_and_an_at_sign_get_their_sentence),
        cmocka_unit_test(in_quotes_a_path_that_begins_with_an_at_sign_is_read),
        cmocka_unit_test(an_unknown_function_or_table_gets_the_nearest),
        cmocka_unit_test(a_comma_inside_yaml_braces_is_explained),
        cmocka_unit_test(a_rule_needs_entity_handoff_and_time),
        cmocka_unit_test(what_the_connector_sets_is_not_the_mappings),
        cmocka_unit_test(every_event_that_may_arrive_needs_a_rule),
        cmocka_unit_test(a_table_outwards_must_have_a_word_for_every_code),
        cmocka_unit_test(outwards_only_what_is_there_can_be_read),
        cmocka_unit_test(a_kind_of_link_that_is_remembered_twice_is_listed_once),
        cmocka_unit_test(a_rule_that_nothing_reaches_is_told),
        cmocka_unit_test(an_entity_that_reads_nothing_is_told),
        cmocka_unit_test(every_mistake_is_said_at_once),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
