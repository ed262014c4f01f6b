/* SPDX-License-Identifier: Apache-2.0 */
#include "connectors/mapping/sightings.h"

#include <stdlib.h>

#include "connectors/mapping/shape.h"

#define DEEPEST 40
#define MOST 5000      /* names; of more, nothing is said */
#define LEVELS_APART 2 /* at most, of one name at two levels */
#define SHORT_NAME 4   /* a shorter one has too many neighbours */

struct sighting {
    struct bytes key; /* BYTES_NONE: an element of a list, and the root */
    const struct sighting *above;
    struct sighting *first;
    struct sighting *next;
    bool element;
    bool valued; /* a scalar stood there, not empty */
};

struct sightings {
    struct arena *arena;
    struct sighting root;
    size_t count;
};

/* What is looked for. */
struct seeking {
    const struct path_step *steps;
    size_t count;
};

struct sightings *sightings_new(struct arena *arena)
{
    struct sightings *sightings = arena_alloc(arena, sizeof(*sightings));

    *sightings = (struct sightings){.arena = arena, .root = {.key = BYTES_NONE}};
    return sightings;
}

/* ---- Taking ----------------------------------------------------------------------------- */

static struct sighting *child_of(const struct sighting *at, struct bytes key)
{
    struct sighting *child = at->first;

    while (child && (child->element || !bytes_equal(child->key, key)))
        child = child->next;
    return child;
}

static struct sighting *element_of(const struct sighting *at)
{
    struct sighting *child = at->first;

    while (child && !child->element)
        child = child->next;
    return child;
}

/* NULL: there are too many. */
static struct sighting *add(struct sightings *sightings, struct sighting *above, yyjson_val *key)
{
    struct bytes name =
        key ? bytes_of(yyjson_get_str(key), yyjson_get_len(key)) : BYTES_LITERAL("");
    struct sighting *child = key ? child_of(above, name) : element_of(above);

    if (child || sightings->count >= MOST)
        return child;
    sightings->count++;
    child = arena_alloc(sightings->arena, sizeof(*child));
    *child = (struct sighting){.key = key ? arena_copy(sightings->arena, name) : BYTES_NONE,
                               .above = above,
                               .next = above->first,
                               .element = !key};
    above->first = child;
    return child;
}

/* As deep as DEEPEST. */
static void take(struct sightings *sightings, struct sighting *at, yyjson_val *value, size_t depth)
{
    size_t i;
    size_t max;
    yyjson_val *key;
    yyjson_val *item;

    if (!at || depth >= DEEPEST)
        return;
    yyjson_arr_foreach(value, i, max, item)
        take(sightings, add(sightings, at, NULL), item, depth + 1);
    yyjson_obj_foreach(value, i, max, key, item)
        take(sightings, add(sightings, at, key), item, depth + 1);
    if (yyjson_is_bool(value) ||
        ((yyjson_is_str(value) || yyjson_is_raw(value)) && yyjson_get_len(value) > 0))
        at->valued = true;
}

void sightings_take(struct sightings *sightings, yyjson_val *document)
{
    take(sightings, &sightings->root, document, 0);
}

/* ---- Looking ---------------------------------------------------------------------------- */

/* The text of an element of XML may stand there instead of an object. */
static bool is_text_of(const struct sighting *at, const struct path_step *step)
{
    return at->valued && step->kind == STEP_KEY && bytes_equal_text(step->key, "#text");
}

/* What stands at the path below `at`, or NULL. As deep as the path. */
static const struct sighting *find(const struct sighting *at, const struct seeking *seeking,
                                   size_t from)
{
    const struct path_step *step = &seeking->steps[from];
    const struct sighting *found = NULL;

    if (from == seeking->count)
        return at;
    for (const struct sighting *child = at->first; child && !found; child = child->next)
        if (step->kind == STEP_KEY ? !child->element && bytes_equal(child->key, step->key)
                                   : child->element || step->kind == STEP_EACH)
            found = find(child, seeking, from + 1);
    return found || from + 1 < seeking->count || !is_text_of(at, step) ? found : at;
}

