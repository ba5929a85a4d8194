/* pcaps/generate/srtpsend.c: sends G.711 speech as RTP or SRTP with a protection chosen exactly.
 *
 * usage: srtpsend SOURCE PORT DESTINATION PORT POLICY KEY SECONDS SPEECH SSRC
 *
 * POLICY:
 * - clear: RTP and RTCP
 * - aes128-80: AES_CM_128_HMAC_SHA1_80
 * - null-80: NULL cipher, HMAC_SHA1_80: authenticated but readable
 * - aes128-noauth: AES-CM without authentication of RTP (UNAUTHENTICATED_SRTP)
 * - aes128-32, aes192-80, aes256-80, aes256-32, gcm128, gcm256: as their names in SDP
 * - aes128-80-mki, gcm128-mki: with a master key identifier of 4 bytes, 1
 * - aes128-80-clearrtcp: RTP as aes128-80, RTCP authenticated only (UNENCRYPTED_SRTCP)
 * - null-32: NULL cipher, HMAC_SHA1_32
 * - aes128-80-later, aes128-80-first: SRTP in the second or the first half only, RTP in the other
 * - dtls-POLICY-client, dtls-POLICY-server: first DTLS 1.2 on the media port, which agrees on the
 *   profile of POLICY: null (SRTP_NULL_HMAC_SHA1_80, 0x0005), null32, aes128-80, aes128-32, or
 *   clear: agrees on AES128_CM_HMAC_SHA1_80 and then sends RTP
 *
 * KEY: hex digits of master key and salt (60 for AES-128, 76 for AES-192, 92 for AES-256, 56 and 88
 * for GCM); "-" for clear; with dtls CERTIFICATE.pem,KEY.pem.
 * SPEECH: file of 8 kHz mu-law, 20 ms a packet; RTCP goes once a second from port + 1 to port + 1.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <gnutls/dtls.h>
#include <gnutls/gnutls.h>
#include <netdb.h>
#include <srtp2/srtp.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum {
    KEY_BYTES = 46, /* longest master key and salt: AES-256 */
    MKI_BYTES = 4,
    FRAME_SAMPLES = 160, /* 20 ms at 8 kHz */
    RTP_HEADER_BYTES = 12,
    PACKET_ROOM = 512,
    FRAMES_PER_REPORT = 50,
};

struct sender {
    int rtp, rtcp;     /* connected sockets */
    srtp_t session;    /* NULL when clear */
    bool mki;          /* packets name the master key */
    uint32_t from;     /* the first packet that is protected */
    uint32_t until;    /* and the first after the last one */
    const char *cname; /* source address, also the CNAME's host */
    uint32_t ssrc;
    uint32_t packets; /* sent so far */
    FILE *speech;
};

static void die(const char *what)
{
    fprintf(stderr, "srtpsend: %s: %s\n", what, strerror(errno));
    exit(1);
}

/* An IPv4 or IPv6 address as text, and a port. */
static struct addrinfo *resolve(const char *address, int port)
{
    struct addrinfo hints = { .ai_flags = AI_NUMERICHOST, .ai_socktype = SOCK_DGRAM };
    struct addrinfo *found = NULL;
    char service[8];
    snprintf(service, sizeof service, "%u", (unsigned)port & 0xffff);
    if (getaddrinfo(address, service, &hints, &found) != 0) {
        die(address);
    }
    return found;
}

static int open_socket(const char *source, int source_port, const char *peer, int peer_port)
{
    struct addrinfo *from = resolve(source, source_port);
    struct addrinfo *to = resolve(peer, peer_port);
    int fd = socket(from->ai_family, SOCK_DGRAM, 0);
    if (fd < 0 || bind(fd, from->ai_addr, from->ai_addrlen) < 0 ||
        connect(fd, to->ai_addr, to->ai_addrlen) < 0) {
        die("socket");
    }
    freeaddrinfo(from);
    freeaddrinfo(to);
    return fd;
}

