# SPDX-License-Identifier: Apache-2.0
set(mapping_case "${PROJECT_SOURCE_DIR}/tests/support/mapping_case.c")
relais_test(test_mapping LABEL unit LINK mapping SOURCES ${mapping_case})
relais_test(test_mapping_mistakes LABEL unit LINK mapping SOURCES ${mapping_case})
relais_test(test_mapping_cases LABEL unit LINK mapping SOURCES ${mapping_case})
relais_test(test_delivery LABEL unit LINK mapping SOURCES ${mapping_case})
relais_test(test_mapping_document LABEL unit LINK mapping SOURCES ${mapping_case})
relais_test(test_coverage LABEL unit LINK mapping SOURCES ${mapping_case})
relais_test(test_times LABEL unit LINK mapping)
