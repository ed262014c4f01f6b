/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/support/test.h"

#include "base/crypto.h"
#include "base/jumps.h"
#include "connectors/memory/links.h"
#include "tests/support/fake_log.h"

struct fixture {
    struct operator_keys keys;
    struct state *state;
    struct arena arena;
};

static void start(struct fixture *f)
{
    *f = (struct fixture){0};
    keys_create("o21", &f->keys);
    f->state = state_new(&f->keys, NULL, clock_system());
}

static void stop(struct fixture *f)
{
    state_free(f->state);
    arena_deinit(&f->arena);
}

static struct uuid id_of(uint8_t number)
{
    return (struct uuid){{number}};
}

static void remember(struct fixture *f, uint8_t number, const char *kind, const char *key)
{
    struct link_note link = {bytes_of_text(kind), bytes_of_text(key)};
    struct known_handoff known = {.handoff_id = id_of(number),
                                  .thread_id = id_of(number),
                                  .inbox_position = -1,
                                  .links = &link,
                                  .link_count = 1};
    struct state_change *change = state_begin(f->state);
    struct error err = {0};

    links_remember(change, &known, &f->arena);
    assert_int_equal(state_commit(change, &err), OUTCOME_OK);
}

enum { ENDED_AT = 1000, NOW = 2000 }; /* µs */
#define APART (JUMPS_MOST_MS * 1000)  /* µs: how far two clocks may be apart, and nobody sees it */

/* An int64_t as pack_int() writes it: with its length. */
#define PACKED_INT (sizeof(uint32_t) + sizeof(int64_t))

static const struct links_ending AN_END = {ENDED_AT, ENDED_AT};

static void end(struct fixture *f, uint8_t number)
{
    struct state_change *change = state_begin(f->state);
    struct error err = {0};

    links_end(change, id_of(number), AN_END, &f->arena);
    assert_int_equal(state_commit(change, &err), OUTCOME_OK);
}

static size_t found(struct fixture *f, const char *kind, const char *key, int64_t open_at)
{
    size_t count = 0;

    (void)links_find(f->state, bytes_of_text(kind), bytes_of_text(key), open_at, &f->arena, &count);
    return count;
}

static void a_link_leads_both_ways(void **state)
{
    struct fixture f;
    struct known_handoff known;
    struct uuid *ids;
    size_t count = 0;

    (void)state;
    start(&f);
    remember(&f, 1, "dossier", "12");
    remember(&f, 1, "person", "U1");
    ids = links_find(f.state, BYTES_LITERAL("dossier"), BYTES_LITERAL("12"), LINKS_EVER, &f.arena,
                     &count);
    assert_int_equal(count, 1);
    assert_true(uuid_equal(ids[0], id_of(1)));
    assert_true(links_handoff(f.state, id_of(1), &f.arena, &known));
    assert_int_equal(known.link_count, 2);
    assert_bytes_text(known.links[0].key, "U1"); /* the newest first */
    assert_int_equal(found(&f, "person", "12", LINKS_EVER), 0);
    assert_false(links_handoff(f.state, id_of(2), &f.arena, &known));
    stop(&f);
}

static void a_person_counts_only_in_open_hand_overs(void **state)
{
    struct fixture f;
    struct known_handoff known;

    (void)state;
    start(&f);
    remember(&f, 1, "person", "U1");
    remember(&f, 2, "person", "U1");
    assert_int_equal(found(&f, "person", "U1", NOW), 2);
    end(&f, 1);
    end(&f, 3); /* nobody */
    assert_int_equal(found(&f, "person", "U1", NOW), 1);
    assert_int_equal(found(&f, "person", "U1", LINKS_EVER), 2);
    /* Of a record that came before the end and waited since. */
    assert_int_equal(found(&f, "person", "U1", ENDED_AT - 1), 2);
    remember(&f, 1, "dossier", "7"); /* what has ended stays so */
    assert_true(links_handoff(f.state, id_of(1), &f.arena, &known));
    assert_true(known.ended);
    stop(&f);
}

