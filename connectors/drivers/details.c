/* SPDX-License-Identifier: Apache-2.0 */
#include "connectors/drivers/details.h"

#define ADDRESS "base_url: https://…, à côté de `detail`"
#define LIMITS "requests_per_second, parallel, hours, days ou zone"

static enum outcome refuse(struct diagnostics *diagnostics, struct place place,
                           const char *expected, const char *what, struct error *err)
{
    diagnostics_add(diagnostics, place, expected, "%s", what);
    return error_set(err, OUTCOME_REJECT, "%s", what);
}

/* A GET has no body, and asks for no list. */
static enum outcome check_limits(const struct api_settings *own, const struct api *api,
                                 struct diagnostics *diagnostics, struct error *err)
{
    if (api_limits(api)->payload_bytes > 0)
        return refuse(diagnostics, yaml_get(own->limits, "payload_bytes")->place, LIMITS,
                      "payload_bytes est d'un sink", err);
    if (api_limits(api)->page_size > 0)
        return refuse(diagnostics, yaml_get(own->limits, "page_size")->place, LIMITS,
                      "page_size est d'une source qui lit une liste", err);
    return OUTCOME_OK;
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
        return refuse(diagnostics, rest ? rest->place : detail->place, ADDRESS,
                      "un détail sans adresse", err);
    if (!own->base_url)
        return api_new_of(context->sink, context, diagnostics, ret_api, err);
    outcome = api_new(own, context, diagnostics, ret_api, err);
    if (outcome != OUTCOME_OK)
        return outcome;
    if (context->sink)
        api_share_hours(*ret_api, context->sink);
    return check_limits(own, *ret_api, diagnostics, err);
}
