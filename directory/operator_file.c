/* SPDX-License-Identifier: Apache-2.0
 *
 * operators/<code>.yaml: one operator, its consortium's members, its sites.
 */
#include "directory/reading.h"

struct site_settings {
    const char *code, *name, *member, *siret, *commune, *zone, *phone, *email;
    const char *valid_from, *valid_to;
};

static const struct config_field site_fields[] = {
    CONFIG_FIELD(struct site_settings, code, .key = "code", .flags = CONFIG_REQUIRED,
                 .help = "Code du site, unique dans tout l'annuaire."),
    CONFIG_FIELD(struct site_settings, name, .key = "name", .flags = CONFIG_REQUIRED,
                 .help = "Nom, pour les personnes."),
    CONFIG_FIELD(struct site_settings, member, .key = "member",
                 .help = "Membre du groupement qui le tient."),
    CONFIG_FIELD(struct site_settings, siret, .key = "siret", .help = "SIRET du lieu."),
    CONFIG_FIELD(struct site_settings, commune, .key = "commune", .help = "Code INSEE."),
    CONFIG_FIELD(struct site_settings, zone, .key = "zone", .flags = CONFIG_REQUIRED,
                 .help = "Fuseau IANA des heures locales sans fuseau."),
    CONFIG_FIELD(struct site_settings, phone, .key = "phone", .help = "Qui appeler, en E.164."),
    CONFIG_FIELD(struct site_settings, email, .key = "email",
                 .help = "Adresse électronique d'une fonction."),
    CONFIG_FIELD(struct site_settings, valid_from, .key = "valid_from",
                 .help = "Premier jour ; sans lui, celui de l'opérateur."),
    CONFIG_FIELD(struct site_settings, valid_to, .key = "valid_to",
                 .help = "Premier jour où ce n'est plus vrai ; sans lui, celui de l'opérateur."),
    CONFIG_END,
};

struct member_settings {
    const char *code, *name, *siret;
    bool lead;
};

static const struct config_field member_fields[] = {
    CONFIG_FIELD(struct member_settings, code, .key = "code", .flags = CONFIG_REQUIRED,
                 .help = "Code du membre, unique chez cet opérateur."),
    CONFIG_FIELD(struct member_settings, name, .key = "name", .flags = CONFIG_REQUIRED,
                 .help = "Nom légal."),
    CONFIG_FIELD(struct member_settings, siret, .key = "siret", .help = "SIRET du siège."),
    CONFIG_FIELD(struct member_settings, lead, .key = "lead", .fallback = "false",
                 .help = "Il mène le groupement."),
    CONFIG_END,
};

struct operator_settings {
    const char *code, *name, *network, *region, *lead, *phone, *email, *valid_from, *valid_to;
    bool test;
    struct yaml_node *members, *sites;
};

static const struct config_field operator_fields[] = {
    CONFIG_FIELD(struct operator_settings, code, .key = "operator", .flags = CONFIG_REQUIRED,
                 .help = "Code opaque, le nom du fichier ; il entre dans le nom des sujets."),
    CONFIG_FIELD(struct operator_settings, name, .key = "name", .flags = CONFIG_REQUIRED,
                 .help = "Nom, pour les personnes."),
    CONFIG_FIELD(struct operator_settings, network, .key = "network", .flags = CONFIG_REQUIRED,
                 .choices = "france_travail|mission_locale|cap_emploi|apec|regional|partner",
                 .help = "Réseau de la loi, ou régional, ou partenaire."),
    CONFIG_FIELD(struct operator_settings, region, .key = "region",
                 .help = "Code INSEE du lot d'un opérateur régional."),
    CONFIG_FIELD(struct operator_settings, lead, .key = "lead",
                 .help = "Opérateur qui mène son groupement, si chacun a son système."),
    CONFIG_FIELD(struct operator_settings, phone, .key = "phone", .help = "Qui appeler, en E.164."),
    CONFIG_FIELD(struct operator_settings, email, .key = "email",
                 .help = "Adresse électronique d'une fonction."),
    CONFIG_FIELD(struct operator_settings, valid_from, .key = "valid_from",
                 .flags = CONFIG_REQUIRED, .help = "Premier jour."),
    CONFIG_FIELD(struct operator_settings, valid_to, .key = "valid_to",
                 .help = "Premier jour où ce n'est plus vrai ; sans lui, sans fin."),
    CONFIG_FIELD(struct operator_settings, test, .key = "test", .fallback = "false",
                 .help = "Il ne reçoit que des événements de test."),
    CONFIG_FIELD(struct operator_settings, members, .key = "members",
                 .help = "Personnes morales d'un groupement qui est un seul opérateur."),
    CONFIG_FIELD(struct operator_settings, sites, .key = "sites",
                 .help = "Où les personnes sont reçues."),
    CONFIG_END,
};

