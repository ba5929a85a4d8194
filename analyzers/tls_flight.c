/* analyzers/tls_flight.c: the client's flight of TLS 1.3 (RFC 8446 4.4, 5.2) by its record sizes.
 */
#include "analyzers/tls_flight.h"

#include <stddef.h>
#include <stdio.h>
#include <string.h>

enum {
    MESSAGE_HEADER = 4,
    FRAGMENT_HEADER = 12, /* DTLS: message_seq, fragment offset and length, too */
    CONTENT_TYPE = 1,     /* behind the content, under keys */
    EMPTY_CERTIFICATE = MESSAGE_HEADER + 1 + 3, /* context length, list length */
    ALERT = 2,
    CERTIFICATE_MIN = 200, /* bytes of a Certificate message with one: no X.509 is as short */
    PADDED_TO = 64,        /* all records multiples of as much or more: their sizes are padded */
    EPOCH_HANDSHAKE = 2,
    EPOCH_DATA = 3,
};

/* Hash and tag of each suite; others are not judged. */
static const struct suite {
    uint16_t code;
    uint8_t hash, tag; /* bytes */
} suites[] = {
    { 0x1301, 32, 16 }, /* AES_128_GCM_SHA256 */
    { 0x1302, 48, 16 }, /* AES_256_GCM_SHA384 */
    { 0x1303, 32, 16 }, /* CHACHA20_POLY1305_SHA256 */
    { 0x1304, 32, 16 }, /* AES_128_CCM_SHA256 */
    { 0x1305, 32, 8 },  /* AES_128_CCM_8_SHA256 */
    { 0x00c6, 32, 16 }, /* SM4_GCM_SM3 */
    { 0x00c7, 32, 16 }, /* SM4_CCM_SM3 */
    { 0xc0b4, 32, 32 }, /* SHA256_SHA256, RFC 9150 */
    { 0xc0b5, 48, 48 }, /* SHA384_SHA384 */
};

static const struct suite *suite_of(uint16_t cipher)
{
    for (size_t i = 0; i < sizeof suites / sizeof suites[0]; i++) {
        if (suites[i].code == cipher) {
            return &suites[i];
        }
    }
    return NULL;
}

/* The record that holds so much content. */
static uint32_t record_of(const struct suite *s, uint32_t content)
{
    return content + CONTENT_TYPE + s->tag;
}

static uint32_t finished_of(const struct suite *s)
{
    return record_of(s, MESSAGE_HEADER + (uint32_t)s->hash);
}

static void keep(struct tls_flight *f, uint32_t size)
{
    if (f->count < TLS_FLIGHT_RECORDS) {
        f->sizes[f->count++] = size > UINT16_MAX ? UINT16_MAX : (uint16_t)size;
    }
}

void tls_flight_record(struct tls_flight *f, uint16_t cipher, bool client, uint32_t size)
{
    const struct suite *s = suite_of(cipher);
    bool alert = s != NULL && size == record_of(s, ALERT);
    if (client) {
        keep(f, size);
        f->client_ended |= alert && !f->alerted;
    } else if (f->count > 0) {
        f->alerted |= alert;
        f->went_on |= !alert;
    }
}

void tls_flight_datagram(struct tls_flight *f, bool client, uint8_t epoch, uint32_t size)
{
    if (client && epoch == EPOCH_HANDSHAKE) {
        keep(f, size);
    } else if (client && epoch == EPOCH_DATA && f->later_count < TLS_FLIGHT_LATER) {
        f->later[f->later_count++] = (uint16_t)size; /* a datagram has no more */
    } else if (!client && epoch == EPOCH_DATA && f->count > 0) {
        f->went_on = true;
    }
}

/* The greatest common divisor of what was found so far and the plaintext of one record more. */
static uint32_t common_with(const struct suite *s, uint32_t common, uint32_t size)
{
    uint32_t left = size > s->tag ? size - (uint32_t)s->tag : 1;
    while (left != 0) {
        uint32_t rest = common % left;
        common = left;
        left = rest;
    }
    return common;
}

