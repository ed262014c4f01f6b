/* SPDX-License-Identifier: Apache-2.0 */
#include "connectors/waiting.h"

#include <inttypes.h>
#include <stdlib.h>

#include "base/crypto.h"
#include "base/hash.h"
#include "connectors/dead_letter.h"
#include "connectors/memory/pack.h"
#include "connectors/translate.h"

#define WAITING_MOST_A_TURN 256
#define WAITING_MOST 10000
#define WAITING_BYTES_MOST ((size_t)8 << 20)
#define WAITING_PAUSE_FIRST_MS 1000
#define WAITING_PAUSE_MOST_MS 60000
#define WAITING_SLOW_MS 1000 /* a look in which one failed goes on no longer: its source waits */
#define ITEM_HASH_SIZE 16

struct deadline {
    UT_hash_handle hh;
    int64_t at_ms;    /* monotonic, less what was held up */
    int64_t again_ms; /* it failed alone: not looked at before; 0: it did not */
    int64_t pause_ms; /* of the last time that it did                         */
    uint64_t looked;  /* state_version() + 1 when it was looked at last; 0: never */
    size_t id_len;
    uint8_t id[];
};

struct waiting {
    const struct shared *shared;
    const char *name;
    bool adopts; /* what no configured source owns */
    struct deadline *deadlines;
    uint64_t version;   /* of the links when we looked last */
    int64_t next_ms;    /* not before, unless that changes: the earliest deadline */
    int64_t looked_ms;  /* the last look, on the monotonic clock */
    int64_t held_ms;    /* how much of it did not count so far */
    bool holds;         /* since the last look nothing could be written */
    struct buffer from; /* where this turn goes on, so that what is at the back has its turn too */
    struct buffer stop; /* where it had enough; empty: it came to the end */
    struct arena arena;
};

/* One look at everything that waits. */
struct look {
    struct waiting *waiting;
    struct durable *log;
    struct error *err;
    uint64_t version; /* of the links now */
    int64_t now_ms;
    int64_t next_ms;
    size_t done;
    enum outcome outcome; /* RETRY: of a write; what fails alone is put off */
};

struct waiting *waiting_new(const struct shared *shared, const char *name)
{
    struct waiting *waiting = xcalloc(1, sizeof(*waiting));

    waiting->shared = shared;
    waiting->name = name;
    waiting->looked_ms = clock_mono_ms(shared->clock);
    waiting->adopts = shared->source_count == 0 || strcmp(shared->sources[0], name) == 0;
    return waiting;
}

void waiting_free(struct waiting *waiting)
{
    if (!waiting)
        return;
    HASH_FREE_ALL(waiting->deadlines);
    buffer_deinit(&waiting->from);
    buffer_deinit(&waiting->stop);
    arena_deinit(&waiting->arena);
    free(waiting);
}

/* Name ␟ when it was taken in, 16 hexadecimal digits, and a hash: see put_id(). */
static void take_older(void *context, struct bytes id, struct bytes value)
{
    int64_t *oldest = context;
    const uint8_t *end = memchr(id.data, 0x1F, id.len);
    char digits[17] = {0};
    int64_t at;

    (void)value;
    if (!end || (size_t)(id.data + id.len - end) <= sizeof(digits))
        return;
    memcpy(digits, end + 1, sizeof(digits) - 1);
    at = (int64_t)strtoull(digits, NULL, 16);
    if (at < *oldest)
        *oldest = at;
}

int64_t waiting_oldest(struct state *state)
{
    int64_t oldest = INT64_MAX;

    if (state_count(state, STATE_MATCH_WAIT) > 0)
        state_each(state, STATE_MATCH_WAIT, take_older, &oldest);
    return oldest;
}

bool waiting_is_full(const struct waiting *waiting, const struct waiting_load *more)
{
    struct state *state = waiting->shared->state;

    return state_count(state, STATE_MATCH_WAIT) + more->count >= WAITING_MOST ||
           state_bytes(state, STATE_MATCH_WAIT) + more->bytes >= WAITING_BYTES_MOST;
}

void waiting_add(struct waiting_load *load, const struct record *record)
{
    load->count++;
    load->bytes += record_size(record);
}

bool waiting_fits(const struct waiting_load *load)
{
    return load->bytes <= WAITING_BYTES_MOST;
}

