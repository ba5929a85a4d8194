/* tests/unit/test_tunnels.c: ratings of tunnels, and what passes beside them. */
#include "analyzers/joins/tunnels.h"

#include <netinet/in.h>
#include <string.h>

#include "analyzers/ike_names.h"
#include "analyzers/joins/tunnels_rating.h"
#include "tests/check.h"

enum { MAX = 4 };

static const struct hash_seed seed = { { 7, 8 } };

struct play {
    struct tunnels_join *join;
    struct facts facts;
    struct flow_record record;
};

static struct play play_new(void)
{
    struct play p = { 0 };
    if (tunnels_join_new(MAX, seed, &p.join) != OV_OK) {
        abort();
    }
    return p;
}

static void play_free(struct play *p)
{
    tunnels_join_free(p->join);
    facts_done(&p->facts);
}

static void name_ends(struct flow_end ret_end[2], const char *a, const char *b)
{
    memset(ret_end, 0, 2 * sizeof *ret_end);
    CHECK(address_parse(a, (uint32_t)strlen(a), &ret_end[0].address));
    CHECK(address_parse(b, (uint32_t)strlen(b), &ret_end[1].address));
}

static void see(struct play *p, const char *a, const char *b, const char *protocol, uint64_t value)
{
    struct flow_end end[2];
    struct observation obs = { .kind = OBS_TUNNEL_SEEN, .text = protocol, .value = value };
    obs.text_size = (uint32_t)strlen(protocol);
    name_ends(end, a, b);
    end[0].port = 40000;
    end[1].port = 443;
    tunnels_join_observe(p->join, 0xabc, end, &obs);
}

static void put(struct facts *facts, enum observation_kind kind, const char *text, uint64_t value)
{
    struct observation obs = { .kind = kind, .text = text, .value = value, .packet = 9 };
    obs.text_size = text != NULL ? (uint32_t)strlen(text) : 0;
    facts_put(facts, &obs);
}

static void begin(struct play *p, const char *a, const char *b, const char *app)
{
    facts_done(&p->facts);
    p->record = (struct flow_record){ .id = 0x77, .app = app, .facts = &p->facts };
    p->record.l4 = IPPROTO_UDP;
    name_ends(p->record.side, a, b);
}

/* ESP of a class, and as many packets looked into. */
static void begin_esp(struct play *p, const char *class, uint64_t looked)
{
    begin(p, "10.0.0.1", "10.0.0.2", "esp");
    put(&p->facts, OBS_ESP_SPI, "0x00001000", 0);
    put(&p->facts, OBS_ESP_CLASS, class, 0);
    put(&p->facts, OBS_ESP_LOOKED, NULL, looked);
}

static bool is_rated(struct play *p, const char *rating, const char *evidence, const char *reason)
{
    tunnels_join_conclude(p->join, &p->record);
    return facts_is(&p->facts, OBS_VPN_RATING, rating) &&
           facts_is(&p->facts, OBS_VPN_EVIDENCE, evidence) &&
           facts_is(&p->facts, OBS_VPN_REASON, reason);
}

static uint64_t sa_of(uint64_t encryption, uint64_t key_bits, uint64_t group)
{
    return encryption | key_bits << 16 | group << 32;
}

