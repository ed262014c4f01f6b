/* SPDX-License-Identifier: Apache-2.0
 *
 * To whom a referral goes when its mapping leaves that to the dated directory.
 */
#ifndef RELAIS_CONNECTORS_RECEIVERS_H
#define RELAIS_CONNECTORS_RECEIVERS_H

#include "connectors/shared.h"

/* Puts the operator that the directory has on the event's day into `to_operator`. After the
 * event's id is made: a later directory gives the same id. REJECT: nobody; *ret_code says
 * why. RETRY: the directory is not known yet. */
MUST_USE enum outcome receivers_find(const struct shared *shared, const struct receiver_key *key,
                                     struct event *event, struct arena *arena,
                                     const char **ret_code, struct error *err);

#endif
