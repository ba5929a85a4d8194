/* tests/unit/test_sdp.c: session descriptions and their keys. */
#include "analyzers/sdp.h"
#include "tests/seen.h"

/* What sdp_read counted in the last run. */
static struct sdp counted;

static void read_sdp(const char *text, uint32_t captured, uint32_t on_wire)
{
    char *heap = malloc(captured > 0 ? captured : 1);
    memcpy(heap, text, captured);
    struct sink sink = { .put = seen_put, .digest_seed = { { 1, 2 } } };
    struct segment seg = { .payload = bytes_of(heap, captured, on_wire), .from = 1 };
    counted = (struct sdp){ .seg = &seg, .sink = &sink, .payload = seg.payload };
    seen_count = 0;
    sdp_read(&counted, seg.payload);
    free(heap);
}

static void read_text(const char *text)
{
    read_sdp(text, (uint32_t)strlen(text), (uint32_t)strlen(text));
}

/* Is there an observation of this kind, m-line and text? */
static bool told(enum observation_kind kind, unsigned index, const char *text)
{
    for (unsigned i = 0; i < seen_count; i++) {
        if (seen[i].obs.kind == kind && seen[i].obs.index == index &&
            strcmp(seen[i].text, text) == 0) {
            return true;
        }
    }
    return false;
}

/* RFC 8866 5. */
static const char rfc8866[] = "v=0\r\n"
                              "o=jdoe 3724394400 3724394405 IN IP4 198.51.100.1\r\n"
                              "s=Call to John Smith\r\n"
                              "i=SDP Offer #1\r\n"
                              "u=http://www.jdoe.example.com/home.html\r\n"
                              "e=Jane Doe <jane@jdoe.example.com>\r\n"
                              "p=+1 617 555-6011\r\n"
                              "c=IN IP4 198.51.100.1\r\n"
                              "t=0 0\r\n"
                              "m=audio 49170 RTP/AVP 0\r\n"
                              "m=audio 49180 RTP/AVP 0\r\n"
                              "m=video 51372 RTP/AVP 99\r\n"
                              "c=IN IP6 2001:db8::2\r\n"
                              "a=rtpmap:99 h263-1998/90000\r\n";

static void sdp_rfc8866_example_has_its_media_and_inherits_the_address(void)
{
    read_text(rfc8866);
    CHECK_EQ(counted.media_count, 3);
    CHECK(told(OBS_SDP_MEDIA, 0, "audio"));
    CHECK(told(OBS_SDP_MEDIA, 2, "video"));
    CHECK_EQ(seen_nth(OBS_SDP_MEDIA, 1)->obs.value, 49180);
    CHECK(told(OBS_SDP_PROTO, 2, "RTP/AVP"));
    CHECK(told(OBS_SDP_ADDRESS, 0, "198.51.100.1"));
    CHECK(told(OBS_SDP_ADDRESS, 1, "198.51.100.1"));
    CHECK(told(OBS_SDP_ADDRESS, 2, "2001:db8::2"));
    CHECK(!told(OBS_SDP_ADDRESS, 2, "198.51.100.1"));
    CHECK(told(OBS_SDP_CODEC, 2, "h263-1998/90000"));
    CHECK_EQ(seen_value(OBS_SDP_CODEC), 99);
    CHECK_EQ(seen_nth(OBS_SDP_MEDIA, 0)->obs.offset, strstr(rfc8866, "audio 49170") - rfc8866);
}

