/* SPDX-License-Identifier: Apache-2.0
 *
 * Contact data on its way in and out of a seal, with the keys of the directory.
 */
#ifndef RELAIS_CONNECTORS_CONTACTS_H
#define RELAIS_CONNECTORS_CONTACTS_H

#include "connectors/shared.h"

/* Seals `contact` to the event's `sealed_for`; its ids are set. RETRY: the directory is not
 * known yet. REJECT: it has no such operator now (of what is no ISSUED: and never had one), or no
 * key of it; *ret_code says which. */
MUST_USE enum outcome contacts_seal(const struct shared *shared, struct event *event,
                                    const struct contact *contact, struct arena *arena,
                                    const char **ret_code, struct error *err);

enum contact_found {
    CONTACT_NONE, /* no seal, or none for us */
    CONTACT_OPENED,
    CONTACT_KEY_MISSING, /* the directory does not know the sender's signing key (yet) */
};

/* Opens the seal of an event of our inbox; *ret_found is written always. RETRY: the directory is
 * not known yet, or lags behind the sender's keys (KEY_MISSING: the caller bounds the wait).
 * REJECT: it cannot be opened, and why. */
MUST_USE enum outcome contacts_open(const struct shared *shared, const struct event *event,
                                    struct arena *arena, struct contact *ret_contact,
                                    enum contact_found *ret_found, struct error *err);

/* The contact that came with a hand-over, from the inbox record that brought it: for a
 * redirect whose own record has none. RETRY: the directory is not known yet. REJECT: it
 * came with none, is no longer there (another record may be), or its sender's key is not. */
MUST_USE enum outcome contacts_of_handoff(const struct shared *shared, struct uuid handoff_id,
                                          struct arena *arena, struct contact *ret_contact,
                                          struct error *err);

#endif
