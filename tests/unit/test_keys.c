/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/support/test.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/crypto.h"
#include "base/file.h"
#include "schemas/keys.h"

struct place_for_keys {
    char folder[64];
    char path[80];
};

static int setup(void **state)
{
    struct place_for_keys *place = xcalloc(1, sizeof(*place));

    crypto_init();
    (void)snprintf(place->folder, sizeof(place->folder), "%s", "build/keys-XXXXXX");
    if (!mkdtemp(place->folder))
        return -1;
    (void)snprintf(place->path, sizeof(place->path), "%s/o21.yaml", place->folder);
    *state = place;
    return 0;
}

static int teardown(void **state)
{
    struct place_for_keys *place = *state;

    (void)unlink(place->path);
    (void)rmdir(place->folder);
    free(place);
    return 0;
}

static void keys_are_read_as_they_were_written(void **state)
{
    struct place_for_keys *place = *state;
    struct operator_keys made;
    struct operator_keys read;
    struct stat file;

    keys_create("o21", &made);
    assert_int_equal(strlen(made.public.seal_key_id), 16);
    assert_int_equal(keys_write(&made, place->path, NULL), OUTCOME_OK);
    assert_int_equal(stat(place->path, &file), 0);
    assert_int_equal(file.st_mode & 0777, 0600);
    assert_int_equal(keys_read(place->path, &read, NULL), OUTCOME_OK);
    assert_memory_equal(&made, &read, sizeof(made));
    keys_wipe(&read);
    assert_int_equal(read.id_secret[3], 0);
}

static void a_key_file_is_never_written_over(void **state)
{
    struct place_for_keys *place = *state;
    struct operator_keys keys;

    keys_create("o21", &keys);
    assert_int_equal(keys_write(&keys, place->path, NULL), OUTCOME_OK);
    assert_int_equal(keys_write(&keys, place->path, NULL), OUTCOME_FATAL);
}

static void a_key_file_that_others_may_read_is_refused(void **state)
{
    struct place_for_keys *place = *state;
    struct operator_keys keys;

    keys_create("o21", &keys);
    assert_int_equal(keys_write(&keys, place->path, NULL), OUTCOME_OK);
    assert_int_equal(chmod(place->path, 0640), 0);
    assert_int_equal(keys_read(place->path, &keys, NULL), OUTCOME_FATAL);
}

static void write_damaged(const char *path, struct bytes text)
{
    FILE *file = fopen(path, "w");

    assert_non_null(file);
    assert_int_equal(fwrite(text.data, 1, text.len, file), text.len);
    assert_int_equal(fclose(file), 0);
}

static void a_damaged_key_file_is_refused_without_quoting_it(void **state)
{
    struct place_for_keys *place = *state;
    struct operator_keys keys;
    struct buffer text = {0};
    struct error err;
    char *secret;

    keys_create("o21", &keys);
    assert_int_equal(keys_write(&keys, place->path, NULL), OUTCOME_OK);
    assert_int_equal(file_read(place->path, 8192, FILE_PRIVATE, &text, NULL), OUTCOME_OK);
    secret = strstr(buffer_text(&text), "seal_secret: ") + strlen("seal_secret: ");
    secret[3] = secret[3] == 'A' ? 'B' : 'A'; /* still base64, no longer the pair's half */
    write_damaged(place->path, buffer_view(&text));
    assert_int_equal(keys_read(place->path, &keys, &err), OUTCOME_FATAL);
    secret[40] = '\0';
    assert_null(strstr(err.text, secret));
    write_damaged(place->path, BYTES_LITERAL("operator: o21\n"));
    assert_int_equal(keys_read(place->path, &keys, NULL), OUTCOME_FATAL);
    write_damaged(place->path, BYTES_LITERAL("- o21: ]\n"));
    assert_int_equal(keys_read(place->path, &keys, NULL), OUTCOME_FATAL);
    assert_int_equal(keys_read("build/no-such-file", &keys, NULL), OUTCOME_FATAL);
    buffer_deinit(&text);
}

static void a_person_key_is_read_as_it_was_written(void **state)
{
    struct place_for_keys *place = *state;
    struct person_key made;
    struct person_key read;

    person_key_create(&made);
    assert_int_equal(person_key_write(&made, place->path, NULL), OUTCOME_OK);
    assert_int_equal(person_key_read(place->path, &read, NULL), OUTCOME_OK);
    assert_memory_equal(&made, &read, sizeof(made));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(keys_are_read_as_they_were_written, setup, teardown),
        cmocka_unit_test_setup_teardown(a_key_file_is_never_written_over, setup, teardown),
        cmocka_unit_test_setup_teardown(a_key_file_that_others_may_read_is_refused, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(a_damaged_key_file_is_refused_without_quoting_it, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(a_person_key_is_read_as_it_was_written, setup, teardown),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
