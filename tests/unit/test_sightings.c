/* SPDX-License-Identifier: Apache-2.0 */
#include "connectors/mapping/sightings.h"

#include "tests/support/test.h"

struct sights {
    struct arena arena;
    struct sightings *sightings;
};

static void take(struct sights *sights, const char *json)
{
    yyjson_doc *document = yyjson_read(json, strlen(json), YYJSON_READ_NUMBER_AS_RAW);

    assert_non_null(document);
    sightings_take(sights->sightings, yyjson_doc_get_root(document));
    yyjson_doc_free(document); /* nothing of it is needed */
}

static void sights_init(struct sights *sights, const char *json)
{
    *sights = (struct sights){.sightings = NULL};
    arena_init(&sights->arena);
    sights->sightings = sightings_new(&sights->arena);
    take(sights, json);
}

/* "a.b.*.c": names, and * for any element. */
static size_t steps_of(struct sights *sights, const char *path, const struct path_step **ret_steps)
{
    struct path_step *steps = arena_array(&sights->arena, 16, sizeof(*steps));
    size_t count = 0;

    for (; *path != '\0'; path += path[0] == '|') {
        size_t len = strcspn(path, "|");

        steps[count].kind = len == 1 && *path == '*' ? STEP_EACH : STEP_KEY;
        steps[count++].key = bytes_of(path, len);
        path += len;
    }
    *ret_steps = steps;
    return count;
}

static bool have(struct sights *sights, const char *path)
{
    const struct path_step *steps;
    size_t count = steps_of(sights, path, &steps);

    return sightings_have(sights->sightings, steps, count);
}

static const char *meant(struct sights *sights, const char *path, bool must,
                         enum sightings_kin *kin)
{
    const struct path_step *steps;
    size_t count = steps_of(sights, path, &steps);
    const char *found =
        sightings_find_meant(sights->sightings, steps, count, must, &sights->arena, kin);

    return found ? found : "";
}

static void assert_meant(const char *json, const char *path, enum sightings_kin kin,
                         const char *expected)
{
    enum sightings_kin found = SIGHTINGS_PREFIX;
    struct sights sights;
    const char *text;

    sights_init(&sights, json);
    text = meant(&sights, path, false, &found);
    if (strcmp(text, expected) != 0 || found != kin)
        fail_msg("%s of %s: %s, %d", path, json, text, (int)found);
    arena_deinit(&sights.arena);
}

static void assert_nothing(const char *json, const char *path)
{
    enum sightings_kin kin;
    struct sights sights;

    sights_init(&sights, json);
    if (meant(&sights, path, false, &kin)[0] != '\0')
        fail_msg("%s of %s: %s", path, json, meant(&sights, path, false, &kin));
    arena_deinit(&sights.arena);
}

static void what_stood_in_one_document_is_there(void **state)
{
    struct sights sights;

    (void)state;
    sights_init(&sights, "{\"a\":{\"b\":null},\"l\":[{\"c\":1}],\"x\":\"text\"}");
    take(&sights, "{\"a\":{\"d\":2}}");
    assert_true(have(&sights, "a|b"));
    assert_true(have(&sights, "a|d"));
    assert_true(have(&sights, "a|*"));
    assert_true(have(&sights, "l|*|c"));
    assert_true(have(&sights, "x|#text"));
    assert_false(have(&sights, "l|c"));
    assert_false(have(&sights, "a|#text"));
    assert_false(have(&sights, "a|c"));
    arena_deinit(&sights.arena);
}

static void a_prefix_an_at_or_a_case_is_soon_forgotten(void **state)
{
    (void)state;
    assert_meant("{\"sml:note\":\"x\"}", "note", SIGHTINGS_PREFIX, "$.sml:note");
    assert_meant("{\"note\":\"x\"}", "sml:note", SIGHTINGS_PREFIX, "$.note");
    assert_meant("{\"{urn:a}note\":\"x\"}", "note", SIGHTINGS_PREFIX, "$['{urn:a}note']");
    assert_meant("{\"@id\":\"x\"}", "id", SIGHTINGS_PREFIX, "$.@id");
    assert_meant("{\"Motif\":\"x\"}", "motif", SIGHTINGS_PREFIX, "$.Motif");
    assert_meant("{\"o:r\":{\"o:id\":\"x\"}}", "r|id", SIGHTINGS_PREFIX, "$.o:r.o:id");
    assert_meant("{\"o:r\":\"x\"}", "r|#text", SIGHTINGS_PREFIX, "$.o:r");
}

