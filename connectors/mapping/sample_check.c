/* SPDX-License-Identifier: Apache-2.0 */
#include "connectors/mapping/sample_check.h"

#include "base/names.h"
#include "connectors/mapping/link_kinds.h"
#include "connectors/mapping/plan.h"
#include "connectors/mapping/sample.h"

/* Beside a name that is near. */
#define LISTED_MOST 16

static const char *const delivery_keys[] = {"deliver", "contact", "links", "answers", NULL};
static const char *const receipt_keys[] = {"receive", "headers", "query",   "file", "line",
                                           "absent",  "source",  "answers", NULL};
static const char *const answer_keys[] = {"status", "body", NULL};
static const char *const reference_keys[] = {"system", "id", NULL};
static const char *const records[] = {"Referral",  "Appointment", "Closure",
                                      "Rejection", "Notice",      NULL};

struct checking {
    const struct mapping *mapping;
    const struct sample_text *text;
    struct diagnostics *diagnostics;
};

/* ---- Places ------------------------------------------------------------------------------- */

static size_t characters(const uint8_t *data, size_t len)
{
    size_t count = 0;

    for (size_t i = 0; i < len; i++)
        count += (data[i] & 0xC0) != 0x80;
    return count;
}

struct place sample_place(const struct sample_text *text, size_t offset, size_t width)
{
    struct place place = {text->file, text->first_line, 1, 1};
    size_t line_start = 0;

    offset = offset < text->text.len ? offset : text->text.len;
    width = width < text->text.len - offset ? width : text->text.len - offset;
    for (size_t i = 0; i < offset; i++) {
        if (text->text.data[i] != '\n')
            continue;
        place.line++;
        line_start = i + 1;
    }
    place.column = (int32_t)characters(text->text.data + line_start, offset - line_start) + 1;
    if (width > 0)
        place.width = (int32_t)characters(text->text.data + offset, width);
    return place;
}