bool sightings_have(const struct sightings *sightings, const struct path_step *steps, size_t count)
{
    return find(&sightings->root, &(struct seeking){steps, count}, 0) != NULL;
}

/* Without what stands in front of a name in XML: @, {address}, prefix:. */
static struct bytes bare(struct bytes name)
{
    for (size_t i = name.len; i > 0; i--)
        if (name.data[i - 1] == '@' || name.data[i - 1] == '}' || name.data[i - 1] == ':')
            return i < name.len ? bytes_of(name.data + i, name.len - i) : name;
    return name;
}

static bool is_kin(struct bytes a, struct bytes b)
{
    return bytes_equal_ignoring_case(bare(a), bare(b));
}

static bool has_something(const struct sighting *at)
{
    return at->valued || at->first;
}

/* The same by names that are kin, and through lists that the path does not name; something stands
 * there. As deep as the path and the lists on its way. */
static const struct sighting *find_kin(const struct sighting *at, const struct seeking *seeking,
                                       size_t from)
{
    const struct path_step *step = &seeking->steps[from];
    const struct sighting *found = NULL;

    if (from == seeking->count)
        return has_something(at) ? at : NULL;
    if (is_text_of(at, step) && from + 1 == seeking->count)
        return at;
    if (step->kind == STEP_KEY) {
        const struct sighting *same = child_of(at, step->key);

        found = same ? find_kin(same, seeking, from + 1) : NULL;
    }
    for (const struct sighting *child = at->first; child && !found; child = child->next)
        if (child->element)
            found = find_kin(child, seeking, from + (step->kind != STEP_KEY));
        else if (step->kind == STEP_KEY && is_kin(child->key, step->key))
            found = find_kin(child, seeking, from + 1);
    if (!found && step->kind != STEP_KEY && !element_of(at))
        found = find_kin(at, seeking, from + 1); /* one element where no list was declared */
    return found;
}

/* ---- Near names -------------------------------------------------------------------------- */

/* tel1 and tel2, agent and agents: two names, both meant. */
static bool is_another(struct bytes a, struct bytes b)
{
    struct bytes more = a.len > b.len ? a : b;
    size_t least = a.len < b.len ? a.len : b.len;
    size_t i = 0;

    while (i < least && a.data[i] == b.data[i])
        i++;
    if (i == least && more.len == least + 1)
        return more.data[least] == 's' || more.data[least] == 'x' ||
               (more.data[least] >= '0' && more.data[least] <= '9');
    return i < least &&
           ((a.data[i] >= '0' && a.data[i] <= '9') || (b.data[i] >= '0' && b.data[i] <= '9'));
}

static const struct sighting *find_spelt(const struct sighting *at, const struct seeking *seeking,
                                         size_t from)
{
    CLEANUP(arena_deinit) struct arena arena = {0};
    const struct path_step *step = &seeking->steps[from];
    const struct sighting *child;
    const char **names;
    const char *name;
    size_t count = 0;

    if (from == seeking->count || step->kind != STEP_KEY || step->key.len < SHORT_NAME)
        return NULL;
    arena_init(&arena);
    for (child = at->first; child; child = child->next)
        count++;
    names = arena_array(&arena, count + 1, sizeof(*names));
    count = 0;
    for (child = at->first; child; child = child->next)
        if (!child->element && find_kin(child, seeking, from + 1))
            names[count++] = arena_text(&arena, child->key);
    name = diagnostics_nearest(step->key, names);
    child = name ? child_of(at, bytes_of_text(name)) : NULL;
    return child && !is_another(child->key, step->key) ? find_kin(child, seeking, from + 1) : NULL;
}

/* ---- Near levels -------------------------------------------------------------------------- */

struct namesake {
    struct bytes name;
    const struct sighting *found;
    size_t apart; /* levels, to what is found */
    bool several; /* that far */
};