/* A change that is tried again writes the same entries again, whatever of it was durable. Two
 * records that say the same are still two: each has a position of its own. */
static struct bytes put_id(const struct waiting *waiting, const struct record *record,
                           struct bytes value, struct arena *arena)
{
    uint8_t digest[CRYPTO_DIGEST_SIZE];
    char text[2 * ITEM_HASH_SIZE + 1] = {0};
    struct buffer hashed = {0};

    buffer_append_bytes(&hashed, value);
    pack_int(&hashed, record->position);
    hmac_of(&waiting->shared->secret, buffer_view(&hashed), digest);
    buffer_deinit(&hashed);
    crypto_hex_to(bytes_of(digest, ITEM_HASH_SIZE), text);
    return bytes_of_text(arena_printf(arena, "%s\x1f%016" PRIx64 "%s", waiting->name,
                                      (uint64_t)record->observed_at, text));
}

void waiting_put(struct waiting *waiting, struct state_change *change, const struct record *record,
                 size_t item)
{
    struct arena arena = {0};
    struct buffer value = {0};

    pack_int(&value, (int64_t)item);
    record_pack(record, &value);
    state_put(change, STATE_MATCH_WAIT, put_id(waiting, record, buffer_view(&value), &arena),
              buffer_view(&value));
    buffer_deinit(&value);
    arena_deinit(&arena);
    waiting->next_ms = 0; /* look soon: its deadline is not counted yet */
}

static bool is_of(const char *source, struct bytes id)
{
    struct bytes name = bytes_of_text(source);

    return bytes_starts_with(id, name) && id.len > name.len && id.data[name.len] == 0x1F;
}

static bool is_orphan(const struct waiting *waiting, struct bytes id)
{
    const struct shared *shared = waiting->shared;

    for (size_t i = 0; i < shared->source_count; i++) {
        if (is_of(shared->sources[i], id))
            return false;
    }
    return true;
}

static bool is_ours(const struct waiting *waiting, struct bytes id)
{
    return is_of(waiting->name, id) || (waiting->adopts && is_orphan(waiting, id));
}

static struct deadline *find_deadline(const struct waiting *waiting, struct bytes id)
{
    struct deadline *deadline = NULL;

    HASH_FIND(hh, waiting->deadlines, id.data, id.len, deadline);
    return deadline;
}

static struct deadline *deadline_of(struct look *look, struct bytes id)
{
    struct waiting *waiting = look->waiting;
    struct deadline *deadline = find_deadline(waiting, id);

    if (deadline)
        return deadline;
    deadline = xcalloc(1, sizeof(*deadline) + id.len);
    deadline->at_ms = look->now_ms + waiting->shared->match_wait_ms;
    deadline->id_len = id.len;
    memcpy(deadline->id, id.data, id.len);
    HASH_ADD_KEYPTR(hh, waiting->deadlines, deadline->id, deadline->id_len, deadline);
    return deadline;
}

static void forget_deadline(struct waiting *waiting, struct bytes id)
{
    struct deadline *deadline = find_deadline(waiting, id);

    if (deadline)
        HASH_FREE_ONE(waiting->deadlines, deadline);
}

static void reject(struct translated *translated, const char *code, const char *field,
                   const char *detail)
{
    translated->as = TRANSLATED_REJECTED;
    translated->code = code;
    translated->field = field;
    translated->detail = detail;
}

/* False: written by a later release. */
static bool unpack(struct waiting *waiting, struct bytes value, struct record *ret_record,
                   size_t *ret_item)
{
    struct cursor in = cursor_over(value);
    int64_t item = 0;

    if (!pack_read_int(&in, &item) || item < 0 ||
        record_unpack(bytes_of(in.at, cursor_left(&in)), &waiting->arena, ret_record, NULL) !=
            OUTCOME_OK)
        return false;
    *ret_item = (size_t)item;
    return true;
}

/* The item again, as if it came now. */
static enum outcome translate_again(struct waiting *waiting, struct record *record, size_t item,
                                    struct translated *ret, struct error *err)
{
    struct mapping_items items = {0};
    enum outcome outcome = translate_record(waiting->shared, record, &waiting->arena, &items, err);

