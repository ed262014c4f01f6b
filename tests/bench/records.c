/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/bench/records.h"

#include <stdio.h>

#define COUNT(list) (sizeof(list) / sizeof((list)[0]))

static const char *const first_names[] = {"Ana",     "Amélie Rose", "Bénédicte", "Yann",
                                          "Loïc",    "Fatou",       "Jean Marc", "Zoé",
                                          "Mélissa", "Théo",        "Inès",      "Aurélien"};
static const char *const names[] = {"EXEMPLE", "MODÈLE",   "D'ESSAI", "SPÉCIMEN",
                                    "FICTIF",  "MAQUETTE", "ÉPREUVE", "GABARIT"};
static const char *const streets[] = {"rue de l'Exemple", "avenue du Modèle", "place des Essais",
                                      "chemin de la Maquette", "impasse du Gabarit"};
static const char *const notes[] = {
    "Préfère le matin.",
    "Disponible le mercredi après-midi seulement.\\nUne réponse par courriel lui convient.",
    "Demande à être rappelée ; hésite encore entre deux projets, voir la dernière synthèse.",
};
static const char *const motives[] = {"reconversion", "creation", "formation", "vae", "bilan"};
static const char *const reasons[] = {"choix", "specialiste", "hors_perimetre", "capacite"};
static const char *const places[][2] = {
    {"57", "44"}, {"67", "44"}, {"68", "44"}, {"93", "11"}, {"75", "11"}};

/* splitmix64: a record of its own from its number alone. */
static uint64_t scatter(uint64_t x)
{
    x += UINT64_C(0x9E3779B97F4A7C15);
    x = (x ^ (x >> 30)) * UINT64_C(0xBF58476D1CE4E5B9);
    x = (x ^ (x >> 27)) * UINT64_C(0x94D049BB133111EB);
    return x ^ (x >> 31);
}

struct dice {
    uint64_t state;
};

static size_t throw_dice(struct dice *dice, size_t sides)
{
    dice->state = scatter(dice->state);
    return (size_t)(dice->state % sides);
}

#define PICK(dice, list) ((list)[throw_dice((dice), COUNT(list))])

static const char *person(struct dice *dice, uint64_t number, struct arena *arena)
{
    const char *name = PICK(dice, names);
    const char *birth_name =
        throw_dice(dice, 3) ? "null" : arena_printf(arena, "\"%s\"", PICK(dice, names));
    const char *first_name = PICK(dice, first_names);
    int phone = 1000000 + (int)throw_dice(dice, 8999999);
    int house = 1 + (int)throw_dice(dice, 200);

    return arena_printf(
        arena,
        "{\"id\":%llu,\"first_name\":\"%s\",\"birth_name\":%s,\"last_name\":\"%s\","
        "\"email\":\"Personne.%llu@example.org \",\"address\":\"%d %s, 57000 Metz\","
        "\"phone_number\":\"060%d\",\"phone_number_formatted\":\"+3360%d\","
        "\"birth_date\":\"19%02d-%02d-%02d\",\"notes\":null,\"affiliation_number\":null,"
        "\"created_at\":\"2026-02-01 09:00:00 +0100\"}",
        (unsigned long long)number + 5000, first_name, birth_name, name, (unsigned long long)number,
        house, PICK(dice, streets), phone, phone, 50 + (int)throw_dice(dice, 50),
        1 + (int)throw_dice(dice, 12), 1 + (int)throw_dice(dice, 28));
}

struct bytes records_make(const struct records_options *options, uint64_t number,
                          struct arena *arena)
{
    struct dice dice = {scatter(number)};
    const char *who = person(&dice, number, arena);
    const char *motive = PICK(&dice, motives);
    const char *reason = PICK(&dice, reasons);
    const char *const *place = PICK(&dice, places);
    const char *note = PICK(&dice, notes);
    char at[16];
    const char *text;

    (void)snprintf(at, sizeof(at), "%02d:%02d:%02d", (int)throw_dice(&dice, 9),
                   (int)throw_dice(&dice, 60), (int)throw_dice(&dice, 60));
    text = arena_printf(
        arena,
        "{\"data\":{\"id\":%llu,\"status\":\"sent\",\"destination\":\"%s\",\"requested_on\":\"%s\","
        "\"status_at\":\"%s %s +0100\",\"sent_at\":\"%s %s +0100\",\"updated_at\":\"%s %s +0100\","
        "\"motive\":\"%s\",\"reason\":\"%s\",\"urgent\":%s,\"level\":%d,\"departement\":\"%s\","
        "\"region\":\"%s\",\"informed_choice\":true,\"parent_external_ref\":null,\"user\":%s,"
        "\"organisation\":{\"id\":31,\"name\":\"Antenne CEP Metz\"},\"agent\":{\"id\":12,"
        "\"first_name\":\"Paul\",\"last_name\":\"CONSEIL\",\"email\":\"paul@example.org\"},"
        "\"note\":\"%s\",\"test\":false,\"relais_state\":null,\"relais_message\":null,"
        "\"remote_ref\":null},\"meta\":{\"model\":\"Orientation\",\"event\":\"created\","
        "\"webhook_reason\":null,\"timestamp\":\"%s %s +0100\"}}",
        (unsigned long long)number, options->destination, options->day, options->day, at,
        options->day, at, options->day, at, motive, reason, throw_dice(&dice, 4) ? "false" : "true",
        1 + (int)throw_dice(&dice, 2), place[0], place[1], who, note, options->day, at);
    return bytes_of_text(text);
}
