/* SPDX-License-Identifier: Apache-2.0 */
#include "connectors/mapping/compiler.h"

void outbound_compile(struct compiler *compiler, const struct yaml_node *section)
{
    (void)compiler;
    (void)section;
}
