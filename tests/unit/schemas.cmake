# SPDX-License-Identifier: Apache-2.0
set(generate "${PROJECT_SOURCE_DIR}/tests/support/generate.c")
relais_test(test_avro_encode LABEL unit LINK schemas PkgConfig::avro SOURCES ${generate})
relais_test(test_events LABEL unit LINK schemas)
relais_test(test_field LABEL unit LINK schemas)
relais_test(test_topics LABEL unit LINK schemas)