static void ike_is_rated_by_cipher_key_and_group(void)
{
    static const struct {
        uint16_t encryption, key_bits, group;
        enum rating rating;
    } cases[] = {
        { ENCR_AES_CBC, 128, 14, RATING_OK128 },
        { ENCR_AES_GCM_16, 256, 19, RATING_STRONG },
        { ENCR_CHACHA20_POLY1305, 0, 31, RATING_STRONG },
        { ENCR_CAMELLIA_CBC, 192, 14, RATING_OK128 },
        { ENCR_AES_CBC, 0, 14, RATING_UNKNOWN }, /* the attribute must be there */
        { ENCR_AES_CBC, 256, 2, RATING_WEAK },
        { ENCR_AES_CBC, 256, 5, RATING_WEAK },
        { ENCR_AES_CBC, 256, 22, RATING_WEAK },
        { ENCR_AES_CBC, 256, 23, RATING_WEAK },
        { ENCR_AES_CBC, 256, 24, RATING_WEAK },
        { ENCR_AES_CBC, 256, 37, RATING_STRONG },
        { ENCR_AES_GCM_16, 256, 4, RATING_WEAK },
        { ENCR_AES_GCM_16, 256, 6, RATING_UNKNOWN },
        { ENCR_AES_GCM_16, 256, 33, RATING_UNKNOWN },
        { ENCR_AES_GCM_16, 256, 38, RATING_UNKNOWN },
        { ENCR_AES_GCM_16, 256, 0, RATING_UNKNOWN },
        { ENCR_AES_CBC, 64, 33, RATING_WEAK }, /* what is proven goes before what is not known */
        { 30, 256, 14, RATING_UNKNOWN },       /* of ESP alone */
        { 32, 0, 33, RATING_UNKNOWN },
        { ENCR_KUZNYECHIK_MGM_MAC_KTREE, 0, 33, RATING_NONE },
        { ENCR_MAGMA_MGM_MAC_KTREE, 0, 34, RATING_NONE },
        { ENCR_3DES, 0, 14, RATING_WEAK },
        { ENCR_DES, 0, 14, RATING_WEAK },
        { ENCR_BLOWFISH, 128, 14, RATING_WEAK },
        { ENCR_NULL, 0, 14, RATING_NONE },
        { ENCR_NULL_AUTH_AES_GMAC, 256, 14, RATING_NONE },
        { 0x03f1, 256, 14, RATING_UNKNOWN },
        { 10, 0, 14, RATING_UNKNOWN },
        { 17, 128, 14, RATING_UNKNOWN },
        { 22, 128, 14, RATING_UNKNOWN },
        { 0, 0, 0, RATING_UNKNOWN },
    };
    for (unsigned i = 0; i < sizeof cases / sizeof *cases; i++) {
        uint64_t sa = sa_of(cases[i].encryption, cases[i].key_bits, cases[i].group);
        CHECK_EQ(tunnels_rating_ike(sa).rating, cases[i].rating);
    }
}

/* Nothing but what is listed by number is rated, over the whole range. */
static void only_groups_that_are_known_good_are_good(void)
{
    uint32_t good = 0, weak = 0;
    for (uint32_t group = 0; group <= UINT16_MAX; group++) {
        enum rating rating = tunnels_rating_ike(sa_of(ENCR_AES_GCM_16, 256, group)).rating;
        good += rating == RATING_STRONG;
        weak += rating == RATING_WEAK;
        CHECK(rating != RATING_NONE && rating != RATING_OK128);
    }
    CHECK_EQ(good, 16);
    CHECK_EQ(weak, 11);
}

/* IANA, "IKEv2 Parameters": what is assigned has a name, and nothing else has. */
static void transforms_have_the_names_of_the_registry(void)
{
    static const struct {
        uint8_t type;
        uint16_t last;
        const char *without; /* ids up to the last that have none */
    } types[] = {
        { IKE_TYPE_ENCRYPTION, 35, " 10 17 22 " },
        { IKE_TYPE_PRF, 9, "" },
        { IKE_TYPE_INTEGRITY, 14, "" },
        { IKE_TYPE_GROUP, 37, " 6 7 8 9 10 11 12 13 " },
        { IKE_TYPE_ADDITIONAL_FIRST, 37, " 6 7 8 9 10 11 12 13 " },
    };
    char buffer[IKE_NAME_SIZE], id[16];
    for (unsigned t = 0; t < sizeof types / sizeof *types; t++) {
        for (uint16_t i = 1; i < 64; i++) {
            const char *name = ike_names_transform(types[t].type, i, buffer);
            (void)snprintf(id, sizeof id, " %u ", i);
            bool named = i <= types[t].last && strstr(types[t].without, id) == NULL;
            CHECK_EQ(strncmp(name, "0x", 2) != 0, named);
        }
    }
    CHECK(strcmp(ike_names_transform(IKE_TYPE_ENCRYPTION, 31, buffer),
                 "ENCR_CHACHA20_POLY1305_IIV") == 0);
    CHECK(strcmp(ike_names_transform(IKE_TYPE_GROUP, 33, buffer), "gost3410_2012_256") == 0);
    CHECK(strcmp(ike_names_transform(IKE_TYPE_PRF, 9, buffer), "PRF_HMAC_STREEBOG_512") == 0);
}

