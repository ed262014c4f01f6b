/* SPDX-License-Identifier: Apache-2.0 */
#include "connectors/configuration.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/config_schema.h"
#include "connectors/address.h"
#include "connectors/drivers/api.h"
#include "connectors/drivers/headings.h"
#include "connectors/mapping/completion.h"
#include "connectors/mapping/editor_schema.h"
#include "connectors/substitution.h"
#include "schemas/codes.h"

/* What the file's root holds, before it is taken apart. */
struct root {
    const char *operator_code;
    const char *system;
    const char *keys_file;
    const char *person_key_file;
    const char *listen;
    struct yaml_node *source;
    struct yaml_node *sink;
    struct yaml_node *limits;
    struct yaml_node *registry;
};

struct configuration_memory {
    struct configuration configuration; /* first: what others see */
    struct arena arena;
};

static const struct config_field root_fields[] = {
    CONFIG_FIELD(struct root, operator_code, .key = "operator", .flags = CONFIG_REQUIRED,
                 .help = "Le code de l'opérateur dans l'annuaire."),
    CONFIG_FIELD(struct root, system, .key = "system", .flags = CONFIG_REQUIRED,
                 .help =
                     "Le nom du système ; il entre dans chaque identifiant : ne plus le changer."),
    CONFIG_FIELD(struct root, keys_file, .key = "keys_file",
                 .flags = CONFIG_REQUIRED | CONFIG_SECRET,
                 .help = "Les clés de l'opérateur, faites par `relais keys create`."),
    CONFIG_FIELD(
        struct root, person_key_file, .key = "person_key_file", .flags = CONFIG_SECRET,
        .help =
            "La clé de person_ref que les connecteurs partagent ; sans elle, pas de person_ref."),
    CONFIG_FIELD(
        struct root, listen, .key = "listen", .fallback = "127.0.0.1:0",
        .help = "Adresse et port des webhooks et des pages de santé ; port 0 : un port libre."),
    CONFIG_FIELD(struct root, source, .key = "source",
                 .help = "D'où viennent les enregistrements ; une source, ou une liste."),
    CONFIG_FIELD(
        struct root, sink, .key = "sink",
        .help = "Où les événements sont livrés ; sans elle, la boîte de réception n'est pas lue."),
    CONFIG_FIELD(struct root, registry, .key = "registry",
                 .help = "Registre de schémas ; sans lui, les schémas intégrés."),
    CONFIG_FIELD(struct root, limits, .key = "limits", .help = "Durées et nombres d'essais."),
    CONFIG_END,
};

static const struct config_field limit_fields[] = {
    CONFIG_FIELD(
        struct configuration_limits, match_wait_s, .key = "match_wait_s", .fallback = "600",
        .min = 0, .max = 86400,
        .help =
            "Combien de temps une réponse attend le lien à son passage de relais, en secondes."),
    CONFIG_FIELD(struct configuration_limits, park_tries, .key = "park_tries", .fallback = "10",
                 .min = 1, .max = 1000,
                 .help = "Essais après lesquels un passage de relais est mis de côté pendant que "
                         "d'autres réussissent."),
    CONFIG_FIELD(struct configuration_limits, park_after_minutes, .key = "park_after_minutes",
                 .fallback = "30", .min = 1, .max = 1440,
                 .help = "La même chose après un temps, en minutes."),
    CONFIG_FIELD(struct configuration_limits, give_up_hours, .key = "give_up_hours",
                 .fallback = "72", .min = 1, .max = 8760,
                 .help =
                     "Quand un événement mis de côté, que le système remet toujours à plus tard, "
                     "devient le rejet retries_exhausted, en heures de marche du connecteur."),
    CONFIG_FIELD(struct configuration_limits, first_pause_ms, .key = "first_pause_ms",
                 .fallback = "1000", .min = 10, .max = 60000,
                 .help =
                     "Première pause après un échec, en millisecondes ; doublée à chaque fois."),
    CONFIG_FIELD(struct configuration_limits, longest_pause_ms, .key = "longest_pause_ms",
                 .fallback = "60000", .min = 10, .max = 3600000,
                 .help = "La plus longue pause entre deux essais, en millisecondes."),
    CONFIG_END,
};

