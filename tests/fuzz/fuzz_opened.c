/* tests/fuzz/fuzz_opened.c: anything inside TLS 1.3, TLS 1.2 or QUIC whose secrets were logged,
 * sealed as it must be, through the dispatcher, so that what is carried is read too.
 *
 * Input: kind(1), then records of flags(1) length(2) bytes(length). kind: 0 TLS 1.3, 1 TLS 1.2,
 * else QUIC. flags bit 0: from the server; bits 1 and 2: data, handshake, alert, ChangeCipherSpec;
 * bit 3: under the keys of after the handshake (TLS 1.3, QUIC; whose bytes are frames). */
#include <stddef.h>

#include "analyzers/crypto/quic_keys.h"
#include "tests/unit/dispatch_talk.h"
#include "tests/unit/quic_vectors.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { KIND_13, KIND_12, KIND_QUIC };
enum {
    TEXT_MAX = 1300,
    RECORDS_MAX = 96,
    MASTER_SIZE = 48,
    FRAMES_MIN = 4,
    SECRET = 32,
    LATER = 8
};

static const struct quic_cid no_cid = { 0 };

/* A direction of a stage: 0 and 1 of the handshake, 2 and 3 of later. */
struct lane {
    struct keylog_secret secret;
    struct quic_keys keys; /* of TLS too: key and iv have the same sizes */
    uint64_t number;
};

struct run {
    struct talk *talk;
    struct keylog *keylog;
    struct lane lanes[4];
    unsigned kind;
};

/* TLS 1.2: ServerHello of TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256, its random all zero. */
static const uint8_t server_hello_12[] = { 0x16, 3,  3, 0, 42,          2,    0,
                                           0,    38, 3, 3, [44] = 0xc0, 0x2f, 0 };
static const uint8_t change[] = { 20, 3, 3, 0, 1, 1 };

static void put_hex(struct packet *p, const uint8_t *bytes, uint32_t size)
{
    static const char digits[] = "0123456789abcdef";
    for (uint32_t i = 0; i < size; i++) {
        packet_u8(p, (uint8_t)digits[bytes[i] >> 4]);
        packet_u8(p, (uint8_t)digits[bytes[i] & 15]);
    }
}

static void log_secret(struct run *run, const char *label, const uint8_t *random,
                       const struct keylog_secret *secret)
{
    struct keylog_text text = { 0 };
    struct packet line = { .size = 0 };
    packet_put(&line, (const uint8_t *)label, (uint32_t)strlen(label));
    packet_u8(&line, ' ');
    put_hex(&line, random, KEYLOG_RANDOM_SIZE);
    packet_u8(&line, ' ');
    put_hex(&line, secret->bytes, secret->size);
    keylog_read(run->keylog, &text, bytes_of(line.at, line.size, line.size));
    keylog_end(run->keylog, &text);
}

static void derive_13(struct run *run, struct key_schedule *schedule, const uint8_t *random)
{
    static const char *const labels[] = { "CLIENT_HANDSHAKE_TRAFFIC_SECRET",
                                          "SERVER_HANDSHAKE_TRAFFIC_SECRET",
                                          "CLIENT_TRAFFIC_SECRET_0", "SERVER_TRAFFIC_SECRET_0" };
    static const struct quic_protection tls = { .key_label = "key",
                                                .iv_label = "iv",
                                                .hp_label = "hp" };
    const struct quic_protection *labelled =
        run->kind == KIND_QUIC ? quic_versions_find(V1)->protection : &tls;
    struct record_suite suite;
    CHECK(record_suite_find("TLS_AES_128_GCM_SHA256", &suite));
    for (unsigned i = 0; i < 4; i++) {
        struct lane *lane = &run->lanes[i];
        lane->secret.size = SECRET;
        memset(lane->secret.bytes, (int)i + 1, SECRET);
        CHECK(quic_keys_derive(schedule, &suite, labelled, &lane->secret, &lane->keys));
        log_secret(run, labels[i], random, &lane->secret);
    }
}