/* RFC 4568 4 and 6.3, 7.1.3: two suites, MKI, lifetime, several keys, session parameters. */
static void sdp_crypto_lines_tell_suites_and_only_digests_of_keys(void)
{
    read_text("v=0\nm=audio 49170 RTP/SAVP 0\n"
              "a=crypto:1 AES_CM_128_HMAC_SHA1_80 "
              "inline:WVNfX19zZW1jdGwgKCkgewkyMjA7fQp9CnVubGVz|2^20|1:4 FEC_ORDER=FEC_SRTP\n"
              "a=crypto:2 F8_128_HMAC_SHA1_80 "
              "inline:MTIzNDU2Nzg5QUJDREUwMTIzNDU2Nzg5QUJjZGVm|2^20|1:4;"
              "inline:QUJjZGVmMTIzNDU2Nzg5QUJDREUwMTIzNDU2Nzg5|2^20|2:4 FEC_ORDER=FEC_SRTP\n"
              "a=crypto:3 AES_CM_256_HMAC_SHA1_80 "
              "inline:WVNfX19zZW1jdGwgKCkgewkyMjA7fQp9CnVubGVz -UNENCRYPTED_SRTP "
              "FEC_KEY=inline:PS1uQCVeeCFCanVmcjkpPywjNWhcYD0mXXtxaVBR\n");
    CHECK_EQ(counted.keys, 4);
    CHECK_EQ(seen_times(OBS_SDP_CRYPTO), 4);
    CHECK(told(OBS_SDP_CRYPTO, 0, "AES_CM_128_HMAC_SHA1_80"));
    CHECK(told(OBS_SDP_CRYPTO, 0, "AES_CM_256_HMAC_SHA1_80"));
    CHECK_EQ(seen_nth(OBS_SDP_CRYPTO, 1)->obs.sub, 2);
    CHECK(seen_nth(OBS_SDP_CRYPTO, 0)->obs.value == seen_nth(OBS_SDP_CRYPTO, 3)->obs.value);
    CHECK(seen_nth(OBS_SDP_CRYPTO, 0)->obs.value != seen_nth(OBS_SDP_CRYPTO, 1)->obs.value);
    CHECK(told(OBS_SDP_CRYPTO_PARAMETER, 0, "UNENCRYPTED_SRTP"));
    CHECK(told(OBS_SDP_CRYPTO_PARAMETER, 0, "FEC_KEY"));
    CHECK_EQ(seen_times(OBS_SDP_CRYPTO_KEY), 4); /* for those who check tags, and no one else */
    for (unsigned i = 0; i < 4; i++) {
        const struct seen *key = seen_nth(OBS_SDP_CRYPTO_KEY, i);
        CHECK_EQ(key->obs.text_size, 30);
        CHECK_EQ(key->obs.value, i < 3 ? 4 : 0);
        CHECK_EQ(key->obs.sub, seen_nth(OBS_SDP_CRYPTO, i)->obs.sub);
    }
    static const char *const secrets[] = { "WVNf", "MTIz", "QUJj", "PS1u" };
    for (size_t i = 0; i < sizeof secrets / sizeof secrets[0]; i++) {
        CHECK(!seen_anywhere(secrets[i]));
    }
}

static void sdp_broken_crypto_lines_do_not_tell_keys_as_suites(void)
{
    read_text("m=audio 5004 RTP/SAVP 0\n"
              "a=crypto:1 inline:WVNfX19zZW1jdGwgKCkgewkyMjA7fQp9CnVubGVz\n"
              "a=crypto:1 WVNfX19zZW1jdGwgKCkgewkyMjA7fQp9CnVubGVz\n"
              "a=crypto:WVNfX19zZW1jdGwgKCkgewkyMjA7fQp9CnVubGVz\n"
              "a=crypto:3 WVNf_X19zZW1jdGwgKCkgewkyMjA7fQp9CnVubGVz x\n"
              "a=crypto:2 AES_CM_128_HMAC_SHA1_80 inline:\n"
              "a=crypto:4 AES_CM_128_HMAC_SHA1_80 inline:WVNf*19z\n"
              "a=crypto:5 AES_CM_128_HMAC_SHA1_80 inline:c2VjcmV0|2^31|1:129\n"
              "a=setup:WVNf/X19zZW1jdGwg\na=encryption:WVNfX19z\n");
    CHECK_EQ(counted.keys, 3);
    CHECK_EQ(seen_times(OBS_SDP_CRYPTO), 3);
    CHECK_EQ(seen_times(OBS_SDP_CRYPTO_KEY), 1); /* the first: the others are no keys, no MKI */
    CHECK(!seen_anywhere("WVNf"));
}