    *ret = (struct translated){.as = TRANSLATED_UNKNOWN};
    if (outcome == OUTCOME_REJECT)
        reject(ret, "unreadable_record", NULL, arena_printf(&waiting->arena, "%s", err->text));
    /* After a change of the mapping it may be another item, or none: then nobody's. */
    if (outcome != OUTCOME_OK || item >= items.count)
        return outcome == OUTCOME_REJECT ? OUTCOME_OK : outcome;
    return translate_item(waiting->shared, record, &items.items[item], &waiting->arena, ret, err);
}

static enum outcome write_item(struct waiting *waiting, struct durable *log,
                               const struct record *record, size_t item,
                               const struct translated *translated, struct error *err)
{
    const struct dead_letter letter = dead_letter_of_item(record, item, translated);
    struct durable_record records[DEAD_LETTER_RECORDS];
    struct event rejection;

    if (translated->as == TRANSLATED_EVENT) {
        records[0] = translated_outbox(waiting->shared, &translated->event, &waiting->arena);
        return durable_append(log, records, 1, NULL, err);
    }
    if (translated->as != TRANSLATED_REJECTED)
        return OUTCOME_OK;
    dead_letter_make(waiting->shared, &letter, &waiting->arena, records, &rejection);
    return dead_letter_write(log, records, err);
}

/* After its time: whoever names one of our hand-overs made a mistake, all others are people
 * who were never handed over. */
static void give_up(const struct waiting *waiting, struct bytes id, struct translated *translated)
{
    if (!translated->names_handoff)
        return;
    reject(translated, "unknown_handoff", "handoff",
           is_orphan(waiting, id) ? "l'identifiant d'un passage de relais connu ici ; la source "
                                    "qui l'a lu n'est plus dans le fichier"
                                  : "l'identifiant d'un passage de relais connu ici");
}

/* Before the event, as inbound.c does: its answer may come before our own write returns. */
static enum outcome write_link(struct waiting *waiting, const struct translated *translated,
                               struct error *err)
{
    struct state_change *change;

    if (translated->as != TRANSLATED_EVENT || !translated->has_known)
        return OUTCOME_OK;
    change = state_begin(waiting->shared->state);
    translated_link(translated, change, &waiting->arena);
    return state_commit(change, err);
}

/* It holds up no other, and is there when that release is back. */
static enum outcome wait_anew(struct look *look, struct bytes id)
{
    deadline_of(look, id)->at_ms = look->now_ms + look->waiting->shared->match_wait_ms;
    return OUTCOME_OK;
}

/* Nothing could be said of it now: no directory yet, or its parent's inbox record is not answered.
 * That says nothing of the others, nor of the clock. */
static enum outcome put_off(struct look *look, struct bytes id)
{
    struct waiting *waiting = look->waiting;
    struct deadline *deadline = deadline_of(look, id);
    int64_t took_ms = clock_mono_ms(waiting->shared->clock) - waiting->looked_ms;
    int64_t pause_ms = deadline->pause_ms ? 2 * deadline->pause_ms : WAITING_PAUSE_FIRST_MS;

    deadline->pause_ms = pause_ms < WAITING_PAUSE_MOST_MS ? pause_ms : WAITING_PAUSE_MOST_MS;
    deadline->again_ms = look->now_ms + took_ms + deadline->pause_ms;
    if (took_ms >= WAITING_SLOW_MS)
        look->done = WAITING_MOST_A_TURN;
    return OUTCOME_OK;
}

static enum outcome end_item(struct look *look, struct bytes id, struct bytes value, bool expired)
{
    struct waiting *waiting = look->waiting;
    const struct shared *shared = waiting->shared;
    struct translated translated;
    struct record record;
    size_t item = 0;
    struct state_change *change;
    enum outcome outcome;