/* Both stages have the same keys. */
static void derive_12(struct run *run, struct key_schedule *schedule, const uint8_t *random)
{
    struct keylog_secret master = { .size = MASTER_SIZE };
    uint8_t block[40], randoms[2 * KEY_RANDOM_SIZE] = { 0 };
    memcpy(randoms + KEY_RANDOM_SIZE, random, KEY_RANDOM_SIZE);
    CHECK(key_schedule_block(schedule, "SHA256", &master, randoms, block, sizeof block));
    for (unsigned i = 0; i < 2; i++) {
        memcpy(run->lanes[i].keys.key, block + 16 * (size_t)i, 16);
        memcpy(run->lanes[i].keys.iv, block + 32 + 4 * (size_t)i, 4);
    }
    log_secret(run, "CLIENT_RANDOM", random, &master);
}

static void number_into(const struct lane *lane, uint8_t *iv)
{
    memcpy(iv, lane->keys.iv, QUIC_IV_SIZE);
    for (unsigned i = 0; i < 8; i++) {
        iv[QUIC_IV_SIZE - 1 - i] ^= (uint8_t)(lane->number >> (8 * i));
    }
}

static void send_record(struct run *run, uint8_t from, const struct packet *record)
{
    say(run->talk, from, TCP_ACK, record->at, record->size);
}

static void send_clear(struct run *run, uint8_t from, const struct packet *message)
{
    struct packet record = { .size = 0 };
    packet_u8(&record, 22);
    packet_u16(&record, 0x0303);
    packet_u16(&record, message->size);
    packet_put(&record, message->at, message->size);
    send_record(run, from, &record);
}

/* RFC 8446 5.2. */
static void seal_13(struct run *run, struct lane *lane, uint8_t from, uint8_t type,
                    const struct packet *text)
{
    struct packet record = { .size = 0 };
    uint8_t iv[QUIC_IV_SIZE];
    packet_u8(&record, 23);
    packet_u16(&record, 0x0303);
    packet_u16(&record, text->size + 1 + QUIC_TAG_SIZE);
    packet_put(&record, text->at, text->size);
    packet_u8(&record, type);
    packet_zeros(&record, QUIC_TAG_SIZE);
    number_into(lane, iv);
    cipher(EVP_aes_128_gcm(), lane->keys.key, iv, record.at, 5, record.at + 5, text->size + 1,
           record.at + 6 + text->size);
    lane->number++;
    send_record(run, from, &record);
}

/* RFC 5246 6.2.3.3: number(8) head(5) are authenticated; the number is the record's nonce too. */
static void seal_12(struct run *run, struct lane *lane, uint8_t from, uint8_t type,
                    const struct packet *text)
{
    struct packet record = { .size = 0 }, head = { .size = 0 };
    uint8_t iv[QUIC_IV_SIZE];
    packet_zeros(&head, 6);
    packet_u16(&head, (uint32_t)lane->number);
    packet_u8(&head, type);
    packet_u16(&head, 0x0303);
    packet_u16(&head, text->size);
    packet_u8(&record, type);
    packet_u16(&record, 0x0303);
    packet_u16(&record, text->size + 8 + QUIC_TAG_SIZE);
    packet_put(&record, head.at, 8);
    packet_put(&record, text->at, text->size);
    packet_zeros(&record, QUIC_TAG_SIZE);
    memcpy(iv, lane->keys.iv, 4);
    memcpy(iv + 4, head.at, 8);
    cipher(EVP_aes_128_gcm(), lane->keys.key, iv, head.at, head.size, record.at + 13, text->size,
           record.at + 13 + text->size);
    lane->number++;
    send_record(run, from, &record);
}

/* RFC 9001 5: Handshake or 1-RTT, with a packet number of one byte. */
static void seal_quic(struct run *run, struct lane *lane, uint8_t from, bool later,
                      const struct packet *text)
{
    struct packet p = { .size = 0 };
    uint8_t iv[QUIC_IV_SIZE], mask[16];
    const struct quic_cid *to = from == 0 ? &server_cid : &no_cid;
    if (later) {
        packet_u8(&p, 0x40);
        packet_put(&p, to->bytes, to->size);
    } else {
        put_long(&p, 0xe0, V1, to, from == 0 ? &no_cid : &server_cid);
        packet_u16(&p, 0x4000 | (1 + text->size + QUIC_TAG_SIZE));
    }
    uint32_t number_at = p.size;
    packet_u8(&p, (uint8_t)lane->number);
    packet_put(&p, text->at, text->size);
    packet_zeros(&p, QUIC_TAG_SIZE);
    number_into(lane, iv);
    cipher(EVP_aes_128_gcm(), lane->keys.key, iv, p.at, number_at + 1, p.at + number_at + 1,
           text->size, p.at + number_at + 1 + text->size);
    memcpy(mask, p.at + number_at + 4, sizeof mask);
    cipher(EVP_aes_128_ecb(), lane->keys.hp, NULL, NULL, 0, mask, sizeof mask, NULL);
    p.at[0] ^= mask[0] & (later ? 0x1f : 0x0f);
    p.at[number_at] ^= mask[1];
    lane->number++;
    say(run->talk, from, 0, p.at, p.size);
}