static void put_u16(uint8_t *at, uint32_t value)
{
    at[0] = (uint8_t)(value >> 8);
    at[1] = (uint8_t)value;
}

static void put_u32(uint8_t *at, uint32_t value)
{
    put_u16(at, value >> 16);
    put_u16(at + 2, value & 0xffff);
}

static bool is_protecting(const struct sender *sender)
{
    return sender->session && sender->packets >= sender->from && sender->packets < sender->until;
}

static void send_frame(struct sender *sender)
{
    uint8_t packet[PACKET_ROOM] = { 0x80, 0 };
    put_u16(packet + 2, 1000 + sender->packets);
    put_u32(packet + 4, 160000 + sender->packets * FRAME_SAMPLES);
    put_u32(packet + 8, sender->ssrc);
    if (fread(packet + RTP_HEADER_BYTES, 1, FRAME_SAMPLES, sender->speech) != FRAME_SAMPLES) {
        die("speech file too short");
    }
    int size = RTP_HEADER_BYTES + FRAME_SAMPLES;
    if (is_protecting(sender) &&
        srtp_protect_mki(sender->session, packet, &size, sender->mki, 0) != srtp_err_status_ok) {
        die("srtp_protect");
    }
    (void)!send(sender->rtp, packet, (size_t)size, 0);
    sender->packets++;
}

/* RFC 3550 6.4.1, 6.5: sender report without blocks, then SDES with a CNAME. */
static void send_report(struct sender *sender)
{
    uint8_t packet[PACKET_ROOM] = { 0x80, 200 };
    put_u16(packet + 2, 6);
    put_u32(packet + 4, sender->ssrc);
    put_u32(packet + 8, 3900000000U + sender->packets / FRAMES_PER_REPORT);
    put_u32(packet + 16, 160000 + sender->packets * FRAME_SAMPLES);
    put_u32(packet + 20, sender->packets);
    put_u32(packet + 24, sender->packets * FRAME_SAMPLES);
    uint8_t *sdes = packet + 28;
    int text = snprintf((char *)sdes + 10, 64, "phone@%s", sender->cname);
    int words = (4 + 4 + 2 + text + 1 + 3) / 4; /* header, SSRC, item, terminating zero, padding */
    sdes[0] = 0x81;
    sdes[1] = 202;
    put_u16(sdes + 2, (uint32_t)words - 1);
    put_u32(sdes + 4, sender->ssrc);
    sdes[8] = 1;
    sdes[9] = (uint8_t)text;
    int size = 28 + words * 4;
    if (is_protecting(sender) && srtp_protect_rtcp_mki(sender->session, packet, &size, sender->mki,
                                                       0) != srtp_err_status_ok) {
        die("srtp_protect_rtcp");
    }
    (void)!send(sender->rtcp, packet, (size_t)size, 0);
}

/* What a policy is called here, in DTLS, and how libsrtp sets it up. */
static const struct suite {
    const char *name;
    void (*set)(srtp_crypto_policy_t *policy);
    int key_bytes;
    bool short_tag; /* of RTP: 32 bits instead of 80 */
    int profile;    /* gnutls_srtp_profile_t; 0: none */
} suites[] = {
    { "aes128-80", srtp_crypto_policy_set_rtp_default, 30, false,
      GNUTLS_SRTP_AES128_CM_HMAC_SHA1_80 },
    { "aes128-32", srtp_crypto_policy_set_rtp_default, 30, true,
      GNUTLS_SRTP_AES128_CM_HMAC_SHA1_32 },
    { "aes128-noauth", srtp_crypto_policy_set_rtp_default, 30, false, 0 },
    { "aes192-80", srtp_crypto_policy_set_aes_cm_192_hmac_sha1_80, 38, false, 0 },
    { "aes256-80", srtp_crypto_policy_set_aes_cm_256_hmac_sha1_80, 46, false, 0 },
    { "aes256-32", srtp_crypto_policy_set_aes_cm_256_hmac_sha1_80, 46, true, 0 },
    { "gcm128", srtp_crypto_policy_set_aes_gcm_128_16_auth, 28, false, 0 },
    { "gcm256", srtp_crypto_policy_set_aes_gcm_256_16_auth, 44, false, 0 },
    { "null-80", srtp_crypto_policy_set_null_cipher_hmac_sha1_80, 30, false, 0 },
    { "null-32", srtp_crypto_policy_set_null_cipher_hmac_sha1_80, 30, true, 0 },
    { "null32", srtp_crypto_policy_set_null_cipher_hmac_sha1_80, 30, true,
      GNUTLS_SRTP_NULL_HMAC_SHA1_32 },
    { "null", srtp_crypto_policy_set_null_cipher_hmac_sha1_80, 30, false,
      GNUTLS_SRTP_NULL_HMAC_SHA1_80 },
    { "clear", srtp_crypto_policy_set_rtp_default, 30, false, GNUTLS_SRTP_AES128_CM_HMAC_SHA1_80 },
};

