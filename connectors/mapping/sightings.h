/* SPDX-License-Identifier: Apache-2.0
 *
 * What stands in documents of theirs, all of them as one tree of names; and, for a path that finds
 * nothing in any of them, the one that was most likely meant.
 *
 * No value is kept, only whether there was one.
 */
#ifndef RELAIS_CONNECTORS_MAPPING_SIGHTINGS_H
#define RELAIS_CONNECTORS_MAPPING_SIGHTINGS_H

#include "connectors/mapping/expression.h"

struct sightings;

/* In `arena`, and grows there. */
struct sightings *sightings_new(struct arena *arena);
/* One more document. */
void sightings_take(struct sightings *sightings, yyjson_val *document);

/* Something stands there in one of them, if only a null. */
bool sightings_have(const struct sightings *sightings, const struct path_step *steps, size_t count);

/* Why another path is near, the surest first. */
enum sightings_kin {
    SIGHTINGS_PREFIX,   /* its names, but for a prefix, an @, their case or an element's [*] */
    SIGHTINGS_SPELLING, /* one of its names differs by a letter or so */
    SIGHTINGS_LEVEL,    /* its last name, alone so near, above or below where it was looked for */
};

/* The path with a value that is nearest to one that is not there, in `arena`: "$.g:dossier.id".
 * NULL: none is near. `must`: the path cannot be one that is there only at times, and so is looked
 * for above what is not there at all too. */
const char *sightings_find_meant(const struct sightings *sightings, const struct path_step *steps,
                                 size_t count, bool must, struct arena *arena,
                                 enum sightings_kin *ret_kin);

/* A path as these are written, from the root. */
const char *sightings_path(const struct path_step *steps, size_t count, struct arena *arena);

#endif
