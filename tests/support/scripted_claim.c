/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/support/scripted_claim.h"

#include "connectors/memory/claim.h"

enum outcome scripted_claim = OUTCOME_OK;

/* NOLINTNEXTLINE(bugprone-reserved-identifier): the linker's word for it */
enum outcome __wrap_claim_prove(struct claim *claim, struct state *state, int64_t now_ms,
                                struct error *err);

enum outcome __wrap_claim_prove(struct claim *claim, struct state *state, int64_t now_ms,
                                struct error *err)
{
    (void)claim;
    (void)state;
    (void)now_ms;
    return scripted_claim == OUTCOME_OK ? OUTCOME_OK
                                        : error_set(err, scripted_claim, "scripted claim");
}
