/* SPDX-License-Identifier: Apache-2.0 */
#include "connectors/receivers.h"

static const char *operator_of_site(const struct directory *directory, struct bytes site,
                                    int64_t at_us)
{
    const struct directory_site *found = directory_site(directory, site, at_us);

    return found ? found->operator_code : NULL;
}

static const char *regional(const struct directory *directory, struct bytes region, int64_t at_us)
{
    const struct directory_operator *found = directory_regional(directory, region, at_us);

    return found ? found->code : NULL;
}

enum outcome receivers_find(const struct shared *shared, const struct receiver_key *key,
                            struct event *event, struct arena *arena, const char **ret_code,
                            struct error *err)
{
    CLEANUP(directory_unrefp) struct directory *directory = NULL;
    int64_t at_us = event->envelope.occurred_at;
    const char *code;

    if (key->how == RECEIVER_SAID)
        return OUTCOME_OK;
    directory = shared->directory(shared->directory_context);
    if (!directory)
        return error_set(err, OUTCOME_RETRY, "l'annuaire n'est pas encore connu ici");
    code = key->how == RECEIVER_REGIONAL ? regional(directory, key->key, at_us)
                                         : operator_of_site(directory, key->key, at_us);
    if (!code) {
        *ret_code = "operator_unknown";
        return error_set(err, OUTCOME_REJECT, "%s",
                         key->how == RECEIVER_REGIONAL
                             ? "l'annuaire n'a pas d'opérateur régional là ce jour-là"
                             : "l'annuaire n'a pas ce site ce jour-là");
    }
    /* A copy: the directory may be another one before the event is written. */
    event->referral.to_operator = bytes_of_text(arena_text(arena, bytes_of_text(code)));
    return OUTCOME_OK;
}
