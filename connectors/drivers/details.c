/* SPDX-License-Identifier: Apache-2.0 */
#include "connectors/drivers/details.h"

static enum outcome refuse(struct diagnostics *diagnostics, struct place place, const char *what,
                           struct error *err)
{
    diagnostics_add(diagnostics, place, "base_url: https://…, à côté de `detail`", "%s", what);
    return error_set(err, OUTCOME_REJECT, "%s", what);
}

enum outcome details_api_new(const struct yaml_node *detail, const struct api_settings *own,
                             const struct connector_context *context,
                             struct diagnostics *diagnostics, struct api **ret_api,
                             struct error *err)
{
    const struct yaml_node *rest = own->auth ? own->auth : own->limits;
    bool shares = context->sink && yaml_get(context->sink, "base_url");
    enum outcome outcome;

    *ret_api = NULL;
    if (!detail && (own->base_url || rest))
        return error_set(err, OUTCOME_REJECT, "base_url, auth et limits sont de `detail`");
    if (!detail)
        return OUTCOME_OK;
    if (!own->base_url && (rest || !shares))
        return refuse(diagnostics, rest ? rest->place : detail->place, "un détail sans adresse",
                      err);
    if (!own->base_url)
        return api_new_of(context->sink, context, diagnostics, ret_api, err);
    outcome = api_new(own, context, diagnostics, ret_api, err);
    if (outcome == OUTCOME_OK && api_limits(*ret_api)->hours)
        outcome =
            api_refuse_limit(own, "hours", "un webhook est reçu à toute heure", diagnostics, err);
    return outcome;
}
