/* SPDX-License-Identifier: Apache-2.0
 *
 * https://docs.confluent.io/platform/current/schema-registry/develop/api.html
 */
#include "schemas/registry_answer.h"

#include <yyjson.h>

#include "base/json.h"

DEFINE_CLEANUP(yyjson_doc, yyjson_doc_free)

/* The answer's object; NULL when it is none. */
static yyjson_doc *parse(struct bytes body)
{
    yyjson_doc *doc = json_read(body);

    if (doc && !yyjson_is_obj(yyjson_doc_get_root(doc))) {
        yyjson_doc_free(doc);
        return NULL;
    }
    return doc;
}

static enum outcome refuse(struct error *err)
{
    return error_set(
        err, OUTCOME_RETRY,
        "ce qui répond n'est pas un registre de schémas ; son adresse est-elle la bonne ?");
}

enum outcome registry_answer_place(struct bytes body, struct registry_place *ret_place,
                                   struct error *err)
{
    CLEANUP(yyjson_doc_freep) yyjson_doc *doc = parse(body);
    yyjson_val *id = yyjson_obj_get(yyjson_doc_get_root(doc), "id");
    yyjson_val *version = yyjson_obj_get(yyjson_doc_get_root(doc), "version");

    if (!yyjson_is_int(id))
        return refuse(err);
    if (!yyjson_is_uint(id) || yyjson_get_uint(id) == 0 || yyjson_get_uint(id) >= REGISTRY_ID_END)
        return error_set(err, OUTCOME_REJECT, "un numéro qui n'est pas entre 1 et %u",
                         REGISTRY_ID_END - 1);
    ret_place->id = (uint32_t)yyjson_get_uint(id);
    ret_place->version = yyjson_is_uint(version) && yyjson_get_uint(version) <= INT32_MAX
                             ? (int32_t)yyjson_get_uint(version)
                             : 0;
    return OUTCOME_OK;
}

enum outcome registry_answer_schema(struct bytes body, struct arena *arena, struct bytes *ret_text,
                                    struct error *err)
{
    CLEANUP(yyjson_doc_freep) yyjson_doc *doc = parse(body);
    yyjson_val *root = yyjson_doc_get_root(doc);
    yyjson_val *text = yyjson_obj_get(root, "schema");
    yyjson_val *type = yyjson_obj_get(root, "schemaType");

    if (!yyjson_is_str(text))
        return refuse(err);
    /* "schemaType … if no value is supplied, the type is AVRO" */
    if (type && !yyjson_equals_str(type, "AVRO"))
        return error_set(err, OUTCOME_REJECT, "un schéma qui n'est pas de l'Avro");
    if (yyjson_arr_size(yyjson_obj_get(root, "references")) > 0)
        return error_set(err, OUTCOME_REJECT, "un schéma qui renvoie à d'autres sujets");
    *ret_text = arena_copy(arena, bytes_of(yyjson_get_str(text), yyjson_get_len(text)));
    return OUTCOME_OK;
}

int32_t registry_answer_error(struct bytes body, char message[REGISTRY_MESSAGE_SIZE])
{
    CLEANUP(yyjson_doc_freep) yyjson_doc *doc = parse(body);
    yyjson_val *root = yyjson_doc_get_root(doc);
    yyjson_val *code = yyjson_obj_get(root, "error_code");
    const char *text = yyjson_get_str(yyjson_obj_get(root, "message"));
    size_t len = 0;

    message[0] = '\0';
    if (!yyjson_is_uint(code) || yyjson_get_uint(code) > INT32_MAX)
        return 0;
    for (; text && text[len] != '\0' && len + 1 < REGISTRY_MESSAGE_SIZE; len++)
        message[len] = text[len];
    /* Not half a character at the cut. */
    while (text && text[len] != '\0' && len > 0 && ((unsigned char)text[len] & 0xC0) == 0x80)
        len--;
    message[len] = '\0';
    for (char *at = message; *at != '\0'; at++)
        if ((unsigned char)*at < ' ' || *at == 0x7F)
            *at = ' ';
    return (int32_t)yyjson_get_uint(code);
}
