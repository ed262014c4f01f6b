/* SPDX-License-Identifier: Apache-2.0
 *
 * What uthash lacks, for entries that own nothing but themselves.
 */
#ifndef RELAIS_BASE_HASH_H
#define RELAIS_BASE_HASH_H

#include <stdlib.h>

#include <uthash.h>

/* Takes one entry out of the table `head` and frees it. */
#define HASH_FREE_ONE(head, entry)                                                                 \
    do {                                                                                           \
        HASH_DEL(head, entry);                                                                     \
        free(entry);                                                                               \
    } while (0)

/* Frees all of them and the table: `head` is NULL afterwards. The order of the entries stands in
 * them, not in the table. */
#define HASH_FREE_ALL(head)                                                                        \
    do {                                                                                           \
        __typeof__(head) hash_entry_ = (head);                                                     \
        HASH_CLEAR(hh, head);                                                                      \
        while (hash_entry_) {                                                                      \
            __typeof__(head) hash_next_ = hash_entry_->hh.next;                                    \
            free(hash_entry_);                                                                     \
            hash_entry_ = hash_next_;                                                              \
        }                                                                                          \
    } while (0)

#endif
