/* SPDX-License-Identifier: Apache-2.0
 *
 * Keys come from the compiler's tables; what stands here is only the shape of those whose value
 * is not simply an expression. A key without a row here may hold anything.
 */
#include "connectors/mapping/editor_schema.h"

#include "connectors/mapping/compiler.h"

enum shape_kind {
    SHAPE_ANY,
    SHAPE_EXPRESSION,
    SHAPE_EXPRESSIONS, /* name: expression */
    SHAPE_TEXT,
    SHAPE_LIST,    /* of anything                */
    SHAPE_ONE_OF,  /* one of `words`             */
    SHAPE_FIELDS,  /* of the event: see add_emit */
    SHAPE_CONTACT, /* fields of the contact      */
    SHAPE_CALLS,
};

static const struct key_shape {
    const char *key;
    enum shape_kind kind;
    const char *words; /* "a|b" */
    const char *doc;   /* French */
} shapes[] = {
    {"name", SHAPE_TEXT, NULL, "Pour les messages."},
    {"when", SHAPE_EXPRESSION, NULL, "La condition."},
    {"ignore_when", SHAPE_EXPRESSION, NULL, "Ce que le système marque comme notre écriture."},
    {"emit", SHAPE_ONE_OF, "referral|appointment|closure", "Quel événement."},
    {"entity", SHAPE_EXPRESSION, NULL, "L'identité dans ce système."},
    {"version", SHAPE_EXPRESSION, NULL, "Ce qui ordonne : une date de changement, un compteur."},
    {"handoff", SHAPE_EXPRESSION, NULL, "own, given(x), link(sorte, x), by_person(x)."},
    {"parent", SHAPE_EXPRESSION, NULL, "Une réorientation : le relais d'où elle part."},
    {"links", SHAPE_EXPRESSIONS, NULL, "Leurs identifiants à retenir."},
    {"test", SHAPE_EXPRESSION, NULL, "Condition : une personne de test."},
    {"fields", SHAPE_FIELDS, NULL, "Un champ, une expression."},
    {"contact", SHAPE_CONTACT, NULL, "Les coordonnées, scellées pour le destinataire."},
    {"drop", SHAPE_LIST, NULL, "Les champs dont on ne veut pas."},
    {"skip", SHAPE_TEXT, NULL, "Pourquoi ce système n'a pas besoin de le savoir."},
    {"otherwise", SHAPE_TEXT, NULL, "Pourquoi rien n'est fait quand aucun appel ne s'applique."},
    {"calls", SHAPE_CALLS, NULL, "Les appels, dans l'ordre."},
    {"request", SHAPE_TEXT, NULL, "POST /chemin/{link.own}"},
    {"query", SHAPE_EXPRESSIONS, NULL, "Paramètres de l'adresse."},
    {"headers", SHAPE_EXPRESSIONS, NULL, "En-têtes HTTP."},
    {"statement", SHAPE_TEXT, NULL, "INSERT INTO … VALUES (:nom, …)"},
    {"reads", SHAPE_ONE_OF, "json|xml|none",
     "Ce qu'est leur réponse ; none : seul le statut est lu."},
    {"lists", SHAPE_LIST, NULL, "En XML : les éléments de la réponse qui peuvent se répéter."},
    {"safety", SHAPE_ONE_OF, "idempotent|looked_up|unsafe", "L'appel peut-il être refait ?"},
    {"answers", SHAPE_LIST, NULL, "Ce que veut dire une réponse."},
    {"remember", SHAPE_EXPRESSIONS, NULL, "Leurs identifiants à retenir de la réponse."},
    {"receiver_ref", SHAPE_EXPRESSION, NULL, "Leur numéro du dossier."},
    {"personal", SHAPE_LIST, NULL, "Chemins qu'aucun champ partagé ne peut lire."},
    {"sentinels", SHAPE_LIST, NULL, "Valeurs qui veulent dire « rien »."},
    {"unknown_fields", SHAPE_ONE_OF, "reject|count", "Que faire d'un champ que personne ne nomme."},
    {NULL, SHAPE_ANY, NULL, NULL},
};

static yyjson_mut_val *expression(yyjson_mut_doc *document)
{
    const char *scalars[] = {"string", "number", "boolean", "null"};
    yyjson_mut_val *schema = yyjson_mut_obj(document);

    yyjson_mut_obj_add_val(document, schema, "type", yyjson_mut_arr_with_str(document, scalars, 4));
    return schema;
}

static yyjson_mut_val *one_of(yyjson_mut_doc *document, const char *words)
{
    yyjson_mut_val *schema = yyjson_mut_obj(document);
    yyjson_mut_val *list = yyjson_mut_arr(document);

    while (*words != '\0') {
        size_t len = strcspn(words, "|");

        yyjson_mut_arr_add_strn(document, list, words, len);
        words += len + (words[len] == '|');
    }
    yyjson_mut_obj_add_val(document, schema, "enum", list);
    return schema;
}

static yyjson_mut_val *object(yyjson_mut_doc *document, yyjson_mut_val *properties)
{
    yyjson_mut_val *schema = yyjson_mut_obj(document);

    yyjson_mut_obj_add_str(document, schema, "type", "object");
    if (properties) {
        yyjson_mut_obj_add_val(document, schema, "properties", properties);
        yyjson_mut_obj_add_bool(document, schema, "additionalProperties", false);
    }
    return schema;
}

