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
                 .help = "Code of the site, unique in the whole directory."),
    CONFIG_FIELD(struct site_settings, name, .key = "name", .flags = CONFIG_REQUIRED,
                 .help = "Name for people."),
    CONFIG_FIELD(struct site_settings, member, .key = "member",
                 .help = "Member of the consortium that runs it."),
    CONFIG_FIELD(struct site_settings, siret, .key = "siret", .help = "SIRET of the place."),
    CONFIG_FIELD(struct site_settings, commune, .key = "commune", .help = "INSEE code."),
    CONFIG_FIELD(struct site_settings, zone, .key = "zone", .flags = CONFIG_REQUIRED,
                 .help = "IANA time zone that local times without a zone are in."),
    CONFIG_FIELD(struct site_settings, phone, .key = "phone", .help = "Whom to call, E.164."),
    CONFIG_FIELD(struct site_settings, email, .key = "email", .help = "Mailbox of a function."),
    CONFIG_FIELD(struct site_settings, valid_from, .key = "valid_from",
                 .help = "First day; the operator's when missing."),
    CONFIG_FIELD(struct site_settings, valid_to, .key = "valid_to",
                 .help = "First day no longer; the operator's when missing."),
    CONFIG_END,
};

struct member_settings {
    const char *code, *name, *siret;
    bool lead;
};

static const struct config_field member_fields[] = {
    CONFIG_FIELD(struct member_settings, code, .key = "code", .flags = CONFIG_REQUIRED,
                 .help = "Code of the member, unique in this operator."),
    CONFIG_FIELD(struct member_settings, name, .key = "name", .flags = CONFIG_REQUIRED,
                 .help = "Legal name."),
    CONFIG_FIELD(struct member_settings, siret, .key = "siret", .help = "SIRET of its seat."),
    CONFIG_FIELD(struct member_settings, lead, .key = "lead", .fallback = "false",
                 .help = "It leads the consortium."),
    CONFIG_END,
};

struct operator_settings {
    const char *code, *name, *network, *region, *lead, *phone, *email, *valid_from, *valid_to;
    bool test;
    struct yaml_node *members, *sites;
};

static const struct config_field operator_fields[] = {
    CONFIG_FIELD(struct operator_settings, code, .key = "operator", .flags = CONFIG_REQUIRED,
                 .help = "Opaque code, the file's name; stands in the names of topics."),
    CONFIG_FIELD(struct operator_settings, name, .key = "name", .flags = CONFIG_REQUIRED,
                 .help = "Name for people."),
    CONFIG_FIELD(struct operator_settings, network, .key = "network", .flags = CONFIG_REQUIRED,
                 .choices = "france_travail|mission_locale|cap_emploi|apec|regional|partner",
                 .help = "Network of the law, or regional, or partner."),
    CONFIG_FIELD(struct operator_settings, region, .key = "region",
                 .help = "INSEE code of a regional operator's lot."),
    CONFIG_FIELD(struct operator_settings, lead, .key = "lead",
                 .help = "Operator that leads its consortium, if each has its own system."),
    CONFIG_FIELD(struct operator_settings, phone, .key = "phone", .help = "Whom to call, E.164."),
    CONFIG_FIELD(struct operator_settings, email, .key = "email", .help = "Mailbox of a function."),
    CONFIG_FIELD(struct operator_settings, valid_from, .key = "valid_from",
                 .flags = CONFIG_REQUIRED, .help = "First day."),
    CONFIG_FIELD(struct operator_settings, valid_to, .key = "valid_to",
                 .help = "First day no longer; open when missing."),
    CONFIG_FIELD(struct operator_settings, test, .key = "test", .fallback = "false",
                 .help = "Only test events reach it."),
    CONFIG_FIELD(struct operator_settings, members, .key = "members",
                 .help = "Legal bodies of a consortium that is one operator."),
    CONFIG_FIELD(struct operator_settings, sites, .key = "sites", .help = "Where people are seen."),
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
                            "one member with lead: true", "a second member leads");
        if (member.lead)
            lead = item->entry.code;
    }
    if (count > 0 && !lead.data)
        diagnostics_add(reading->diagnostics, owner->members->place, "one member with lead: true",
                        "no member leads the consortium");
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
                        "the name of the file without .yaml", "operator \"%s\" stands in %s.yaml",
                        settings.code, name);
    regional = settings.network && strcmp(settings.network, "regional") == 0;
    if (settings.network && regional != (settings.region != NULL))
        diagnostics_add(reading->diagnostics, placed_place(node, "region"),
                        "a region for network regional, and for no other",
                        regional ? "a regional operator without region"
                                 : "a region for an operator that is not regional");
    read_members(reading, &settings);
    sites = reading_items(reading, settings.sites, "sites");
    for (size_t i = 0; i < sites; i++)
        read_site(reading, settings.sites->items[i], &settings);
}
