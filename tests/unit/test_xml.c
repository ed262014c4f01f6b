/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/support/test.h"

#include <stdlib.h>

#include "base/json.h"
#include "base/xml.h"

static const char *const lists[] = {"tel", "g:rdv", NULL};
static const struct xml_namespace namespaces[] = {{"g", "urn:exemple:agenda"},
                                                  {"xmlns", "urn:exemple:defaut"}};

struct reading {
    struct xml_reader *reader;
    struct arena arena;
    struct xml_record record;
    struct error err;
};

static void begin(struct reading *reading, const struct xml_options *options)
{
    *reading = (struct reading){.reader = xml_reader_new(options)};
}

static void end(struct reading *reading)
{
    xml_reader_free(reading->reader);
    arena_deinit(&reading->arena);
}

/* Every record of the text as "line json" or "line! defect", a line each, then the error. */
static void expect_with(struct xml_options options, const char *expected)
{
    struct reading reading;
    struct buffer all = {0};
    enum outcome outcome;

    begin(&reading, &options);
    while ((outcome = xml_read(reading.reader, &reading.arena, &reading.record, &reading.err)) ==
               OUTCOME_OK &&
           reading.record.number > 0) {
        buffer_printf(&all, "%lld", (long long)reading.record.line);
        if (reading.record.defect)
            buffer_printf(&all, "! %s\n", reading.record.defect);
        else
            buffer_printf(&all, " %.*s\n", BYTES_ARG(reading.record.json));
    }
    if (outcome != OUTCOME_OK) {
        assert_int_equal(outcome, OUTCOME_REJECT);
        buffer_printf(&all, "%s\n", reading.err.text);
    }
    assert_string_equal(buffer_text(&all), expected);
    buffer_deinit(&all);
    end(&reading);
}

static void expect(const char *element, const char *text, const char *expected)
{
    expect_with((struct xml_options){.element = element, .text = bytes_of_text(text)}, expected);
}

static void an_element_is_its_text_or_an_object(void **state)
{
    (void)state;
    expect("rdv",
           "<export>\n <rdv id=\"7\">\n  <debut>2026-03-12</debut>\n"
           "  <montant devise=\"EUR\">12</montant>\n  <motif/><lieu></lieu><note> a\n b </note>\n"
           " </rdv>\n <autre/>\n</export>\n",
           "2 {\"@id\":\"7\",\"debut\":\"2026-03-12\",\"montant\":{\"@devise\":\"EUR\","
           "\"#text\":\"12\"},\"motif\":\"\",\"lieu\":\"\",\"note\":\" a\\n b \"}\n");
}

static void a_record_is_always_an_object(void **state)
{
    (void)state;
    expect("x", "<l><x>un</x><x/><x a=\"1\"/><x><y/></x></l>",
           "1 {\"#text\":\"un\"}\n1 {}\n1 {\"@a\":\"1\"}\n1 {\"y\":\"\"}\n");
}

static void text_among_children_is_kept(void **state)
{
    (void)state;
    expect("x", "<x>avant <b>gras</b> après\n</x>",
           "1 {\"b\":\"gras\",\"#text\":\"avant  après\"}\n");
}

static void without_an_element_the_document_is_one_record(void **state)
{
    (void)state;
    expect(NULL, "<?xml version=\"1.0\"?>\n<rdv id=\"7\"><fin/></rdv>",
           "2 {\"rdv\":{\"@id\":\"7\",\"fin\":\"\"}}\n");
    expect(NULL, "<a>b</a>\n", "1 {\"a\":\"b\"}\n");
}