static yyjson_mut_val *list_of(yyjson_mut_doc *document, yyjson_mut_val *items)
{
    yyjson_mut_val *schema = yyjson_mut_obj(document);

    yyjson_mut_obj_add_str(document, schema, "type", "array");
    if (items)
        yyjson_mut_obj_add_val(document, schema, "items", items);
    return schema;
}

/* The fields that a mapping may set; their codes stand in the description. */
static yyjson_mut_val *targets(yyjson_mut_doc *document, const struct record_table *table)
{
    yyjson_mut_val *properties = yyjson_mut_obj(document);

    for (const struct field *field = table->fields; field->name; field++) {
        CLEANUP(buffer_deinit) struct buffer doc = {0};
        yyjson_mut_val *value = yyjson_mut_obj(document);

        if (field->flags & FIELD_RUNTIME)
            continue;
        for (size_t i = 0; field->symbols && i < field->symbols->count; i++)
            buffer_printf(&doc, "%s%s", i > 0 ? ", " : "Un code de ", field->symbols->symbols[i]);
        if (doc.len > 0)
            yyjson_mut_obj_add_strcpy(document, value, "description", buffer_text(&doc));
        yyjson_mut_obj_add_val(document, properties, field->name, value);
    }
    return object(document, properties);
}

/* ---- Keys ------------------------------------------------------------------------------- */

static yyjson_mut_val *keys(yyjson_mut_doc *document, const char *const *names);

static yyjson_mut_val *shape_of(yyjson_mut_doc *document, const struct key_shape *shape)
{
    yyjson_mut_val *schema;

    switch (shape->kind) {
    case SHAPE_EXPRESSION:
    case SHAPE_TEXT:
        return expression(document);
    case SHAPE_EXPRESSIONS:
        schema = object(document, NULL);
        yyjson_mut_obj_add_val(document, schema, "additionalProperties", expression(document));
        return schema;
    case SHAPE_LIST:
        return list_of(document, NULL);
    case SHAPE_ONE_OF:
        return one_of(document, shape->words);
    case SHAPE_CONTACT:
        return targets(document, &contact_table);
    case SHAPE_CALLS:
        return list_of(document, keys(document, outbound_call_keys()));
    case SHAPE_FIELDS:
        return object(document, NULL);
    case SHAPE_ANY:
        break;
    }
    return yyjson_mut_obj(document);
}

static yyjson_mut_val *key_schema(yyjson_mut_doc *document, const char *name)
{
    const struct key_shape *shape = shapes;
    yyjson_mut_val *schema;

    while (shape->key && strcmp(shape->key, name) != 0)
        shape++;
    schema = shape_of(document, shape);
    if (shape->doc)
        yyjson_mut_obj_add_str(document, schema, "description", shape->doc);
    return schema;
}

/* `names` ends with NULL; calls nest once. */
static yyjson_mut_val *keys(yyjson_mut_doc *document, const char *const *names)
{
    yyjson_mut_val *properties = yyjson_mut_obj(document);

    for (; *names; names++)
        yyjson_mut_obj_add_val(document, properties, *names, key_schema(document, *names));
    return object(document, properties);
}

/* if emit is that event, `fields` has its fields. */
static void add_emit(yyjson_mut_doc *document, yyjson_mut_val *cases, const char *word,
                     const struct record_table *table)
{
    yyjson_mut_val *chosen = yyjson_mut_obj(document);
    yyjson_mut_val *emit = yyjson_mut_obj(document);
    yyjson_mut_val *fields = yyjson_mut_obj(document);
    yyjson_mut_val *event = targets(document, table);
    yyjson_mut_val *patterns = yyjson_mut_obj(document);
    yyjson_mut_val *condition = yyjson_mut_obj(document);
    yyjson_mut_val *consequence = yyjson_mut_obj(document);

    yyjson_mut_obj_add_str(document, chosen, "const", word);
    yyjson_mut_obj_add_val(document, emit, "emit", chosen);
    yyjson_mut_obj_add_val(document, condition, "properties", emit);
    yyjson_mut_obj_add_val(document, patterns, "^contact\\.", expression(document));
    yyjson_mut_obj_add_val(document, event, "patternProperties", patterns);
    yyjson_mut_obj_add_val(document, fields, "fields", event);
    yyjson_mut_obj_add_val(document, consequence, "properties", fields);
    chosen = yyjson_mut_obj(document);
    yyjson_mut_obj_add_val(document, chosen, "if", condition);
    yyjson_mut_obj_add_val(document, chosen, "then", consequence);
    yyjson_mut_arr_append(cases, chosen);
}

static yyjson_mut_val *records(yyjson_mut_doc *document)
{
    const char *required[] = {"emit", "entity", "handoff"};
    yyjson_mut_val *rule = keys(document, rules_keys());
    yyjson_mut_val *cases = yyjson_mut_arr(document);

    add_emit(document, cases, "referral", &referral_table);
    add_emit(document, cases, "appointment", &appointment_table);
    add_emit(document, cases, "closure", &closure_table);
    yyjson_mut_obj_add_val(document, rule, "allOf", cases);
    yyjson_mut_obj_add_val(document, rule, "required",
                           yyjson_mut_arr_with_str(document, required, 3));
    return list_of(document, rule);
}

void editor_schema_add(yyjson_mut_doc *document, yyjson_mut_val *properties)
{
    for (const char *const *name = mapping_keys; *name; name++) {
        yyjson_mut_val *value = strcmp(*name, "records") == 0 ? records(document)
                                : strcmp(*name, "deliver") == 0
                                    ? list_of(document, keys(document, outbound_rule_keys()))
                                    : key_schema(document, *name);

        yyjson_mut_obj_add_val(document, properties, *name, value);
    }
}
