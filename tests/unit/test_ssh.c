/* tests/unit/test_ssh.c: what two lists of algorithms agree on (RFC 4253 7.1), in any piece. */
#include "tests/seen.h"

extern const struct analyzer ssh_analyzer;

static const char client_banner[] = "SSH-2.0-OpenSSH_9.2p1 Debian-2+deb12u10\r\n";
static const char server_banner[] = "SSH-2.0-dropbear_2022.83\r\n";

struct lists {
    const char *kex, *host_key, *cipher, *cipher_back, *mac, *mac_back, *compression;
};

static const struct lists client_lists = {
    "curve25519-sha256,ecdh-sha2-nistp256,ext-info-c,kex-strict-c-v00@openssh.com",
    "ssh-ed25519,rsa-sha2-512",
    "chacha20-poly1305@openssh.com,aes128-ctr,aes256-gcm@openssh.com",
    "aes256-gcm@openssh.com,aes128-ctr",
    "umac-64-etm@openssh.com,hmac-sha2-256",
    "hmac-sha2-512,hmac-sha2-256",
    "none,zlib@openssh.com",
};
static const struct lists server_lists = {
    "ecdh-sha2-nistp256,curve25519-sha256,kex-strict-s-v00@openssh.com",
    "rsa-sha2-512,rsa-sha2-256",
    "aes128-ctr,aes256-ctr",
    "aes128-ctr,aes256-gcm@openssh.com",
    "hmac-sha1,hmac-sha2-256",
    "hmac-sha1,hmac-sha2-256",
    "none",
};

static uint32_t put_u32(uint8_t *at, uint32_t value)
{
    for (uint32_t i = 0; i < 4; i++) {
        at[i] = (uint8_t)(value >> (24 - 8 * i));
    }
    return 4;
}

/* RFC 4253 6: a packet of one message; returns its size. */
static uint32_t make_packet(uint8_t *at, uint8_t type, const uint8_t *body, uint32_t size)
{
    enum { PADDING = 7 };
    put_u32(at, 1 + 1 + size + PADDING);
    at[4] = PADDING;
    at[5] = type;
    memcpy(at + 6, body, size);
    memset(at + 6 + size, 0, PADDING);
    return 6 + size + PADDING;
}

static uint32_t make_kexinit(uint8_t *at, const struct lists *lists)
{
    const char *names[] = { lists->kex,
                            lists->host_key,
                            lists->cipher,
                            lists->cipher_back,
                            lists->mac,
                            lists->mac_back,
                            lists->compression,
                            lists->compression,
                            "",
                            "" };
    uint8_t body[2048] = { 0 };
    uint32_t used = 16;
    for (unsigned i = 0; i < sizeof names / sizeof *names; i++) {
        uint32_t size = (uint32_t)strlen(names[i]);
        used += put_u32(body + used, size);
        memcpy(body + used, names[i], size);
        used += size;
    }
    return make_packet(at, 20, body, used + 5);
}

/* All of one side up to its keys, in pieces. */
static void talk(struct seen_flow *flow, uint8_t from, const char *banner,
                 const struct lists *lists, uint8_t dh, uint32_t piece)
{
    static const uint8_t value[40] = { 0, 0, 0, 32 };
    uint8_t m[4096];
    uint32_t used = 0;
    for (; banner[used] != '\0'; used++) {
        m[used] = (uint8_t)banner[used];
    }
    used += make_kexinit(m + used, lists);
    used += make_packet(m + used, dh, value, sizeof value);
    used += make_packet(m + used, 21, value, 0);
    for (uint32_t at = 0; at < used && flow->last == FEED_MORE; at += piece) {
        seen_bytes(flow, from, m + at, at + piece < used ? piece : used - at);
    }
}