static void remember_as(struct fixture *f, const struct known_handoff *known)
{
    struct state_change *change = state_begin(f->state);
    struct error err = {0};

    links_remember(change, known, &f->arena);
    assert_int_equal(state_commit(change, &err), OUTCOME_OK);
}

/* Else what comes of that person would be of a hand-over that is over, for as long as the clock
 * was ahead. */
static void an_end_that_is_still_to_come_is_of_a_clock_that_was_ahead(void **state)
{
    int64_t ahead_us = clock_wall_us(clock_system()) + 11 * US_PER_DAY;
    struct fixture f;
    struct state_change *change;
    struct error err = {0};

    (void)state;
    start(&f);
    remember(&f, 1, "person", "U1");
    change = state_begin(f.state);
    links_end(change, id_of(1), (struct links_ending){ahead_us, ahead_us}, &f.arena);
    assert_int_equal(state_commit(change, &err), OUTCOME_OK);
    assert_int_equal(found(&f, "person", "U1", clock_wall_us(clock_system())), 0);
    assert_int_equal(found(&f, "person", "U1", LINKS_EVER), 1);
    stop(&f);
}

/* Somebody read it before it ended, or before it was kept, and writes its links only now. */
static void what_was_read_earlier_neither_ends_nor_keeps_it(void **state)
{
    struct fixture f;
    struct known_handoff known;

    (void)state;
    start(&f);
    remember(&f, 1, "person", "U1");
    end(&f, 1);
    assert_true(links_handoff(f.state, id_of(1), &f.arena, &known));
    known.ended = false;
    remember_as(&f, &known);
    assert_true(links_handoff(f.state, id_of(1), &f.arena, &known));
    assert_true(known.ended);
    remember(&f, 2, "person", "U1");
    assert_true(links_handoff(f.state, id_of(2), &f.arena, &known));
    known.ended = true;
    remember_as(&f, &known);
    assert_true(links_handoff(f.state, id_of(2), &f.arena, &known));
    assert_false(known.ended);
    stop(&f);
}

static void it_was_sent_when_it_was_sent_first(void **state)
{
    struct fixture f;
    struct known_handoff known = {.handoff_id = id_of(1), .inbox_position = -1};

    (void)state;
    start(&f);
    remember_as(&f, &known);
    for (known.sent_at = 1000; known.sent_at <= 2000; known.sent_at += 1000)
        remember_as(&f, &known); /* corrected later */
    assert_true(links_handoff(f.state, id_of(1), &f.arena, &known));
    assert_int_equal(known.sent_at, 1000);
    stop(&f);
}

static size_t found_then(struct fixture *f, int64_t at)
{
    size_t count = 0;

    (void)links_find_then(f->state, BYTES_LITERAL("person"), BYTES_LITERAL("U1"), at, &f->arena,
                          &count);
    return count;
}

/* What was remembered before there were two times has the one, and loses nothing else. */
static void a_memory_of_one_time_of_the_end_is_read(void **state)
{
    struct link_note link = {BYTES_LITERAL("person"), BYTES_LITERAL("U1")};
    struct known_handoff known = {.handoff_id = id_of(1),
                                  .inbox_position = -1,
                                  .sent_at = 1,
                                  .links = &link,
                                  .link_count = 1};
    const struct links_ending later_there = {ENDED_AT, NOW};
    struct bytes id = bytes_of(known.handoff_id.octets, sizeof(known.handoff_id.octets));
    struct state_change *change;
    struct bytes packed;
    struct fixture f;
    struct error err = {0};

    (void)state;
    start(&f);
    remember_as(&f, &known);
    change = state_begin(f.state);
    links_end(change, known.handoff_id, later_there, &f.arena);
    assert_int_equal(state_commit(change, &err), OUTCOME_OK);
    assert_int_equal(found_then(&f, NOW + APART), 1);
    assert_int_equal(found_then(&f, NOW + APART + 1), 0);
    packed = state_get(f.state, STATE_HANDOFF, id, &f.arena);
    change = state_begin(f.state);
    state_put(change, STATE_HANDOFF, id, bytes_of(packed.data, packed.len - PACKED_INT));
    assert_int_equal(state_commit(change, &err), OUTCOME_OK);
    assert_true(links_handoff(f.state, known.handoff_id, &f.arena, &known));
    assert_int_equal(known.ended_at, ENDED_AT);
    assert_int_equal(known.end_was_at, ENDED_AT);
    assert_int_equal(found_then(&f, ENDED_AT + APART), 1);
    assert_int_equal(found_then(&f, NOW + APART), 0);
    stop(&f);
}

