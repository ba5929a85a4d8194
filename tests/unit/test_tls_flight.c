/* tests/unit/test_tls_flight.c: client certificates of TLS 1.3 by record sizes of real programs. */
#include "analyzers/tls_flight.h"

#include "tests/unit/tls_play.h"

extern const struct analyzer tls_analyzer;

enum { AES128 = 0x1301, AES256 = 0x1302, CCM8 = 0x1305, WENT_ON = 234, NOTHING = 0 };

struct flight {
    uint16_t cipher;
    uint16_t sizes[8]; /* of the client, 0-ended */
    uint16_t answer;   /* of the server; NOTHING = none */
    enum tls_flight_word word;
};

/* Sizes as OpenSSL 3.0, GnuTLS 3.7, NSS 3.87 and Go 1.19 sent them. */
static const struct flight measured[] = {
    { AES128, { 53 }, NOTHING, TLS_FLIGHT_NONE },
    { AES256, { 69, 419 }, WENT_ON, TLS_FLIGHT_NONE },
    { CCM8, { 45 }, NOTHING, TLS_FLIGHT_NONE },
    { AES128, { 25, 53 }, NOTHING, TLS_FLIGHT_EMPTY },
    { AES256, { 25, 69 }, 19, TLS_FLIGHT_EMPTY },
    { CCM8, { 17, 45 }, NOTHING, TLS_FLIGHT_EMPTY },
    { AES128, { 61 }, NOTHING, TLS_FLIGHT_EMPTY },
    { AES256, { 77 }, NOTHING, TLS_FLIGHT_EMPTY },
    { CCM8, { 53 }, NOTHING, TLS_FLIGHT_EMPTY },
    { AES128, { 433, 95, 53 }, WENT_ON, TLS_FLIGHT_SHOWN },
    { AES256, { 831, 281, 69 }, WENT_ON, TLS_FLIGHT_SHOWN },
    { AES128, { 369, 89, 53 }, WENT_ON, TLS_FLIGHT_SHOWN },
    { AES128, { 548, 101 }, WENT_ON, TLS_FLIGHT_SHOWN },
    { AES256, { 529, 529, 529, 238, 281, 69 }, WENT_ON, TLS_FLIGHT_SHOWN },
    { AES128, { 829, 281, 53, 35 }, 951, TLS_FLIGHT_SHOWN },
    { AES256, { 1744, 281, 69 }, 19, TLS_FLIGHT_REFUSED },
    { AES128, { 829, 281, 53, 35 }, 19, TLS_FLIGHT_REFUSED },
};

static enum tls_flight_word judge(const struct flight *of)
{
    struct tls_flight f = { 0 };
    tls_flight_record(&f, of->cipher, false, 1778); /* the server's own flight is before */
    for (uint32_t i = 0; of->sizes[i] != 0; i++) {
        tls_flight_record(&f, of->cipher, true, of->sizes[i]);
    }
    if (of->answer != NOTHING) {
        tls_flight_record(&f, of->cipher, false, of->answer);
    }
    return tls_flight_judge(&f, of->cipher, true);
}

static void sizes_of_real_programs_tell_what_the_client_did(void)
{
    for (size_t i = 0; i < sizeof measured / sizeof measured[0]; i++) {
        CHECK_EQ(judge(&measured[i]), measured[i].word);
    }
}

static void a_size_that_fits_nothing_tells_nothing(void)
{
    for (uint16_t size = 1; size < 217; size++) {
        if (size != 25 && size != 53 && size != 61 && size != 19) {
            CHECK_EQ(judge(&(struct flight){ AES128, { size, 53 }, WENT_ON, 0 }),
                     TLS_FLIGHT_UNCLEAR);
        }
    }
    CHECK_EQ(judge(&(struct flight){ 0x13ff, { 53 }, NOTHING, 0 }), TLS_FLIGHT_UNCLEAR);
    CHECK_EQ(judge(&(struct flight){ AES128, { 25, 54 }, NOTHING, 0 }), TLS_FLIGHT_UNCLEAR);
}

static void padded_records_tell_nothing(void)
{
    CHECK_EQ(judge(&(struct flight){ AES128, { 528, 528, 1040 }, WENT_ON, 0 }), TLS_FLIGHT_UNCLEAR);
    CHECK_EQ(judge(&(struct flight){ AES128, { 316, 616 }, WENT_ON, 0 }), TLS_FLIGHT_UNCLEAR);
    CHECK_EQ(judge(&(struct flight){ AES128, { 548 }, WENT_ON, 0 }), TLS_FLIGHT_UNCLEAR);
}