static void one_child_and_two_read_the_same(void **state)
{
    const struct xml_options one = {.lists = lists,
                                    .text = BYTES_LITERAL("<p><tel>1</tel><nom>A</nom></p>")};
    const struct xml_options two = {
        .lists = lists,
        .text = BYTES_LITERAL("<p><tel>1</tel><nom>A</nom><tel t=\"m\">2</tel></p>")};
    const struct xml_options none = {.lists = lists, .text = BYTES_LITERAL("<p><nom>A</nom></p>")};

    (void)state;
    expect_with(one, "1 {\"p\":{\"tel\":[\"1\"],\"nom\":\"A\"}}\n");
    expect_with(two, "1 {\"p\":{\"tel\":[\"1\",{\"@t\":\"m\",\"#text\":\"2\"}],\"nom\":\"A\"}}\n");
    expect_with(none, "1 {\"p\":{\"nom\":\"A\"}}\n");
}

static void what_is_repeated_undeclared_is_a_defect_of_its_record_alone(void **state)
{
    (void)state;
    expect("p",
           "<l><p><tel>1</tel></p>\n<p><tel>1</tel>\n <tel>2</tel></p>\n<p><tel>3</tel></p></l>",
           "1 {\"tel\":\"1\"}\n"
           "2! ligne 3, colonne 2 : un élément répété ; attendu : son nom dans `lists`\n"
           "4 {\"tel\":\"3\"}\n");
}

/* Only where it is asked for: a name may be a value of theirs. */
static void what_is_repeated_is_named_to_those_who_ask(void **state)
{
    const struct xml_namespace bound[] = {{"g", "urn:g"}};
    struct xml_options options = {
        .element = "p",
        .lists = lists,
        .namespaces = bound,
        .namespace_count = 1,
        .names_repeated = true,
        .text = BYTES_LITERAL("<l xmlns:h='urn:g'><p><h:mail/><h:mail/></p>"
                              "<p><tel><n/></tel><tel><n/><n/></tel></p>"
                              "<p><a><b.c/><b.c/></a></p><p xmlns:o='urn:o'><o:x/><o:x/></p></l>")};

    (void)state;
    expect_with(options,
                "1! ligne 1, colonne 32 : un élément répété, $.g:mail ; attendu : lists: [tel, "
                "g:rdv, g:mail]\n"
                "1! ligne 1, colonne 72 : un élément répété, $.tel[*].n ; attendu : lists: [tel, "
                "g:rdv, n]\n"
                "1! ligne 1, colonne 98 : un élément répété, $.a['b.c'] ; attendu : lists: [tel, "
                "g:rdv, b.c]\n"
                "1! ligne 1, colonne 137 : un élément répété, $['{urn:o}x'] ; attendu : lists: "
                "[tel, g:rdv, \"{urn:o}x\"]\n");
    options.element = NULL;
    options.text = BYTES_LITERAL("<rdv><mail/><mail/></rdv>");
    expect_with(options, "1! ligne 1, colonne 13 : un élément répété, $.rdv.mail ; attendu : "
                         "lists: [tel, g:rdv, mail]\n");
}

static void a_list_may_hold_objects_and_nothing(void **state)
{
    const struct xml_options options = {.lists = lists,
                                        .text = BYTES_LITERAL("<p><tel><n>1</n></tel><tel/></p>")};

    (void)state;
    expect_with(options, "1 {\"p\":{\"tel\":[{\"n\":\"1\"},\"\"]}}\n");
}

static void a_path_of_elements_finds_records_where_they_stand(void **state)
{
    const char *text = "<e><tete><rdv>non</rdv></tete><rdvs><rdv><x>1</x></rdv></rdvs></e>";

    (void)state;
    expect("rdvs/rdv", text, "1 {\"x\":\"1\"}\n");
    expect("e/rdvs/rdv", text, "1 {\"x\":\"1\"}\n");
    expect("rdv", text, "1 {\"#text\":\"non\"}\n1 {\"x\":\"1\"}\n");
    expect("e/rdv", text, "");
    /* One in another one is a part of it. */
    expect("rdv", "<rdv><rdv>1</rdv></rdv>", "1 {\"rdv\":\"1\"}\n");
}

