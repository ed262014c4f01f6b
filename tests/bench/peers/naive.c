/* SPDX-License-Identifier: Apache-2.0
 *
 * The agenda's job in the way that C programs usually do it: jansson reads the record, avro-c's
 * generic values are filled by name and written, librdkafka sends. With OUT it writes the bytes to
 * that file instead: they are those of Relais' mapping.
 *
 *     bench_naive RECORDS.jsonl SCHEMAS_FOLDER [OUT | BROKERS TOPIC]
 */
#include <avro.h>
#include <jansson.h>
#include <librdkafka/rdkafka.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>

#define OUT_SIZE 65536
#define EVENT_ID "4c9b6d0e-5b1f-8a32-9c47-1d2e3f405162"
#define HANDOFF_ID "0f8e7d6c-5b4a-8392-8170-a1b2c3d4e5f6"
#define ENTITY_ID "9a8b7c6d-1e2f-8304-b596-c7d8e9fa0b1c"

struct naive {
    avro_value_iface_t *referral, *contact;
    char out[OUT_SIZE];
    size_t len;
};

static void fail(const char *what)
{
    (void)fprintf(stderr, "bench_naive: %s\n", what);
    exit(1);
}

static void must(int code)
{
    if (code)
        fail(avro_strerror());
}

static double cpu_s(void)
{
    struct rusage usage;

    (void)getrusage(RUSAGE_SELF, &usage);
    return (double)(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) +
           (double)(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec) / 1e6;
}

/* ---- Avro, by name ------------------------------------------------------------------- */

static avro_value_iface_t *class_of(const char *folder, const char *file)
{
    static char text[65536];
    char path[4096];
    avro_value_iface_t *class;
    avro_schema_t schema;
    FILE *in;
    size_t len;

    (void)snprintf(path, sizeof(path), "%s/%s", folder, file);
    in = fopen(path, "r");
    if (!in)
        fail(path);
    len = fread(text, 1, sizeof(text), in);
    (void)fclose(in);
    must(avro_schema_from_json_length(text, len, &schema));
    class = avro_generic_class_from_schema(schema);
    avro_schema_decref(schema);
    return class;
}

/* A field, through its union: branch 1 is the value. */
static avro_value_t field(avro_value_t *record, const char *name)
{
    avro_value_t value, branch;

    must(avro_value_get_by_name(record, name, &value, NULL));
    if (avro_value_get_type(&value) != AVRO_UNION)
        return value;
    must(avro_value_set_branch(&value, 1, &branch));
    return branch;
}

static void set_text(avro_value_t *record, const char *name, const char *text)
{
    avro_value_t value;

    if (!text)
        return;
    value = field(record, name);
    must(avro_value_set_string(&value, text));
}

static void set_long(avro_value_t *record, const char *name, int64_t number)
{
    avro_value_t value = field(record, name);

    must(avro_value_set_long(&value, number));
}

static void set_int(avro_value_t *record, const char *name, int32_t number)
{
    avro_value_t value = field(record, name);

    must(avro_value_set_int(&value, number));
}

static void set_bool(avro_value_t *record, const char *name, bool yes)
{
    avro_value_t value = field(record, name);

    must(avro_value_set_boolean(&value, yes));
}

static void set_enum(avro_value_t *record, const char *name, const char *symbol)
{
    avro_value_t value = field(record, name);
    int number = avro_schema_enum_get_by_name(avro_value_get_schema(&value), symbol);

    if (number < 0)
        fail(symbol);
    must(avro_value_set_enum(&value, number));
}

/* Only a union that nobody chose a branch of cannot be written. */
static void choose_null(avro_value_t *record)
{
    size_t count;

    must(avro_value_get_size(record, &count));
    for (size_t i = 0; i < count; i++) {
        avro_value_t value, branch;
        int chosen = -1;

        must(avro_value_get_by_index(record, i, &value, NULL));
        if (avro_value_get_type(&value) != AVRO_UNION)
            continue;
        (void)avro_value_get_discriminant(&value, &chosen);
        if (chosen < 0)
            must(avro_value_set_branch(&value, 0, &branch));
    }
}

static void write_value(struct naive *n, avro_value_t *value)
{
    avro_writer_t writer = avro_writer_memory(n->out + n->len, (int64_t)(OUT_SIZE - n->len));

    choose_null(value);
    must(avro_value_write(writer, value));
    n->len += (size_t)avro_writer_tell(writer);
    avro_writer_free(writer);
}

/* ---- The mapping ----------------------------------------------------------------------- */

static const char *text(json_t *object, const char *name)
{
    return json_string_value(json_object_get(object, name));
}

