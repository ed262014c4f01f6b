/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/support/test.h"

#include <stdlib.h>

#include "base/yaml.h"

struct reading {
    struct arena arena;
    struct diagnostics *diagnostics;
    struct yaml_node *root;
    struct error err;
    enum outcome outcome;
};

static void *read_text(struct reading *reading, const char *text)
{
    *reading = (struct reading){.diagnostics = diagnostics_new()};
    reading->outcome = yaml_read("c.yaml", bytes_of_text(text), &reading->arena,
                                 reading->diagnostics, &reading->root, &reading->err);
    return reading->root;
}

static void reading_end(struct reading *reading)
{
    diagnostics_free(reading->diagnostics);
    arena_deinit(&reading->arena);
}

static void assert_place(struct place place, int line, int column, int width)
{
    assert_int_equal(place.line, line);
    assert_int_equal(place.column, column);
    assert_int_equal(place.width, width);
}

static void a_file_becomes_a_tree_in_its_order(void **state)
{
    struct reading reading;
    struct yaml_node *root = read_text(&reading, "b: 1\na: [x, 'y']\nempty:\n");

    (void)state;
    assert_int_equal(reading.outcome, OUTCOME_OK);
    assert_int_equal(root->kind, YAML_MAPPING);
    assert_int_equal(root->count, 3);
    assert_bytes_text(root->keys[0]->text, "b");
    assert_bytes_text(yaml_get(root, "a")->items[1]->text, "y");
    assert_false(yaml_get(root, "a")->items[1]->plain);
    assert_true(yaml_is_null(yaml_get(root, "empty")));
    assert_null(yaml_get(root, "c"));
    assert_null(yaml_get(NULL, "c"));
    assert_null(yaml_text(NULL));
    assert_null(yaml_text(yaml_get(root, "a")));
    assert_string_equal(yaml_text(yaml_get(root, "a")->items[1]), "y");
    assert_string_equal(yaml_get_text(root, "empty", "x"), "");
    assert_string_equal(yaml_get_text(root, "a", "x"), "x");
    assert_null(yaml_get_text(root, "c", NULL));
    assert_null(yaml_get(yaml_get(root, "b"), "c"));
    assert_string_equal((const char *)yaml_get(root, "b")->text.data, "1");
    reading_end(&reading);
}

static void nothing_is_guessed_of_a_scalar(void **state)
{
    struct reading reading;
    struct yaml_node *root = read_text(&reading, "[no, 012, 1e3, 2026-03-12, 'null', ~, null]");

    (void)state;
    assert_bytes_text(root->items[0]->text, "no");
    assert_bytes_text(root->items[1]->text, "012");
    assert_false(yaml_is_null(root->items[4]));
    assert_true(yaml_is_null(root->items[5]));
    assert_true(yaml_is_null(root->items[6]));
    reading_end(&reading);
}

static void an_empty_file_is_a_null(void **state)
{
    static const char *const texts[] = {"", "# only a comment\n", "---\n", "\xEF\xBB\xBF"};

    (void)state;
    for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
        struct reading reading;

        assert_true(yaml_is_null(read_text(&reading, texts[i])));
        assert_int_equal(reading.outcome, OUTCOME_OK);
        reading_end(&reading);
    }
}

static void places_count_characters_not_bytes(void **state)
{
    struct reading reading;
    struct yaml_node *root =
        read_text(&reading, "\xEF\xBB\xBF"
                            "\xC3\xA9t\xC3\xA9: {cl\xC3\xA9: \"\xC3\xA0 b\"}\n");
    struct yaml_node *inner = yaml_get(root, "\xC3\xA9t\xC3\xA9");

    (void)state;
    assert_place(root->keys[0]->place, 1, 1, 3);
    assert_place(inner->place, 1, 6, 1);
    assert_place(inner->keys[0]->place, 1, 7, 3);
    assert_place(inner->items[0]->place, 1, 12, 5);
    assert_place(inner->items[0]->text_place, 1, 13, 3);
    reading_end(&reading);
}