static void esp_needs_the_key_exchange_of_its_hosts(void)
{
    struct play p = play_new();
    see(&p, "10.0.0.1", "10.0.0.2", "esp", 0);
    begin_esp(&p, "stream", 50);
    CHECK(is_rated(&p, "unknown", "inferred", "no-key-exchange"));
    see(&p, "10.0.0.2", "10.0.0.1", "ike", 0); /* spoken about only */
    begin_esp(&p, "stream", 50);
    CHECK(is_rated(&p, "unknown", "inferred", "no-key-exchange"));
    see(&p, "10.0.0.2", "10.0.0.1", "ike", sa_of(ENCR_AES_GCM_16, 256, 19));
    begin_esp(&p, "stream", 50);
    CHECK(is_rated(&p, "ok128", "inferred", "ike"));
    CHECK(facts_is(&p.facts, OBS_VPN_KEYED_BY, "f:0000000000000abc"));
    begin_esp(&p, "undecided", 2);
    CHECK(is_rated(&p, "unknown", "inferred", "too-little-captured"));
    begin_esp(&p, "block64", 50); /* whatever the IKE SA has */
    CHECK(is_rated(&p, "weak", "inferred", "block64"));
    begin_esp(&p, "null", 50);
    CHECK(is_rated(&p, "none", "proven", "readable"));
    begin_esp(&p, "stream", 50);
    put(&p.facts, OBS_ESP_READABLE, NULL, 1); /* one that might be */
    CHECK(is_rated(&p, "unknown", "inferred", "too-little-captured"));
    see(&p, "10.0.0.2", "10.0.0.1", "ike", sa_of(ENCR_3DES, 0, 14)); /* the weaker SA counts */
    see(&p, "10.0.0.2", "10.0.0.1", "ike", sa_of(ENCR_AES_GCM_16, 256, 19));
    begin_esp(&p, "stream", 50);
    CHECK(is_rated(&p, "weak", "inferred", "ike-cipher"));
    tunnels_join_restart(p.join);
    see(&p, "10.0.0.1", "10.0.0.2", "esp", 0);
    begin_esp(&p, "stream", 50);
    CHECK(is_rated(&p, "unknown", "inferred", "no-key-exchange"));
    play_free(&p);
}

static void integrity_alone_is_no_encryption(void)
{
    struct play p = play_new();
    see(&p, "10.0.0.1", "10.0.0.2", "ike", sa_of(ENCR_AES_GCM_16, 256, 19));
    see(&p, "10.0.0.1", "10.0.0.2", "ah", 0);
    begin(&p, "10.0.0.1", "10.0.0.2", "ah");
    put(&p.facts, OBS_AH_SPI, "0x00001000", 0);
    CHECK(is_rated(&p, "none", "proven", "integrity-only"));
    CHECK(facts_is(&p.facts, OBS_VPN_PROTOCOL, "ah"));
    play_free(&p);
}

