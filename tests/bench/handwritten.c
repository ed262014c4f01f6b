/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/bench/handwritten.h"

#include <stdlib.h>
#include <yyjson.h>

#include "tests/bench/handwritten_dates.h"

/* The values that are used, as the one pass finds them. */
struct found {
    yyjson_val *id, *status, *destination, *requested_on, *status_at, *sent_at, *motive, *reason,
        *urgent, *level, *departement, *region, *informed_choice, *note, *test;
    yyjson_val *first_name, *birth_name, *last_name, *email, *address, *phone, *phone_formatted,
        *birth_date;
    yyjson_val *agent_first, *agent_last, *agent_email, *site, *model, *event;
};

struct at {
    struct buffer *out;
    bool wrong;
};

/* ---- One pass ------------------------------------------------------------------------ */

#define TAKE_IF(text, member)                                                                      \
    if (len == sizeof(text) - 1 && memcmp(name, text, len) == 0)                                   \
    found->member = value

static void take_user(struct found *found, const char *name, size_t len, yyjson_val *value)
{
    TAKE_IF("first_name", first_name);
    else TAKE_IF("birth_name", birth_name);
    else TAKE_IF("last_name", last_name);
    else TAKE_IF("email", email);
    else TAKE_IF("address", address);
    else TAKE_IF("phone_number", phone);
    else TAKE_IF("phone_number_formatted", phone_formatted);
    else TAKE_IF("birth_date", birth_date);
}

static void take_agent(struct found *found, const char *name, size_t len, yyjson_val *value)
{
    TAKE_IF("first_name", agent_first);
    else TAKE_IF("last_name", agent_last);
    else TAKE_IF("email", agent_email);
}

static void take_site(struct found *found, const char *name, size_t len, yyjson_val *value)
{
    TAKE_IF("id", site);
}

static void take_meta(struct found *found, const char *name, size_t len, yyjson_val *value)
{
    TAKE_IF("model", model);
    else TAKE_IF("event", event);
}

typedef void take_function(struct found *found, const char *name, size_t len, yyjson_val *value);

static void walk(struct found *found, yyjson_val *object, take_function *take)
{
    yyjson_obj_iter iter;

    if (!yyjson_obj_iter_init(object, &iter))
        return;
    for (yyjson_val *key = yyjson_obj_iter_next(&iter); key; key = yyjson_obj_iter_next(&iter))
        take(found, yyjson_get_str(key), yyjson_get_len(key), yyjson_obj_iter_get_val(key));
}

static void take_scalar(struct found *found, const char *name, size_t len, yyjson_val *value)
{
    switch (name[0]) {
    case 's':
        TAKE_IF("status", status);
        else TAKE_IF("status_at", status_at);
        else TAKE_IF("sent_at", sent_at);
        return;
    case 'd':
        TAKE_IF("destination", destination);
        else TAKE_IF("departement", departement);
        return;
    case 'r':
        TAKE_IF("requested_on", requested_on);
        else TAKE_IF("reason", reason);
        else TAKE_IF("region", region);
        return;
    case 'i':
        TAKE_IF("id", id);
        else TAKE_IF("informed_choice", informed_choice);
        return;
    default:
        TAKE_IF("motive", motive);
        else TAKE_IF("urgent", urgent);
        else TAKE_IF("level", level);
        else TAKE_IF("note", note);
        else TAKE_IF("test", test);
    }
}

static void take_data(struct found *found, const char *name, size_t len, yyjson_val *value)
{
    if (len == 4 && memcmp(name, "user", 4) == 0)
        walk(found, value, take_user);
    else if (len == 5 && memcmp(name, "agent", 5) == 0)
        walk(found, value, take_agent);
    else if (len == 12 && memcmp(name, "organisation", 12) == 0)
        walk(found, value, take_site);
    else
        take_scalar(found, name, len, value);
}

static void take_root(struct found *found, const char *name, size_t len, yyjson_val *value)
{
    if (len == 4 && memcmp(name, "data", 4) == 0)
        walk(found, value, take_data);
    else if (len == 4 && memcmp(name, "meta", 4) == 0)
        walk(found, value, take_meta);
}

