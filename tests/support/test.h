/* SPDX-License-Identifier: Apache-2.0
 *
 * What every cmocka program includes, in the order that cmocka asks for.
 */
#ifndef RELAIS_TESTS_SUPPORT_TEST_H
#define RELAIS_TESTS_SUPPORT_TEST_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/bytes.h"

/* Fails with both texts shown when they differ. */
#define assert_bytes_text(view, text)                                                              \
    do {                                                                                           \
        struct bytes view_ = (view);                                                               \
        assert_non_null(view_.data);                                                               \
        assert_int_equal(view_.len, strlen(text));                                                 \
        assert_memory_equal(view_.data, (text), view_.len);                                        \
    } while (0)

#endif