static void look_at(struct namesake *namesake, const struct sighting *at, size_t apart)
{
    if (at->element || !at->valued || !is_kin(at->key, namesake->name) ||
        (namesake->found && apart > namesake->apart))
        return;
    namesake->several = namesake->found && apart == namesake->apart;
    namesake->found = at;
    namesake->apart = apart;
}

/* What stands in `at`, down to so many levels. As deep as those and the lists between them. */
static void look_below(struct namesake *namesake, const struct sighting *at, size_t apart,
                       size_t depth)
{
    for (const struct sighting *child = at->first; child && depth < DEEPEST; child = child->next) {
        size_t below = apart + !child->element;

        look_at(namesake, child, apart);
        if (below <= LEVELS_APART)
            look_below(namesake, child, below, depth + 1);
    }
}

static void look_above(struct namesake *namesake, const struct sighting *at, size_t apart)
{
    for (; at && apart <= LEVELS_APART; at = at->above) {
        for (const struct sighting *child = at->first; child; child = child->next)
            look_at(namesake, child, apart);
        apart += !at->element;
    }
}

/* `at` is the deepest that is there, `from` the number of the step behind it. */
static const struct sighting *find_level(const struct sighting *at, const struct seeking *seeking,
                                         size_t from, bool must)
{
    size_t last = seeking->count - 1;
    struct namesake namesake = {.found = NULL};

    if (last > from && seeking->steps[last].kind == STEP_KEY &&
        bytes_equal_text(seeking->steps[last].key, "#text"))
        last--;
    namesake.name = seeking->steps[last].key;
    if (seeking->steps[last].kind != STEP_KEY || bytes_equal_text(namesake.name, "#text") ||
        (from < last && !must))
        return NULL;
    look_below(&namesake, at, 0, 0);
    look_above(&namesake, at->above, 1);
    return namesake.several ? NULL : namesake.found;
}

/* ---- As paths ----------------------------------------------------------------------------- */

/* As deep as DEEPEST. */
static void write_sighting(const struct sighting *at, struct buffer *out)
{
    if (!at->above) {
        buffer_append_text(out, "$");
        return;
    }
    write_sighting(at->above, out);
    if (at->element)
        buffer_append_text(out, "[*]");
    else
        shape_write_key(at->key, out);
}

const char *sightings_path(const struct path_step *steps, size_t count, struct arena *arena)
{
    CLEANUP(buffer_deinit) struct buffer path = {0};

    buffer_append_text(&path, "$");
    for (size_t i = 0; i < count; i++)
        if (steps[i].kind == STEP_KEY)
            shape_write_key(steps[i].key, &path);
        else
            buffer_append_text(&path, "[*]");
    return arena_text(arena, buffer_view(&path));
}

const char *sightings_find_meant(const struct sightings *sightings, const struct path_step *steps,
                                 size_t count, bool must, struct arena *arena,
                                 enum sightings_kin *ret_kin)
{
    CLEANUP(buffer_deinit) struct buffer path = {0};
    const struct seeking seeking = {steps, count};
    const struct sighting *at = &sightings->root;
    const struct sighting *found;
    size_t from = 0;

    if (count == 0 || sightings->count >= MOST || find(at, &seeking, 0))
        return NULL;
    for (const struct sighting *next = at; next && from < count; from += next != NULL) {
        at = next;
        next = steps[from].kind == STEP_KEY ? child_of(at, steps[from].key) : element_of(at);
    }
    *ret_kin = SIGHTINGS_PREFIX;
    found = find_kin(&sightings->root, &seeking, 0);
    if (!found) {
        *ret_kin = SIGHTINGS_SPELLING;
        found = find_spelt(at, &seeking, from);
    }
    if (!found) {
        *ret_kin = SIGHTINGS_LEVEL;
        found = find_level(at, &seeking, from, must);
    }
    if (!found)
        return NULL;
    write_sighting(found, &path);
    return arena_text(arena, buffer_view(&path));
}