/* ---- Values -------------------------------------------------------------------------- */

static struct bytes text_of(yyjson_val *value)
{
    const char *text = yyjson_get_str(value);

    return text ? bytes_of(text, yyjson_get_len(value)) : BYTES_NONE;
}

struct code {
    const char *theirs;
    int64_t ours;
};

static int64_t code_of(struct at *at, yyjson_val *value, const struct code *codes, size_t count)
{
    struct bytes text = text_of(value);

    for (size_t i = 0; i < count; i++)
        if (bytes_equal_text(text, codes[i].theirs))
            return codes[i].ours;
    at->wrong = at->wrong || text.data;
    return 0;
}

#define CODE(at, value, codes) code_of(at, value, codes, sizeof(codes) / sizeof((codes)[0]))

/* ---- Avro ---------------------------------------------------------------------------- */

static void put_long(struct at *at, int64_t value)
{
    uint64_t zigzag = ((uint64_t)value << 1) ^ (value < 0 ? UINT64_MAX : 0);
    uint8_t bytes[10];
    size_t len = 0;

    while (zigzag > 0x7F) {
        bytes[len++] = (uint8_t)(zigzag | 0x80);
        zigzag >>= 7;
    }
    bytes[len++] = (uint8_t)zigzag;
    buffer_append(at->out, bytes, len);
}

static void put_text(struct at *at, struct bytes text)
{
    put_long(at, (int64_t)text.len);
    buffer_append(at->out, text.data, text.len);
}

static void put_id(struct at *at, const char *id)
{
    buffer_append_byte(at->out, 72);
    buffer_append(at->out, id, 36);
}

static void put_none(struct at *at, size_t count)
{
    static const uint8_t zeros[16] = {0};

    buffer_append(at->out, zeros, count);
}

static void put_optional(struct at *at, struct bytes text)
{
    buffer_append_byte(at->out, text.data ? 2 : 0);
    if (text.data)
        put_text(at, text);
}

static void put_optional_long(struct at *at, int64_t value)
{
    buffer_append_byte(at->out, 2);
    put_long(at, value);
}

static void put_bool(struct at *at, yyjson_val *value)
{
    buffer_append_byte(at->out, yyjson_is_true(value));
}

static void put_date(struct at *at, yyjson_val *value)
{
    struct bytes text = text_of(value);
    int64_t days = 0;

    if (!text.data) {
        buffer_append_byte(at->out, 0);
        return;
    }
    at->wrong = at->wrong || !handwritten_dates_read_day(text, &days);
    put_optional_long(at, days);
}

/* ---- The Referral -------------------------------------------------------------------- */

static const struct code operators[] = {{"FT", 10}, {"REG-44", 21}, {"REG-11", 22}};
static const struct code statuses[] = {
    {"sent", 1}, {"cancel_requested", 9}, {"withdrawn", 12}, {"error", 13}};
static const struct code motives[] = {{"reconversion", 1}, {"creation", 2},    {"formation", 3},
                                      {"vae", 4},          {"financement", 5}, {"demission", 6},
                                      {"mobilite", 7},     {"bilan", 10}};
static const struct code reasons[] = {{"specialiste", 1}, {"hors_perimetre", 2}, {"choix", 3},
                                      {"statut", 4},      {"demenagement", 5},   {"capacite", 6}};

static struct bytes site_of(const struct found *found)
{
    switch (yyjson_get_uint(found->site)) {
    case 31:
        return BYTES_LITERAL("o21-metz");
    case 32:
        return BYTES_LITERAL("o21-strasbourg");
    case 41:
        return BYTES_LITERAL("o22-montreuil");
    default:
        return BYTES_NONE;
    }
}

static struct bytes receiver_of(struct at *at, const struct found *found)
{
    switch (CODE(at, found->destination, operators)) {
    case 10:
        return BYTES_LITERAL("o10");
    case 21:
        return BYTES_LITERAL("o21");
    case 22:
        return BYTES_LITERAL("o22");
    default:
        return BYTES_NONE;
    }
}

