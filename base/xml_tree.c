/* SPDX-License-Identifier: Apache-2.0 */
#include "base/xml_tree.h"

#include <stdlib.h>

#include "base/json.h"

const char xml_tree_repeated[] = "un élément répété ; attendu : son nom dans `lists`";

/* An element that is open. */
struct frame {
    yyjson_mut_val *object; /* NULL while it has neither attribute nor child */
    size_t text;            /* its text, from here on */
    size_t members;
    bool has_child;
    bool nil;
};

struct xml_tree {
    const char *const *lists;
    bool first_only;
    yyjson_mut_doc *document;
    yyjson_mut_val *whole; /* once the outermost element is closed */
    struct frame frames[XML_DEPTH_MOST];
    size_t depth;
    struct buffer text; /* of the open elements, the innermost's last */
    size_t nodes;
};

struct xml_tree *xml_tree_new(const struct xml_options *options)
{
    struct xml_tree *tree = xcalloc(1, sizeof(*tree));

    tree->lists = options->lists;
    tree->first_only = options->first_only;
    return tree;
}

void xml_tree_free(struct xml_tree *tree)
{
    if (!tree)
        return;
    yyjson_mut_doc_free(tree->document);
    buffer_deinit(&tree->text);
    free(tree);
}

void xml_tree_begin(struct xml_tree *tree)
{
    yyjson_mut_doc_free(tree->document);
    tree->document = json_new();
    tree->whole = NULL;
    tree->depth = 0;
    tree->nodes = 0;
    buffer_clear(&tree->text);
}

/* ---- Members -------------------------------------------------------------------------------- */

static yyjson_mut_val *text_value(const struct xml_tree *tree, struct bytes text)
{
    return yyjson_mut_strncpy(tree->document, text.len > 0 ? (const char *)text.data : "",
                              text.len);
}

static const char *add_member(struct xml_tree *tree, struct frame *frame, struct bytes name,
                              yyjson_mut_val *value)
{
    if (!frame->object)
        frame->object = yyjson_mut_obj(tree->document);
    if (++frame->members > XML_MEMBERS_MOST)
        return "plus de 512 noms différents dans un élément";
    (void)yyjson_mut_obj_add(frame->object, text_value(tree, name), value);
    return NULL;
}

static bool is_list(const struct xml_tree *tree, const char *name)
{
    const char *const *lists = tree->lists;

    while (lists && *lists && strcmp(*lists, name) != 0)
        lists++;
    return lists && *lists;
}

static const char *add_child(struct xml_tree *tree, struct frame *frame, const char *name,
                             yyjson_mut_val *value)
{
    struct bytes key = bytes_of_text(name);
    yyjson_mut_val *there =
        frame->object ? yyjson_mut_obj_getn(frame->object, name, key.len) : NULL;
    const char *why = NULL;

    frame->has_child = true;
    if (!is_list(tree, name)) /* there already: of first_only alone */
        return there ? NULL : add_member(tree, frame, key, value);
    if (!there) {
        there = yyjson_mut_arr(tree->document);
        why = add_member(tree, frame, key, there);
    }
    (void)yyjson_mut_arr_append(there, value);
    return why;
}

static const char *count_node(struct xml_tree *tree)
{
    return ++tree->nodes > XML_NODES_MOST ? "plus de 20000 éléments et attributs" : NULL;
}

/* ---- Elements ------------------------------------------------------------------------------- */

const char *xml_tree_open(struct xml_tree *tree, const char *name)
{
    const struct frame *around = tree->depth > 0 ? &tree->frames[tree->depth - 1] : NULL;
    bool again = !tree->first_only && around && around->object && !is_list(tree, name) &&
                 yyjson_mut_obj_getn(around->object, name, strlen(name));

    tree->frames[tree->depth++] = (struct frame){.text = tree->text.len};
    return again ? xml_tree_repeated : count_node(tree);
}

const char *xml_tree_attribute(struct xml_tree *tree, struct bytes name, const char *value)
{
    struct frame *frame = &tree->frames[tree->depth - 1];
    const char *why = count_node(tree);

    if (frame->object && yyjson_mut_obj_getn(frame->object, (const char *)name.data, name.len))
        return "deux attributs du même nom";
    return why ? why : add_member(tree, frame, name, text_value(tree, bytes_of_text(value)));
}

void xml_tree_say_nil(struct xml_tree *tree)
{
    tree->frames[tree->depth - 1].nil = true;
}

void xml_tree_text(struct xml_tree *tree, const char *text, size_t len)
{
    buffer_append(&tree->text, text, len);
}

const char *xml_tree_close(struct xml_tree *tree, const char *name)
{
    struct frame *frame = &tree->frames[--tree->depth];
    struct bytes text = frame->text < tree->text.len
                            ? bytes_of(tree->text.data + frame->text, tree->text.len - frame->text)
                            : BYTES_LITERAL("");
    const char *why = NULL;

    if (frame->has_child)
        text = bytes_trim(text);
    if (frame->object && text.len > 0)
        why = add_member(tree, frame, BYTES_LITERAL("#text"), text_value(tree, text));
    tree->whole = frame->object ? frame->object
                  : frame->nil  ? yyjson_mut_null(tree->document)
                                : text_value(tree, text);
    tree->text.len = frame->text;
    if (!why && tree->depth > 0)
        why = add_child(tree, &tree->frames[tree->depth - 1], name, tree->whole);
    return why;
}

/* ---- The record ------------------------------------------------------------------------------ */

struct bytes xml_tree_write(struct xml_tree *tree, const char *name, struct arena *arena)
{
    struct frame around = {.object = NULL};
    struct bytes json = BYTES_NONE;
    size_t len = 0;
    char *text;

    if (name)
        (void)add_child(tree, &around, name, tree->whole);
    else if (!yyjson_mut_is_obj(tree->whole) && yyjson_mut_get_len(tree->whole) > 0)
        (void)add_member(tree, &around, BYTES_LITERAL("#text"), tree->whole);
    else
        around.object =
            yyjson_mut_is_obj(tree->whole) ? tree->whole : yyjson_mut_obj(tree->document);
    yyjson_mut_doc_set_root(tree->document, around.object);
    text = json_write(tree->document, &len);
    if (text)
        json = arena_copy(arena, bytes_of(text, len));
    free(text);
    return json;
}
