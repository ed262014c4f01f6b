/* SPDX-License-Identifier: Apache-2.0 */
#include "connectors/mapping/sample_fields.h"

#include "tests/support/test.h"

struct kept {
    struct arena arena;
    struct sample_fields fields;
    const struct shape_node *node; /* of the path "debut", which the samples have not */
};

static void keep_node(void *context, const struct shape_node *node)
{
    *(const struct shape_node **)context = node;
}

/* A shape that reads $.debut alone. */
static struct shape *shape_of(struct kept *kept)
{
    const struct path_step step = {.kind = STEP_KEY, .key = BYTES_LITERAL("debut")};
    struct shape *shape = shape_new(&kept->arena);
    size_t steps;

    (void)shape_add(shape, &step, 1, &steps);
    shape_read(shape, &step, 1, (struct place){"c.yaml", 1, 1, 1});
    (void)shape_finish(shape);
    shape_each_read(shape, keep_node, &kept->node);
    return shape;
}

static void keep(struct kept *kept, const char *key, enum shape_use use)
{
    char path[32];
    const struct shape_sight sight = {
        .above = shape_above(kept->node), .key = bytes_of_text(key), .last = true, .use = use};

    (void)snprintf(path, sizeof(path), "$.%s", key);
    sample_fields_keep(&kept->fields, &sight, path);
}

static void kept_init(struct kept *kept)
{
    *kept = (struct kept){.node = NULL};
    arena_init(&kept->arena);
    kept->fields.arena = &kept->arena;
    (void)shape_of(kept);
    assert_non_null(kept->node);
}

static void kept_deinit(struct kept *kept)
{
    sample_fields_deinit(&kept->fields);
    arena_deinit(&kept->arena);
}

static void a_field_counts_once_and_what_is_read_once_is_read(void **state)
{
    CLEANUP(buffer_deinit) struct buffer out = {0};
    struct kept kept;

    (void)state;
    kept_init(&kept);
    sample_fields_write(&kept.fields, &out);
    assert_int_equal(out.len, 0);
    keep(&kept, "b", SHAPE_UNKNOWN);
    keep(&kept, "a", SHAPE_UNKNOWN);
    keep(&kept, "b", SHAPE_READ);
    keep(&kept, "c", SHAPE_DROPPED);
    sample_fields_write(&kept.fields, &out);
    assert_string_equal(buffer_text(&out),
                        "  champs des échantillons : 1 lus, 1 écartés, 1 inconnus\n"
                        "    inconnu : $.a (à nommer sous `fields` ou `drop`)\n");
    kept_deinit(&kept);
}

static void the_nearest_of_those_that_nobody_reads_is_found(void **state)
{
    struct kept kept;

    (void)state;
    kept_init(&kept);
    keep(&kept, "debit", SHAPE_READ);
    assert_null(sample_fields_nearest(&kept.fields, kept.node, false));
    keep(&kept, "debus", SHAPE_DROPPED);
    assert_string_equal(sample_fields_nearest(&kept.fields, kept.node, false), "$.debus");
    assert_null(sample_fields_nearest(&kept.fields, kept.node, true));
    keep(&kept, "dbut", SHAPE_UNKNOWN);
    assert_string_equal(sample_fields_nearest(&kept.fields, kept.node, true), "$.dbut");
    kept_deinit(&kept);
}

static void what_stands_in_something_dropped_is_dropped(void **state)
{
    struct kept kept;

    (void)state;
    kept_init(&kept);
    keep(&kept, "salle", SHAPE_DROPPED);
    keep(&kept, "lieu", SHAPE_READ);
    assert_true(sample_fields_drop(&kept.fields, "$.salle"));
    assert_true(sample_fields_drop(&kept.fields, "$.salle.nom"));
    assert_true(sample_fields_drop(&kept.fields, "$.salle[*].nom"));
    assert_false(sample_fields_drop(&kept.fields, "$.salles"));
    assert_false(sample_fields_drop(&kept.fields, "$.lieu"));
    kept_deinit(&kept);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_field_counts_once_and_what_is_read_once_is_read),
        cmocka_unit_test(the_nearest_of_those_that_nobody_reads_is_found),
        cmocka_unit_test(what_stands_in_something_dropped_is_dropped),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