/* [MS-SDPEXT]: Communicator and Lync. */
static void sdp_microsoft_lines_are_known(void)
{
    read_text("v=0\r\nc=IN IP4 10.0.0.9\r\na=encryption:optional\r\n"
              "k=base64:c2VjcmV0c2VjcmV0\r\n"
              "m=audio 50018 RTP/AVP 114 111 101\r\n"
              "a=candidate:9Tv3fhHLMZs5 1 r7NbW8SGNUDA3d UDP 0.830 10.0.0.9 50018\r\n"
              "a=candidate:1 2 UDP 2130706431 10.0.0.9 50019 typ host \r\n"
              "a=cryptoscale:1 client AES_CM_128_HMAC_SHA1_80 "
              "inline:S0tLS0tLS0tLS0tLS0tLS0tLS0tLS0tLS0tLS0tL|2^31|1:1\r\n"
              "a=encryption:required\r\n"
              "m=applicationsharing 0 TCP/RTP/SAVP 127\r\n");
    CHECK(counted.sharing);
    CHECK_EQ(counted.keys, 2);
    CHECK(told(OBS_SDP_CRYPTO, 0, "AES_CM_128_HMAC_SHA1_80"));
    CHECK(told(OBS_SDP_ENCRYPTION, 0, "required"));
    CHECK(!told(OBS_SDP_ENCRYPTION, 0, "optional"));
    CHECK(told(OBS_SDP_ENCRYPTION, 1, "optional"));
    CHECK_EQ(seen_times(OBS_SDP_KEY), 2);
    CHECK_EQ(seen_times(OBS_SDP_CANDIDATE), 2);
    CHECK_EQ(seen_nth(OBS_SDP_CANDIDATE, 0)->obs.value, 50018);
    CHECK_EQ(seen_nth(OBS_SDP_CANDIDATE, 0)->obs.sub, 1 | OBSERVATION_ICE_DRAFT_6);
    CHECK(told(OBS_SDP_CANDIDATE, 0, "10.0.0.9"));
    CHECK_EQ(seen_nth(OBS_SDP_CANDIDATE, 1)->obs.value, 50019);
    CHECK_EQ(seen_nth(OBS_SDP_MEDIA, 1)->obs.value, 0);
    CHECK(!seen_anywhere("r7Nb"));
    CHECK(!seen_anywhere("9Tv3"));
    CHECK(!seen_anywhere("c2Vj"));
    CHECK(!seen_anywhere("S0tL"));
}

/* RFC 5763 7.1, RFC 8839 5.1, RFC 5761, RFC 3605, RFC 6189, RFC 4567. */
static void sdp_dtls_srtp_ice_and_other_keying_are_known(void)
{
    static const uint8_t digest[4] = { 0x4a, 0xad, 0xb9, 0xb1 };
    struct hash_seed seed = { { 1, 2 } };
    read_text(
        "v=0\r\na=fingerprint:sha-256 4A:AD:b9:B1\r\na=setup:actpass\r\n"
        "m=audio 9 UDP/TLS/RTP/SAVPF 111\r\nc=IN IP4 0.0.0.0\r\na=rtcp-mux\r\n"
        "a=rtpmap:111 opus/48000/2\r\na=ice-pwd:asd88fgpdd777uzjYhagZg\r\n"
        "a=candidate:1 1 UDP 1694498815 192.0.2.3 45664 typ srflx raddr 10.0.1.1 rport 8998\r\n"
        "a=candidate:2 1 tcp 1 2001:db8::9 9 typ host tcptype active\r\n"
        "m=audio 5004/2 RTP/AVP 0\r\na=rtcp:53020 IN IP4 126.16.64.4\r\n"
        "a=setup:passive\r\na=zrtp-hash:1.10 fe30efd02423cb054e50efd0248742ac7a52c8f91bc2\r\n"
        "a=key-mgmt:mikey AQAFgM0XflABAAAAAAAAAAAAAAsAyO\r\n");
    CHECK_EQ(counted.fingerprints, 1);
    CHECK(told(OBS_SDP_FINGERPRINT, 0, "sha-256"));
    CHECK(told(OBS_SDP_FINGERPRINT, 1, "sha-256"));
    CHECK(seen_nth(OBS_SDP_FINGERPRINT, 0)->obs.value == keyed_hash(digest, sizeof digest, seed));
    CHECK(told(OBS_SDP_SETUP, 0, "actpass"));
    CHECK(told(OBS_SDP_SETUP, 1, "passive"));
    CHECK(!told(OBS_SDP_SETUP, 1, "actpass"));
    CHECK(told(OBS_SDP_RTCP_MUX, 0, ""));
    CHECK(told(OBS_SDP_CODEC, 0, "opus/48000"));
    CHECK(told(OBS_SDP_CANDIDATE, 0, "192.0.2.3"));
    CHECK(told(OBS_SDP_CANDIDATE, 0, "2001:db8::9"));
    CHECK_EQ(seen_value(OBS_SDP_RTCP_PORT), 53020);
    CHECK_EQ(seen_value(OBS_SDP_MEDIA), 5004);
    CHECK(told(OBS_SDP_KEY_MGMT, 1, "zrtp"));
    CHECK(told(OBS_SDP_KEY_MGMT, 1, "mikey"));
    CHECK(!seen_anywhere("AQAF"));
    CHECK(!seen_anywhere("asd88"));
}