static void put_envelope(struct at *at, const struct found *found,
                         const struct handwritten_envelope *envelope)
{
    struct bytes moment = text_of(found->status_at ? found->status_at : found->sent_at);
    int64_t us = 0, offset = 0;

    at->wrong = at->wrong || !handwritten_dates_read_time(moment, &us, &offset);
    put_id(at, envelope->event_id);
    put_id(at, envelope->handoff_id);
    put_id(at, envelope->handoff_id);
    put_none(at, 2); /* parent, seq */
    put_text(at, envelope->operator_code);
    put_optional(at, site_of(found));
    put_text(at, envelope->system);
    buffer_append_byte(at->out, 2);
    put_id(at, envelope->entity_id);
    put_long(at, us);
    put_long(at, us);
    put_optional_long(at, offset);
    put_long(at, 1); /* SECOND */
    put_optional_long(at, envelope->observed_at);
    put_optional_long(at, envelope->recorded_at);
    put_none(at, 1); /* person_refs */
    put_long(at, 1); /* OPERATOR */
    put_long(at, 1); /* L6353_10 */
    put_none(at, 1); /* consent */
    put_bool(at, found->test);
    put_optional(at, envelope->raw_hash);
    put_none(at, 5); /* correction_of and _reason, cause, sealed, sealed_for */
}

static void put_issuer_ref(struct at *at, const struct found *found, struct bytes system)
{
    char text[64];
    int len = snprintf(text, sizeof(text), "orientation/%llu",
                       (unsigned long long)yyjson_get_uint(found->id));

    at->wrong = at->wrong || !yyjson_is_uint(found->id);
    buffer_append_byte(at->out, 2);
    put_text(at, system);
    put_text(at, bytes_of(text, (size_t)len));
}

static void put_referral(struct at *at, const struct found *found,
                         const struct handwritten_envelope *envelope)
{
    uint64_t level = yyjson_get_uint(found->level);
    struct bytes departement = text_of(found->departement);
    struct bytes region = text_of(found->region);

    put_envelope(at, found, envelope);
    put_long(at, CODE(at, found->status, statuses));
    put_date(at, found->requested_on);
    put_optional(at, envelope->operator_code);
    put_optional(at, receiver_of(at, found));
    put_none(at, 1); /* to_site */
    put_issuer_ref(at, found, envelope->system);
    put_none(at, 1); /* receiver_ref */
    put_long(at, level == 1 || level == 2 ? (int64_t)level : 0);
    put_none(at, 1); /* public_categories */
    put_long(at, CODE(at, found->motive, motives));
    put_optional(at, text_of(found->motive));
    put_long(at, CODE(at, found->reason, reasons));
    put_none(at, 2); /* alternatives, choice time */
    put_long(at, yyjson_is_true(found->urgent));
    put_none(at, 1); /* contact_preference */
    at->wrong = at->wrong || (region.data && region.len != 2) ||
                (departement.data && (departement.len < 2 || departement.len > 3));
    put_optional(at, region);
    put_optional(at, departement);
    put_none(at, 3); /* rome, pcs1, choice_required */
    put_bool(at, found->informed_choice);
    put_none(at, 7);
}

/* ---- The Contact ---------------------------------------------------------------------- */

static void put_phone(struct at *at, struct bytes text)
{
    uint8_t phone[20] = "+33";
    size_t len = text.len > 0 && text.data[0] == '+' ? 0 : 3;

    for (size_t i = len ? 1 : 0; i < text.len && len < sizeof(phone); i++)
        if (text.data[i] > ' ' && text.data[i] != '.')
            phone[len++] = text.data[i];
    at->wrong = at->wrong || len < 8;
    put_optional(at, bytes_of(phone, len));
}

