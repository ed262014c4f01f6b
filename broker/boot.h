/* SPDX-License-Identifier: Apache-2.0
 *
 * Which run of the machine this is, and a marker that remembers it beside an open file: what
 * was written without a sync is whole after a crash of the process (the kernel has it), and in
 * doubt after a crash of the machine.
 */
#ifndef RELAIS_BROKER_BOOT_H
#define RELAIS_BROKER_BOOT_H

#include <stdbool.h>

#include "base/error.h"

#define BOOT_ID_SIZE 64

/* Identifies this run of the machine. FATAL when the system does not say. */
MUST_USE enum outcome boot_id(char ret_id[BOOT_ID_SIZE], struct error *err);

/* False when the marker names another run of the machine than `id`, or nothing: then whoever
 * wrote it did not remove it, and nobody knows which pages reached the disk. */
bool boot_marker_is_fine(const char *path, const char *id);
/* Synchronised to the disk. 0, or the errno that tells what it lacked. */
MUST_USE int boot_marker_write(const char *path, const char *id);

#endif