    if (!unpack(waiting, value, &record, &item))
        return wait_anew(look, id);
    record.waited = expired;
    outcome = translate_again(waiting, &record, item, &translated, look->err);
    if (outcome == OUTCOME_RETRY)
        return put_off(look, id);
    if (outcome != OUTCOME_OK)
        return outcome;
    if (translated.as == TRANSLATED_UNMATCHED && !expired)
        return OUTCOME_OK;
    if (translated.as == TRANSLATED_UNMATCHED)
        give_up(waiting, id, &translated);
    outcome = write_link(waiting, &translated, look->err);
    if (outcome == OUTCOME_OK)
        outcome = write_item(waiting, look->log, &record, item, &translated, look->err);
    if (outcome == OUTCOME_REJECT) {
        reject(&translated, "too_large", NULL, "un événement que Kafka accepte");
        outcome = write_item(waiting, look->log, &record, item, &translated, look->err);
    }
    if (outcome != OUTCOME_OK)
        return outcome;
    change = state_begin(shared->state);
    translated_remember(&translated, change, &waiting->arena);
    state_put(change, STATE_MATCH_WAIT, id, BYTES_NONE);
    outcome = state_commit(change, look->err);
    if (outcome != OUTCOME_OK)
        return outcome;
    forget_deadline(waiting, id);
    counts_item_waited(shared->counts, translated_counted_as(translated.as));
    return OUTCOME_OK;
}

/* What failed alone has a pause, whatever its time and the links are. */
static bool is_due(const struct look *look, const struct deadline *deadline)
{
    if (deadline->again_ms > 0)
        return deadline->again_ms <= look->now_ms;
    return deadline->at_ms <= look->now_ms || deadline->looked != look->version + 1;
}

static void note_next(struct look *look, const struct deadline *deadline)
{
    int64_t next_ms = deadline->again_ms > 0 ? deadline->again_ms : deadline->at_ms;

    if (next_ms < look->next_ms)
        look->next_ms = next_ms;
}

static void visit(void *context, struct bytes id, struct bytes value)
{
    struct look *look = context;
    struct waiting *waiting = look->waiting;
    struct deadline *deadline;
    bool expired;

    if (look->outcome != OUTCOME_OK || !is_ours(waiting, id) ||
        bytes_compare(id, buffer_view(&waiting->from)) < 0)
        return;
    deadline = deadline_of(look, id);
    expired = deadline->at_ms <= look->now_ms;
    if (!is_due(look, deadline)) {
        note_next(look, deadline);
        return;
    }
    if (look->done == WAITING_MOST_A_TURN) {
        if (waiting->stop.len == 0)
            buffer_append_bytes(&waiting->stop, id);
        return;
    }
    look->done++;
    arena_reset(&waiting->arena);
    deadline->again_ms = 0;
    look->outcome = end_item(look, id, value, expired);
    deadline = find_deadline(waiting, id); /* gone when it has ended */
    if (!deadline)
        return;
    if (expired && look->outcome == OUTCOME_RETRY)
        deadline->at_ms = look->now_ms + waiting->shared->match_wait_ms; /* its link waited too */
    if (look->outcome == OUTCOME_OK)
        deadline->looked = look->version + 1;
    note_next(look, deadline);
}

void waiting_hold(struct waiting *waiting)
{
    waiting->holds = true;
}

/* The clock of what waits: it stands still while nothing can be written. */
static int64_t read_clock(struct waiting *waiting, bool works)
{
    int64_t now_ms = clock_mono_ms(waiting->shared->clock);

    if (!works || waiting->holds)
        waiting->held_ms += now_ms - waiting->looked_ms;
    waiting->looked_ms = now_ms;
    waiting->holds = false;
    return now_ms - waiting->held_ms;
}

enum outcome waiting_tend(struct waiting *waiting, struct durable *log, bool works,
                          struct error *err)
{
    uint64_t version = state_version(waiting->shared->state);
    struct look look = {.waiting = waiting,
                        .log = log,
                        .err = err,
                        .version = version,
                        .now_ms = read_clock(waiting, works),
                        .next_ms = INT64_MAX};
    bool done;

    if (state_count(waiting->shared->state, STATE_MATCH_WAIT) == 0 ||
        (version == waiting->version && look.now_ms < waiting->next_ms))
        return OUTCOME_OK;
    buffer_clear(&waiting->stop);
    state_each(waiting->shared->state, STATE_MATCH_WAIT, visit, &look);
    done = look.outcome == OUTCOME_OK && waiting->stop.len == 0 && waiting->from.len == 0;
    buffer_clear(&waiting->from);
    buffer_append_bytes(&waiting->from, buffer_view(&waiting->stop));
    waiting->version = version;
    waiting->next_ms = done ? look.next_ms : 0;
    waiting->holds = look.outcome == OUTCOME_RETRY;
    return look.outcome;
}