static void the_first_of_the_clients_counts_that_the_server_has(void)
{
    static const uint32_t pieces[] = { 1, 7, 100, 4096 };
    for (unsigned i = 0; i < sizeof pieces / sizeof *pieces; i++) {
        struct seen_flow flow = seen_open(&ssh_analyzer);
        talk(&flow, 1, server_banner, &server_lists, 31,
             pieces[i]); /* who speaks first is no matter */
        talk(&flow, 0, client_banner, &client_lists, 30, pieces[i]);
        CHECK_EQ(seen_times(OBS_APP), 1);
        CHECK(seen_text(OBS_SSH_SOFTWARE, "dropbear_2022.83"));
        CHECK(seen_text(OBS_SSH_SOFTWARE, "OpenSSH_9.2p1"));
        CHECK(seen_text(OBS_SSH_VERSION, "2.0"));
        CHECK(seen_text(OBS_SSH_KEX, "curve25519-sha256"));
        CHECK(seen_text(OBS_SSH_HOST_KEY, "rsa-sha2-512"));
        CHECK(seen_text(OBS_SSH_CIPHER, "aes128-ctr"));
        CHECK(seen_text(OBS_SSH_CIPHER_BACK, "aes256-gcm@openssh.com"));
        CHECK(seen_text(OBS_SSH_MAC, "hmac-sha2-256"));
        CHECK_EQ(seen_times(OBS_SSH_MAC_BACK), 0); /* an AEAD needs none */
        CHECK(seen_text(OBS_SSH_COMPRESSION, "none"));
        CHECK_EQ(seen_value(OBS_SSH_STRICT), 1);
        CHECK_EQ(seen_value(OBS_CLIENT), 0);
        CHECK_EQ(seen_value(OBS_SSH_ESTABLISHED), 1);
        CHECK_EQ(flow.last, FEED_SETTLED);
        CHECK_EQ(seen_times(OBS_MALFORMED) + seen_times(OBS_CUT), 0);
        seen_close(&flow);
    }
}

static void without_both_lists_nothing_is_agreed(void)
{
    struct seen_flow flow = seen_open(&ssh_analyzer);
    talk(&flow, 0, client_banner, &client_lists, 30, 4096);
    CHECK_EQ(seen_times(OBS_SSH_KEX) + seen_times(OBS_SSH_CIPHER), 0);
    CHECK_EQ(seen_times(OBS_SSH_ESTABLISHED), 0);
    seen_gap(&flow, 1, 100);
    CHECK_EQ(flow.last, FEED_SETTLED);
    seen_close(&flow);
}

static void lists_that_are_too_long_are_told(void)
{
    static char many[2400];
    struct seen_flow flow = seen_open(&ssh_analyzer);
    memset(many, 'a', sizeof many - 1);
    uint8_t m[4096];
    uint8_t body[16 + 4 + sizeof many] = { 0 };
    put_u32(body + 16, sizeof many - 1);
    memcpy(body + 20, many, sizeof many - 1);
    seen_string(&flow, 0, client_banner);
    seen_bytes(&flow, 0, m, make_packet(m, 20, body, sizeof body));
    CHECK(seen_text(OBS_CUT, "ssh"));
    seen_close(&flow);
}

static void version_1_is_named_and_left(void)
{
    struct seen_flow flow = seen_open(&ssh_analyzer);
    seen_string(&flow, 1, "SSH-1.5-1.2.27\n");
    CHECK(seen_text(OBS_SSH_VERSION, "1.5"));
    CHECK_EQ(flow.last, FEED_SETTLED);
    seen_close(&flow);
}

static void only_a_banner_is_claimed(void)
{
    for (uint32_t n = 1; n < 4; n++) {
        CHECK_EQ(seen_claim(&ssh_analyzer, client_banner, n, true), CLAIM_MORE);
        CHECK_EQ(seen_claim(&ssh_analyzer, client_banner, n, false), CLAIM_NO);
    }
    CHECK_EQ(seen_claim(&ssh_analyzer, client_banner, 5, true), CLAIM_YES);
    CHECK_EQ(seen_claim(&ssh_analyzer, "SSH-3", 5, true), CLAIM_NO);
    CHECK_EQ(seen_claim(&ssh_analyzer, "SSX", 3, true), CLAIM_NO);
    CHECK_EQ(seen_claim(&ssh_analyzer, "", 0, true), CLAIM_NO);
}

static void any_flipped_byte_stays_in_bounds(void)
{
    uint8_t m[2048];
    uint32_t size = make_kexinit(m, &server_lists);
    for (uint32_t i = 0; i < size; i++) {
        struct seen_flow flow = seen_open(&ssh_analyzer);
        seen_string(&flow, 0, client_banner);
        seen_string(&flow, 1, server_banner);
        m[i] ^= 0x93;
        seen_bytes(&flow, 1, m, size);
        m[i] ^= 0x93;
        if (flow.last == FEED_MORE) {
            talk(&flow, 0, "", &client_lists, 30, 4096);
        }
        CHECK(seen_times(OBS_SSH_KEX) <= 1);
        seen_close(&flow);
    }
}

int main(void)
{
    the_first_of_the_clients_counts_that_the_server_has();
    without_both_lists_nothing_is_agreed();
    lists_that_are_too_long_are_told();
    version_1_is_named_and_left();
    only_a_banner_is_claimed();
    any_flipped_byte_stays_in_bounds();
    return check_failures == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