/* ---- Parts ------------------------------------------------------------------------------ */

static bool is_mapping_key(struct bytes key)
{
    for (size_t i = 0; mapping_keys[i]; i++) {
        if (bytes_equal_text(key, mapping_keys[i]))
            return true;
    }
    return false;
}

static void refuse_key(const struct yaml_node *key, struct diagnostics *diagnostics)
{
    const char *names[64] = {NULL};
    CLEANUP(buffer_deinit) struct buffer expected = {0};
    const char *nearest;
    size_t count = 0;

    for (size_t i = 0; root_fields[i].key; i++)
        names[count++] = root_fields[i].key;
    for (size_t i = 0; mapping_keys[i]; i++)
        names[count++] = mapping_keys[i];
    nearest = diagnostics_nearest(key->text, names);
    buffer_append_text(&expected, nearest ? nearest : "l'une de ");
    for (size_t i = 0; !nearest && i < count; i++)
        buffer_printf(&expected, "%s%s", i > 0 ? ", " : "", names[i]);
    diagnostics_add(diagnostics, key->place, buffer_text(&expected), "clé inconnue « %.*s »",
                    BYTES_ARG(key->text));
}

static bool is_root_key(struct bytes key)
{
    for (size_t i = 0; root_fields[i].key; i++) {
        if (bytes_equal_text(key, root_fields[i].key))
            return true;
    }
    return false;
}

/* The root without the mapping's keys. Any other unknown one is a mistake. */
static struct yaml_node *runtime_root(const struct yaml_node *root, struct arena *arena,
                                      struct diagnostics *diagnostics)
{
    struct yaml_node *own = arena_alloc(arena, sizeof(*own));

    *own = *root;
    own->count = 0;
    own->items = arena_array(arena, root->count + 1, sizeof(*own->items));
    own->keys = arena_array(arena, root->count + 1, sizeof(*own->keys));
    for (size_t i = 0; i < root->count; i++) {
        if (is_mapping_key(root->keys[i]->text))
            continue;
        if (!is_root_key(root->keys[i]->text)) {
            refuse_key(root->keys[i], diagnostics);
            continue;
        }
        own->keys[own->count] = root->keys[i];
        own->items[own->count++] = root->items[i];
    }
    return own;
}

static const struct connector_ops *
find_driver(const struct yaml_node *node, enum connector_role role, struct diagnostics *diagnostics)
{
    const struct yaml_node *type = yaml_get(node, "type");
    const char *name = type && type->text.data ? (const char *)type->text.data : NULL;
    const struct connector_ops *ops = name ? connector_find(name, role) : NULL;
    const char *const *types = connector_types(role);
    const char *nearest = name ? diagnostics_nearest(type->text, types) : NULL;
    struct buffer expected = {0};

    if (ops)
        return ops;
    buffer_printf(&expected, "%s%sl'un de ", nearest ? nearest : "", nearest ? ", ou " : "");
    for (size_t i = 0; types[i]; i++)
        buffer_printf(&expected, "%s%s", i > 0 ? ", " : "", types[i]);
    diagnostics_add(diagnostics, type ? type->place : node->place, buffer_text(&expected),
                    name ? "type inconnu « %s »" : "il manque un type%s", name ? name : "");
    buffer_deinit(&expected);
    return NULL;
}

/* Its own checks are the check. */
static void try_driver(const struct configuration *configuration, const struct connector_ops *ops,
                       const struct yaml_node *node, struct diagnostics *diagnostics)
{
    CLEANUP(connector_freep) struct connector *connector = NULL;
    struct connector_context context = {.operator_code = configuration->operator_code,
                                        .system = configuration->system,
                                        .clock = clock_system(),
                                        .sink = configuration->sink_node};
    size_t before = diagnostics_count(diagnostics);
    struct error err = {0};

    address_check(node, diagnostics);
    if (connector_new(ops, node, ops->name, &context, diagnostics, &connector, &err) !=
            OUTCOME_OK &&
        diagnostics_count(diagnostics) == before)
        diagnostics_add(diagnostics, node->place, NULL, "%s", err.text);
}