static void send_initial(struct run *run, uint8_t from, const struct packet *message)
{
    struct packet frames = { .size = 0 }, datagram = { .size = 0 };
    struct seal seal = { .version = V1,
                         .keyed_by = &vector_cid,
                         .to = from == 0 ? &vector_cid : &no_cid,
                         .from = from == 0 ? &no_cid : &server_cid,
                         .server = from == 1 };
    put_crypto(&frames, message, 0, message->size);
    packet_zeros(&frames, FRAMES_MIN);
    put_initial(&datagram, &seal, &frames);
    say(run->talk, from, 0, datagram.at, datagram.size);
}

static void begin(struct run *run, unsigned kind)
{
    static const struct hash_seed seed = { { 5, 6 } };
    struct packet hellos[] = { packet_of(vector_client_hello), packet_of(vector_server_hello) };
    struct key_schedule *schedule = NULL;
    run->kind = kind;
    must(keylog_new(seed, &run->keylog));
    must(key_schedule_new(&schedule));
    if (kind == KIND_12) {
        derive_12(run, schedule, client_hello + 11);
    } else {
        derive_13(run, schedule, hellos[0].at + 6);
    }
    key_schedule_free(schedule);
    run->talk = talk_under(run->keylog, kind == KIND_QUIC ? IPPROTO_UDP : IPPROTO_TCP,
                           kind == KIND_QUIC ? 443 : 5061, 4, 0);
    if (kind != KIND_QUIC) {
        handshake(run->talk);
    }
    for (uint8_t from = 0; kind != KIND_12 && from < 2; from++) {
        (kind == KIND_QUIC ? send_initial : send_clear)(run, from, &hellos[from]);
    }
    if (kind == KIND_12) {
        say(run->talk, 0, TCP_ACK, client_hello, sizeof client_hello);
        say(run->talk, 1, TCP_ACK, server_hello_12, sizeof server_hello_12);
        say(run->talk, 1, TCP_ACK, change, sizeof change);
        say(run->talk, 0, TCP_ACK, change, sizeof change);
    }
}

static void seal(struct run *run, uint8_t flags, struct packet *text)
{
    static const uint8_t types[] = { 23, 22, 21, 20 };
    uint8_t from = flags & 1, type = types[flags >> 1 & 3];
    bool later = (flags & LATER) != 0;
    struct lane *lane = &run->lanes[from + (later && run->kind != KIND_12 ? 2 : 0)];
    if (run->kind == KIND_QUIC) {
        packet_zeros(text, text->size < FRAMES_MIN ? FRAMES_MIN - text->size : 0);
        seal_quic(run, lane, from, later, text);
    } else if (run->kind == KIND_12) {
        seal_12(run, lane, from, type, text);
    } else {
        seal_13(run, lane, from, type, text);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct run run = { 0 };
    begin(&run, size > 0 ? data[0] % 3U : KIND_13);
    unsigned count = 0;
    for (size_t at = 1; at + 3 <= size && count < RECORDS_MAX; count++) {
        struct packet text = { .size = 0 };
        uint8_t flags = data[at];
        uint32_t n = (uint32_t)data[at + 1] << 8 | data[at + 2];
        at += 3;
        n = n < size - at ? n : (uint32_t)(size - at);
        packet_put(&text, data + at, n < TEXT_MAX ? n : TEXT_MAX);
        seal(&run, flags, &text);
        at += n;
    }
    conclude(run.talk);
    talk_over(run.talk);
    keylog_free(run.keylog);
    if (check_failures > 0) {
        abort();
    }
    return 0;
}