static void remember_sent_and_ended(struct fixture *f, uint8_t number, int64_t sent_at,
                                    int64_t ended_at)
{
    struct link_note link = {BYTES_LITERAL("person"), BYTES_LITERAL("U1")};
    struct known_handoff known = {.handoff_id = id_of(number),
                                  .inbox_position = -1,
                                  .ended = true,
                                  .ended_at = ended_at,
                                  .end_was_at = ended_at,
                                  .sent_at = sent_at,
                                  .links = &link,
                                  .link_count = 1};

    remember_as(f, &known);
}

/* Two clocks are compared, of which each may be minutes off: what is of none by both is of one that
 * was sent a little later, or was over a little earlier. */
static void clocks_may_be_apart_where_nothing_else_tells(void **state)
{
    struct fixture f;

    (void)state;
    start(&f);
    remember_sent_and_ended(&f, 1, 2 * APART, 4 * APART);
    assert_int_equal(found_then(&f, APART - 1), 0);
    assert_int_equal(found_then(&f, APART), 1);
    assert_int_equal(found_then(&f, 3 * APART), 1);
    assert_int_equal(found_then(&f, 5 * APART), 1);
    assert_int_equal(found_then(&f, 5 * APART + 1), 0);
    /* Of the second while it was open, and nobody asks how far apart. */
    remember_sent_and_ended(&f, 2, 4 * APART + 10, 4 * APART + 20);
    assert_int_equal(found_then(&f, 4 * APART + 15), 1);
    assert_int_equal(found_then(&f, 4 * APART + 25), 2);
    stop(&f);
}

static void send_on(struct fixture *f, uint8_t number)
{
    struct state_change *change = state_begin(f->state);
    struct error err = {0};

    links_send_on(change, id_of(number), AN_END, &f->arena);
    assert_int_equal(state_commit(change, &err), OUTCOME_OK);
}

static void keep(struct fixture *f, uint8_t number)
{
    struct state_change *change = state_begin(f->state);
    struct error err = {0};

    links_keep(change, id_of(number), &f->arena);
    assert_int_equal(state_commit(change, &err), OUTCOME_OK);
}

/* Whose redirect was refused is with us still; who was closed meanwhile is not. */
static void a_person_sent_on_is_ours_again_when_the_redirect_is_refused(void **state)
{
    struct fixture f;

    (void)state;
    start(&f);
    remember(&f, 1, "person", "77");
    send_on(&f, 1);
    assert_int_equal(found(&f, "person", "77", NOW), 0);
    remember(&f, 1, "dossier", "5"); /* it stays as it was */
    assert_int_equal(found(&f, "person", "77", NOW), 0);
    keep(&f, 1);
    assert_int_equal(found(&f, "person", "77", NOW), 1);
    send_on(&f, 1);
    end(&f, 1);
    keep(&f, 1);
    assert_int_equal(found(&f, "person", "77", NOW), 0);
    stop(&f);
}

static void what_is_remembered_twice_stands_once(void **state)
{
    struct fixture f;
    struct known_handoff known;

    (void)state;
    start(&f);
    remember(&f, 1, "person", "U1");
    remember(&f, 1, "person", "U1");
    assert_int_equal(found(&f, "person", "U1", LINKS_EVER), 1);
    assert_true(links_handoff(f.state, id_of(1), &f.arena, &known));
    assert_int_equal(known.link_count, 1);
    stop(&f);
}

