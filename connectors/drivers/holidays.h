/* SPDX-License-Identifier: Apache-2.0
 *
 * The legal holidays of metropolitan France: Code du travail, article L3133-1, "Les fêtes légales
 * ci-après désignées sont des jours fériés". Not the two more of Alsace-Moselle (L3134-13), nor
 * those of the overseas territories (L3422-2).
 */
#ifndef RELAIS_CONNECTORS_DRIVERS_HOLIDAYS_H
#define RELAIS_CONNECTORS_DRIVERS_HOLIDAYS_H

#include <stdbool.h>
#include <stdint.h>

/* `days` since 1970-01-01, by the wall clock of the place. */
bool holidays_is_french(int64_t days);

#endif