static void a_certificate_counts_when_the_server_went_on(void)
{
    struct tls_flight f = { 0 };
    const uint16_t sizes[] = { 433, 95, 53, 419 };
    for (size_t i = 0; i < 4; i++) {
        tls_flight_record(&f, AES128, true, sizes[i]);
        CHECK_EQ(tls_flight_judge(&f, AES128, false), TLS_FLIGHT_OPEN);
        CHECK_EQ(tls_flight_judge(&f, AES128, true), TLS_FLIGHT_OPEN);
    }
    struct tls_flight refused = f;
    tls_flight_record(&refused, AES128, false, 19);
    CHECK_EQ(tls_flight_judge(&refused, AES128, false), TLS_FLIGHT_OPEN);
    CHECK_EQ(tls_flight_judge(&refused, AES128, true), TLS_FLIGHT_REFUSED);
    tls_flight_record(&refused, AES128, true, 19); /* the client closes, too */
    CHECK_EQ(tls_flight_judge(&refused, AES128, true), TLS_FLIGHT_REFUSED);
    struct tls_flight closed = f; /* the client ended it first: the answer is no refusal */
    tls_flight_record(&closed, AES128, true, 19);
    tls_flight_record(&closed, AES128, false, 19);
    CHECK_EQ(tls_flight_judge(&closed, AES128, true), TLS_FLIGHT_OPEN);
    tls_flight_record(&f, AES128, false, WENT_ON);
    CHECK_EQ(tls_flight_judge(&f, AES128, false), TLS_FLIGHT_SHOWN);
}

static void early_data_and_disorder_tell_nothing(void)
{
    struct tls_flight f = { .early = true };
    tls_flight_record(&f, AES128, true, 53);
    CHECK_EQ(tls_flight_judge(&f, AES128, true), TLS_FLIGHT_UNCLEAR);
}

static void the_text_is_the_flight(void)
{
    struct tls_flight f = { 0 };
    char text[TLS_FLIGHT_TEXT_SIZE];
    CHECK(strcmp(tls_flight_text(&f, AES128, text), "") == 0);
    const uint32_t sizes[] = { 433, 95, 53, 419 };
    for (size_t i = 0; i < 4; i++) {
        tls_flight_record(&f, AES128, true, sizes[i]);
    }
    CHECK(strcmp(tls_flight_text(&f, AES128, text), "433 95 53") == 0);
    CHECK(strcmp(tls_flight_text(&f, AES256, text), "433") == 0);
    f = (struct tls_flight){ 0 };
    for (unsigned i = 0; i < 2 * TLS_FLIGHT_RECORDS; i++) {
        tls_flight_record(&f, AES128, true, i < TLS_FLIGHT_RECORDS - 1 ? 0xfffff : 53);
    }
    CHECK_EQ(f.count, TLS_FLIGHT_RECORDS);
    CHECK(strlen(tls_flight_text(&f, AES128, text)) == TLS_FLIGHT_RECORDS * 6 - 4);
}

static void dtls_tells_of_a_certificate_alone(void)
{
    struct tls_flight f = { 0 };
    tls_flight_datagram(&f, true, 2, 61);
    tls_flight_datagram(&f, false, 3, 35);
    CHECK_EQ(tls_flight_judge_datagrams(&f, AES128, false), TLS_FLIGHT_OPEN);
    CHECK_EQ(tls_flight_judge_datagrams(&f, AES128, true), TLS_FLIGHT_UNCLEAR);
    tls_flight_datagram(&f, true, 3, 900); /* data, not the handshake */
    CHECK_EQ(tls_flight_judge_datagrams(&f, AES128, false), TLS_FLIGHT_OPEN);
    tls_flight_datagram(&f, true, 2, 353);
    CHECK_EQ(tls_flight_judge_datagrams(&f, AES128, false), TLS_FLIGHT_SHOWN);
}

/* One record of the flight alone could be padding; what comes after it shows that it is not. */
static void later_datagrams_show_that_the_flight_is_not_padded(void)
{
    struct tls_flight f = { 0 };
    tls_flight_datagram(&f, true, 2, 450);
    tls_flight_datagram(&f, false, 3, 35);
    CHECK_EQ(tls_flight_judge_datagrams(&f, AES128, false), TLS_FLIGHT_OPEN);
    struct tls_flight padded = f;
    for (unsigned i = 0; i < 2 * TLS_FLIGHT_LATER; i++) {
        tls_flight_datagram(&padded, true, 3, 450);
    }
    CHECK_EQ(padded.later_count, TLS_FLIGHT_LATER);
    CHECK_EQ(tls_flight_judge_datagrams(&padded, AES128, false), TLS_FLIGHT_OPEN);
    CHECK_EQ(tls_flight_judge_datagrams(&padded, AES128, true), TLS_FLIGHT_UNCLEAR);
    tls_flight_datagram(&f, true, 3, 61);
    CHECK_EQ(tls_flight_judge_datagrams(&f, AES128, false), TLS_FLIGHT_SHOWN);
    char text[TLS_FLIGHT_TEXT_SIZE];
    CHECK(strcmp(tls_flight_text(&f, AES128, text), "450") == 0);
}

/* A connection through the analyzer: what is offered, then records of zeros. */
struct talk {
    const char *offer; /* extensions of ClientHello beside supported_versions, in hex */
    uint32_t hole;     /* bytes that the capture lost of the client, before its record */
    const char *state, *reason, *records; /* records: NULL = none */
};