static void add_source(struct configuration *configuration, const struct yaml_node *node,
                       struct arena *arena, struct diagnostics *diagnostics)
{
    const struct connector_ops *ops = find_driver(node, CONNECTOR_SOURCE, diagnostics);
    struct configuration_source *source;

    if (!ops)
        return;
    source = &configuration->sources[configuration->source_count++];
    *source = (struct configuration_source){
        .ops = ops,
        .node = node,
        .name = arena_printf(arena, "%s-%zu", ops->name, configuration->source_count)};
    try_driver(configuration, ops, node, diagnostics);
}

static void read_ends(struct configuration *configuration, const struct root *root,
                      struct arena *arena, struct diagnostics *diagnostics)
{
    const struct yaml_node *source = root->source;
    bool is_list = source && source->kind == YAML_SEQUENCE;
    size_t count = is_list ? source->count : source ? 1 : 0;

    configuration->sources = arena_array(arena, count + 1, sizeof(*configuration->sources));
    configuration->sink_node = root->sink;
    for (size_t i = 0; i < count; i++)
        add_source(configuration, is_list ? source->items[i] : source, arena, diagnostics);
    if (!root->sink)
        return;
    configuration->sink_ops = find_driver(root->sink, CONNECTOR_SINK, diagnostics);
    if (configuration->sink_ops)
        try_driver(configuration, configuration->sink_ops, root->sink, diagnostics);
}

static void check_names(const struct yaml_node *node, const struct root *root,
                        const struct substitution *s)
{
    const struct yaml_node *operator_node = yaml_get(node, "operator");
    const struct yaml_node *system = yaml_get(node, "system");
    const char *expected = NULL;

    if (root->operator_code && !strstr(root->operator_code, "${") &&
        !codes_check("operator_code", bytes_of_text(root->operator_code), &expected))
        diagnostics_add(s->diagnostics, operator_node->place, expected,
                        "ce n'est pas le code d'un opérateur");
    for (const char *at = root->system; at && *at; at++) {
        if ((unsigned char)*at > ' ' && *at != '"' && *at != '\\')
            continue;
        diagnostics_add(s->diagnostics, system->place, "des lettres, des chiffres, des tirets",
                        "ce n'est pas le nom d'un système");
        return;
    }
}

static void read_listen(struct configuration *configuration, const struct root *root,
                        const struct yaml_node *node, struct substitution *s)
{
    const char *colon = root->listen ? strrchr(root->listen, ':') : NULL;
    int64_t port = 0;

    if (root->listen && strstr(root->listen, "${"))
        return;
    if (!colon || !bytes_to_int64(bytes_of_text(colon + 1), &port) || port < 0 || port > 65535) {
        const struct yaml_node *listen = yaml_get(node, "listen");

        diagnostics_add(s->diagnostics, listen ? listen->place : node->place, "ADRESSE:PORT",
                        "ce n'est pas une adresse où écouter");
        return;
    }
    configuration->address =
        arena_text(s->arena, bytes_of(root->listen, (size_t)(colon - root->listen)));
    configuration->port = (uint16_t)port;
}

/* A folder takes rows, a database statements, every other sink requests. */
static void check_deliveries(const struct configuration *configuration,
                             struct diagnostics *diagnostics)
{
    static const char *const takes[] = {"request: …", "write: …, columns: …", "statement: …"};
    static const char *const refused[] = {"d'appels", "de lignes", "d'instructions SQL"};
    const struct connector_ops *sink = configuration->sink_ops;
    enum call_kind kind = CALL_REQUEST;
    const struct place *place =
        sink ? mapping_delivers_other(configuration->mapping, sink->takes, &kind) : NULL;

    if (place)
        diagnostics_add(diagnostics, *place, takes[sink->takes],
                        "un `sink` de type %s ne prend pas %s", sink->name, refused[kind]);
}

static void read_root(struct configuration_memory *memory, struct yaml_node *node,
                      struct substitution *s)
{
    struct configuration *configuration = &memory->configuration;
    struct yaml_node *own = runtime_root(node, &memory->arena, s->diagnostics);
    struct root root = {0};
    struct error dropped;
    bool complete;

