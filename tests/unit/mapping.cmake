# SPDX-License-Identifier: Apache-2.0
set(mapping_case "${PROJECT_SOURCE_DIR}/tests/support/mapping_case.c")
relais_test(test_mapping LABEL unit LINK mapping SOURCES ${mapping_case})