static void a_text_that_is_not_verbatim_is_placed_where_it_begins(void **state)
{
    struct reading reading;
    struct yaml_node *root = read_text(&reading, "a: 'it''s'\nb: \"x\\ty\"\nc: |\n  one\n  two\n"
                                                 "d: one\n  two\ne: 'plain'\nf: $.x | trim  # c\n");

    (void)state;
    assert_int_equal(reading.outcome, OUTCOME_OK);
    assert_bytes_text(yaml_get(root, "a")->text, "it's");
    assert_place(yaml_get(root, "a")->text_place, 1, 4, 1);
    assert_place(yaml_get(root, "b")->text_place, 2, 4, 1);
    assert_bytes_text(yaml_get(root, "c")->text, "one\ntwo\n");
    assert_place(yaml_get(root, "c")->text_place, 3, 4, 1);
    assert_bytes_text(yaml_get(root, "d")->text, "one two");
    assert_place(yaml_get(root, "d")->text_place, 6, 4, 1);
    assert_place(yaml_get(root, "e")->text_place, 8, 5, 5);
    assert_place(yaml_get(root, "f")->text_place, 9, 4, 10);
    reading_end(&reading);
}

static void each_mistake_is_refused_with_its_place_and_a_sentence(void **state)
{
    static const struct {
        const char *text;
        const char *first;
    } cases[] = {
        {"a:\n\tb: 1\n", "c.yaml:2:1: tabulation en tête de ligne ; attendu : des espaces : YAML "
                         "ne permet pas de tabulation en tête de ligne"},
        {"a:\n  - x\n\t- y\n", "c.yaml:3:1: tabulation en tête de ligne ; attendu : des espaces : "
                               "YAML ne permet pas de tabulation en tête de ligne"},
        {"a:\n    b: 1\n  c: 2\n", "c.yaml:3:3: ligne qui n'est pas à sa place ; attendu : autant "
                                   "d'espaces en tête que les autres clés du même niveau"},
        {"a:\n  - x\n  b: 1\n",
         "c.yaml:3:3: ligne qui n'est pas à sa place ; attendu : autant d'espaces en tête que les "
         "autres clés de l'élément, ou « - » pour un autre élément"},
        {"a: b: c\n",
         "c.yaml:1:5: « : » n'a pas sa place ici ; attendu : autant d'espaces en tête que les "
         "autres clés, ici ou à la ligne au-dessus ; une expression qui contient « : » s'écrit "
         "derrière `>-`, sur la ligne d'après et "
         "plus à droite ; un texte se met entre guillemets"},
        {"a: 1\nb\n", "c.yaml:2:1: clé sans « : » ; attendu : « clé: valeur »"},
        {"a: @.id\n",
         "c.yaml:1:4: une valeur ne peut pas commencer par ce caractère ; attendu : des guillemets "
         "autour de la valeur entière ; le chemin @.clé s'écrit aussi .clé"},
        {"b: 1\na: \"x\nc: 2\n", "c.yaml:2:4: guillemet qui n'est pas fermé ; attendu : le même "
                                 "guillemet à la fin du texte"},
        {"a: [x, y\nb: 2\n",
         "c.yaml:1:4: liste qui n'est pas fermée ; attendu : « , » ou « ] » ; une expression qui "
         "contient une virgule ou un guillemet prend sa propre ligne"},
        {"a: {x: 1\nb: 2\n",
         "c.yaml:1:4: accolade qui n'est pas fermée ; attendu : « , » ou « } » ; une expression "
         "qui contient une virgule ou un guillemet prend sa propre ligne"},
        {"a: 1\nb: 2\na: 3\n",
         "c.yaml:3:1: la clé « a » est déjà à la ligne 1 ; attendu : chaque clé une fois"},
        {"a: &x 1\n", "c.yaml:1:4: ancre de YAML (&…) ; attendu : la valeur écrite là où il la "
                      "faut ; entre guillemets si c'est un texte"},
        {"a: *x\n", "c.yaml:1:4: alias de YAML (*…) ; attendu : la valeur écrite ; entre "
                    "guillemets si c'est un texte"},
        {"a: !!str 1\n", "c.yaml:1:4: étiquette de YAML (!…) ; attendu : la valeur sans « ! » "
                         "devant ; entre guillemets si c'est un texte"},
        {"? [a]\n: 1\n", "c.yaml:1:3: clé qui n'est pas un texte ; attendu : « clé: valeur »"},
        {"a: 1\n---\nb: 2\n",
         "c.yaml:2:1: second document (---) ; attendu : un document par fichier"},
        {"a: \"x\\0\"\n", "c.yaml:1:4: texte avec un caractère nul"},
        {"a: \xC3\xA9\xFF\n",
         "c.yaml:1:5: octet qui n'est pas de l'UTF-8 ; attendu : un fichier enregistré en UTF-8 "
         "(celui-ci est peut-être en Latin-1 ou en Windows-1252 : enregistrez-le à nouveau)"},
        {"a: 1\nb: \x01\n",
         "c.yaml:2:4: caractère de contrôle ; attendu : un fichier enregistré en UTF-8 (celui-ci "
         "est peut-être en Latin-1 ou en Windows-1252 : enregistrez-le à nouveau)"},
        {"a: x\xE2\x80\xA8y\n",
         "c.yaml:1:5: saut de ligne Unicode dans une ligne ; attendu : un fichier enregistré en "
         "UTF-8 (celui-ci est peut-être en Latin-1 ou en Windows-1252 : enregistrez-le à nouveau)"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct reading reading;

        read_text(&reading, cases[i].text);
        assert_int_equal(reading.outcome, OUTCOME_REJECT);
        assert_null(reading.root);
        assert_string_equal(reading.err.text, cases[i].first);
        reading_end(&reading);
    }
}

static void mistakes_that_can_be_read_over_come_all_at_once(void **state)
{
    struct reading reading;

    (void)state;
    read_text(&reading, "a: 1\na: 2\nb: &x {c: 1, c: 2}\nd: *x\na: 3\n");
    assert_int_equal(diagnostics_count(reading.diagnostics), 5);
    reading_end(&reading);
}

static void depth_is_bounded(void **state)
{
    struct buffer text = {0};
    struct reading reading;

    (void)state;
    for (int i = 0; i < 64; i++)
        buffer_append_text(&text, "[");
    for (int i = 0; i < 64; i++)
        buffer_append_text(&text, "]");
    read_text(&reading, buffer_text(&text));
    assert_int_equal(reading.outcome, OUTCOME_OK);
    reading_end(&reading);
    buffer_clear(&text);
    for (int i = 0; i < 5000; i++)
        buffer_append_text(&text, "[");
    read_text(&reading, buffer_text(&text));
    assert_string_equal(reading.err.text, "c.yaml:1:65: trop de niveaux ; attendu : 64 au plus");
    reading_end(&reading);
    buffer_deinit(&text);
}

static void a_file_that_cannot_be_read_is_named(void **state)
{
    struct reading reading = {.diagnostics = diagnostics_new()};

    (void)state;
    assert_int_equal(yaml_read_file("tests/unit/nothing.yaml", &reading.arena, reading.diagnostics,
                                    &reading.root, &reading.err),
                     OUTCOME_REJECT);
    assert_string_equal(reading.err.text, "tests/unit/nothing.yaml n'existe pas");
    assert_int_equal(diagnostics_count(reading.diagnostics), 1);
    assert_int_equal(
        yaml_read_file("tests", &reading.arena, reading.diagnostics, &reading.root, &reading.err),
        OUTCOME_REJECT);
    assert_string_equal(reading.err.text,
                        "tests est un dossier ; donnez un fichier qui s'y trouve");
    reading_end(&reading);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_file_becomes_a_tree_in_its_order),
        cmocka_unit_test(nothing_is_guessed_of_a_scalar),
        cmocka_unit_test(an_empty_file_is_a_null),
        cmocka_unit_test(places_count_characters_not_bytes),
        cmocka_unit_test(a_text_that_is_not_verbatim_is_placed_where_it_begins),
        cmocka_unit_test(each_mistake_is_refused_with_its_place_and_a_sentence),
        cmocka_unit_test(mistakes_that_can_be_read_over_come_all_at_once),
        cmocka_unit_test(depth_is_bounded),
        cmocka_unit_test(a_file_that_cannot_be_read_is_named),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