static unsigned times_told(enum observation_kind kind, unsigned index, const char *text)
{
    unsigned times = 0;
    for (unsigned i = 0; i < seen_count; i++) {
        times += seen[i].obs.kind == kind && seen[i].obs.index == index &&
                 strcmp(seen[i].text, text) == 0;
    }
    return times;
}

/* RFC 8122 5; "" is told for what could not be read, so that nobody takes the rest for all. */
static void fingerprints_of_both_levels_are_told_and_unread_ones_leave_a_mark(void)
{
    static const char two[] = "v=0\r\na=fingerprint:sha-1 0A:0b\r\nm=audio 5004 RTP/AVP 0\r\n"
                              "a=fingerprint:sha-256 4A\r\nm=audio 5006 RTP/AVP 0\r\n";
    read_text(two);
    CHECK_EQ(counted.fingerprints, 2);
    CHECK_EQ(times_told(OBS_SDP_FINGERPRINT, 0, "sha-1"), 1);
    CHECK_EQ(times_told(OBS_SDP_FINGERPRINT, 0, "sha-256"), 1);
    CHECK_EQ(times_told(OBS_SDP_FINGERPRINT, 1, "sha-1"), 1);
    CHECK_EQ(seen_nth(OBS_SDP_FINGERPRINT, 0)->obs.sub, 1);
    CHECK_EQ(times_told(OBS_SDP_FINGERPRINT, 0, "") + times_told(OBS_SDP_FINGERPRINT, 1, ""), 0);
    static const char *const malformed[] = { "sha-256",       "sha-256 4A:B", "sha-256 4A:GB",
                                             "sha-256 4A4B",  "%% 4A",        "sha-256 4A:",
                                             "sha-256 4A:4B:" };
    for (unsigned i = 0; i < sizeof malformed / sizeof *malformed; i++) {
        char text[96];
        snprintf(text, sizeof text, "v=0\r\nm=audio 5004 RTP/AVP 0\r\na=fingerprint:%s\r\n",
                 malformed[i]);
        read_text(text);
        CHECK_EQ(counted.fingerprints, 0);
        CHECK_EQ(times_told(OBS_SDP_FINGERPRINT, 0, ""), 1);
    }
    for (uint32_t size = 0; size < sizeof two - 1; size++) { /* the snap length hides the rest */
        read_sdp(two, size, sizeof two - 1);
        unsigned last = counted.media_count > 0 ? counted.media_count - 1u : 0;
        CHECK_EQ(times_told(OBS_SDP_FINGERPRINT, last, ""), counted.media_count > 0 ? 1 : 0);
    }
}

static void sdp_lines_over_the_caps_are_counted_and_keys_still_are(void)
{
    static char text[64 * 1024];
    size_t used = 0;
    for (int i = 0; i < SDP_MEDIA_MAX + 1; i++) {
        used += (size_t)snprintf(text + used, sizeof text - used, "m=audio 1 RTP/SAVP 0\n");
    }
    for (int i = 0; i < SDP_ATTRIBUTES_MAX + 2; i++) {
        used += (size_t)snprintf(text + used, sizeof text - used,
                                 "a=crypto:1 AES_CM_128_HMAC_SHA1_80 inline:QUJD\n");
    }
    read_text(text);
    CHECK_EQ(seen_times(OBS_SDP_MEDIA), SDP_MEDIA_MAX);
    CHECK_EQ(counted.dropped, 3);
    CHECK_EQ(counted.keys, SDP_ATTRIBUTES_MAX + 2);
}