static const char *const codes[][2] = {
    {"FT", "o10"},
    {"REG-44", "o21"},
    {"REG-11", "o22"},
    {"sent", "ISSUED"},
    {"reconversion", "CHANGE_JOB_OR_SECTOR"},
    {"creation", "CREATE_OR_TAKE_OVER_BUSINESS"},
    {"formation", "ACQUIRE_SKILLS_TRAINING"},
    {"vae", "CERTIFICATION_VAE"},
    {"bilan", "TAKE_STOCK"},
    {"hors_perimetre", "OUT_OF_SCOPE"},
    {"specialiste", "SPECIALISED_OPERATOR"},
    {"choix", "PERSON_CHOICE"},
    {"capacite", "CAPACITY"},
};

static const char *code(const char *theirs)
{
    for (size_t i = 0; theirs && i < sizeof(codes) / sizeof(codes[0]); i++)
        if (strcmp(codes[i][0], theirs) == 0)
            return codes[i][1];
    fail("an unknown code");
    return NULL;
}

static int64_t days(int y, int m, int d)
{
    int64_t year = m <= 2 ? y - 1 : y, era = year / 400, of = year - era * 400;

    return era * 146097 + of * 365 + of / 4 - of / 100 + (153 * (m + (m > 2 ? -3 : 9)) + 2) / 5 +
           d - 1 - 719468;
}

static int32_t date(const char *text)
{
    int y, m, d;

    if (sscanf(text, "%d-%d-%d", &y, &m, &d) != 3) /* NOLINT(cert-err34-c) */
        fail("a date");
    return (int32_t)days(y, m, d);
}

static int64_t moment(const char *text, int32_t *offset)
{
    int y, m, d, hour, minute, second, zone;

    if (sscanf(text, "%d-%d-%d %d:%d:%d %d", &y, &m, &d, /* NOLINT(cert-err34-c) */
               &hour, &minute, &second, &zone) != 7)
        fail("a time");
    *offset = zone / 100 * 60 + zone % 100;
    return ((days(y, m, d) * 24 + hour) * 3600 + (minute - *offset) * 60 + second) * 1000000;
}

static void fill_envelope(avro_value_t *value, json_t *data)
{
    uint8_t hash[32];
    int32_t offset;
    int64_t us = moment(text(data, text(data, "status_at") ? "status_at" : "sent_at"), &offset);
    avro_value_t raw = field(value, "raw_hash");

    memset(hash, 0x5A, sizeof(hash));
    must(avro_value_set_bytes(&raw, hash, sizeof(hash)));
    set_text(value, "event_id", EVENT_ID);
    set_text(value, "handoff_id", HANDOFF_ID);
    set_text(value, "thread_id", HANDOFF_ID);
    set_text(value, "entity_id", ENTITY_ID);
    set_text(value, "operator_code", "o21");
    set_text(value, "source_system", "agenda");
    if (json_integer_value(json_object_get(json_object_get(data, "organisation"), "id")) == 31)
        set_text(value, "site_code", "o21-metz");
    set_long(value, "source_version", us);
    set_long(value, "occurred_at", us);
    set_int(value, "occurred_at_offset_min", offset);
    set_enum(value, "occurred_at_precision", "SECOND");
    set_long(value, "observed_at", INT64_C(1772439181000000));
    set_long(value, "recorded_at", INT64_C(1772439181004000));
    set_enum(value, "origin", "OPERATOR");
    set_enum(value, "legal_basis", "L6353_10");
    set_bool(value, "test", json_is_true(json_object_get(data, "test")));
}

static void fill_referral(avro_value_t *value, json_t *data)
{
    avro_value_t reference = field(value, "issuer_ref");
    char id[64];

    (void)snprintf(id, sizeof(id), "orientation/%lld",
                   (long long)json_integer_value(json_object_get(data, "id")));
    fill_envelope(value, data);
    set_text(&reference, "system", "agenda");
    set_text(&reference, "id", id);
    set_enum(value, "status", code(text(data, "status")));
    set_int(value, "requested_on", date(text(data, "requested_on")));
    set_text(value, "from_operator", "o21");
    set_text(value, "to_operator", code(text(data, "destination")));
    set_enum(value, "level_requested",
             json_integer_value(json_object_get(data, "level")) == 1 ? "LEVEL_1" : "LEVEL_2");
    set_enum(value, "motive", code(text(data, "motive")));
    set_text(value, "motive_source_code", text(data, "motive"));
    set_enum(value, "reason", code(text(data, "reason")));
    set_enum(value, "urgency", json_is_true(json_object_get(data, "urgent")) ? "URGENT" : "NORMAL");
    set_text(value, "region_code", text(data, "region"));
    set_text(value, "departement_code", text(data, "departement"));
    set_bool(value, "choice_recorded", json_is_true(json_object_get(data, "informed_choice")));
}

