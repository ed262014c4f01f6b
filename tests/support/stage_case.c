/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/support/test.h"

#include <stdlib.h>

#include "base/crypto.h"
#include "connectors/memory/links.h"
#include "schemas/events.h"
#include "tests/support/directory_entries.h"
#include "tests/support/stage_case.h"

/* One site of the second side, since 2026. */
static struct directory_entry site_of(const struct stage_side *side)
{
    struct directory_entry entry;

    record_init(&directory_table, &entry);
    entry.kind = DIRECTORY_SITE;
    entry.code = BYTES_LITERAL("o22-montreuil");
    entry.operator_code = bytes_of_text(side->code);
    entry.valid_from = STAGE_START_US - 365 * US_PER_DAY;
    return entry;
}

static struct directory *directory_of(const struct stage_case *c)
{
    struct directory_entry entries[] = {
        directory_entries_operator(c->a.code, "44"), directory_entries_operator(c->b.code, "11"),
        directory_entries_key(&c->a.keys), directory_entries_key(&c->b.keys), site_of(&c->b)};

    entries[0].valid_to = c->a.left_at;
    entries[1].valid_to = c->b.left_at;

    return directory_new(entries, sizeof(entries) / sizeof(entries[0]));
}

static struct directory *get_directory(void *context)
{
    return directory_ref(((struct stage_case *)context)->directory);
}

static enum outcome read_inbox(void *context, int64_t position, struct arena *arena,
                               struct record *ret_record, struct error *err)
{
    struct stage_side *side = context;

    if (position < 0 || (size_t)position >= side->inbox_count)
        return error_set(err, OUTCOME_REJECT, "il n'est plus dans la boîte de réception");
    *ret_record = (struct record){.body = arena_copy(arena, side->inbox[position])};
    return OUTCOME_OK;
}

static void load_mapping(struct stage_side *side, const char *yaml)
{
    struct yaml_node *root = NULL;
    struct error err = {0};

    side->diagnostics = diagnostics_new();
    if (yaml_read("connector.yaml", bytes_of_text(yaml), &side->arena, side->diagnostics, &root,
                  &err) != OUTCOME_OK ||
        mapping_new(root, side->diagnostics, &side->mapping, &err) != OUTCOME_OK) {
        struct buffer mistakes = {0};

        diagnostics_write(side->diagnostics, &mistakes);
        fail_msg("%s", buffer_text(&mistakes));
    }
}

static const char *const sources[] = {"test"};

static void start_side(struct stage_case *c, struct stage_side *side)
{
    struct error err = {0};

    side->metrics = metrics_new();
    counts_init(&side->counts, side->metrics, side->code);
    side->state = state_new(&side->keys, &side->log.durable, c->clock);
    for (size_t i = 0; i < side->log.count; i++) {
        const struct fake_entry *entry = &side->log.entries[i];

        if (entry->topic == TOPIC_STATE)
            assert_int_equal(state_load(side->state, entry->key, entry->value, &err), OUTCOME_OK);
    }
    links_restore(side->state);
    side->shared = (struct shared){.operator_code = bytes_of_text(side->code),
                                   .system = BYTES_LITERAL("crm"),
                                   .keys = &side->keys,
                                   .person_key = &c->person_key,
                                   .wire = c->wire,
                                   .mapping = side->mapping,
                                   .state = side->state,
                                   .clock = c->clock,
                                   .counts = &side->counts,
                                   .sources = sources,
                                   .source_count = 1,
                                   .match_wait_ms = 600000,
                                   .give_up_after_ms = INT64_C(72) * 3600 * 1000,
                                   .directory = get_directory,
                                   .directory_context = c,
                                   .read_inbox = read_inbox,
                                   .inbox_context = side};
    hmac_init(&side->shared.secret, bytes_of(side->keys.id_secret, KEY_SIZE));
    side->inbound = inbound_new(&side->shared, &side->log.durable, "test");
    if (side->sink)
        side->outbound = outbound_new(&side->shared, side->sink, &side->log.durable);
}

static void stop_side(struct stage_side *side)
{
    inbound_free(side->inbound);
    outbound_free(side->outbound);
    side->outbound = NULL;
    state_free(side->state);
    metrics_free(side->metrics);
}

struct stage_case *stage_case_new(const char *yaml, struct connector *sink_a,
                                  struct connector *sink_b)
{
    struct stage_case *c = xcalloc(1, sizeof(*c));