/* Are all records multiples of one large number? Then they say nothing of what they hold. */
static bool is_padded(const struct tls_flight *f, const struct suite *s)
{
    uint32_t common = 0;
    for (uint8_t i = 0; i < f->count; i++) {
        common = common_with(s, common, f->sizes[i]);
    }
    for (uint8_t i = 0; i < f->later_count; i++) {
        common = common_with(s, common, f->later[i]);
    }
    return common >= PADDED_TO;
}

/* A certificate was sent, and the server went on; more records may show what is padding. */
static enum tls_flight_word shown(const struct tls_flight *f, const struct suite *s, bool end)
{
    if (!is_padded(f, s)) {
        return TLS_FLIGHT_SHOWN;
    }
    return end || f->count == TLS_FLIGHT_RECORDS ? TLS_FLIGHT_UNCLEAR : TLS_FLIGHT_OPEN;
}

enum tls_flight_word tls_flight_judge(const struct tls_flight *f, uint16_t cipher, bool end)
{
    const struct suite *s = suite_of(cipher);
    if (s == NULL || f->early) {
        return TLS_FLIGHT_UNCLEAR;
    }
    uint32_t first = f->count > 0 ? f->sizes[0] : 0;
    uint32_t finished = finished_of(s);
    if (first == 0 || first == record_of(s, ALERT)) {
        return TLS_FLIGHT_OPEN;
    }
    if (first == finished) {
        return TLS_FLIGHT_NONE;
    }
    if (first == finished + EMPTY_CERTIFICATE) {
        return TLS_FLIGHT_EMPTY;
    }
    if (first == record_of(s, EMPTY_CERTIFICATE)) {
        enum tls_flight_word word = f->sizes[1] == finished ? TLS_FLIGHT_EMPTY : TLS_FLIGHT_UNCLEAR;
        return f->count > 1 ? word : TLS_FLIGHT_OPEN;
    }
    if (first < record_of(s, CERTIFICATE_MIN)) {
        return TLS_FLIGHT_UNCLEAR;
    }
    if (f->went_on) {
        return shown(f, s, end);
    }
    return end && f->alerted && !f->client_ended ? TLS_FLIGHT_REFUSED : TLS_FLIGHT_OPEN;
}

enum tls_flight_word tls_flight_judge_datagrams(const struct tls_flight *f, uint16_t cipher,
                                                bool end)
{
    const struct suite *s = suite_of(cipher);
    if (s == NULL || end) {
        return TLS_FLIGHT_UNCLEAR;
    }
    bool long_enough = false;
    for (uint8_t i = 0; i < f->count; i++) {
        long_enough |= f->sizes[i] >= record_of(s, CERTIFICATE_MIN + FRAGMENT_HEADER);
    }
    return long_enough && f->went_on && !is_padded(f, s) ? TLS_FLIGHT_SHOWN : TLS_FLIGHT_OPEN;
}

/* How many records the flight has: up to Finished, or one where there is none of that size. */
static uint8_t extent(const struct tls_flight *f, uint16_t cipher)
{
    const struct suite *s = suite_of(cipher);
    for (uint8_t i = 0; s != NULL && i < f->count; i++) {
        if (f->sizes[i] == finished_of(s)) {
            return (uint8_t)(i + 1);
        }
    }
    return f->count > 0;
}

const char *tls_flight_text(const struct tls_flight *f, uint16_t cipher,
                            char buffer[static TLS_FLIGHT_TEXT_SIZE])
{
    uint8_t count = extent(f, cipher);
    size_t used = 0;
    buffer[0] = '\0';
    for (uint8_t i = 0; i < count; i++) {
        int size = snprintf(buffer + used, TLS_FLIGHT_TEXT_SIZE - used, "%s%u", i > 0 ? " " : "",
                            (unsigned)f->sizes[i]);
        used += (size_t)size; /* at most TLS_FLIGHT_RECORDS times " 65535" */
    }
    return buffer;
}
