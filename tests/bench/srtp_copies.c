/* tests/bench/srtp_copies.c: writes a capture of RTP anew as SRTP by libsrtp, each SSRC under keys
 * of its own. usage: srtp_copies VARIANT <clear.pcap >protected.pcap
 * Ethernet, IPv4 without options, UDP, as media_evidence writes it; checksums are not kept. */
#include <srtp2/srtp.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    FRAME_MAX = 4096,
    HEADERS = 42, /* Ethernet, IPv4, UDP */
    SSRC_AT = HEADERS + 8,
    KEY_MAX = 46,
    SESSIONS = 1 << 16,
    FILE_HEADER = 24,
};

struct variant {
    const char *name;
    void (*policy)(srtp_crypto_policy_t *policy);
    unsigned key_id_bytes;
};

static const struct variant variants[] = {
    { "cm-80", srtp_crypto_policy_set_rtp_default, 0 },
    { "cm-32", srtp_crypto_policy_set_aes_cm_128_hmac_sha1_32, 0 },
    { "cm256-80", srtp_crypto_policy_set_aes_cm_256_hmac_sha1_80, 0 },
    { "gcm", srtp_crypto_policy_set_aes_gcm_128_16_auth, 0 },
    { "cm-80-mki", srtp_crypto_policy_set_rtp_default, 4 },
    { "cm-32-mki", srtp_crypto_policy_set_aes_cm_128_hmac_sha1_32, 4 },
    { "cm-80-mki1", srtp_crypto_policy_set_rtp_default, 1 },
    { "gcm-mki", srtp_crypto_policy_set_aes_gcm_128_16_auth, 4 },
};

struct session {
    uint32_t ssrc;
    srtp_t srtp; /* NULL: free */
};

static struct session sessions[SESSIONS];
static uint64_t chance = 1; /* keys differ by run order only: the bench repeats */

static uint8_t next_byte(void)
{
    chance = chance * 6364136223846793005U + 1442695040888963407U;
    return (uint8_t)(chance >> 56);
}

static srtp_t make_session(const struct variant *variant, uint32_t ssrc)
{
    static uint8_t key[KEY_MAX];
    static uint8_t id[4] = { 0, 0, 0, 1 };
    srtp_master_key_t master = { key, id + 4 - variant->key_id_bytes, variant->key_id_bytes };
    srtp_master_key_t *masters[1] = { &master };
    srtp_policy_t policy = { .ssrc = { ssrc_specific, ssrc } };
    srtp_t made = NULL;
    for (unsigned i = 0; i < sizeof key; i++) {
        key[i] = next_byte();
    }
    variant->policy(&policy.rtp);
    variant->policy(&policy.rtcp);
    policy.keys = masters;
    policy.num_master_keys = 1;
    return srtp_create(&made, &policy) == srtp_err_status_ok ? made : NULL;
}

static srtp_t session_of(const struct variant *variant, uint32_t ssrc)
{
    for (uint32_t at = ssrc % SESSIONS, i = 0; i < SESSIONS; i++, at = (at + 1) % SESSIONS) {
        if (sessions[at].srtp == NULL) {
            sessions[at] = (struct session){ ssrc, make_session(variant, ssrc) };
        }
        if (sessions[at].ssrc == ssrc) {
            return sessions[at].srtp;
        }
    }
    return NULL;
}

static void add_u16(uint8_t *at, unsigned more)
{
    unsigned value = ((unsigned)at[0] << 8 | at[1]) + more;
    at[0] = (uint8_t)(value >> 8);
    at[1] = (uint8_t)value;
}

static bool copy_record(const struct variant *variant)
{
    static _Alignas(8) uint8_t packet[FRAME_MAX];
    uint8_t frame[FRAME_MAX];
    uint32_t record[4];
    uint32_t ssrc = 0;
    if (fread(record, sizeof record, 1, stdin) != 1 || record[2] > FRAME_MAX - 64 ||
        record[2] < HEADERS + 12 || fread(frame, 1, record[2], stdin) != record[2]) {
        return false;
    }
    for (unsigned i = 0; i < 4; i++) {
        ssrc = ssrc << 8 | frame[SSRC_AT + i];
    }
    srtp_t srtp = session_of(variant, ssrc);
    int size = (int)record[2] - HEADERS;
    memcpy(packet, frame + HEADERS, (size_t)size);
    if (srtp == NULL ||
        srtp_protect_mki(srtp, packet, &size, variant->key_id_bytes > 0, 0) != srtp_err_status_ok) {
        fprintf(stderr, "srtp_copies: not protected\n");
        exit(1);
    }
    unsigned more = (unsigned)size + HEADERS - record[2];
    add_u16(frame + 16, more);
    add_u16(frame + 38, more);
    record[2] += more;
    record[3] = record[2];
    fwrite(record, sizeof record, 1, stdout);
    fwrite(frame, 1, HEADERS, stdout);
    fwrite(packet, 1, (size_t)size, stdout);
    return true;
}

int main(int argc, char **argv)
{
    uint8_t header[FILE_HEADER];
    const struct variant *variant = NULL;
    for (unsigned i = 0; argc == 2 && i < sizeof variants / sizeof variants[0]; i++) {
        variant = strcmp(variants[i].name, argv[1]) == 0 ? &variants[i] : variant;
    }
    if (variant == NULL || srtp_init() != srtp_err_status_ok ||
        fread(header, sizeof header, 1, stdin) != 1) {
        return 1;
    }
    fwrite(header, sizeof header, 1, stdout);
    while (copy_record(variant)) {
    }
    return fflush(stdout) == 0 ? 0 : 1;
}
