# SPDX-License-Identifier: Apache-2.0
# The target `options` carries what every file of the program is compiled and linked with.
option(RELAIS_TESTS "Build the tests" ON)
option(RELAIS_WERROR "Treat warnings as errors (on in every preset; off for packagers)" OFF)
set(RELAIS_SANITIZE "" CACHE STRING "Value of -fsanitize=, for instance address,undefined")
option(RELAIS_COVERAGE "Instrument for gcov" OFF)
option(RELAIS_BENCH "Build the benchmark's programs (tests/bench/run)" OFF)
option(RELAIS_FUZZ "Build the fuzz targets (needs clang)" OFF)

add_library(options INTERFACE)
set(CMAKE_C_STANDARD 17)
set(CMAKE_C_STANDARD_REQUIRED ON)
set(CMAKE_C_EXTENSIONS OFF)
target_include_directories(options INTERFACE "${PROJECT_SOURCE_DIR}" "${PROJECT_BINARY_DIR}")
target_compile_definitions(options INTERFACE _POSIX_C_SOURCE=200809L RELAIS_VERSION="${PROJECT_VERSION}")
target_compile_options(options INTERFACE
  -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wsign-conversion -Wcast-qual -Wcast-align
  -Wpointer-arith -Wwrite-strings -Wstrict-prototypes -Wold-style-definition -Wmissing-prototypes
  -Wmissing-declarations -Wundef -Wvla -Wformat=2 -Wnull-dereference -Wdouble-promotion
  -Wswitch-enum -Wimplicit-fallthrough
  -fno-common -fvisibility=hidden -fstack-protector-strong -fno-omit-frame-pointer
  $<$<C_COMPILER_ID:GNU>:-Wduplicated-cond -Wduplicated-branches -Wlogical-op -Wformat-overflow=2
    -Wformat-truncation=2 -Wjump-misses-init>
  $<$<C_COMPILER_ID:Clang>:-Wmissing-variable-declarations -Wcomma -Wconditional-uninitialized
    -Wextra-semi-stmt -Wshorten-64-to-32 -Wunreachable-code -Wassign-enum -Wthread-safety
    -Wno-implicit-fallthrough> # clang sees it inside uthash's macros too; gcc looks after ours
  $<$<BOOL:${RELAIS_WERROR}>:-Werror>
  $<$<CONFIG:Release>:-D_FORTIFY_SOURCE=2>)
target_link_options(options INTERFACE -Wl,-z,relro,-z,now)
if(RELAIS_SANITIZE)
  target_compile_options(options INTERFACE -fsanitize=${RELAIS_SANITIZE} -fno-sanitize-recover=all)
  target_link_options(options INTERFACE -fsanitize=${RELAIS_SANITIZE})
endif()
if(RELAIS_SANITIZE MATCHES "thread") # why: the file itself
  add_library(c11_threads STATIC "${PROJECT_SOURCE_DIR}/tests/support/c11_threads.c")
  target_compile_definitions(c11_threads PRIVATE _POSIX_C_SOURCE=200809L)
  target_link_libraries(options INTERFACE c11_threads)
  target_link_options(options INTERFACE -rdynamic -Wl,-u,thrd_create)
endif()
if(RELAIS_COVERAGE)
  target_compile_options(options INTERFACE --coverage -fprofile-update=atomic)
  target_link_options(options INTERFACE --coverage)
endif()
if(RELAIS_FUZZ) # main() comes with each target (tests/fuzz/CMakeLists.txt)
  target_compile_options(options INTERFACE -fsanitize=fuzzer-no-link)
  target_link_options(options INTERFACE -fsanitize=fuzzer-no-link)
endif()