    if (s->offline) /* who runs many connectors may give all of them all names */
        substitution_find_unused(s, own);
    substitution_apply(s, own);
    complete = config_read(root_fields, own, &root, s->diagnostics, &dropped) == OUTCOME_OK;
    (void)!config_read(limit_fields, root.limits, &configuration->limits, s->diagnostics, &dropped);
    if (root.registry)
        (void)!config_read(registry_fields, root.registry, &configuration->registry, s->diagnostics,
                           &dropped);
    check_names(own, &root, s);
    read_listen(configuration, &root, own, s);
    configuration->operator_code = root.operator_code;
    configuration->system = root.system;
    configuration->keys_file = root.keys_file;
    configuration->person_key_file = root.person_key_file;
    if (!root.sink && yaml_get(node, "deliver"))
        diagnostics_add(s->diagnostics, yaml_get(node, "deliver")->place, "sink: { type: rest, … }",
                        "`deliver` sans `sink` : rien ne serait livré");
    if (complete)
        read_ends(configuration, &root, &memory->arena, s->diagnostics);
    if (!s->offline && root.sink && configuration->sink_ops && configuration->sink_ops->planned)
        diagnostics_add(s->diagnostics, root.sink->place, "relais check, relais map, relais test",
                        "%s", configuration->sink_ops->planned);
    if (mapping_new(node, s->diagnostics, &configuration->mapping, &dropped) != OUTCOME_OK)
        return;
    check_deliveries(configuration, s->diagnostics);
    for (size_t i = 0; i < configuration->source_count; i++)
        headings_check_source(configuration->sources[i].node, configuration->mapping,
                              s->diagnostics);
}

/* ---- Whole -------------------------------------------------------------------------------- */

enum outcome configuration_read(const char *path, const char *const *sets, bool offline,
                                struct diagnostics *diagnostics,
                                struct configuration **ret_configuration, struct error *err)
{
    struct configuration_memory *memory = xcalloc(1, sizeof(*memory));
    CLEANUP(configuration_freep) struct configuration *configuration = &memory->configuration;
    struct substitution s = {
        .sets = sets, .offline = offline, .arena = &memory->arena, .diagnostics = diagnostics};
    struct yaml_node *root = NULL;
    enum outcome outcome = yaml_read_file(path, &memory->arena, diagnostics, &root, err);

    if (outcome != OUTCOME_OK)
        return outcome;
    if (root->kind != YAML_MAPPING) {
        diagnostics_add(diagnostics, root->place, "operator: …, system: …, records: …",
                        root->kind == YAML_SCALAR && root->text.len == 0
                            ? "le fichier est vide"
                            : "ce n'est pas le fichier d'un connecteur");
        return error_set(err, OUTCOME_REJECT, "%s : ce n'est pas le fichier d'un connecteur", path);
    }
    read_root(memory, root, &s);
    if (diagnostics_count(diagnostics) > 0) {
        struct buffer first = {0};

        diagnostics_first(diagnostics, &first);
        (void)error_set(err, OUTCOME_REJECT, "%s", buffer_text(&first));
        buffer_deinit(&first);
        return OUTCOME_REJECT;
    }
    *ret_configuration = TAKE(configuration);
    return OUTCOME_OK;
}

void configuration_free(struct configuration *configuration)
{
    struct configuration_memory *memory = (struct configuration_memory *)configuration;

    if (!memory)
        return;
    mapping_free(configuration->mapping);
    arena_deinit(&memory->arena);
    free(memory);
}

void configuration_document(struct buffer *out)
{
    static const enum connector_role roles[] = {CONNECTOR_SOURCE, CONNECTOR_SINK};
    static const char *const titles[] = {"source", "sink"};

    buffer_append_text(out, "### La racine\n\n");
    config_document(root_fields, out);
    buffer_append_text(out, "\n### `limits`\n\n");
    config_document(limit_fields, out);
    buffer_append_text(out, "\n### `registry`\n\n");
    config_document(registry_fields, out);
    for (size_t r = 0; r < 2; r++) {
        const char *const *types = connector_types(roles[r]);

        for (size_t i = 0; types[i]; i++) {
            const struct connector_ops *ops = connector_find(types[i], roles[r]);

            buffer_printf(out, "\n### `%s` de type `%s`\n\n", titles[r], types[i]);
            if (ops->planned)
                buffer_printf(out,
                              "Pas encore : %s. `relais check`, `relais map` et `relais test` "
                              "essaient déjà ce qui est écrit pour lui.\n\n",
                              ops->planned);
            config_document(ops->fields, out);
        }
    }
    buffer_append_text(out, "\n### `detail` d'un `source`\n\n");
    config_document(completion_fields, out);
    buffer_append_text(out, "\n### `limits` d'un `source` ou d'un `sink`\n\n");
    config_document(api_limit_fields, out);
}