/* The suite whose name a policy begins with, after "dtls-". */
static const struct suite *suite_of(const char *policy)
{
    policy += strncmp(policy, "dtls-", 5) == 0 ? 5 : 0;
    for (size_t i = 0; i < sizeof suites / sizeof *suites; i++) {
        size_t size = strlen(suites[i].name);
        if (strncmp(policy, suites[i].name, size) == 0 &&
            (policy[size] == '\0' || policy[size] == '-')) {
            return &suites[i];
        }
    }
    fprintf(stderr, "srtpsend: unknown policy %s\n", policy);
    exit(2);
}

static srtp_t open_session(const char *policy_name, uint8_t key[KEY_BYTES], uint32_t ssrc)
{
    const struct suite *suite = suite_of(policy_name);
    uint8_t mki[MKI_BYTES] = { 0, 0, 0, 1 };
    srtp_master_key_t master = { .key = key, .mki_id = mki, .mki_size = sizeof mki };
    srtp_master_key_t *masters[] = { &master };
    srtp_policy_t policy = { .ssrc = { ssrc_specific, ssrc }, .key = key, .window_size = 128 };
    suite->set(&policy.rtp);
    suite->set(&policy.rtcp);
    policy.rtp.auth_tag_len = suite->short_tag ? 4 : policy.rtp.auth_tag_len;
    if (strcmp(policy_name, "aes128-noauth") == 0) {
        srtp_crypto_policy_set_aes_cm_128_null_auth(&policy.rtp);
    }
    if (strstr(policy_name, "-clearrtcp")) {
        policy.rtcp.sec_serv = sec_serv_auth;
    }
    if (strstr(policy_name, "-mki")) {
        policy.key = NULL;
        policy.keys = masters;
        policy.num_master_keys = 1;
    }
    srtp_t session = NULL;
    if (srtp_init() != srtp_err_status_ok || srtp_create(&session, &policy) != srtp_err_status_ok) {
        die("srtp_create");
    }
    return session;
}

static void check(int status, const char *what)
{
    if (status < 0) {
        fprintf(stderr, "srtpsend: %s: %s\n", what, gnutls_strerror(status));
        exit(1);
    }
}

