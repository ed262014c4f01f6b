# SPDX-License-Identifier: Apache-2.0
set(world "${PROJECT_SOURCE_DIR}/tests/support/world.c")
set(naive "${PROJECT_SOURCE_DIR}/tests/support/naive_model.c")
relais_test(test_boot LABEL unit LINK broker)
relais_test(test_checks LABEL unit LINK broker SOURCES ${world})
relais_test(test_handoff LABEL unit LINK broker SOURCES ${world})
relais_test(test_interleavings LABEL unit LINK broker SOURCES ${world} ${naive})
relais_test(test_store LABEL unit LINK broker PkgConfig::lmdb)
relais_test(test_task LABEL unit LINK broker SOURCES ${world})