static void put_email(struct at *at, struct bytes text)
{
    uint8_t lower[256];

    text = bytes_trim(text);
    at->wrong = at->wrong || text.len > sizeof(lower);
    for (size_t i = 0; i < text.len && i < sizeof(lower); i++)
        lower[i] = text.data[i] >= 'A' && text.data[i] <= 'Z' ? (uint8_t)(text.data[i] + 32)
                                                              : text.data[i];
    put_optional(at, bytes_of(lower, text.len));
}

/* At most 2,000 characters. */
static struct bytes cut(struct bytes text)
{
    size_t characters = 0;

    for (size_t i = 0; i < text.len && text.len > 2000; i++)
        if ((text.data[i] & 0xC0) != 0x80 && ++characters > 2000)
            return bytes_of(text.data, i);
    return text;
}

static void put_call_back(struct at *at, const struct found *found)
{
    const struct bytes parts[] = {text_of(found->agent_first), text_of(found->agent_last),
                                  text_of(found->agent_email)};
    uint8_t text[512];
    size_t len = 0;

    for (size_t i = 0; i < 3; i++) {
        if (!parts[i].len)
            continue;
        if (len + 1 + parts[i].len > sizeof(text)) {
            at->wrong = true;
            return;
        }
        if (len)
            text[len++] = ' ';
        memcpy(text + len, parts[i].data, parts[i].len);
        len += parts[i].len;
    }
    put_optional(at, bytes_of(text, len));
}

static void put_contact(struct at *at, const struct found *found,
                        const struct handwritten_envelope *envelope)
{
    struct bytes name = text_of(found->last_name);
    struct bytes birth_name = text_of(found->birth_name);
    struct bytes phone = text_of(found->phone_formatted);

    put_id(at, envelope->handoff_id);
    put_id(at, envelope->event_id);
    put_text(at, receiver_of(at, found));
    put_optional(at, birth_name.data ? birth_name : name);
    put_optional(at, name);
    put_optional(at, text_of(found->first_name));
    put_date(at, found->birth_date);
    put_phone(at, phone.data ? phone : text_of(found->phone));
    put_email(at, text_of(found->email));
    put_optional(at, text_of(found->address));
    put_none(at, 5); /* postcode to issuer_file */
    put_optional(at, cut(text_of(found->note)));
    put_none(at, 3); /* availability, access_needs, already_done */
    put_call_back(at, found);
}

/* ---- The record ----------------------------------------------------------------------- */

static void make_room(struct handwritten *self, size_t len)
{
    if (self->copy_size < len + YYJSON_PADDING_SIZE) {
        self->copy_size = 2 * (len + YYJSON_PADDING_SIZE);
        self->copy = xrealloc(self->copy, self->copy_size);
    }
    if (self->pool_size < yyjson_read_max_memory_usage(len, YYJSON_READ_INSITU)) {
        self->pool_size = 2 * yyjson_read_max_memory_usage(len, YYJSON_READ_INSITU);
        self->pool = xrealloc(self->pool, self->pool_size);
    }
}

void handwritten_deinit(struct handwritten *self)
{
    free(self->pool);
    free(self->copy);
    *self = (struct handwritten){0};
}

bool handwritten_translate(struct handwritten *self, const struct handwritten_envelope *envelope,
                           struct bytes json, struct buffer *out)
{
    struct found found = {0};
    struct at at = {.out = out};
    yyjson_doc *document;
    yyjson_alc pool;

    make_room(self, json.len);
    memcpy(self->copy, json.data, json.len);
    if (!yyjson_alc_pool_init(&pool, self->pool, self->pool_size))
        return false;
    document = yyjson_read_opts((char *)self->copy, json.len, YYJSON_READ_INSITU, &pool, NULL);
    if (!document)
        return false;
    walk(&found, yyjson_doc_get_root(document), take_root);
    if (!bytes_equal_text(text_of(found.model), "Orientation") ||
        bytes_equal_text(text_of(found.event), "destroyed") || !found.id)
        return false;
    buffer_append(out, envelope->frame, sizeof(envelope->frame));
    put_referral(&at, &found, envelope);
    put_contact(&at, &found, envelope);
    return !at.wrong;
}
