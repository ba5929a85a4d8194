/* pcaps/generate/srtpopen.c: opens SRTP packets with given keys by libsrtp, so that what a capture
 * carried is known.
 *
 * Reads lines "SESSION SUITE KEY MKI PACKET" and answers each with the opened RTP packet in hex, or
 * "-" where it does not authenticate. SESSION: a number, one session a number; the suite, key and
 * identifier of its first line hold. SUITE: as in SDP, or AES_CM_128_NULL_AUTH. KEY: master key and
 * salt; MKI: of the packets, or "-"; all in hex.
 */
#include <srtp2/srtp.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    MAX_SESSIONS = 65536,
    KEY_BYTES = 64,
    MKI_BYTES = 128,
    PACKET_BYTES = 2048,
};

struct session {
    srtp_t srtp;
    bool refused; /* libsrtp does not take these keys */
    bool mki;
};

static const struct suite {
    const char *name;
    void (*set)(srtp_crypto_policy_t *policy);
    int key_bytes;
    int tag_bytes; /* 0: as set says */
} suites[] = {
    { "AES_CM_128_HMAC_SHA1_80", srtp_crypto_policy_set_rtp_default, 30, 0 },
    { "AES_CM_128_HMAC_SHA1_32", srtp_crypto_policy_set_rtp_default, 30, 4 },
    { "AES_CM_128_NULL_AUTH", srtp_crypto_policy_set_aes_cm_128_null_auth, 30, 0 },
    { "AES_192_CM_HMAC_SHA1_80", srtp_crypto_policy_set_aes_cm_192_hmac_sha1_80, 38, 0 },
    { "AES_192_CM_HMAC_SHA1_32", srtp_crypto_policy_set_aes_cm_192_hmac_sha1_80, 38, 4 },
    { "AES_256_CM_HMAC_SHA1_80", srtp_crypto_policy_set_aes_cm_256_hmac_sha1_80, 46, 0 },
    { "AES_256_CM_HMAC_SHA1_32", srtp_crypto_policy_set_aes_cm_256_hmac_sha1_80, 46, 4 },
    { "AEAD_AES_128_GCM", srtp_crypto_policy_set_aes_gcm_128_16_auth, 28, 0 },
    { "AEAD_AES_256_GCM", srtp_crypto_policy_set_aes_gcm_256_16_auth, 44, 0 },
};

static struct session *sessions[MAX_SESSIONS];

static const struct suite *suite_of(const char *name)
{
    for (size_t i = 0; i < sizeof suites / sizeof *suites; i++) {
        if (strcmp(suites[i].name, name) == 0) {
            return &suites[i];
        }
    }
    return NULL;
}

/* Bytes of a hex text, or -1; at most room. */
static int read_hex(const char *text, uint8_t *out, int room)
{
    int count = 0;
    for (unsigned byte; sscanf(text, "%2x", &byte) == 1; text += 2) {
        if (count == room || text[1] == '\0') {
            return -1;
        }
        out[count++] = (uint8_t)byte;
    }
    return count;
}

static struct session *open_session(const char *suite_name, const char *key_hex,
                                    const char *mki_hex)
{
    struct session *session = calloc(1, sizeof *session);
    uint8_t key[KEY_BYTES] = { 0 }, mki[MKI_BYTES] = { 0 };
    const struct suite *suite = suite_of(suite_name);
    int key_bytes = read_hex(key_hex, key, sizeof key);
    session->mki = strcmp(mki_hex, "-") != 0;
    srtp_master_key_t master = { .key = key, .mki_id = mki };
    srtp_master_key_t *masters[] = { &master };
    srtp_policy_t policy = { .ssrc = { ssrc_any_inbound, 0 }, .key = key, .window_size = 1024 };
    if (session->mki) {
        master.mki_size = (unsigned)read_hex(mki_hex, mki, sizeof mki);
        policy.key = NULL;
        policy.keys = masters;
        policy.num_master_keys = 1;
    }
    session->refused = !suite || key_bytes != suite->key_bytes;
    if (!session->refused) {
        suite->set(&policy.rtp);
        suite->set(&policy.rtcp);
        policy.rtp.auth_tag_len = suite->tag_bytes ? suite->tag_bytes : policy.rtp.auth_tag_len;
        session->refused = srtp_create(&session->srtp, &policy) != srtp_err_status_ok;
    }
    return session;
}

static void answer(struct session *session, const char *packet_hex)
{
    uint8_t packet[PACKET_BYTES];
    int size = session->refused ? -1 : read_hex(packet_hex, packet, sizeof packet);
    if (size < 0 ||
        srtp_unprotect_mki(session->srtp, packet, &size, session->mki) != srtp_err_status_ok) {
        puts("-");
        return;
    }
    for (int i = 0; i < size; i++) {
        printf("%02x", packet[i]);
    }
    puts("");
}

int main(void)
{
    char suite[64], key[2 * KEY_BYTES + 1], mki[2 * MKI_BYTES + 1], packet[2 * PACKET_BYTES + 1];
    unsigned number;
    if (srtp_init() != srtp_err_status_ok) {
        return 1;
    }
    while (scanf("%u %63s %128s %256s %4096s", &number, suite, key, mki, packet) == 5) {
        if (number >= MAX_SESSIONS) {
            return 2;
        }
        if (!sessions[number]) {
            sessions[number] = open_session(suite, key, mki);
        }
        answer(sessions[number], packet);
    }
    return 0;
}