static void what_is_forgotten_leaves_its_links_to_others(void **state)
{
    struct fixture f;
    struct known_handoff known;
    struct state_change *change;
    struct error err = {0};

    (void)state;
    start(&f);
    remember(&f, 1, "person", "U1");
    remember(&f, 2, "person", "U1");
    remember(&f, 1, "dossier", "12");
    change = state_begin(f.state);
    links_forget(change, id_of(1), &f.arena);
    assert_int_equal(state_commit(change, &err), OUTCOME_OK);
    assert_false(links_handoff(f.state, id_of(1), &f.arena, &known));
    assert_true(links_handoff(f.state, id_of(2), &f.arena, &known));
    assert_int_equal(found(&f, "person", "U1", LINKS_EVER), 1);
    assert_int_equal(state_count(f.state, STATE_LINK), 1);
    change = state_begin(f.state);
    links_forget(change, id_of(2), &f.arena);
    links_forget(change, id_of(9), &f.arena); /* nobody */
    assert_int_equal(state_commit(change, &err), OUTCOME_OK);
    assert_int_equal(state_count(f.state, STATE_LINK), 0);
    assert_int_equal(state_count(f.state, STATE_HANDOFF), 0);
    stop(&f);
}

/* ---- In the topic ---------------------------------------------------------------------- */

static void restart(struct fixture *f, struct fake_log *log)
{
    struct error err = {0};

    state_free(f->state);
    f->state = state_new(&f->keys, &log->durable, clock_system());
    for (size_t i = 0; i < log->count; i++)
        assert_int_equal(state_load(f->state, log->entries[i].key, log->entries[i].value, &err),
                         OUTCOME_OK);
    links_restore(f->state);
}

static void forget(struct fixture *f, uint8_t number)
{
    struct state_change *change = state_begin(f->state);
    struct error err = {0};

    links_forget(change, id_of(number), &f->arena);
    assert_int_equal(state_commit(change, &err), OUTCOME_OK);
}

static void links_come_back_from_the_hand_overs_alone(void **state)
{
    static struct fake_log log;
    struct fixture f;

    (void)state;
    start(&f);
    fake_log_init(&log);
    restart(&f, &log);
    remember(&f, 1, "person", "U1");
    remember(&f, 2, "person", "U1");
    remember(&f, 2, "dossier", "12");
    assert_int_equal(log.count, 3); /* one record each time: the hand-over */
    restart(&f, &log);
    assert_int_equal(found(&f, "person", "U1", LINKS_EVER), 2);
    assert_int_equal(found(&f, "dossier", "12", LINKS_EVER), 1);
    forget(&f, 2);
    assert_int_equal(found(&f, "dossier", "12", LINKS_EVER), 0);
    restart(&f, &log);
    assert_int_equal(found(&f, "person", "U1", LINKS_EVER), 1);
    assert_int_equal(found(&f, "dossier", "12", LINKS_EVER), 0);
    assert_int_equal(log.count, 4); /* the hand-over's end, and nothing of its links */
    stop(&f);
    fake_log_deinit(&log);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_link_leads_both_ways),
        cmocka_unit_test(a_person_counts_only_in_open_hand_overs),
        cmocka_unit_test(an_end_that_is_still_to_come_is_of_a_clock_that_was_ahead),
        cmocka_unit_test(what_was_read_earlier_neither_ends_nor_keeps_it),
        cmocka_unit_test(it_was_sent_when_it_was_sent_first),
        cmocka_unit_test(clocks_may_be_apart_where_nothing_else_tells),
        cmocka_unit_test(a_memory_of_one_time_of_the_end_is_read),
        cmocka_unit_test(a_person_sent_on_is_ours_again_when_the_redirect_is_refused),
        cmocka_unit_test(what_is_remembered_twice_stands_once),
        cmocka_unit_test(what_is_forgotten_leaves_its_links_to_others),
        cmocka_unit_test(links_come_back_from_the_hand_overs_alone),
    };

    crypto_init();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
