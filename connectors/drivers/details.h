/* SPDX-License-Identifier: Apache-2.0
 *
 * Whom a source that is called, and calls nobody else, asks for the details of its notices.
 */
#ifndef RELAIS_CONNECTORS_DRIVERS_DETAILS_H
#define RELAIS_CONNECTORS_DRIVERS_DETAILS_H

#include "connectors/drivers/api.h"

/* The API of its own keys; without an address there, the sink's, with its rights, its rate and its
 * hours (a notice is received at any: its detail waits); on the sink's host and without hours
 * there, the sink's hours. *ret_api NULL: there is no `detail`, and
 * no such key either. REJECT: see `diagnostics`. */
MUST_USE enum outcome details_api_new(const struct yaml_node *detail,
                                      const struct api_settings *own,
                                      const struct connector_context *context,
                                      struct diagnostics *diagnostics, struct api **ret_api,
                                      struct error *err);

#endif