static void put16(char *hex, uint32_t value)
{
    snprintf(hex, 5, "%04x", value & 0xffff);
}

static void play_hello(struct play *p, const char *offer)
{
    static char hex[1024];
    static const char versions[] = "002b0003020304";
    static const char fixed[] = "0303"
                                "00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff"
                                "00000213010100";
    uint32_t extensions = (uint32_t)(strlen(versions) + strlen(offer)) / 2;
    uint32_t body = (uint32_t)(sizeof fixed - 1) / 2 + 2 + extensions;
    char record[5], message[5], list[5];
    put16(record, body + 4);
    put16(message, body);
    put16(list, extensions);
    snprintf(hex, sizeof hex, "160301%s0100%s%s%s%s%s", record, message, fixed, list, versions,
             offer);
    play_one(p, &(struct chunk){ 0, hex });
    play_one(p,
             &(struct chunk){ 1, "16030300320200002e0303"
                                 "ffeeddccbbaa99887766554433221100ffeeddccbbaa99887766554433221100"
                                 "00130100" /* AES_128_GCM */
                                 "0006002b00020304" });
}

static void play_record(struct play *p, uint8_t side, uint16_t size)
{
    static uint8_t record[2048];
    memset(record, 0, sizeof record);
    record[0] = 23;
    record[1] = record[2] = 3;
    record[3] = (uint8_t)(size >> 8);
    record[4] = (uint8_t)size;
    play_bytes(p, side, record, size + 5U);
}

static struct play *play_talk(const struct talk *talk, const uint16_t *sizes)
{
    struct play *p = play_new(&tls_analyzer);
    play_hello(p, talk->offer);
    play_record(p, 1, 900);
    if (talk->hole > 0) {
        p->analyzer->gap(p->state, 0, talk->hole, &p->sink);
    }
    for (uint32_t i = 0; sizes[i] != 0; i++) {
        play_record(p, 0, sizes[i]);
    }
    play_record(p, 1, WENT_ON);
    play_close(p);
    return p;
}

static void check_talk(const struct talk *talk, const uint16_t *sizes)
{
    struct play *p = play_talk(talk, sizes);
    CHECK(play_is(p, OBS_TLS_VERSION, "TLSv1.3"));
    CHECK(play_mtls(p, talk->state, talk->reason));
    CHECK(talk->records == NULL ? !play_knows(p, OBS_TLS_MTLS_RECORDS)
                                : play_is(p, OBS_TLS_MTLS_RECORDS, talk->records));
    play_free(p);
}

#define POST_HANDSHAKE_AUTH "00310000"
#define RAW_KEY_OFFERED     "001300020102"
#define X509_OFFERED        "001300020100"
#define EARLY_DATA          "002a0000"

static void what_the_client_offers_is_taken_into_account(void)
{
    static const uint16_t shown[] = { 433, 95, 53, 0 }, none[] = { 53, 0 }, empty[] = { 25, 53, 0 };
    check_talk(&(struct talk){ "", 0, "inferred", "record-sizes", "433 95 53" }, shown);
    check_talk(&(struct talk){ "", 0, "disproven", "not-requested", "53" }, none);
    check_talk(&(struct talk){ "", 0, "disproven", "empty", "25 53" }, empty);
    check_talk(&(struct talk){ POST_HANDSHAKE_AUTH, 0, "unknown", "later", NULL }, none);
    check_talk(&(struct talk){ POST_HANDSHAKE_AUTH, 0, "inferred", "record-sizes", "433 95 53" },
               shown);
    check_talk(&(struct talk){ RAW_KEY_OFFERED, 0, "unknown", "raw-public-key-offered", NULL },
               shown);
    check_talk(&(struct talk){ X509_OFFERED, 0, "inferred", "record-sizes", "433 95 53" }, shown);
    check_talk(&(struct talk){ EARLY_DATA, 0, "unknown", "encrypted-handshake", NULL }, none);
}

static void a_hole_in_the_flight_leaves_it_unknown(void)
{
    static const uint16_t shown[] = { 433, 95, 53, 0 }, none[] = { 53, 0 };
    check_talk(&(struct talk){ "", 438, "unknown", "missing-bytes", NULL }, none);
    check_talk(&(struct talk){ "", 1, "unknown", "missing-bytes", NULL }, shown);
}

int main(void)
{
    sizes_of_real_programs_tell_what_the_client_did();
    a_size_that_fits_nothing_tells_nothing();
    padded_records_tell_nothing();
    a_certificate_counts_when_the_server_went_on();
    early_data_and_disorder_tell_nothing();
    the_text_is_the_flight();
    dtls_tells_of_a_certificate_alone();
    later_datagrams_show_that_the_flight_is_not_padded();
    what_the_client_offers_is_taken_into_account();
    a_hole_in_the_flight_leaves_it_unknown();
    return check_failures > 0;
}
