/* SPDX-License-Identifier: Apache-2.0 */
#include "broker/messages.h"

#include "broker/deadlines.h"
#include "broker/facts.h"
#include "schemas/codes.h"
#include "schemas/enums.h"
#include "schemas/ids.h"

void messages_add(struct handoff_answer *answer, struct arena *arena, enum handoff_target target,
                  struct bytes addressee, const struct event *event)
{
    size_t count = answer->message_count;

    /* Full at each power of two: then twice the room. */
    if ((count & (count - 1)) == 0) {
        struct handoff_message *more = arena_array(arena, count ? 2 * count : 1, sizeof(*more));

        if (count > 0) {
            memcpy(more, answer->messages, count * sizeof(*more));
        }
        answer->messages = more;
    }
    answer->messages[count] = (struct handoff_message){target, addressee, *event};
    answer->message_count = count + 1;
}

static struct bytes id_text(struct uuid id, char text[UUID_TEXT_SIZE])
{
    return bytes_of(uuid_format(id, text), UUID_TEXT_LEN);
}

static struct uuid own_id(struct uuid handoff_id, const char *kind, struct uuid cause)
{
    char text[UUID_TEXT_SIZE];

    return ids_broker(handoff_id, kind, id_text(cause, text));
}

void messages_forward(struct handoff_answer *answer, struct arena *arena, struct handoff *row,
                      struct bytes addressee, const struct event *event)
{
    struct event copy = *event;

    copy.envelope.handoff_seq = row->next_seq++;
    copy.envelope.test = row->test;
    if (!bytes_equal(event->envelope.sealed_for, addressee)) {
        copy.envelope.sealed = NULL;
        copy.envelope.sealed_for = BYTES_NONE;
    }
    messages_add(answer, arena, TARGET_INBOX, addressee, &copy);
}

/* A Rejection with the code of a rule; its envelope is what is known of the event. */
static void init_rejection(struct event *rejection, const struct envelope *about, const char *code)
{
    memset(rejection, 0, sizeof(*rejection));
    rejection->type = EVENT_REJECTION;
    record_init(&rejection_table, &rejection->rejection);
    rejection->envelope = *about;
    rejection->envelope.event_id = own_id(about->handoff_id, code, about->event_id);
    rejection->envelope.cause = about->event_id;
    rejection->envelope.sealed = NULL;
    rejection->envelope.sealed_for = BYTES_NONE;
    rejection->envelope.raw_hash = BYTES_NONE;
    rejection->envelope.handoff_seq = 0;
    rejection->rejection.stage = STAGE_BROKER;
    rejection->rejection.code = bytes_of_text(code);
    rejection->rejection.retryable = rejection_codes_retryable(code);
}

static void reject(struct handoff_answer *answer, struct arena *arena, struct handoff *row,
                   struct event *rejection)
{
    struct bytes sender = rejection->envelope.operator_code;

    rejection->envelope.handoff_seq = row ? row->next_seq++ : 0;
    messages_add(answer, arena, TARGET_REJECTED, sender, rejection);
    messages_add(answer, arena, TARGET_INBOX, sender, rejection);
}

void messages_refuse(struct handoff_answer *answer, struct arena *arena,
                     const struct handoff_question *question, struct handoff *row, const char *code)
{
    const struct event *event = question->event;
    struct event rejection;

    init_rejection(&rejection, &event->envelope, code);
    /* Not what the event says: the topic knows whose dead letter it is. */
    rejection.envelope.operator_code = question->sender;
    rejection.envelope.recorded_at = question->now_us;
    rejection.rejection.event_type = bytes_of_text(event_table(event->type)->name);
    rejection.rejection.status = bytes_of_text(event_status(event));
    reject(answer, arena, row, &rejection);
}

static bool had_lost(const struct handoff *before, const struct slot *slot)
{
    const struct slot *old = before ? before->slots.items : NULL;

    for (size_t i = 0; old && i < before->slots.count; i++) {
        if (old[i].superseded && uuid_equal(old[i].event_id, slot->event_id)) {
            return true;
        }
    }
    return false;
}

static const char *type_of_fact(int32_t fact)
{
    return event_table(fact == FACT_CLOSED ? EVENT_CLOSURE : EVENT_REFERRAL)->name;
}

/* From the row alone, so that it is the same event whichever of the two facts came last. */
static void supersede(struct handoff_answer *answer, struct arena *arena, struct handoff *row,
                      const struct slot *loser)
{
    struct envelope about;
    struct event rejection;
    struct event blank;

    record_init(&rejection_table, &blank.rejection);
    about = blank.envelope;
    about.event_id = loser->event_id;
    about.handoff_id = row->handoff_id;
    about.thread_id = row->thread_id;
    about.parent_handoff_id = row->parent_handoff_id;
    about.operator_code = loser->operator_code;
    about.source_system = HANDOFF_BROKER_CODE;
    about.entity_id = loser->entity_id;
    about.source_version = loser->version;
    about.occurred_at = loser->occurred_at;
    about.origin = row->origin;
    about.test = row->test;
    init_rejection(&rejection, &about, "superseded");
    rejection.envelope.recorded_at = row->updated_at;
    rejection.rejection.event_type = bytes_of_text(type_of_fact(loser->fact));
    rejection.rejection.status = bytes_of_text(enum_symbol(&enum_fact, loser->fact));
    reject(answer, arena, row, &rejection);
}