    crypto_init();
    c->wire = wire_new();
    c->clock = clock_manual_new(STAGE_START_US);
    person_key_create(&c->person_key);
    c->a.code = "o21";
    c->a.sink = sink_a;
    c->b.code = "o22";
    c->b.sink = sink_b;
    for (int i = 0; i < 2; i++) {
        struct stage_side *side = i ? &c->b : &c->a;

        side->left_at = NO_TIME;
        keys_create(side->code, &side->keys);
        fake_log_init(&side->log);
        load_mapping(side, yaml);
    }
    c->directory = directory_of(c);
    start_side(c, &c->a);
    start_side(c, &c->b);
    return c;
}

void stage_case_restart(struct stage_case *c, struct stage_side *side)
{
    stop_side(side);
    side->log.fail_after = -1;
    start_side(c, side);
}

void stage_case_renew_keys(struct stage_case *c, struct stage_side *side)
{
    keys_create(side->code, &side->keys);
    directory_unref(c->directory);
    c->directory = directory_of(c);
}

void stage_case_leave(struct stage_case *c, struct stage_side *side)
{
    side->left_at = clock_wall_us(c->clock);
    directory_unref(c->directory);
    c->directory = directory_of(c);
}

void stage_case_free(struct stage_case *c)
{
    for (int i = 0; i < 2; i++) {
        struct stage_side *side = i ? &c->b : &c->a;

        stop_side(side);
        mapping_free(side->mapping);
        diagnostics_free(side->diagnostics);
        arena_deinit(&side->arena);
        fake_log_deinit(&side->log);
    }
    directory_unref(c->directory);
    clock_free(c->clock);
    wire_free(c->wire);
    free(c);
}

struct result stage_case_push(struct stage_side *side, struct stage *stage, struct bytes body,
                              int64_t position)
{
    struct record record = {.body = body,
                            .position = position,
                            .observed_at = clock_wall_us(side->shared.clock),
                            .order_key = BYTES_LITERAL("order")};
    struct record *records[1] = {&record};
    struct result result = {0};
    struct error err = {0};

    assert_int_equal(stage->ops->push(stage, records, 1, &result, &err), OUTCOME_OK);
    if (result.outcome == OUTCOME_RETRY && stage->ops->returned)
        stage->ops->returned(stage, &record);
    if (result.outcome == OUTCOME_REJECT)
        assert_int_equal(stage->ops->reject(stage, &record, &result, &err), OUTCOME_OK);
    return result;
}

struct result stage_case_record(struct stage_side *side, const char *json)
{
    return stage_case_push(side, side->inbound, bytes_of_text(json), 0);
}

struct result stage_case_deliver(struct stage_side *from, size_t index, struct stage_side *to)
{
    struct bytes value = fake_log_at(&from->log, TOPIC_OUTBOX, index)->value;

    assert_true(to->inbox_count < sizeof(to->inbox) / sizeof(to->inbox[0]));
    to->inbox[to->inbox_count++] = value;
    return stage_case_push(to, to->outbound, value, (int64_t)to->inbox_count - 1);
}

struct event stage_case_event(struct stage_side *side, size_t index)
{
    struct event event;
    struct error err = {0};
    struct bytes value = fake_log_at(&side->log, TOPIC_OUTBOX, index)->value;

    if (wire_decode_event(side->shared.wire, value, &side->arena, &event, &err) != OUTCOME_OK)
        fail_msg("%s", err.text);
    return event;
}

struct rejection stage_case_rejection(struct stage_side *side, size_t index)
{
    struct event event;
    struct error err = {0};
    struct bytes value = fake_log_at(&side->log, TOPIC_REJECTED, index)->value;

    if (wire_decode_event(side->shared.wire, value, &side->arena, &event, &err) != OUTCOME_OK)
        fail_msg("%s", err.text);
    assert_int_equal(event.type, EVENT_REJECTION);
    return event.rejection;
}

void stage_case_tend(struct stage_side *side)
{
    struct error err = {0};
    int32_t wait_ms = 0;

    assert_int_equal(side->inbound->ops->tend(side->inbound, true, &wait_ms, &err), OUTCOME_OK);
}

void stage_case_assert_conserved(const struct stage_side *side)
{
    int64_t sum = metric_value(side->counts.items_pending);

    for (int kind = 0; kind < ITEM_COUNT_KINDS; kind++)
        sum += metric_value(side->counts.items_ended[kind]);
    assert_int_equal(metric_value(side->counts.items), sum);
}
