/* SPDX-License-Identifier: Apache-2.0
 *
 * Who the operators are, dated: operators (with their public keys), consortium → lead →
 * member → site, and the conventions that say who may refer to whom. Never an enum in a
 * schema: lots, names and brands change at each tender (domain.md 1.4).
 *
 * A directory is an immutable snapshot. It comes from files (directory/files.h) or from the
 * topic relais.directory.v1 (directory/follow.h).
 */
#ifndef RELAIS_DIRECTORY_DIRECTORY_H
#define RELAIS_DIRECTORY_DIRECTORY_H

#include "base/bytes.h"
#include "schemas/keys.h"

struct directory;

struct directory_operator {
    const char *code;    /* opaque: "o21"; stands in topic names    */
    const char *name;    /* for people                              */
    const char *network; /* france_travail, mission_locale, cap_emploi, apec, regional, partner */
    const char *region;  /* INSEE code of a regional operator's lot, or NULL: national */
    const char *lead;    /* code of the operator that leads its consortium when each member has
                            a system of its own, or NULL */
    int64_t valid_from;  /* µs UTC                                  */
    int64_t valid_to;    /* µs UTC, exclusive; INT64_MAX: open      */
    bool test;           /* a test operator: only test events reach it */
    bool has_keys;
    struct public_keys keys;
};

struct directory_site {
    const char *code; /* unique among all sites */
    const char *operator_code;
    const char *name;
    const char *siret;   /* or NULL */
    const char *commune; /* INSEE code, or NULL */
    const char *zone;    /* IANA time zone, for instance "Europe/Paris" */
    const char *member;  /* consortium member that runs it, or NULL */
    int64_t valid_from, valid_to;
};

/* All look-ups: NULL or false when there is none valid at `at_us`; results live as long as
 * the directory. */
const struct directory_operator *directory_operator(const struct directory *directory,
                                                    struct bytes code, int64_t at_us);
const struct directory_site *directory_site(const struct directory *directory, struct bytes code,
                                            int64_t at_us);
/* The regional operator whose lot is that region on that day; of a consortium with several
 * systems, its lead. */
const struct directory_operator *directory_regional(const struct directory *directory,
                                                    struct bytes region, int64_t at_us);
/* True when a convention valid then lets `from` refer to `to`. To oneself: always. */
bool directory_may_refer(const struct directory *directory, struct bytes from, struct bytes to,
                         int64_t at_us);
/* A signing key by its id, also one that was replaced: NULL when never published. */
const struct public_keys *directory_keys(const struct directory *directory, struct bytes code,
                                         struct bytes signing_key_id);

/* Every operator ever listed, in the order of codes: whose topics exist. */
size_t directory_operator_count(const struct directory *directory);
const struct directory_operator *directory_operator_at(const struct directory *directory,
                                                       size_t index);

/* ---- Entries: what files and topic are made of --------------------------------- */

struct directory_entry; /* schemas/events.h */

/* A snapshot of these entries, which are copied. Entries that contradict each other are
 * for directory_read_files() to refuse; here the first one found wins. */
struct directory *directory_new(const struct directory_entry *entries, size_t count);
/* In the order of kind, code, valid_from. */
size_t directory_entry_count(const struct directory *directory);
const struct directory_entry *directory_entry_at(const struct directory *directory, size_t index);
/* Orders by kind, code, valid_from: 0 means the same key on the topic. */
int directory_entry_compare(const struct directory_entry *a, const struct directory_entry *b);
/* Appends the key on the topic: "site/o21-metz@2024-01-02T00:00:00Z". */
void directory_entry_key(const struct directory_entry *entry, struct buffer *out);

/* Snapshots are counted: take with _ref, give back with _unref (NULL is fine). Any thread. */
struct directory *directory_ref(struct directory *directory);
void directory_unref(struct directory *directory);
DEFINE_CLEANUP(struct directory, directory_unref)

#endif
