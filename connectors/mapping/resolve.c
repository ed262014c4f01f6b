/* SPDX-License-Identifier: Apache-2.0
 *
 * What may stand behind the root of a path: the fields of an event, the names of calls, `each`.
 */
#include "connectors/mapping/compiler.h"

const char *resolve_hint(enum scope scope)
{
    return scope == SCOPE_RECORD ? "$.clé de l'enregistrement, .clé de l'élément de `each`, "
                                   "parent.clé, header.Nom, query.nom, ou un texte entre guillemets"
           : scope == SCOPE_ANSWER
               ? "$.clé de la réponse, http.status, event.champ, link.sorte, answer.appel.clé"
               : "event.champ, contact.champ, link.sorte, answer.appel.clé, idempotency_key, "
                 "handoff_id";
}

static const char *const *field_names(struct compiler *compiler, const struct record_table *table)
{
    const char **names;
    size_t count = 0;

    while (table->fields[count].name)
        count++;
    names = arena_array(compiler->arena, count + 1, sizeof(*names));
    for (size_t i = 0; i < count; i++)
        names[i] = table->fields[i].name;
    return names;
}

/* The field of one record, and the one inside it; false after a mistake. */
static bool resolve_field(struct compiler *compiler, struct place place, struct path *path,
                          enum event_type type, const struct record_table *table)
{
    const struct field *field = path->count > 0 ? field_find(table, path->steps[0].key) : NULL;

    path->fields[type] = field;
    if (field &&
        (strcmp(field->name, "observed_at") == 0 || strcmp(field->name, "recorded_at") == 0)) {
        compiler_mistake(compiler, place, "occurred_at",
                         "%s change à chaque essai : aucune expression ne peut le lire",
                         field->name);
        return false;
    }
    if (!field) {
        struct bytes word = path->count > 0 ? path->steps[0].key : BYTES_LITERAL("");

        compiler_mistake(compiler, place,
                         compiler_one_of(compiler, word, field_names(compiler, table)),
                         "%s n'a pas de champ « %.*s »", table->name, BYTES_ARG(word));
        return false;
    }
    if (field->type == FIELD_RECORD && path->count == 2) {
        path->inner = field_find(field->record, path->steps[1].key);
        if (path->inner)
            return true;
    }
    if (field->type == FIELD_RECORD || path->count > 1) {
        compiler_mistake(
            compiler, place,
            field->type == FIELD_RECORD
                ? compiler_one_of(compiler, BYTES_LITERAL(""), field_names(compiler, field->record))
                : NULL,
            "%s.%s %s", table->name, field->name,
            field->type == FIELD_RECORD ? "est un enregistrement : il faut un de ses champs"
                                        : "n'a rien dessous");
        return false;
    }
    return true;
}

static bool resolve_event(struct compiler *compiler, struct place place, struct path *path)
{
    bool good = true;

    for (int type = EVENT_REFERRAL; type < EVENT_TYPE_COUNT && good; type++)
        if (compiler->events[type])
            good = resolve_field(compiler, place, path, (enum event_type)type,
                                 event_table((enum event_type)type));
    return good;
}

static bool refuse_unread(struct compiler *compiler, struct place place)
{
    compiler_mistake(compiler, place, "http.status, ou un appel sans `reads: none`",
                     "le corps de cette réponse n'est pas lu");
    return false;
}

static bool resolve_answer(struct compiler *compiler, struct place place, struct path *path)
{
    const char *names[MAX_CALLS + 1] = {NULL};

    for (size_t i = 0; i < compiler->call_count; i++)
        names[i] = compiler->calls[i];
    for (size_t i = 0; i < compiler->call_count && path->count > 0; i++)
        if (bytes_equal_text(path->steps[0].key, names[i]))
            return !compiler->unread_calls[i] || refuse_unread(compiler, place);
    compiler_mistake(
        compiler, place,
        names[0]
            ? compiler_one_of(compiler, path->count ? path->steps[0].key : BYTES_LITERAL(""), names)
            : "le nom d'un appel au-dessus",
        "réponse d'aucun appel au-dessus");
    return false;
}

static bool resolve_item(struct compiler *compiler, struct place place, struct path *path)
{
    while (path->root == ROOT_PARENT && path->count > 0 && path->steps[0].kind == STEP_KEY &&
           bytes_equal_text(path->steps[0].key, "parent")) {
        path->steps++;
        path->count--;
        path->up++;
    }
    path->up++;
    if (path->root == ROOT_ITEM && path->count > 0 && compiler->list_count > 0 &&
        compiler->pieces[0]) {
        compiler_mistake(compiler, place, "@ : le morceau lui-même",
                         "`each` coupe un texte : un morceau n'a rien dessous");
        return false;
    }
    if (compiler->scope == SCOPE_RECORD && compiler->each && path->up <= 4)
        return true;
    if (compiler->scope == SCOPE_RECORD && compiler->each_wrong)
        return false; /* told there */
    compiler_mistake(compiler, place,
                     compiler->scope == SCOPE_RECORD ? "$.clé de l'enregistrement, ou un `each`"
                                                     : resolve_hint(compiler->scope),
                     "il n'y a pas d'élément ici : la règle n'a pas de `each`");
    return false;
}

static bool resolve_http(struct compiler *compiler, struct place place, const struct path *path)
{
    if (path->count == 1 && (bytes_equal_text(path->steps[0].key, "status") ||
                             bytes_equal_text(path->steps[0].key, "content_type")))
        return true;
    compiler_mistake(compiler, place, "http.status ou http.content_type",
                     "une réponse n'a pas cette partie");
    return false;
}

bool resolve_path(struct compiler *compiler, struct place place, struct path *path)
{
    switch ((int)path->root) {
    case ROOT_ITEM:
    case ROOT_PARENT:
        return resolve_item(compiler, place, path);
    case ROOT_EVENT:
        return resolve_event(compiler, place, path);
    case ROOT_CONTACT:
        return resolve_field(compiler, place, path, EVENT_NONE, &contact_table);
    case ROOT_ANSWER:
        return resolve_answer(compiler, place, path);
    case ROOT_HTTP:
        return resolve_http(compiler, place, path);
    case ROOT_RECORD:
        if (compiler->scope != SCOPE_DELIVERY)
            return !compiler->unread || refuse_unread(compiler, place);
        compiler_mistake(
            compiler, place, resolve_hint(SCOPE_DELIVERY),
            "il n'y a pas d'enregistrement ici : `deliver` écrit un événement dans leur système");
        return false;
    default:
        if (path->count == 1 && path->root == ROOT_LINK)
            compiler_note_link(compiler, path->steps[0].key, place, NULL);
        if (path->count == 1)
            return true;
        compiler_mistake(compiler, place, "un nom derrière le point", "ce n'est pas un nom");
        return false;
    }
}
