/* SPDX-License-Identifier: Apache-2.0 */
#include "base/config_schema.h"

static yyjson_mut_val *typed(yyjson_mut_doc *document, const char *type)
{
    yyjson_mut_val *schema = yyjson_mut_obj(document);

    yyjson_mut_obj_add_str(document, schema, "type", type);
    return schema;
}

static yyjson_mut_val *choices(const struct config_field *field, yyjson_mut_doc *document)
{
    yyjson_mut_val *schema = yyjson_mut_obj(document);
    yyjson_mut_val *list = yyjson_mut_arr(document);

    for (const char *at = field->choices; *at != '\0';) {
        size_t len = strcspn(at, "|");

        yyjson_mut_arr_add_strn(document, list, at, len);
        at += len + (at[len] == '|');
    }
    yyjson_mut_obj_add_val(document, schema, "enum", list);
    return schema;
}

static yyjson_mut_val *value_of(const struct config_field *field, yyjson_mut_doc *document)
{
    yyjson_mut_val *schema;

    switch (field->type) {
    case CONFIG_BOOL:
        return typed(document, "boolean");
    case CONFIG_INT64:
        schema = typed(document, "integer");
        if (field->min != 0 || field->max != 0) {
            yyjson_mut_obj_add_sint(document, schema, "minimum", field->min);
            yyjson_mut_obj_add_sint(document, schema, "maximum", field->max);
        }
        return schema;
    case CONFIG_STRING:
        return field->choices ? choices(field, document) : NULL;
    case CONFIG_NODE:
        break;
    }
    return NULL;
}

/* Texts need no quotes in YAML: 12 is one too. */
static void add_field(const struct config_field *field, yyjson_mut_doc *document,
                      yyjson_mut_val *properties)
{
    yyjson_mut_val *schema = yyjson_mut_obj(document);
    yyjson_mut_val *value = value_of(field, document);
    yyjson_mut_val *list;

    if (field->help)
        yyjson_mut_obj_add_str(document, schema, "description", field->help);
    if (field->type == CONFIG_STRING && !value) {
        const char *scalars[] = {"string", "number", "boolean"};

        yyjson_mut_obj_add_val(document, schema, "type",
                               yyjson_mut_arr_with_str(document, scalars, 3));
    }
    if (value) {
        yyjson_mut_val *name = typed(document, "string");

        yyjson_mut_obj_add_str(document, name, "pattern", "^\\$\\{");
        list = yyjson_mut_arr(document);
        yyjson_mut_arr_append(list, value);
        yyjson_mut_arr_append(list, name);
        yyjson_mut_obj_add_val(document, schema, "anyOf", list);
    }
    if (field->fallback)
        yyjson_mut_obj_add_str(document, schema, "default", field->fallback);
    yyjson_mut_obj_add_val(document, properties, field->key, schema);
}

yyjson_mut_val *config_schema_of(const struct config_field *fields, yyjson_mut_doc *document)
{
    yyjson_mut_val *schema = typed(document, "object");
    yyjson_mut_val *properties = yyjson_mut_obj(document);
    yyjson_mut_val *required = yyjson_mut_arr(document);

    for (; fields->key; fields++) {
        add_field(fields, document, properties);
        if (fields->flags & CONFIG_REQUIRED)
            yyjson_mut_arr_add_str(document, required, fields->key);
    }
    yyjson_mut_obj_add_val(document, schema, "properties", properties);
    yyjson_mut_obj_add_val(document, schema, "required", required);
    yyjson_mut_obj_add_bool(document, schema, "additionalProperties", false);
    return schema;
}