void messages_supersede(struct handoff_answer *answer, struct arena *arena, struct handoff *row,
                        const struct handoff *before)
{
    const struct slot *slots = row->slots.items;

    for (size_t i = 0; i < row->slots.count; i++) {
        if (slots[i].superseded && facts_rules[slots[i].fact].owner != OWNER_BROKER &&
            !had_lost(before, &slots[i])) {
            supersede(answer, arena, row, &slots[i]);
        }
    }
}

static void init_own(struct envelope *envelope, struct handoff *row, int64_t occurred_at)
{
    envelope->handoff_id = row->handoff_id;
    envelope->thread_id = row->thread_id;
    envelope->parent_handoff_id = row->parent_handoff_id;
    envelope->operator_code = HANDOFF_BROKER_CODE;
    envelope->source_system = HANDOFF_BROKER_CODE;
    envelope->occurred_at = occurred_at;
    envelope->occurred_at_precision = PRECISION_SECOND;
    envelope->recorded_at = row->updated_at;
    envelope->origin = row->origin;
    envelope->test = row->test;
    envelope->handoff_seq = row->next_seq++;
}

void messages_redirect(struct handoff_answer *answer, struct arena *arena, struct handoff *parent,
                       const struct event *child)
{
    struct event event = {.type = EVENT_REFERRAL};

    record_init(&referral_table, &event.referral);
    init_own(&event.envelope, parent, child->envelope.occurred_at);
    event.envelope.event_id = own_id(parent->handoff_id, "REDIRECTED", child->envelope.event_id);
    event.envelope.entity_id = child->envelope.handoff_id;
    event.envelope.cause = child->envelope.event_id;
    event.referral.status = REFERRAL_REDIRECTED;
    event.referral.reason = child->referral.reason;
    event.referral.from_operator = child->referral.from_operator;
    event.referral.to_operator = child->referral.to_operator;
    messages_add(answer, arena, TARGET_INBOX, parent->issuer, &event);
}

void messages_notice(struct handoff_answer *answer, struct arena *arena, struct handoff *row,
                     int64_t now_us)
{
    struct event event = {.type = EVENT_NOTICE};

    record_init(&notice_table, &event.notice);
    row->updated_at = now_us;
    init_own(&event.envelope, row, row->due_at);
    event.envelope.event_id = deadlines_event_id(row);
    event.envelope.entity_id = row->handoff_id;
    event.notice.kind = row->due_kind;
    event.notice.due_at = row->due_at;
    event.notice.state = bytes_of_text(enum_symbol(&enum_handoff_state, row->state));
    messages_add(answer, arena, TARGET_INBOX, row->issuer, &event);
    messages_add(answer, arena, TARGET_INBOX, row->holder, &event);
}

static bool is_deaf(const char *const *deaf, size_t deaf_count, struct bytes code)
{
    for (size_t i = 0; i < deaf_count; i++) {
        if (bytes_equal_text(code, deaf[i])) {
            return true;
        }
    }
    return false;
}

bool messages_withhold(struct handoff_answer *answer, const char *const *deaf, size_t deaf_count,
                       struct uuid event_id)
{
    size_t kept = 0;
    bool found = false;

    for (size_t i = 0; deaf_count > 0 && i < answer->message_count; i++) {
        const struct handoff_message *message = &answer->messages[i];

        if (is_deaf(deaf, deaf_count, message->addressee)) {
            found = found || uuid_equal(message->event.envelope.event_id, event_id);
        } else {
            answer->messages[kept++] = *message;
        }
    }
    if (deaf_count > 0) {
        answer->withheld += answer->message_count - kept;
        answer->message_count = kept;
    }
    return found;
}

void messages_unreadable(struct event *ret_event, const char *code, struct bytes sender,
                         struct bytes place, int64_t now_us)
{
    struct event blank;

    record_init(&rejection_table, &blank.rejection);
    blank.envelope.event_id = ids_broker(UUID_NONE, code, place);
    blank.envelope.operator_code = sender;
    blank.envelope.source_system = HANDOFF_BROKER_CODE;
    blank.envelope.occurred_at = now_us;
    init_rejection(ret_event, &blank.envelope, code);
    ret_event->envelope.event_id = blank.envelope.event_id;
    ret_event->envelope.cause = UUID_NONE;
    ret_event->envelope.recorded_at = now_us;
    ret_event->rejection.place = place;
}
