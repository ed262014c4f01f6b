/* SPDX-License-Identifier: Apache-2.0
 *
 * A source and a stage that play a script: every decision (what a pull, a push, a dead
 * letter, a parking, an acknowledgement comes to) is asked of one function, and a ledger
 * checks the promises of connectors/pipeline.h while it happens.
 */
#ifndef RELAIS_TESTS_SUPPORT_FAKE_CONNECTOR_H
#define RELAIS_TESTS_SUPPORT_FAKE_CONNECTOR_H

#include <stdatomic.h>

#include "connectors/pipeline.h"

enum fake_question { FAKE_PULL, FAKE_PUSH, FAKE_REJECT, FAKE_PARK, FAKE_ACK, FAKE_TEND };

#define FAKE_RECORDS_MOST 2048

struct fake_world;
/* The outcome of the next decision about record `number` (-1: none in particular). */
typedef enum outcome fake_decide(struct fake_world *world, enum fake_question question, int number);

struct fake_record {
    int key;           /* records of one key are pushed in order; -1: no key */
    int durable;       /* times that push said OK                            */
    int dead_letters;  /* times that reject said OK                          */
    int parked;        /* times that park said OK                            */
    int64_t waited_ms; /* what park was told last                           */
    int pushes;
    bool acknowledged;
};

struct fake_world {
    struct connector source; /* of fake_source_ops */
    struct stage stage;      /* of fake_stage_ops  */
    struct fake_record records[FAKE_RECORDS_MOST];
    int count;
    int available; /* how many of them may be pulled by now; `count` at first */
    int next;      /* the next one to pull; a restart sets it back           */
    fake_decide *decide;
    uint64_t random; /* for the script's use */
    int script[64];  /* for the script's use */
    int script_at;
    /* Counted last of all that an acknowledgement changes: who sees it at `count` from another
     * thread sees the rest too. */
    atomic_int acknowledgements;
    struct waiter *waiter; /* pull waits here when it is empty and not NULL */
    int interrupts;
    bool tended_works;  /* what the last tend was told */
    const char *broken; /* the first promise that was broken, or NULL */
};

/* `count` records with keys number % keys (keys 0: none). */
void fake_world_init(struct fake_world *world, int count, int keys, fake_decide *decide);
void fake_world_deinit(struct fake_world *world);
/* As after a crash: whatever is not acknowledged is offered again. */
void fake_world_restart(struct fake_world *world);
/* All are acknowledged, and each stands somewhere durable. */
bool fake_world_is_done(const struct fake_world *world);

#endif
