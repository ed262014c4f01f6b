# SPDX-License-Identifier: Apache-2.0
relais_test(test_golden LABEL unit LINK cli)
relais_test(test_mistakes LABEL unit LINK cli)
relais_test(test_options LABEL unit LINK cli)
relais_test(test_sample_source LABEL unit LINK cli)
relais_test(test_story LABEL unit LINK cli)
relais_test(test_text_diff LABEL unit LINK cli)
# Every operator's samples give their golden files, and leave nearly nothing of the mapping out.
add_test(NAME unit.operators COMMAND sh -c "$<TARGET_FILE:relais> test connectors/operators/* --min-coverage 95"
         WORKING_DIRECTORY "${PROJECT_SOURCE_DIR}")
set_tests_properties(unit.operators PROPERTIES LABELS unit TIMEOUT 120)
add_test(NAME unit.cli_commands COMMAND "${CMAKE_CURRENT_SOURCE_DIR}/cli_commands.sh" $<TARGET_FILE:relais>
         WORKING_DIRECTORY "${PROJECT_SOURCE_DIR}")
set_tests_properties(unit.cli_commands PROPERTIES LABELS unit TIMEOUT 120)
add_test(NAME unit.editor_schema COMMAND "${CMAKE_CURRENT_SOURCE_DIR}/editor_schema.py" $<TARGET_FILE:relais>
         WORKING_DIRECTORY "${PROJECT_SOURCE_DIR}")
set_tests_properties(unit.editor_schema PROPERTIES LABELS unit TIMEOUT 120)