/* ---- For editors -------------------------------------------------------------------------- */

/* `one`, or a list of such as `each`: two values alike, for each has one place. */
static yyjson_mut_val *one_or_several(yyjson_mut_val *one, yyjson_mut_val *each,
                                      yyjson_mut_doc *document)
{
    yyjson_mut_val *schema = yyjson_mut_obj(document);
    yyjson_mut_val *either = yyjson_mut_arr(document);
    yyjson_mut_val *several = yyjson_mut_obj(document);

    yyjson_mut_obj_add_str(document, several, "type", "array");
    yyjson_mut_obj_add_val(document, several, "items", each);
    yyjson_mut_arr_append(either, one);
    yyjson_mut_arr_append(either, several);
    yyjson_mut_obj_add_val(document, schema, "anyOf", either);
    return schema;
}

/* One of the types of a role, by its key `type`. */
static yyjson_mut_val *driver_schema(enum connector_role role, yyjson_mut_doc *document)
{
    const char *const *types = connector_types(role);
    yyjson_mut_val *schema = yyjson_mut_obj(document);
    yyjson_mut_val *all = yyjson_mut_arr(document);

    for (size_t i = 0; types[i]; i++) {
        yyjson_mut_val *one = config_schema_of(connector_find(types[i], role)->fields, document);
        yyjson_mut_val *type = yyjson_mut_obj(document);
        yyjson_mut_val *properties = yyjson_mut_obj_get(one, "properties");

        yyjson_mut_obj_add_str(document, type, "const", types[i]);
        yyjson_mut_obj_put(properties, yyjson_mut_str(document, "type"), type);
        if (yyjson_mut_obj_get(properties, "limits"))
            yyjson_mut_obj_put(properties, yyjson_mut_str(document, "limits"),
                               config_schema_of(api_limit_fields, document));
        if (yyjson_mut_obj_get(properties, "detail"))
            yyjson_mut_obj_put(properties, yyjson_mut_str(document, "detail"),
                               one_or_several(config_schema_of(completion_fields, document),
                                              config_schema_of(completion_fields, document),
                                              document));
        yyjson_mut_arr_append(all, one);
    }
    yyjson_mut_obj_add_val(document, schema, "oneOf", all);
    return schema;
}

void configuration_schema(struct buffer *out)
{
    yyjson_mut_doc *document = yyjson_mut_doc_new(NULL);
    yyjson_mut_val *root = config_schema_of(root_fields, document);
    yyjson_mut_val *properties = yyjson_mut_obj_get(root, "properties");
    size_t len = 0;
    char *text;

    yyjson_mut_doc_set_root(document, root);
    yyjson_mut_obj_add_str(document, root, "$schema", "http://json-schema.org/draft-07/schema#");
    yyjson_mut_obj_add_str(document, root, "title", "Fichier d'un connecteur de Relais");
    yyjson_mut_obj_put(properties, yyjson_mut_str(document, "source"),
                       one_or_several(driver_schema(CONNECTOR_SOURCE, document),
                                      driver_schema(CONNECTOR_SOURCE, document), document));
    yyjson_mut_obj_put(properties, yyjson_mut_str(document, "sink"),
                       driver_schema(CONNECTOR_SINK, document));
    yyjson_mut_obj_put(properties, yyjson_mut_str(document, "limits"),
                       config_schema_of(limit_fields, document));
    yyjson_mut_obj_put(properties, yyjson_mut_str(document, "registry"),
                       config_schema_of(registry_fields, document));
    editor_schema_add(document, properties);
    text = yyjson_mut_write(document, YYJSON_WRITE_PRETTY_TWO_SPACES, &len);
    buffer_append(out, text ? text : "", len);
    buffer_append_byte(out, '\n');
    free(text);
    yyjson_mut_doc_free(document);
}
