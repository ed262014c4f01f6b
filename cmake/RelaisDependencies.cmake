# SPDX-License-Identifier: Apache-2.0
# Every library from outside, as an imported target PkgConfig::NAME. Why each: DESIGN.md "Dependencies".
find_package(PkgConfig REQUIRED)
find_package(Threads REQUIRED)
pkg_check_modules(rdkafka REQUIRED IMPORTED_TARGET rdkafka>=2.0.2)
pkg_check_modules(curl REQUIRED IMPORTED_TARGET libcurl>=7.87)
pkg_check_modules(microhttpd REQUIRED IMPORTED_TARGET libmicrohttpd)
pkg_check_modules(yyjson REQUIRED IMPORTED_TARGET yyjson)
pkg_check_modules(yaml REQUIRED IMPORTED_TARGET yaml-0.1)
pkg_check_modules(sodium REQUIRED IMPORTED_TARGET libsodium)
pkg_check_modules(crypto REQUIRED IMPORTED_TARGET libcrypto)
pkg_check_modules(utf8proc REQUIRED IMPORTED_TARGET libutf8proc)
pkg_check_modules(expat REQUIRED IMPORTED_TARGET expat>=2.4.3)
pkg_check_modules(lmdb REQUIRED IMPORTED_TARGET lmdb)
if(RELAIS_TESTS)
  # The second opinion on bytes.
  pkg_check_modules(avro REQUIRED IMPORTED_TARGET avro-c)
  pkg_check_modules(cmocka REQUIRED IMPORTED_TARGET cmocka)
endif()
