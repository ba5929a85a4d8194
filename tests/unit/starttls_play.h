/* tests/unit/starttls_play.h: what the tests of protocols that turn to TLS share: messages as hex,
 * a ClientHello, and every message spoilt. */
#ifndef OVERT_TESTS_UNIT_STARTTLS_PLAY_H
#define OVERT_TESTS_UNIT_STARTTLS_PLAY_H

#include "tests/seen.h"

enum { C = 0, S = 1, SAY_MAX = 512 };

struct say {
    uint8_t from;
    const char *hex; /* NULL ends a list */
};

/* A ClientHello as far as it is looked at. */
static const char say_client_hello[] = "16030100600100005c0303"
                                       "000102030405060708090a0b0c0d0e0f"
                                       "101112131415161718191a1b1c1d1e1f"
                                       "000000000000000000";

static inline uint32_t say_bytes(const char *hex, uint8_t *out)
{
    uint32_t n = 0;
    for (; hex[0] != '\0' && hex[1] != '\0' && n < SAY_MAX; hex += 2) {
        char pair[3] = { hex[0], hex[1], '\0' };
        out[n++] = (uint8_t)strtoul(pair, NULL, 16);
    }
    return n;
}

static inline void say_one(struct seen_flow *flow, uint8_t from, const char *hex)
{
    uint8_t bytes[SAY_MAX];
    seen_bytes(flow, from, bytes, say_bytes(hex, bytes));
}

static inline void say_all(struct seen_flow *flow, const struct say *says)
{
    for (; says->hex != NULL && flow->last == FEED_MORE; says++) {
        say_one(flow, says->from, says->hex);
    }
}

static inline void say_one_by_one(struct seen_flow *flow, const struct say *says)
{
    for (; says->hex != NULL; says++) {
        uint8_t bytes[SAY_MAX];
        uint32_t size = say_bytes(says->hex, bytes);
        for (uint32_t i = 0; i < size && flow->last == FEED_MORE; i++) {
            seen_bytes(flow, says->from, bytes + i, 1);
        }
    }
}

/* One byte of each message is another, or what follows it is missing. */
static inline void say_spoilt(struct seen_flow *flow, const struct say *says, uint32_t at,
                              uint8_t flip)
{
    for (; says->hex != NULL && flow->last == FEED_MORE; says++) {
        uint8_t bytes[SAY_MAX];
        uint32_t size = say_bytes(says->hex, bytes);
        bytes[at % size] ^= flip;
        seen_bytes(flow, says->from, bytes, flip == 0 ? at % size : size);
    }
    for (uint8_t side = 0; side < 2 && flow->last == FEED_MORE; side++) {
        seen_finish(flow, side);
    }
}

static inline void say_spoilt_everywhere(const struct analyzer *analyzer, const struct say *says)
{
    static const uint8_t flips[] = { 0, 0x01, 0x80, 0xff };
    for (uint32_t at = 0; at < 128; at++) {
        for (size_t i = 0; i < sizeof flips; i++) {
            static struct seen_flow flow;
            flow = seen_open(analyzer);
            say_spoilt(&flow, says, at, flips[i]);
            seen_close(&flow);
        }
    }
}

/* Each start of a first message may go on; the whole is claimed. */
static inline void say_claimed_when_whole(const struct analyzer *analyzer, const char *hex)
{
    uint8_t bytes[SAY_MAX];
    uint32_t size = say_bytes(hex, bytes);
    for (uint32_t n = 1; n < size; n++) {
        CHECK_EQ(seen_claim(analyzer, bytes, n, true), CLAIM_MORE);
    }
    CHECK_EQ(seen_claim(analyzer, bytes, size, true), CLAIM_YES);
}

static inline enum claim say_claim(const struct analyzer *analyzer, const char *hex)
{
    uint8_t bytes[SAY_MAX];
    uint32_t size = say_bytes(hex, bytes);
    return seen_claim(analyzer, bytes, size, true);
}

/* Plays to the ClientHello and looks at what all of these protocols tell. */
static inline void say_becomes_tls(const struct analyzer *analyzer, const struct say *says,
                                   const char *name)
{
    for (unsigned slowly = 0; slowly < 2; slowly++) {
        static struct seen_flow flow;
        flow = seen_open(analyzer);
        if (slowly) {
            say_one_by_one(&flow, says);
        } else {
            say_all(&flow, says);
        }
        CHECK_EQ(flow.last, FEED_MORE);
        CHECK_EQ(seen[0].obs.kind, OBS_APP);
        CHECK(seen_text(OBS_APP, name));
        CHECK(seen_text(OBS_STARTTLS_PROTOCOL, name));
        CHECK_EQ(seen_value(OBS_CLIENT), C);
        CHECK_EQ(seen_value(OBS_STARTTLS_ASKED), 1);
        say_one(&flow, C, say_client_hello);
        CHECK_EQ(flow.last, FEED_RELEASE);
        CHECK_EQ(flow.kept_size[C], sizeof say_client_hello / 2); /* left for TLS */
        CHECK_EQ(seen_times(OBS_STARTTLS_CLEAR), 0);
        CHECK_EQ(seen_times(OBS_STARTTLS_INJECTED), 0);
        CHECK_EQ(seen_times(OBS_CREDENTIALS_EXPOSED), 0);
        CHECK_EQ(seen_times(OBS_MALFORMED), 0);
        seen_close(&flow);
    }
}

#endif