static void read_site(struct reading *reading, const struct yaml_node *node,
                      const struct operator_settings *owner)
{
    struct placed_entry *item = placed_add(&reading->placed, DIRECTORY_SITE, node);
    struct directory_entry *entry = &item->entry;
    struct site_settings site = {0};

    reading_settings(reading, site_fields, node, &site);
    entry->code = reading_value(reading, node, "code", site.code, "site_code");
    entry->operator_code = bytes_of_text(owner->code);
    entry->name = bytes_of_text(site.name);
    entry->member = bytes_of_text(site.member);
    entry->siret = reading_value(reading, node, "siret", site.siret, "siret");
    entry->commune = reading_value(reading, node, "commune", site.commune, "commune");
    entry->zone = reading_value(reading, node, "zone", site.zone, "zone");
    entry->phone = reading_value(reading, node, "phone", site.phone, "phone");
    entry->email = bytes_of_text(site.email);
    reading_period(reading, item, site.valid_from ? site.valid_from : owner->valid_from,
                   site.valid_to ? site.valid_to : owner->valid_to);
}

static void read_members(struct reading *reading, const struct operator_settings *owner)
{
    size_t count = reading_items(reading, owner->members, "members");
    size_t first = reading->placed.count;
    struct bytes lead = BYTES_NONE;

    for (size_t i = 0; i < count; i++) {
        const struct yaml_node *node = owner->members->items[i];
        struct placed_entry *item = placed_add(&reading->placed, DIRECTORY_MEMBER, node);
        struct member_settings member = {0};

        reading_settings(reading, member_fields, node, &member);
        item->entry.code = reading_value(reading, node, "code", member.code, "site_code");
        item->entry.operator_code = bytes_of_text(owner->code);
        item->entry.name = bytes_of_text(member.name);
        item->entry.siret = reading_value(reading, node, "siret", member.siret, "siret");
        reading_period(reading, item, owner->valid_from, owner->valid_to);
        if (member.lead && lead.data)
            diagnostics_add(reading->diagnostics, placed_place(node, "lead"),
                            "un seul membre avec lead: true", "un second membre mène");
        if (member.lead)
            lead = item->entry.code;
    }
    if (count > 0 && !lead.data)
        diagnostics_add(reading->diagnostics, owner->members->place,
                        "un seul membre avec lead: true", "aucun membre ne mène le groupement");
    for (size_t i = first; i < reading->placed.count; i++)
        reading->placed.items[i].entry.lead = lead;
}

void operator_file_read(struct reading *reading, const struct yaml_node *node, const char *name)
{
    struct placed_entry *item = placed_add(&reading->placed, DIRECTORY_OPERATOR, node);
    struct directory_entry *entry = &item->entry;
    struct operator_settings settings = {0};
    bool regional;
    size_t sites;

    reading_settings(reading, operator_fields, node, &settings);
    entry->code = reading_value(reading, node, "operator", settings.code, "operator_code");
    entry->name = bytes_of_text(settings.name);
    entry->network = bytes_of_text(settings.network);
    entry->region = reading_value(reading, node, "region", settings.region, "region");
    entry->lead = bytes_of_text(settings.lead);
    entry->phone = reading_value(reading, node, "phone", settings.phone, "phone");
    entry->email = bytes_of_text(settings.email);
    entry->test = settings.test;
    reading_period(reading, item, settings.valid_from, settings.valid_to);
    if (settings.code && strcmp(settings.code, name) != 0)
        diagnostics_add(reading->diagnostics, placed_place(node, "operator"),
                        "le nom du fichier sans .yaml", "l'opérateur « %s » est dans %s.yaml",
                        settings.code, name);
    regional = settings.network && strcmp(settings.network, "regional") == 0;
    if (settings.network && regional != (settings.region != NULL))
        diagnostics_add(reading->diagnostics, placed_place(node, "region"),
                        "une région pour network: regional, et pour nul autre",
                        regional ? "un opérateur régional sans région"
                                 : "une région pour un opérateur qui n'est pas régional");
    read_members(reading, &settings);
    sites = reading_items(reading, settings.sites, "sites");
    for (size_t i = 0; i < sites; i++)
        read_site(reading, settings.sites->items[i], &settings);
}