/* DTLS on the media socket; the keys that this side sends with go to key. */
static void agree_by_dtls(int fd, const char *policy, char *files, uint8_t key[KEY_BYTES])
{
    bool server = strstr(policy, "-server") != NULL;
    char *key_file = strchr(files, ',');
    if (!key_file) {
        die("CERTIFICATE,KEY expected");
    }
    *key_file++ = '\0';
    gnutls_certificate_credentials_t credentials;
    gnutls_session_t session;
    check(gnutls_certificate_allocate_credentials(&credentials), "credentials");
    check(gnutls_certificate_set_x509_key_file(credentials, files, key_file, GNUTLS_X509_FMT_PEM),
          "certificate");
    check(gnutls_init(&session, (server ? GNUTLS_SERVER : GNUTLS_CLIENT) | GNUTLS_DATAGRAM),
          "session");
    check(gnutls_priority_set_direct(session, "NORMAL:-VERS-ALL:+VERS-DTLS1.2", NULL), "priority");
    check(gnutls_credentials_set(session, GNUTLS_CRD_CERTIFICATE, credentials), "credentials");
    check(gnutls_srtp_set_profile(session, suite_of(policy)->profile), "profile");
    if (server) {
        gnutls_certificate_server_set_request(session, GNUTLS_CERT_REQUIRE);
    }
    gnutls_transport_set_int(session, fd);
    gnutls_dtls_set_mtu(session, 1400);
    gnutls_dtls_set_timeouts(session, 1000, 15000);
    int status;
    do {
        status = gnutls_handshake(session);
    } while (status < 0 && !gnutls_error_is_fatal(status));
    check(status, "handshake");
    uint8_t material[128];
    gnutls_datum_t client_key, client_salt, server_key, server_salt;
    check(gnutls_srtp_get_keys(session, material, sizeof material, &client_key, &client_salt,
                               &server_key, &server_salt),
          "keys");
    const gnutls_datum_t *own_key = server ? &server_key : &client_key;
    const gnutls_datum_t *own_salt = server ? &server_salt : &client_salt;
    if (own_key->size + own_salt->size > KEY_BYTES) {
        die("keys are longer than expected");
    }
    memcpy(key, own_key->data, own_key->size);
    memcpy(key + own_key->size, own_salt->data, own_salt->size);
}

static void read_key(const char *policy, const char *hex, uint8_t key[KEY_BYTES])
{
    for (int i = 0; i < suite_of(policy)->key_bytes; i++) {
        unsigned byte;
        if (sscanf(hex + 2 * i, "%2x", &byte) != 1) {
            die("KEY needs more hex digits");
        }
        key[i] = (uint8_t)byte;
    }
}

static void send_all(struct sender *sender, int seconds)
{
    struct timespec next;
    clock_gettime(CLOCK_MONOTONIC, &next);
    for (int i = 0; i < seconds * FRAMES_PER_REPORT; i++) {
        send_frame(sender);
        if (i % FRAMES_PER_REPORT == FRAMES_PER_REPORT / 2) {
            send_report(sender);
        }
        next.tv_nsec += 20 * 1000 * 1000;
        next.tv_sec += next.tv_nsec / 1000000000;
        next.tv_nsec %= 1000000000;
        clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &next, NULL);
    }
}

int main(int argc, char **argv)
{
    if (argc != 10) {
        fprintf(stderr,
                "usage: srtpsend SOURCE PORT DESTINATION PORT POLICY KEY SECONDS SPEECH SSRC\n");
        return 2;
    }
    const char *policy = argv[5];
    int source_port = atoi(argv[2]), peer_port = atoi(argv[4]);
    struct sender sender = {
        .rtp = open_socket(argv[1], source_port, argv[3], peer_port),
        .rtcp = open_socket(argv[1], source_port + 1, argv[3], peer_port + 1),
        .cname = argv[1],
        .ssrc = (uint32_t)strtoul(argv[9], NULL, 0),
        .speech = fopen(argv[8], "rb"),
    };
    if (!sender.speech) {
        die(argv[8]);
    }
    uint8_t key[KEY_BYTES] = { 0 };
    if (strncmp(policy, "dtls-", 5) == 0) {
        agree_by_dtls(sender.rtp, policy, argv[6], key);
    } else if (strcmp(policy, "clear") != 0) {
        read_key(policy, argv[6], key);
    }
    if (strcmp(suite_of(policy)->name, "clear") != 0) {
        uint32_t half = (uint32_t)atoi(argv[7]) * FRAMES_PER_REPORT / 2;
        sender.mki = strstr(policy, "-mki") != NULL;
        sender.from = strstr(policy, "-later") ? half : 0;
        sender.until = strstr(policy, "-first") ? half : UINT32_MAX;
        sender.session = open_session(policy, key, sender.ssrc);
    }
    send_all(&sender, atoi(argv[7]));
    sleep(1); /* the other side may still send: keep the ports open */
    return 0;
}
