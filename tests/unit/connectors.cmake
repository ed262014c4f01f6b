# SPDX-License-Identifier: Apache-2.0
set(fake_log "${PROJECT_SOURCE_DIR}/tests/support/fake_log.c")
relais_test(test_connector_page LABEL unit LINK connectors)
relais_test(test_configuration LABEL unit LINK connectors)
relais_test(test_entries LABEL unit LINK connectors)
relais_test(test_links LABEL unit LINK connectors SOURCES ${fake_log})
relais_test(test_mark LABEL unit LINK connectors)
relais_test(test_record LABEL unit LINK connectors)
relais_test(test_state LABEL unit LINK connectors SOURCES ${fake_log})
