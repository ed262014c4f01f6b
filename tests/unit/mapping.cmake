# SPDX-License-Identifier: Apache-2.0
set(mapping_case "${PROJECT_SOURCE_DIR}/tests/support/mapping_case.c")
relais_test(test_mapping LABEL unit LINK mapping SOURCES ${mapping_case})
relais_test(test_mapping_mistakes LABEL unit LINK mapping SOURCES ${mapping_case})
relais_test(test_mapping_cases LABEL unit LINK mapping SOURCES ${mapping_case})
relais_test(test_delivery LABEL unit LINK mapping SOURCES ${mapping_case})
relais_test(test_mapping_document LABEL unit LINK mapping SOURCES ${mapping_case})
relais_test(test_times LABEL unit LINK mapping)
add_test(NAME unit.mapping_golden COMMAND "${CMAKE_CURRENT_SOURCE_DIR}/mapping_golden.sh" $<TARGET_FILE:relais>
         WORKING_DIRECTORY "${PROJECT_SOURCE_DIR}")
set_tests_properties(unit.mapping_golden PROPERTIES LABELS unit TIMEOUT 120)