/* One session line, told with each of 32 m-lines, may not become a flood of events. */
static void sdp_a_line_of_endless_keys_is_read_up_to_a_cap(void)
{
    static char text[64 * 1024];
    size_t used =
        (size_t)snprintf(text, sizeof text, "a=crypto:1 AES_CM_128_HMAC_SHA1_80 inline:QQ");
    while (used < 800) {
        used += (size_t)snprintf(text + used, sizeof text - used, ";inline:QQ");
    }
    used +=
        (size_t)snprintf(text + used, sizeof text - used, "\na=crypto:2 AES_CM_128_HMAC_SHA1_80");
    while (used < 1600) {
        used += (size_t)snprintf(text + used, sizeof text - used, " KDR=1");
    }
    used += (size_t)snprintf(text + used, sizeof text - used, "\na=setup:%01100d", 0);
    for (int i = 0; i < SDP_MEDIA_MAX; i++) {
        used += (size_t)snprintf(text + used, sizeof text - used, "\nm=audio 1 RTP/SAVP 0");
    }
    read_text(text);
    CHECK_EQ(seen_times(OBS_SDP_CRYPTO), 16 * SDP_MEDIA_MAX);
    CHECK_EQ(seen_times(OBS_SDP_CRYPTO_PARAMETER), 31 * SDP_MEDIA_MAX);
    CHECK_EQ(seen_times(OBS_SDP_SETUP), 0);
    CHECK(counted.dropped >= 3);
}

static void sdp_media_lines_without_a_port_are_malformed(void)
{
    read_text("m=audio\nm=audio x RTP/AVP 0\nm=audio 70000 RTP/AVP 0\nm=audio 6000\n"
              "a=rtcp-mux\nm=audio 6000 RTP/AVP\n");
    CHECK_EQ(counted.malformed, 4);
    CHECK_EQ(seen_times(OBS_SDP_MEDIA), 1);
    CHECK_EQ(seen_nth(OBS_SDP_MEDIA, 0)->obs.index, 4);
    CHECK_EQ(seen_times(OBS_SDP_RTCP_MUX), 0);
}

static void sdp_cut_bodies_tell_whole_lines_only(void)
{
    uint32_t size = (uint32_t)strlen(rfc8866);
    for (uint32_t n = 0; n < size; n++) {
        read_sdp(rfc8866, n, size);
        unsigned lines = 0;
        for (const char *m = strstr(rfc8866, "m="); m != NULL; m = strstr(m + 1, "\nm=")) {
            const char *end = strchr(m + 1, '\n');
            lines += end != NULL && (uint32_t)(end - rfc8866) < n ? 1 : 0;
        }
        CHECK_EQ(seen_times(OBS_SDP_MEDIA), lines);
    }
}

static void sdp_any_flipped_byte_stays_in_bounds(void)
{
    static const char text[] = "v=0\nc=IN IP4 h/1\nm=audio 1/2 RTP/SAVP 0\n"
                               "a=crypto:1 A_B inline:QUJD|1|2:3;inline:Q== KDR=1\n"
                               "a=fingerprint:sha-1 0A:0b\na=rtpmap:0 a/8/1\nk=clear:k\n"
                               "a=candidate:1 1 UDP 2 10.0.0.1 3 typ host\na=rtcp:1 IN";
    for (uint32_t i = 0; i + 1 < sizeof text; i++) {
        for (int v = 1; v < 256; v++) {
            char m[sizeof text];
            memcpy(m, text, sizeof text);
            m[i] = (char)(m[i] ^ v);
            read_sdp(m, sizeof text - 1, sizeof text - 1);
            CHECK(seen_count < 40);
        }
    }
}

int main(void)
{
    sdp_rfc8866_example_has_its_media_and_inherits_the_address();
    sdp_crypto_lines_tell_suites_and_only_digests_of_keys();
    sdp_broken_crypto_lines_do_not_tell_keys_as_suites();
    sdp_microsoft_lines_are_known();
    sdp_dtls_srtp_ice_and_other_keying_are_known();
    fingerprints_of_both_levels_are_told_and_unread_ones_leave_a_mark();
    sdp_lines_over_the_caps_are_counted_and_keys_still_are();
    sdp_a_line_of_endless_keys_is_read_up_to_a_cap();
    sdp_media_lines_without_a_port_are_malformed();
    sdp_cut_bodies_tell_whole_lines_only();
    sdp_any_flipped_byte_stays_in_bounds();
    return check_failures == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