static void lower_trimmed(const char *in, char *out, size_t size)
{
    size_t len = 0;

    for (; *in == ' '; in++)
        ;
    for (; *in && len < size - 1; in++)
        out[len++] = *in >= 'A' && *in <= 'Z' ? (char)(*in + 32) : *in;
    for (; len > 0 && out[len - 1] == ' '; len--)
        ;
    out[len] = '\0';
}

static void fill_contact(avro_value_t *value, json_t *data)
{
    json_t *user = json_object_get(data, "user"), *agent = json_object_get(data, "agent");
    const char *birth_name = text(user, "birth_name");
    const char *phone = text(user, "phone_number_formatted");
    char email[256], back[512];

    lower_trimmed(text(user, "email"), email, sizeof(email));
    (void)snprintf(back, sizeof(back), "%s %s %s", text(agent, "first_name"),
                   text(agent, "last_name"), text(agent, "email"));
    set_text(value, "handoff_id", HANDOFF_ID);
    set_text(value, "event_id", EVENT_ID);
    set_text(value, "receiver", code(text(data, "destination")));
    set_text(value, "birth_name", birth_name ? birth_name : text(user, "last_name"));
    set_text(value, "usual_name", text(user, "last_name"));
    set_text(value, "first_names", text(user, "first_name"));
    set_int(value, "birth_date", date(text(user, "birth_date")));
    set_text(value, "phone", phone ? phone : text(user, "phone_number"));
    set_text(value, "email", email);
    set_text(value, "address", text(user, "address"));
    set_text(value, "note", text(data, "note"));
    set_text(value, "call_back", back);
}

static void translate(struct naive *n, const char *line, size_t len)
{
    json_error_t why;
    json_t *root = json_loadb(line, len, 0, &why);
    json_t *data = json_object_get(root, "data");
    avro_value_t referral, contact;

    if (!data)
        fail("no record");
    must(avro_generic_value_new(n->referral, &referral));
    must(avro_generic_value_new(n->contact, &contact));
    fill_referral(&referral, data);
    fill_contact(&contact, data);
    n->len = 0;
    write_value(n, &referral);
    write_value(n, &contact);
    avro_value_decref(&referral);
    avro_value_decref(&contact);
    json_decref(root);
}

/* ---- The program ------------------------------------------------------------------------ */

static rd_kafka_t *producer_of(const char *brokers)
{
    rd_kafka_conf_t *conf = rd_kafka_conf_new();
    char why[256];

    (void)rd_kafka_conf_set(conf, "bootstrap.servers", brokers, NULL, 0);
    (void)rd_kafka_conf_set(conf, "enable.idempotence", "true", NULL, 0);
    (void)rd_kafka_conf_set(conf, "linger.ms", "5", NULL, 0);
    return rd_kafka_new(RD_KAFKA_PRODUCER, conf, why, sizeof(why));
}

static void send_it(rd_kafka_t *producer, const char *topic, struct naive *n)
{
    rd_kafka_resp_err_t error = rd_kafka_producev(
        producer, RD_KAFKA_V_TOPIC(topic), RD_KAFKA_V_KEY(HANDOFF_ID, 36),
        RD_KAFKA_V_VALUE(n->out, n->len),
        RD_KAFKA_V_MSGFLAGS(RD_KAFKA_MSG_F_COPY | RD_KAFKA_MSG_F_BLOCK), RD_KAFKA_V_END);

    if (error)
        fail(rd_kafka_err2str(error));
    (void)rd_kafka_poll(producer, 0);
}

int main(int argc, char **argv)
{
    static struct naive n;
    static char line[65536];
    rd_kafka_t *producer = argc == 5 ? producer_of(argv[3]) : NULL;
    FILE *in = argc >= 3 && argc <= 5 ? fopen(argv[1], "r") : NULL;
    FILE *out = argc == 4 ? fopen(argv[3], "w") : NULL;
    double began = cpu_s();
    size_t count = 0;

    if (!in || (argc == 4 && !out))
        fail("usage: bench_naive RECORDS.jsonl SCHEMAS_FOLDER [OUT | BROKERS TOPIC]");
    n.referral = class_of(argv[2], "referral.avsc");
    n.contact = class_of(argv[2], "contact.avsc");
    for (; fgets(line, sizeof(line), in); count++) {
        translate(&n, line, strlen(line));
        if (producer)
            send_it(producer, argv[4], &n);
        if (out)
            (void)fwrite(n.out, 1, n.len, out);
    }
    if (producer && rd_kafka_flush(producer, 60000))
        fail("flush");
    (void)printf("records_s\t%.0f\ncpu_s_per_million\t%.3f\n", (double)count / (cpu_s() - began),
                 (cpu_s() - began) * 1e6 / (double)count);
    (void)fclose(in);
    return out && fclose(out) ? 1 : 0;
}
