# SPDX-License-Identifier: Apache-2.0
# cmake -D OUTPUT=schema_texts.c -D FOLDER=schemas -D NAMES="referral;closure" -P EmbedSchemas.cmake
# Writes the texts of NAMES.avsc as C arrays, so that the program needs no files.
set(c "/* Generated from the .avsc files by cmake/EmbedSchemas.cmake. */\n#include \"schemas/schema_texts.h\"\n\n")
set(rows "")
foreach(name IN LISTS NAMES)
  file(READ "${FOLDER}/${name}.avsc" hex HEX)
  string(REGEX REPLACE "([0-9a-f][0-9a-f])" "0x\\1," bytes "${hex}")
  string(APPEND c "static const unsigned char ${name}_text[] = {${bytes}};\n")
  string(APPEND rows "    {&${name}_table, {${name}_text, sizeof(${name}_text)}},\n")
endforeach()
list(LENGTH NAMES count)
string(APPEND c "\nconst struct schema_text schema_texts[] = {\n${rows}};\nconst size_t schema_text_count = ${count};\n")
file(WRITE "${OUTPUT}" "${c}")