static void a_document_with_elements_and_none_of_the_name_is_refused(void **state)
{
    (void)state;
    expect("rvd", "<e><rdv/></e>", "aucun élément « rvd » dans le document\n");
    expect("autres/rdv", "<e><rdvs><rdv/></rdvs></e>",
           "aucun élément « autres/rdv » dans le document\n");
    expect("rdv", "<e/>", "");
    expect("rdvs/rdv", "<e><tete/><rdvs/></e>", "");
}

static void namespaces_have_the_prefix_declared_here(void **state)
{
    const struct xml_options options = {
        .element = "g:rdv",
        .namespaces = namespaces,
        .namespace_count = 2,
        .text = BYTES_LITERAL("<e xmlns='urn:exemple:defaut' xmlns:z='urn:exemple:agenda' "
                              "xmlns:o='urn:autre'><z:rdv z:id='1' id='2'><z:x/><y/><o:w/>"
                              "</z:rdv><rdv/></e>")};

    (void)state;
    expect_with(
        options,
        "1 {\"@g:id\":\"1\",\"@id\":\"2\",\"g:x\":\"\",\"y\":\"\",\"{urn:autre}w\":\"\"}\n");
}

/* Its slashes are no steps of the path. */
static void a_path_may_spell_out_a_namespace(void **state)
{
    static const char *const cases[][2] = {
        {"{http://a/b}x", "1 {\"#text\":\"1\"}\n"},
        {"{http://a/b}r/{http://a/b}x", "1 {\"#text\":\"1\"}\n"},
        {"{http://a/b}l/x", "1 {\"#text\":\"2\"}\n"},
        {"{http://a/b}l/{http://a/b}z", ""}, /* none today */
        {"{http://a/b}z", "aucun élément « {http://a/b}z » dans le document\n"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
        expect_with((struct xml_options){.element = cases[i][0],
                                         .namespaces = namespaces,
                                         .namespace_count = 2,
                                         .text = BYTES_LITERAL("<l xmlns='http://a/b'><r><x>1</x>"
                                                               "</r><x xmlns=''>2</x></l>")},
                    cases[i][1]);
}

static void without_declared_namespaces_names_stand_alone(void **state)
{
    (void)state;
    expect("rdv",
           "<e xmlns:z='urn:a'><z:rdv z:id='1'><y xmlns='urn:b'/></z:rdv>"
           "<rdv z:id='1' id='2'/></e>",
           "1 {\"@id\":\"1\",\"y\":\"\"}\n"
           "1! ligne 1, colonne 62 : deux attributs du même nom\n");
}

static void nil_is_null_and_schemas_are_left_out(void **state)
{
    (void)state;
    expect("r",
           "<r xmlns:s='http://www.w3.org/2001/XMLSchema-instance' s:schemaLocation='u v' "
           "xml:lang='fr'><a s:nil='true'/><b s:nil='1' c='2'/><d s:nil='false'>3</d>"
           "<e s:type='t'/></r>",
           "1 {\"@xml:lang\":\"fr\",\"a\":null,\"b\":{\"@c\":\"2\"},\"d\":\"3\","
           "\"e\":{\"@xsi:type\":\"t\"}}\n");
}

static void cdata_and_references_are_text(void **state)
{
    (void)state;
    expect(NULL, "<a><![CDATA[1 < 2 & ]]>]]&gt;&amp;&#233;&#x20AC;<!-- non --><?pi non?>!</a>",
           "1 {\"a\":\"1 < 2 & ]]>&é€!\"}\n");
}

static void a_byte_order_mark_is_no_text(void **state)
{
    (void)state;
    expect(NULL, "\xEF\xBB\xBF<a>é</a>", "1 {\"a\":\"é\"}\n");
    expect_with((struct xml_options){.text = BYTES_LITERAL("\xFF\xFE<\0a\0/\0>\0")},
                "1 {\"a\":\"\"}\n");
}

static void the_first_line_names_the_charset(void **state)
{
    (void)state;
    expect(NULL, "<?xml version='1.0' encoding='ISO-8859-1'?><a>\xE9</a>", "1 {\"a\":\"é\"}\n");
    expect(NULL, "<?xml version='1.0' encoding='Windows-1252'?><a>\x80</a>", "1 {\"a\":\"€\"}\n");
    expect(NULL, "<?xml version='1.0' encoding='iso-8859-15'?><a>\xA4</a>", "1 {\"a\":\"€\"}\n");
    expect(NULL, "<?xml version='1.0' encoding='utf-7'?><a/>",
           "ligne 1, colonne 31 : la première ligne annonce un codage qui n'est pas connu ici\n");
    expect(NULL, "<?xml version='1.0' encoding='windows-1252'?><a>\x81</a>",
           "ligne 1, colonne 49 : un signe que le XML ne permet pas ici, ou que le codage du "
           "document n'a pas ; « & » s'écrit &amp; et « < » &lt;\n");
}

static void a_charset_can_be_said_from_outside(void **state)
{
    CLEANUP(charset_freep) struct charset *charset = charset_new("windows-1252");
    const char *text = "<?xml version='1.0' encoding='UTF-8'?><a>\x80\xE9</a>";

    (void)state;
    expect_with((struct xml_options){.charset = charset, .text = bytes_of_text(text)},
                "1 {\"a\":\"€é\"}\n");
    expect(NULL, "<a>\xE9</a>",
           "ligne 1, colonne 4 : un signe que le XML ne permet pas ici, ou que le codage du "
           "document n'a pas ; « & » s'écrit &amp; et « < » &lt;\n");
}

static void a_doctype_is_refused_and_with_it_a_billion_laughs(void **state)
{
    (void)state;
    expect(NULL,
           "<?xml version=\"1.0\"?>\n<!DOCTYPE lolz [\n <!ENTITY lol \"lol\">\n"
           " <!ENTITY lol2 \"&lol;&lol;&lol;&lol;&lol;&lol;&lol;&lol;\">\n"
           " <!ENTITY lol3 \"&lol2;&lol2;&lol2;&lol2;&lol2;&lol2;&lol2;\">\n]>\n<a>&lol3;</a>",
           "ligne 2, colonne 16 : un DOCTYPE : il pourrait définir des entités, et n'est pas lu\n");
    expect(NULL, "<!DOCTYPE a SYSTEM \"file:///etc/hostname\"><a/>",
           "ligne 1, colonne 42 : un DOCTYPE : il pourrait définir des entités, et n'est pas lu\n");
    expect(NULL, "<a>&eacute;</a>",
           "ligne 1, colonne 4 : une entité que rien ne définit ; il n'y a que &amp; &lt; &gt; "
           "&quot; &apos; et &#233;\n");
}

static void what_is_cut_or_not_well_formed_is_told_with_its_place(void **state)
{
    (void)state;
    expect("x", "<l><x>1</x>\n<x>2</x>",
           "1 {\"#text\":\"1\"}\n2 {\"#text\":\"2\"}\n"
           "ligne 2, colonne 9 : le document s'arrête avant sa fin\n");
    expect(NULL, "", "ligne 1, colonne 1 : le document s'arrête avant sa fin\n");
    expect(NULL, "<a><b></a></b>",
           "ligne 1, colonne 9 : une balise fermante n'est pas celle de l'élément ouvert\n");
    expect(NULL, "<a é='1' é='2'/>", "ligne 1, colonne 10 : deux attributs du même nom\n");
    expect(NULL, "<a/><b/>",
           "1 {\"a\":\"\"}\nligne 1, colonne 5 : quelque chose derrière la fin du document\n");
    expect(NULL, "\n<?xml version='1.0'?><a/>",
           "ligne 2, colonne 1 : « <?xml » n'est pas au début\n");
    expect(NULL, "<p:a/>", "ligne 1, colonne 1 : un préfixe sans xmlns\n");
}

/* ---- Budgets --------------------------------------------------------------------------------- */

static void repeat(struct buffer *text, const char *what, size_t times)
{
    for (size_t i = 0; i < times; i++)
        buffer_append_text(text, what);
}

static void deep_nesting_is_refused(void **state)
{
    CLEANUP(buffer_deinit) struct buffer text = {0};

    (void)state;
    repeat(&text, "<a>", 64);
    repeat(&text, "</a>", 64);
    expect_with((struct xml_options){.text = buffer_view(&text), .checks = true}, "");
    buffer_clear(&text);
    repeat(&text, "<a>", 100000);
    expect(NULL, buffer_text(&text),
           "ligne 1, colonne 193 : des éléments dans des éléments, plus de 64\n");
}

static void a_record_too_long_costs_no_other(void **state)
{
    CLEANUP(buffer_deinit) struct buffer text = {0};

    (void)state;
    buffer_append_text(&text, "<l><x>1</x><x>");
    repeat(&text, "0123456789", 30000);
    buffer_append_text(&text, "</x>\n<x>3</x></l>");
    expect("x", buffer_text(&text),
           "1 {\"#text\":\"1\"}\n"
           "1! ligne 1, colonne 12 : plus long qu'un enregistrement ne peut l'être\n"
           "2 {\"#text\":\"3\"}\n");
}

static void a_record_of_too_many_parts_costs_no_other(void **state)
{
    CLEANUP(buffer_deinit) struct buffer text = {0};
    struct xml_options options = {.element = "x", .lists = lists, .record_most = SIZE_MAX / 2};

    (void)state;
    buffer_append_text(&text, "<l><x>");
    repeat(&text, "<tel/>", XML_NODES_MOST);
    buffer_append_text(&text, "</x>\n<x>3</x>\n<x>");
    for (int i = 0; i < 513; i++)
        buffer_printf(&text, "<a%d/>", i);
    buffer_append_text(&text, "</x></l>");
    options.text = buffer_view(&text);
    expect_with(options,
                "1! ligne 1, colonne 120001 : plus de 20000 éléments et attributs\n"
                "2 {\"#text\":\"3\"}\n"
                "3! ligne 3, colonne 3485 : plus de 512 noms différents dans un élément\n");
}

static void names_without_end_are_refused(void **state)
{
    CLEANUP(buffer_deinit) struct buffer text = {0};

    (void)state;
    buffer_append_text(&text, "<l>\n");
    for (int i = 0; i < 5000; i++)
        buffer_printf(&text, "<a%04d/>\n", i);
    expect("x", buffer_text(&text), "ligne 4097, colonne 1 : trop de noms différents\n");
    buffer_clear(&text);
    buffer_append_text(&text, "<l ");
    repeat(&text, "n", 1025);
    buffer_append_text(&text, "='1'/>");
    expect(NULL, buffer_text(&text), "ligne 1, colonne 1 : un nom trop long\n");
}

static void markup_without_end_is_refused(void **state)
{
    CLEANUP(buffer_deinit) struct buffer text = {0};

    (void)state;
    buffer_append_text(&text, "<l>\n<!-- ");
    repeat(&text, "0123456789", 200000);
    expect("x", buffer_text(&text),
           "ligne 2, colonne 1 : une balise ou un commentaire de plus de 1 Mio\n");
}

/* ---- In pieces --------------------------------------------------------------------------------
 */

struct source {
    int64_t left; /* of the records to come; -1: the end was told */
    size_t told;
    bool head;
};

/* A document of any length, never in memory. */
static enum outcome fill(void *context, uint8_t *room, size_t size, size_t *ret_got,
                         struct error *err)
{
    static const char record[] = "<rdv id=\"1\"><note>une note de rien du tout</note></rdv>\n";
    struct source *source = context;

    (void)err;
    *ret_got = 0;
    if (!source->head) {
        source->head = true;
        memcpy(room, "<l>", 3);
        *ret_got = 3;
        return OUTCOME_OK;
    }
    while (source->left > 0 && *ret_got + sizeof(record) <= size) {
        memcpy(room + *ret_got, record, sizeof(record) - 1);
        *ret_got += sizeof(record) - 1;
        source->left--;
    }
    if (source->left == 0 && *ret_got == 0) {
        source->left = -1;
        memcpy(room, "</l>", 4);
        *ret_got = 4;
    }
    source->told += *ret_got;
    return OUTCOME_OK;
}

static void a_long_document_takes_the_memory_of_one_record(void **state)
{
    struct source source = {.left = 200000};
    struct reading reading;
    int64_t count = 0;
    size_t chunks = 0;

    (void)state;
    begin(&reading, &(struct xml_options){.element = "rdv", .fill = fill, .context = &source});
    for (;;) {
        arena_reset(&reading.arena);
        assert_int_equal(xml_read(reading.reader, &reading.arena, &reading.record, &reading.err),
                         OUTCOME_OK);
        if (reading.record.number == 0)
            break;
        assert_int_equal(reading.record.number, ++count);
        assert_int_equal(reading.record.line, count);
        /* What was read ahead is one chunk at most. */
        assert_true(source.told <= (size_t)count * 57 + 2 * 64 * 1024);
        chunks++;
    }
    assert_int_equal(count, 200000);
    assert_true(source.told > (size_t)11 * 1000 * 1000 && chunks == 200000);
    end(&reading);
}

/* A text in pieces so small that an Expat that defers looking again at markup it has not whole
 * does so. */
struct pieces {
    struct bytes text;
    size_t told;
};

static enum outcome fill_pieces(void *context, uint8_t *room, size_t size, size_t *ret_got,
                                struct error *err)
{
    struct pieces *pieces = context;
    size_t left = pieces->text.len - pieces->told;

    (void)err;
    *ret_got = left < 20000 ? left : 20000;
    assert_true(*ret_got <= size);
    memcpy(room, pieces->text.data + pieces->told, *ret_got);
    pieces->told += *ret_got;
    return OUTCOME_OK;
}

static void expect_in_pieces(const char *text, const char *expected)
{
    struct pieces pieces = {.text = bytes_of_text(text)};

    expect_with((struct xml_options){.element = "x", .fill = fill_pieces, .context = &pieces},
                expected);
}

static void long_markup_far_into_a_document_is_read(void **state)
{
    CLEANUP(buffer_deinit) struct buffer text = {0};

    (void)state;
    buffer_append_text(&text, "<l>");
    for (int i = 0; i < 3; i++) {
        buffer_append_text(&text, "<!-- ");
        repeat(&text, "0123456789", 60000);
        buffer_append_text(&text, " -->\n");
    }
    buffer_append_text(&text, "<x>1</x></l>");
    expect_in_pieces(buffer_text(&text), "4 {\"#text\":\"1\"}\n");
}

/* However it comes: whether a document is read is no matter of its pieces. */
static void markup_too_long_is_refused_where_it_ends_too(void **state)
{
    static const char *const forms[][2] = {
        {"<!-- ", " -->"}, {"<?a ", " ?>"}, {"<a a='", "'/>"}, {"<a></a", ">"}};

    (void)state;
    for (size_t i = 0; i < sizeof(forms) / sizeof(forms[0]); i++)
        for (size_t before = 0; before < 500; before += 210) {
            CLEANUP(buffer_deinit) struct buffer text = {0};

            buffer_append_text(&text, "<l><!-- ");
            repeat(&text, "0123456789", before * 100);
            buffer_append_text(&text, " -->\n");
            buffer_append_text(&text, forms[i][0]);
            repeat(&text, "          ", 104900);
            buffer_append_text(&text, forms[i][1]);
            buffer_append_text(&text, "<x>1</x></l>");
            expect_in_pieces(buffer_text(&text),
                             i < 3 ? "ligne 2, colonne 1 : une balise ou un commentaire de plus de "
                                     "1 Mio\n"
                                   : "ligne 2, colonne 4 : une balise ou un commentaire de plus de "
                                     "1 Mio\n");
        }
}

static enum outcome fail_to_fill(void *context, uint8_t *room, size_t size, size_t *ret_got,
                                 struct error *err)
{
    (void)context;
    (void)room;
    (void)size;
    (void)ret_got;
    return error_set(err, OUTCOME_RETRY, "interrupted");
}

static void what_cannot_be_read_now_is_no_fault_of_the_document(void **state)
{
    struct reading reading;

    (void)state;
    begin(&reading, &(struct xml_options){.fill = fail_to_fill});
    assert_int_equal(xml_read(reading.reader, &reading.arena, &reading.record, &reading.err),
                     OUTCOME_RETRY);
    end(&reading);
}

static void a_whole_text_becomes_json(void **state)
{
    struct arena arena = {0};
    struct bytes json = BYTES_NONE;
    struct error err = {0};
    const struct xml_options options = {.lists = lists};

    (void)state;
    assert_int_equal(
        xml_to_json(&options, BYTES_LITERAL("<a><tel>1</tel></a>"), &arena, &json, &err),
        OUTCOME_OK);
    assert_bytes_text(json, "{\"a\":{\"tel\":[\"1\"]}}");
    assert_int_equal(xml_to_json(&options, BYTES_LITERAL("<a/>x"), &arena, &json, &err),
                     OUTCOME_REJECT);
    assert_int_equal(xml_to_json(&options, BYTES_LITERAL("<a><b/><b/></a>"), &arena, &json, &err),
                     OUTCOME_REJECT);
    assert_string_equal(err.text,
                        "ligne 1, colonne 8 : un élément répété ; attendu : son nom dans `lists`");
    arena_deinit(&arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_element_is_its_text_or_an_object),
        cmocka_unit_test(a_record_is_always_an_object),
        cmocka_unit_test(text_among_children_is_kept),
        cmocka_unit_test(without_an_element_the_document_is_one_record),
        cmocka_unit_test(one_child_and_two_read_the_same),
        cmocka_unit_test(what_is_repeated_undeclared_is_a_defect_of_its_record_alone),
        cmocka_unit_test(what_is_repeated_is_named_to_those_who_ask),
        cmocka_unit_test(a_list_may_hold_objects_and_nothing),
        cmocka_unit_test(a_path_of_elements_finds_records_where_they_stand),
        cmocka_unit_test(a_document_with_elements_and_none_of_the_name_is_refused),
        cmocka_unit_test(namespaces_have_the_prefix_declared_here),
        cmocka_unit_test(a_path_may_spell_out_a_namespace),
        cmocka_unit_test(without_declared_namespaces_names_stand_alone),
        cmocka_unit_test(nil_is_null_and_schemas_are_left_out),
        cmocka_unit_test(cdata_and_references_are_text),
        cmocka_unit_test(a_byte_order_mark_is_no_text),
        cmocka_unit_test(the_first_line_names_the_charset),
        cmocka_unit_test(a_charset_can_be_said_from_outside),
        cmocka_unit_test(a_doctype_is_refused_and_with_it_a_billion_laughs),
        cmocka_unit_test(what_is_cut_or_not_well_formed_is_told_with_its_place),
        cmocka_unit_test(deep_nesting_is_refused),
        cmocka_unit_test(a_record_too_long_costs_no_other),
        cmocka_unit_test(a_record_of_too_many_parts_costs_no_other),
        cmocka_unit_test(names_without_end_are_refused),
        cmocka_unit_test(markup_without_end_is_refused),
        cmocka_unit_test(a_long_document_takes_the_memory_of_one_record),
        cmocka_unit_test(long_markup_far_into_a_document_is_read),
        cmocka_unit_test(markup_too_long_is_refused_where_it_ends_too),
        cmocka_unit_test(what_cannot_be_read_now_is_no_fault_of_the_document),
        cmocka_unit_test(a_whole_text_becomes_json),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
