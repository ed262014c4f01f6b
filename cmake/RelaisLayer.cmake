# SPDX-License-Identifier: Apache-2.0
# relais_layer(NAME SOURCES a.c b.c HEADERS a.h b.h LINK target...)
# Makes the static library of one layer and checks that each of its headers compiles alone.
function(relais_layer name)
  cmake_parse_arguments(arg "" "" "SOURCES;HEADERS;LINK" ${ARGN})
  add_library(${name} STATIC ${arg_SOURCES})
  target_sources(${name} PUBLIC FILE_SET HEADERS BASE_DIRS "${PROJECT_SOURCE_DIR}" FILES ${arg_HEADERS})
  set_target_properties(${name} PROPERTIES VERIFY_INTERFACE_HEADER_SETS ON)
  target_link_libraries(${name} PUBLIC options ${arg_LINK})
endfunction()

# relais_test(NAME LABEL label LINK target...): tests/<label>/NAME.c, one cmocka program.
function(relais_test name)
  cmake_parse_arguments(arg "" "LABEL" "LINK;SOURCES" ${ARGN})
  add_executable(${name} ${name}.c ${arg_SOURCES})
  target_link_libraries(${name} PRIVATE ${arg_LINK} PkgConfig::cmocka)
  add_test(NAME ${arg_LABEL}.${name} COMMAND ${name} WORKING_DIRECTORY "${PROJECT_SOURCE_DIR}")
  set_tests_properties(${arg_LABEL}.${name} PROPERTIES LABELS ${arg_LABEL} TIMEOUT 120)
  if(arg_LABEL STREQUAL kafka)
    relais_needs_kafka(kafka.${name})
  endif()
endfunction()

# relais_needs_kafka(TEST...): these tests run while the run's one real broker is up; its address is in the
# file that RELAIS_KAFKA_ADDRESS names (tests/support/kafka.h reads it).
function(relais_needs_kafka)
  set_property(TEST ${ARGN} APPEND PROPERTY FIXTURES_REQUIRED kafka)
  set_property(TEST ${ARGN} APPEND PROPERTY ENVIRONMENT "RELAIS_KAFKA_ADDRESS=${PROJECT_BINARY_DIR}/kafka/address")
endfunction()