static bool is_between(uint8_t c)
{
    return c == ':' || c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

/* Where the value of that key begins. */
static size_t value_offset(const struct checking *c, yyjson_val *key)
{
    const struct bytes text = c->text->text;
    size_t at = (size_t)(yyjson_get_str(key) - c->text->parsed);

    for (; at < text.len && text.data[at] != '"'; at++)
        at += text.data[at] == '\\';
    at++;
    while (at < text.len && is_between(text.data[at]))
        at++;
    return at;
}

/* Of an object or a list its bracket. */
static size_t value_width(yyjson_val *value)
{
    if (yyjson_is_ctn(value))
        return 1;
    if (yyjson_is_str(value))
        return strlen("\"\"");
    return yyjson_is_false(value) ? strlen("false") : strlen("true");
}

/* A value, or without one a key; what is written in place keeps no place of what is no text and
 * no number: it stands behind its key. */
static struct place place_of(const struct checking *c, yyjson_val *key, yyjson_val *value)
{
    bool written = value && (yyjson_is_str(value) || yyjson_is_raw(value)) && yyjson_get_len(value);
    yyjson_val *shown = written ? value : key;
    const char *at = !shown                 ? c->text->parsed
                     : yyjson_is_raw(shown) ? yyjson_get_raw(shown)
                                            : yyjson_get_str(shown);

    if (value && !written && key)
        return sample_place(c->text, value_offset(c, key), value_width(value));
    return sample_place(c->text, (size_t)(at - c->text->parsed), shown ? yyjson_get_len(shown) : 1);
}

/* ---- Names -------------------------------------------------------------------------------- */

static struct bytes key_text(yyjson_val *key)
{
    return bytes_of(yyjson_get_str(key), yyjson_get_len(key));
}

static void write_choices(struct bytes word, const char *const *names, struct buffer *out)
{
    const char *near = diagnostics_nearest(word, names);

    size_t count = 0;

    while (names[count])
        count++;
    buffer_append_text(out, near ? near : "");
    if (near && (count == 1 || count > LISTED_MOST))
        return;
    buffer_append_text(out, near ? ", ou " : "");
    buffer_append_text(out, count > 1 ? "l'un de " : "");
    for (size_t i = 0; i < count; i++)
        buffer_printf(out, "%s%s", i > 0 ? ", " : "", names[i]);
}

static void refuse_key(const struct checking *c, yyjson_val *key, const char *what,
                       const char *const *names)
{
    CLEANUP(buffer_deinit) struct buffer expected = {0};

    write_choices(key_text(key), names, &expected);
    diagnostics_add(c->diagnostics, place_of(c, key, NULL),
                    expected.len > 0 ? buffer_text(&expected) : "rien de tel ici", "%s « %.*s »",
                    what, BYTES_ARG(key_text(key)));
}

/* True when `object` is one, and then its keys are looked at. */
static bool check_keys(const struct checking *c, yyjson_val *object, const char *what,
                       const char *const *names)
{
    yyjson_obj_iter iter = yyjson_obj_iter_with(object);

    for (yyjson_val *key = yyjson_obj_iter_next(&iter); key; key = yyjson_obj_iter_next(&iter))
        if (!names_have(names, key_text(key)))
            refuse_key(c, key, what, names);
    return yyjson_is_obj(object);
}

/* The key with that name, for its place. */
static yyjson_val *key_of(yyjson_val *object, const char *name)
{
    yyjson_obj_iter iter = yyjson_obj_iter_with(object);
    yyjson_val *key = yyjson_obj_iter_next(&iter);

    while (key && !bytes_equal_text(key_text(key), name))
        key = yyjson_obj_iter_next(&iter);
    return key;
}

static bool check_object(const struct checking *c, yyjson_val *root, const char *name,
                         const char *expected)
{
    yyjson_val *value = yyjson_obj_get(root, name);

    if (value && !yyjson_is_obj(value))
        diagnostics_add(c->diagnostics, place_of(c, key_of(root, name), value), expected,
                        "« %s » n'est pas un objet", name);
    return yyjson_is_obj(value);
}

/* ---- The event and the contact ------------------------------------------------------------ */

static void write_expected(const struct field *field, yyjson_val *value, struct buffer *out)
{
    static const char *const texts[] = {
        [FIELD_STRING] = "un texte",
        [FIELD_BYTES] = "rien : il ne s'écrit pas dans un échantillon",
        [FIELD_UUID] = "un uuid : \"8c5b4a0e-1111-8222-8333-444455556666\"",
        [FIELD_BOOL] = "true ou false",
        [FIELD_INT] = "un nombre entier",
        [FIELD_LONG] = "un nombre entier",
        [FIELD_TIME] = "un instant : \"2026-03-12T14:00:00Z\"",
        [FIELD_DATE] = "un jour : \"2026-03-12\"",
        [FIELD_RECORD] = "{\"system\": \"…\", \"id\": \"…\"}",
        [FIELD_ARRAY] = "rien : il ne s'écrit pas dans un échantillon",
    };
    CLEANUP(names_deinit) struct names symbols = {0};

    if (field->type != FIELD_ENUM) {
        buffer_append_text(out, texts[field->type]);
        return;
    }
    for (size_t i = 0; i < field->symbols->count; i++)
        names_add(&symbols, field->symbols->symbols[i]);
    write_choices(yyjson_is_str(value) ? key_text(value) : BYTES_LITERAL(""), names_list(&symbols),
                  out);
}

static void check_field(const struct checking *c, const struct record_table *table, yyjson_val *key,
                        yyjson_val *value)
{
    CLEANUP(buffer_deinit) struct buffer expected = {0};
    const struct field *field = field_find(table, key_text(key));

    if (!field)
        return; /* said */
    if (field->type == FIELD_RECORD && yyjson_is_obj(value))
        (void)check_keys(c, value, "clé inconnue", reference_keys);
    if (sample_takes(table, field, value))
        return;
    write_expected(field, value, &expected);
    diagnostics_add(c->diagnostics, place_of(c, key, value), buffer_text(&expected),
                    "%s.%s ne peut pas être cela", table->name, field->name);
}

static void check_record(const struct checking *c, const struct record_table *table,
                         yyjson_val *object, const char *own_key)
{
    CLEANUP(names_deinit) struct names names = {0};
    yyjson_obj_iter iter = yyjson_obj_iter_with(object);

    if (own_key)
        names_add(&names, own_key);
    for (const struct field *field = table->fields; field->name; field++)
        names_add(&names, field->name);
    (void)check_keys(c, object, "champ inconnu", names_list(&names));
    for (yyjson_val *key = yyjson_obj_iter_next(&iter); key; key = yyjson_obj_iter_next(&iter))
        if (!own_key || !bytes_equal_text(key_text(key), own_key))
            check_field(c, table, key, yyjson_obj_iter_get_val(key));
}

static void check_event(const struct checking *c, yyjson_val *root)
{
    yyjson_val *event = yyjson_obj_get(root, "deliver");
    yyjson_val *record = yyjson_obj_get(event, "record");
    enum event_type type = yyjson_is_str(record) ? event_type_of(key_text(record)) : EVENT_NONE;
    CLEANUP(buffer_deinit) struct buffer expected = {0};

    if (type == EVENT_NONE) {
        write_choices(yyjson_is_str(record) ? key_text(record) : BYTES_LITERAL(""), records,
                      &expected);
        diagnostics_add(
            c->diagnostics,
            place_of(c, key_of(event, "record") ? key_of(event, "record") : key_of(root, "deliver"),
                     record),
            buffer_text(&expected), "`record` dit quel événement est livré");
        return;
    }
    check_record(c, event_table(type), event, "record");
    if (!yyjson_obj_get(event, "handoff_id"))
        diagnostics_add(
            c->diagnostics, place_of(c, key_of(root, "deliver"), NULL),
            "\"handoff_id\": \"8c5b4a0e-1111-8222-8333-444455556666\", un uuid que vous "
            "inventez",
            "il manque handoff_id : chaque livraison réelle en a un");
}

/* ---- Links and answers -------------------------------------------------------------------- */

static void check_links(const struct checking *c, yyjson_val *root)
{
    yyjson_val *links = yyjson_obj_get(root, "links");
    yyjson_obj_iter iter = yyjson_obj_iter_with(links);
    CLEANUP(arena_deinit) struct arena arena = {0};
    CLEANUP(names_deinit) struct names kinds = {0};

    if (!check_object(c, root, "links", "\"links\": {\"own\": \"12\"}"))
        return;
    names_add(&kinds, "own");
    names_add(&kinds, "person");
    if (link_kinds_list(c->mapping, &arena, &kinds))
        (void)check_keys(c, links, "lien que ni `links` ni `remember` ne retiennent",
                         names_list(&kinds));
    for (yyjson_val *key = yyjson_obj_iter_next(&iter); key; key = yyjson_obj_iter_next(&iter)) {
        yyjson_val *value = yyjson_obj_iter_get_val(key);

        if (!yyjson_is_str(value) && !yyjson_is_raw(value))
            diagnostics_add(c->diagnostics, place_of(c, key, value), "leur numéro : \"12\"",
                            "un lien est un texte");
    }
}

static void check_answer(const struct checking *c, yyjson_val *key, yyjson_val *answer)
{
    yyjson_val *status = yyjson_obj_get(answer, "status");
    int64_t number = 0;

    if (!check_keys(c, answer, "clé inconnue", answer_keys)) {
        diagnostics_add(c->diagnostics, place_of(c, key, answer),
                        "{\"status\": 201, \"body\": {…}}", "ce n'est pas une réponse");
        return;
    }
    if (status &&
        (!yyjson_is_raw(status) ||
         !bytes_to_int64(bytes_of(yyjson_get_raw(status), yyjson_get_len(status)), &number) ||
         number < 100 || number > 599))
        diagnostics_add(c->diagnostics, place_of(c, key_of(answer, "status"), status),
                        "un nombre de 100 à 599", "ce n'est pas le statut d'une réponse HTTP");
}

/* The calls of the file, by the names that `relais map` shows; `names` may stay empty. */
static void check_answers(const struct checking *c, yyjson_val *root, const struct names *calls)
{
    yyjson_val *answers = yyjson_obj_get(root, "answers");
    yyjson_obj_iter iter = yyjson_obj_iter_with(answers);

    if (!check_object(c, root, "answers", "\"answers\": {\"appel\": {\"status\": 201}}"))
        return;
    (void)check_keys(c, answers, "réponse à un appel que `connector.yaml` ne fait pas",
                     names_list(calls));
    for (yyjson_val *key = yyjson_obj_iter_next(&iter); key; key = yyjson_obj_iter_next(&iter))
        check_answer(c, key, yyjson_obj_iter_get_val(key));
}

static void list_calls(const struct mapping *mapping, struct names *names)
{
    for (size_t i = 0; i < mapping->delivery_count; i++)
        for (size_t j = 0; j < mapping->deliveries[i].call_count; j++)
            names_add(names, mapping->deliveries[i].calls[j].name);
}

static void list_details(const struct mapping *mapping, struct names *names)
{
    for (size_t i = 0; i < mapping->detail_count; i++)
        names_add(names, mapping->details[i].as);
}

/* ---- Whole -------------------------------------------------------------------------------- */

static void check_delivery(const struct checking *c, yyjson_val *root)
{
    CLEANUP(names_deinit) struct names calls = {0};

    list_calls(c->mapping, &calls);
    (void)check_keys(c, root, "clé inconnue", delivery_keys);
    check_event(c, root);
    if (check_object(c, root, "contact", "\"contact\": {\"birth_name\": \"EXEMPLE\"}"))
        check_record(c, &contact_table, yyjson_obj_get(root, "contact"), NULL);
    check_links(c, root);
    check_answers(c, root, &calls);
}

static void check_receipt(const struct checking *c, yyjson_val *root)
{
    CLEANUP(names_deinit) struct names details = {0};

    list_details(c->mapping, &details);
    (void)check_keys(c, root, "clé inconnue", receipt_keys);
    check_answers(c, root, &details);
}

struct unread {
    struct bytes key;
    bool found;
};

static void find_unread(void *context, const struct shape_sight *sight)
{
    struct unread *unread = context;

    if (!sight->node && !shape_above(sight->above) && bytes_equal(sight->key, unread->key))
        unread->found = true;
}

static bool is_unread(const struct checking *c, yyjson_val *root, struct bytes key)
{
    struct unread unread = {key, false};

    shape_look(c->mapping->shape, root, find_unread, &unread);
    return unread.found;
}

/* A record of theirs, unless what it holds is all ours but for one misspelt key that no path
 * reads. */
static void check_misspelt(const struct checking *c, yyjson_val *root)
{
    static const char *const first[] = {"deliver", "receive", NULL};
    yyjson_obj_iter iter = yyjson_obj_iter_with(root);
    yyjson_val *meant = NULL;

    for (yyjson_val *key = yyjson_obj_iter_next(&iter); key; key = yyjson_obj_iter_next(&iter)) {
        if (names_have(delivery_keys, key_text(key)) || names_have(receipt_keys, key_text(key)))
            continue;
        if (meant || !is_unread(c, root, key_text(key)) ||
            !diagnostics_nearest(key_text(key), first))
            return;
        meant = key;
    }
    if (meant)
        refuse_key(c, meant, "clé inconnue", first);
}

void sample_check(const struct mapping *mapping, yyjson_val *root, const struct sample_text *text,
                  struct diagnostics *diagnostics)
{
    const struct checking checking = {mapping, text, diagnostics};

    if (sample_is_delivery(root))
        check_delivery(&checking, root);
    else if (sample_is_receipt(root))
        check_receipt(&checking, root);
    else if (yyjson_obj_get(root, "deliver") &&
             is_unread(&checking, root, BYTES_LITERAL("deliver")))
        (void)check_object(&checking, root, "deliver",
                           "{\"record\": \"Referral\", \"status\": \"ISSUED\", …}");
    else if (yyjson_is_obj(root))
        check_misspelt(&checking, root);
}