static void openvpn_is_rated_by_its_data(void)
{
    static const struct {
        const char *class;
        bool handshake;
        const char *rating, *evidence, *reason;
    } cases[] = {
        { "aead", true, "ok128", "inferred", "aead" },
        { "aead", false, "unknown", "inferred", "no-key-exchange" },
        { "block128", true, "ok128", "inferred", "block128" },
        { "block64", true, "weak", "inferred", "block64" },
        { "stream", true, "unknown", "inferred", "cipher-unknown" },
        { "undecided", true, "unknown", "inferred", "cipher-unknown" },
        { "null", false, "none", "proven", "readable" },
    };
    struct play p = play_new();
    see(&p, "10.0.0.1", "10.0.0.2", "openvpn", 0);
    for (unsigned i = 0; i < sizeof cases / sizeof *cases; i++) {
        begin(&p, "10.0.0.1", "10.0.0.2", "openvpn");
        p.record.l4 = i == 0 ? IPPROTO_TCP : IPPROTO_UDP;
        put(&p.facts, OBS_OPENVPN_CLASS, cases[i].class, 0);
        put(&p.facts, OBS_OPENVPN_LOOKED, NULL, 10);
        if (cases[i].handshake) {
            put(&p.facts, OBS_OPENVPN_WRAP, "none", 0);
        }
        CHECK(is_rated(&p, cases[i].rating, cases[i].evidence, cases[i].reason));
        CHECK_EQ(facts_true(&p.facts, OBS_VPN_INSIDE_TCP), i == 0);
    }
    play_free(&p);
}

static void wireguard_has_one_cipher(void)
{
    struct play p = play_new();
    see(&p, "10.0.0.1", "10.0.0.2", "wireguard", 0);
    begin(&p, "10.0.0.1", "10.0.0.2", "wireguard");
    put(&p.facts, OBS_WIREGUARD_MESSAGE, "initiation", 1); /* nothing was carried */
    CHECK(!is_rated(&p, "strong", "inferred", "wireguard"));
    put(&p.facts, OBS_WIREGUARD_MESSAGE, "data", 5);
    CHECK(is_rated(&p, "strong", "inferred", "wireguard"));
    put(&p.facts, OBS_WIREGUARD_MESSAGE, "response", 1);
    CHECK(is_rated(&p, "strong", "proven", "wireguard"));
    play_free(&p);
}

static void ppp_has_only_mppe(void)
{
    struct play p = play_new();
    see(&p, "10.0.0.1", "10.0.0.2", "pptp", 0);
    begin(&p, "10.0.0.1", "10.0.0.2", "pptp");
    put(&p.facts, OBS_PPP_PACKETS, NULL, 5);
    put(&p.facts, OBS_PPP_ENCRYPTED, NULL, 0);
    CHECK(is_rated(&p, "none", "proven", "no-cipher"));
    CHECK(facts_is(&p.facts, OBS_VPN_PROTOCOL, "pptp"));
    put(&p.facts, OBS_PPP_ENCRYPTED, NULL, 4);
    CHECK(is_rated(&p, "weak", "inferred", "mppe"));
    put(&p.facts, OBS_PPP_MPPE, "128bit", 0x40);
    CHECK(is_rated(&p, "weak", "proven", "mppe"));
    play_free(&p);
}

static void ssh_is_rated_by_its_weaker_direction(void)
{
    struct play p = play_new();
    CHECK_EQ(tunnels_rating_ssh("aes128-ctr", "curve25519-sha256"), RATING_OK128);
    CHECK_EQ(tunnels_rating_ssh("aes256-gcm@openssh.com", "curve25519-sha256"), RATING_STRONG);
    CHECK_EQ(tunnels_rating_ssh("aes256-ctr", "diffie-hellman-group1-sha1"), RATING_WEAK);
    CHECK_EQ(tunnels_rating_ssh("3des-cbc", "curve25519-sha256"), RATING_WEAK);
    CHECK_EQ(tunnels_rating_ssh("none", "diffie-hellman-group1-sha1"), RATING_NONE);
    CHECK_EQ(tunnels_rating_ssh("twofish-new", "curve25519-sha256"), RATING_UNKNOWN);
    begin(&p, "10.0.0.1", "10.0.0.2", "ssh");
    put(&p.facts, OBS_SSH_KEX, "curve25519-sha256", 0);
    put(&p.facts, OBS_SSH_CIPHER, "aes256-ctr", 0);
    put(&p.facts, OBS_SSH_CIPHER_BACK, "arcfour128", 0);
    tunnels_join_conclude(p.join, &p.record);
    CHECK(facts_is(&p.facts, OBS_SSH_RATING, "weak"));
    CHECK(facts_find(&p.facts, OBS_VPN_RATING) == NULL); /* what is inside nobody can tell */
    play_free(&p);
}

