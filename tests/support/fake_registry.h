/* SPDX-License-Identifier: Apache-2.0
 *
 * A schema registry of a few lines on a port of its own, which does what the test says: the
 * part that a real one (tests/interop/) cannot be made to play.
 */
#ifndef RELAIS_TESTS_SUPPORT_FAKE_REGISTRY_H
#define RELAIS_TESTS_SUPPORT_FAKE_REGISTRY_H

#include "base/bytes.h"

enum fake_registry_mood {
    MOOD_WELL,
    MOOD_HTML,         /* a page, 200            */
    MOOD_HTML_404,     /* a page, 404            */
    MOOD_BROKEN,       /* 500                    */
    MOOD_SLOW,         /* a minute, or until it is stopped */
    MOOD_HUGE,         /* 100 MB                 */
    MOOD_CLOSED,       /* 401 without the right user */
    MOOD_INCOMPATIBLE, /* 409 to a registration  */
    MOOD_OTHER_SCHEMA, /* each id has a schema of somebody else's */
    MOOD_NOT_AVRO,     /* each id has a protobuf */
    MOOD_LAGS,         /* 404 to each id, though it has just given it */
    MOOD_FORBIDS,      /* 403 to each id, with a code */
    MOOD_ID_TOO_BIG,   /* gives ids of the built-in range */
};

struct fake_registry;
struct fake_registry *fake_registry_start(void);
void fake_registry_stop(struct fake_registry *fake);
/* "http://127.0.0.1:PORT/api" */
const char *fake_registry_url(const struct fake_registry *fake);
void fake_registry_set(struct fake_registry *fake, enum fake_registry_mood mood);
/* Requests so far. */
int fake_registry_calls(struct fake_registry *fake);
/* As if somebody else had registered it. Its id. */
uint32_t fake_registry_add(struct fake_registry *fake, const char *text);
/* Forgets everything; ids go on from where they were. */
void fake_registry_empty(struct fake_registry *fake);

#endif