static void a_list_is_soon_forgotten_too(void **state)
{
    (void)state;
    assert_meant("{\"p\":[{\"nom\":\"x\"}]}", "p|nom", SIGHTINGS_PREFIX, "$.p[*].nom");
    assert_meant("{\"g:p\":{\"nom\":\"x\"}}", "p|*|nom", SIGHTINGS_PREFIX, "$.g:p.nom");
}

static void a_letter_may_be_wrong_in_a_long_name(void **state)
{
    (void)state;
    assert_meant("{\"comentaire\":\"x\"}", "commentaire", SIGHTINGS_SPELLING, "$.comentaire");
    assert_meant("{\"usagr\":{\"nom\":\"x\"}}", "usager|nom", SIGHTINGS_SPELLING, "$.usagr.nom");
    assert_nothing("{\"non\":\"x\"}", "nom");
    assert_nothing("{\"usagr\":{\"age\":\"x\"}}", "usager|nom");
}

static void two_of_a_kind_are_two_names(void **state)
{
    (void)state;
    assert_nothing("{\"phone2\":\"x\"}", "phone1");
    assert_nothing("{\"phone2\":\"x\"}", "phone");
    assert_nothing("{\"agents\":\"x\"}", "agent");
}

static void a_name_alone_may_stand_at_another_level(void **state)
{
    (void)state;
    assert_meant("{\"dossier\":{\"note\":\"x\"}}", "note", SIGHTINGS_LEVEL, "$.dossier.note");
    assert_meant("{\"dossier\":{\"a\":1},\"note\":\"x\"}", "dossier|note", SIGHTINGS_LEVEL,
                 "$.note");
    assert_nothing("{\"a\":{\"note\":\"x\"},\"b\":{\"note\":\"y\"}}", "note"); /* which? */
    assert_nothing("{\"a\":{\"b\":{\"c\":{\"note\":\"x\"}}}}", "note");        /* too far */
    assert_nothing("{\"a\":{\"#text\":\"x\"},\"b\":{\"@t\":\"y\"}}", "b|#text");
}

/* An object that is not there at all may be there another day; of an answer, it must be. */
static void what_is_above_counts_only_for_what_must_be_there(void **state)
{
    enum sightings_kin kin;
    struct sights sights;

    (void)state;
    assert_nothing("{\"id\":\"x\"}", "parent|id");
    sights_init(&sights, "{\"id\":\"x\"}");
    assert_string_equal(meant(&sights, "parent|id", true, &kin), "$.id");
    assert_int_equal(kin, SIGHTINGS_LEVEL);
    arena_deinit(&sights.arena);
}

static void what_has_no_value_is_not_meant(void **state)
{
    (void)state;
    assert_nothing("{\"sml:note\":null}", "note");
    assert_nothing("{\"sml:note\":\"\"}", "note");
    assert_nothing("{\"d\":{\"note\":{}}}", "note");
    assert_nothing("{\"autre\":\"x\"}", "note");
    assert_nothing("{\"note\":null,\"sml:note\":\"x\"}", "note"); /* it is there */
    assert_nothing("{}", "note");
}

/* More names than are worth looking through: nothing is said. */
static void of_a_heap_of_names_nothing_is_said(void **state)
{
    CLEANUP(buffer_deinit) struct buffer json = {0};
    enum sightings_kin kin;
    struct sights sights;

    (void)state;
    buffer_append_text(&json, "{\"g:note\":\"x\"");
    for (int i = 0; i < 6000; i++)
        buffer_printf(&json, ",\"k%d\":1", i);
    buffer_append_text(&json, "}");
    sights_init(&sights, buffer_text(&json));
    assert_string_equal(meant(&sights, "note", true, &kin), "");
    arena_deinit(&sights.arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_stood_in_one_document_is_there),
        cmocka_unit_test(a_prefix_an_at_or_a_case_is_soon_forgotten),
        cmocka_unit_test(a_list_is_soon_forgotten_too),
        cmocka_unit_test(a_letter_may_be_wrong_in_a_long_name),
        cmocka_unit_test(two_of_a_kind_are_two_names),
        cmocka_unit_test(a_name_alone_may_stand_at_another_level),
        cmocka_unit_test(what_is_above_counts_only_for_what_must_be_there),
        cmocka_unit_test(what_has_no_value_is_not_meant),
        cmocka_unit_test(of_a_heap_of_names_nothing_is_said),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