static void a_trunk_is_told_of_the_tunnels_it_is_not_in(void)
{
    struct play p = play_new();
    begin(&p, "10.0.0.1", "10.0.0.2", "rtp");
    tunnels_join_conclude(p.join, &p.record);
    CHECK_EQ(p.facts.count, 0);
    see(&p, "10.0.0.2", "10.0.0.1", "esp", 0);
    see(&p, "10.0.0.8", "10.0.0.9", "wireguard", 0);
    see(&p, "10.0.0.7", "10.0.0.9", "ike", 0); /* no tunnel came of it */
    begin(&p, "10.0.0.1", "10.0.0.2", "rtp");
    tunnels_join_conclude(p.join, &p.record);
    CHECK(facts_is(&p.facts, OBS_VPN_BESIDE, "f:0000000000000abc"));
    CHECK_EQ(facts_value(&p.facts, OBS_VPN_ELSEWHERE, 0), 1);
    begin(&p, "10.0.0.1", "10.0.0.3", "sip");
    tunnels_join_conclude(p.join, &p.record);
    CHECK(facts_find(&p.facts, OBS_VPN_BESIDE) == NULL);
    CHECK_EQ(facts_value(&p.facts, OBS_VPN_ELSEWHERE, 0), 2);
    begin(&p, "10.0.0.1", "10.0.0.2", "dns");
    tunnels_join_conclude(p.join, &p.record);
    CHECK_EQ(p.facts.count, 0);
    play_free(&p);
}

/* TLS, or DTLS where tcp is false, to port 443 of 10.0.0.2. */
static void begin_records(struct play *p, bool tcp, const char *suite)
{
    begin(p, "10.0.0.1", "10.0.0.2", tcp ? "tls" : "dtls");
    p->record.side[1].port = 443;
    p->record.l4 = tcp ? IPPROTO_TCP : IPPROTO_UDP;
    if (suite != NULL) {
        put(&p->facts, OBS_TLS_VERSION, tcp ? "TLSv1.2" : "DTLSv1.2", 0);
        put(&p->facts, OBS_TLS_CIPHER, suite, 0);
    }
}

static void vpns_in_records_are_rated_by_their_suite(void)
{
    static const struct {
        const char *suite, *rating, *reason;
    } cases[] = {
        { "TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384", "strong", "suite" },
        { "TLS_PSK_WITH_CHACHA20_POLY1305_SHA256", "strong", "suite" },
        { "TLS_AES_128_GCM_SHA256", "ok128", "suite" },
        { "TLS_RSA_WITH_CAMELLIA_128_CBC_SHA", "ok128", "suite" },
        { "TLS_RSA_WITH_3DES_EDE_CBC_SHA", "weak", "suite-weak" },
        { "TLS_RSA_WITH_DES_CBC_SHA", "weak", "suite-weak" },
        { "TLS_RSA_EXPORT_WITH_RC4_40_MD5", "weak", "suite-weak" },
        { "TLS_RSA_WITH_RC4_128_SHA", "weak", "suite-weak" },
        { "TLS_RSA_WITH_NULL_SHA256", "none", "suite-null" },
        { "TLS_SM4_GCM_SM3", "unknown", "suite-unknown" },
        { "0x1234", "unknown", "suite-unknown" },
    };
    for (unsigned i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct play p = play_new();
        see(&p, "10.0.0.1", "10.0.0.2", "sstp", 0);
        begin_records(&p, true, cases[i].suite);
        put(&p.facts, OBS_SSTP_MESSAGE, "data", 0);
        CHECK(is_rated(&p, cases[i].rating, "proven", cases[i].reason));
        CHECK(facts_is(&p.facts, OBS_VPN_PROTOCOL, "sstp"));
        CHECK(facts_true(&p.facts, OBS_VPN_INSIDE_TCP));
        play_free(&p);
    }
}

static void sstp_behind_a_proxy_does_not_encrypt(void)
{
    struct play p = play_new();
    see(&p, "10.0.0.1", "10.0.0.2", "sstp", 0);
    begin_records(&p, true, NULL);
    p.record.app = "http";
    put(&p.facts, OBS_SSTP_MESSAGE, "data", 0);
    CHECK(is_rated(&p, "none", "proven", "no-cipher"));
    play_free(&p);
}

static void tls_of_a_vpn_in_dtls_is_no_leak(void)
{
    static const char suite[] = "TLS_AES_256_GCM_SHA384";
    struct play p = play_new();
    see(&p, "10.0.0.1", "10.0.0.2", "anyconnect", 0);
    begin_records(&p, false, "TLS_PSK_WITH_AES_256_GCM_SHA384");
    put(&p.facts, OBS_ANYCONNECT_SIGN, "psk", 0);
    CHECK(is_rated(&p, "strong", "inferred", "suite"));
    CHECK(facts_is(&p.facts, OBS_VPN_PROTOCOL, "anyconnect"));
    begin_records(&p, true, suite); /* the control channel */
    CHECK(is_rated(&p, "strong", "inferred", "suite"));
    CHECK(facts_is(&p.facts, OBS_VPN_CONTROLS, "f:0000000000000abc"));
    CHECK(!facts_true(&p.facts, OBS_VPN_INSIDE_TCP));
    CHECK(facts_find(&p.facts, OBS_VPN_BESIDE) == NULL);
    begin_records(&p, true, NULL); /* it began before the capture */
    CHECK(is_rated(&p, "unknown", "inferred", "suite-unknown"));
    begin_records(&p, true, suite); /* the trunk itself, past the tunnel */
    put(&p.facts, OBS_CARRIES, "sip", 0);
    tunnels_join_conclude(p.join, &p.record);
    CHECK(facts_is(&p.facts, OBS_VPN_BESIDE, "f:0000000000000abc"));
    begin_records(&p, true, suite); /* another service of the host */
    p.record.side[1].port = 5061;
    tunnels_join_conclude(p.join, &p.record);
    CHECK(facts_is(&p.facts, OBS_VPN_BESIDE, "f:0000000000000abc"));
    begin(&p, "10.0.0.2", "10.0.0.1", "tls"); /* the other host's port 443 */
    p.record.side[1].port = 443;
    tunnels_join_conclude(p.join, &p.record);
    CHECK(facts_is(&p.facts, OBS_VPN_BESIDE, "f:0000000000000abc"));
    play_free(&p);
}

static void the_oldest_pair_makes_room(void)
{
    struct play p = play_new();
    char host[16];
    for (unsigned i = 0; i < MAX + 2; i++) {
        snprintf(host, sizeof host, "10.0.1.%u", i);
        see(&p, "10.0.0.1", host, "esp", 0);
        see(&p, "10.0.0.1", host, "esp", 0);
    }
    CHECK_EQ(tunnels_join_dropped(p.join), 2);
    begin(&p, "10.0.0.1", "10.0.1.0", "rtp");
    tunnels_join_conclude(p.join, &p.record);
    CHECK(facts_find(&p.facts, OBS_VPN_BESIDE) == NULL);
    CHECK_EQ(facts_value(&p.facts, OBS_VPN_ELSEWHERE, 0), MAX);
    play_free(&p);
}

int main(void)
{
    ike_is_rated_by_cipher_key_and_group();
    only_groups_that_are_known_good_are_good();
    transforms_have_the_names_of_the_registry();
    esp_needs_the_key_exchange_of_its_hosts();
    integrity_alone_is_no_encryption();
    openvpn_is_rated_by_its_data();
    wireguard_has_one_cipher();
    ppp_has_only_mppe();
    ssh_is_rated_by_its_weaker_direction();
    a_trunk_is_told_of_the_tunnels_it_is_not_in();
    vpns_in_records_are_rated_by_their_suite();
    sstp_behind_a_proxy_does_not_encrypt();
    tls_of_a_vpn_in_dtls_is_no_leak();
    the_oldest_pair_makes_room();
    return check_failures == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
