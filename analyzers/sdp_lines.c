/* analyzers/sdp_lines.c: what single lines of a session description say. */
#include "analyzers/crypto/srtp_key.h"
#include "analyzers/once.h"
#include "analyzers/sdp_internal.h"
#include "base/scan.h"
#include "capture/address.h"

enum {
    TOKEN_MAX = 64,       /* characters of a suite, hash or protocol name */
    FINGERPRINT_MAX = 64, /* bytes: SHA-512 */
    KEYS_MAX = 16,        /* keys of a crypto line that are read */
    WORDS_MAX = 32,       /* words of a crypto line that are read */
};

static void put_event(const struct sdp_use *use, const struct observation *event,
                      const struct bytes *text)
{
    if (!use->told) {
        return;
    }
    struct observation obs = *event;
    struct bytes in = *text;
    struct observation place = observation_of(use->sdp->seg, obs.kind);
    obs.from = place.from;
    obs.packet = place.packet;
    obs.time_us = place.time_us;
    obs.index = use->index;
    obs.offset = scan_offset(&use->sdp->payload, text);
    if (obs.text == NULL) {
        obs.text_size = bytes_left(&in);
        obs.text = (const char *)bytes_skip(&in, obs.text_size);
    }
    use->sdp->sink->put(use->sdp->sink, &obs);
}

/* Tells the place of `at` and a constant text instead of its bytes. */
static void put_constant(const struct sdp_use *use, struct observation event, const char *text,
                         const struct bytes *at)
{
    event.text = text;
    event.text_size = (uint32_t)strlen(text);
    put_event(use, &event, at);
}

static uint64_t digest_of(const struct sdp_use *use, const struct bytes *secret)
{
    return once_digest(secret, use->sdp->sink->digest_seed);
}

static bool is_name_char(int c)
{
    int low = c | 0x20;
    return (low >= 'a' && low <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '_';
}

static bool is_name(const struct bytes *word)
{
    uint32_t size = bytes_left(word);
    for (uint32_t i = 0; i < size; i++) {
        if (!is_name_char(bytes_peek(word, i))) {
            return false;
        }
    }
    return size > 0 && size <= TOKEN_MAX;
}

/* RFC 8866 5.7: nettype addrtype address["/"ttl]["/"count]. */
static void put_address(const struct sdp_use *use, struct bytes in)
{
    scan_word(&in);
    scan_word(&in);
    struct bytes word = scan_word(&in);
    struct bytes address = scan_until(&word, '/');
    if (bytes_left(&address) > 0) {
        put_event(use, &(struct observation){ .kind = OBS_SDP_ADDRESS }, &address);
    }
}

/* RFC 8866 5.12: "clear:" text, "base64:" text; "uri:" and "prompt" hold no key. */
static void put_key(const struct sdp_use *use, struct bytes in)
{
    struct bytes place = in;
    struct bytes method = scan_trim(scan_until(&in, ':'));
    if ((!scan_is(&method, "clear") && !scan_is(&method, "base64")) || bytes_left(&in) == 0) {
        return;
    }
    use->sdp->keys += use->counted ? 1 : 0;
    struct observation event = { .kind = OBS_SDP_KEY, .value = digest_of(use, &in) };
    put_constant(use, event, "", &place);
}

/* RFC 4568 6.1: what follows the key: ["|" lifetime] ["|" MKI ":" length]. False: a length that no
 * MKI has. */
static bool read_identifier(struct bytes in, uint64_t *ret_size)
{
    *ret_size = 0;
    while (bytes_left(&in) > 0) {
        struct bytes size = scan_until(&in, '|');
        uint32_t all = bytes_left(&size);
        (void)scan_until(&size, ':');
        if (bytes_left(&size) > 0 && bytes_left(&size) < all) {
            return scan_number(&size, SRTP_KEY_IDENTIFIER, ret_size);
        }
    }
    return true;
}

/* The key itself, for those who check tags: it is kept no longer than its call. */
static void put_key_bytes(const struct sdp_use *use, uint16_t tag, const struct bytes *text,
                          struct bytes behind)
{
    uint8_t key[SRTP_KEY_MAX];
    struct observation event = { .kind = OBS_SDP_CRYPTO_KEY, .sub = tag };
    event.text_size = srtp_key_read(*text, key);
    if (event.text_size > 0 && read_identifier(behind, &event.value)) {
        event.text = (const char *)key;
        put_event(use, &event, text);
    }
    srtp_key_wipe(key, sizeof key);
}

/* RFC 4568 9.2: "inline:" key||salt ["|" lifetime] ["|" MKI ":" length], more after ";". */
static void put_inline_keys(const struct sdp_use *use, uint16_t tag, const struct bytes *suite,
                            struct bytes word)
{
    for (unsigned i = 0; bytes_left(&word) > 0; i++) {
        if (i == KEYS_MAX) {
            use->sdp->dropped++;
            return;
        }
        struct bytes parameter = scan_until(&word, ';');
        struct bytes place = parameter;
        if (!scan_starts(&parameter, "inline:")) {
            continue;
        }
        bytes_skip(&parameter, 7);
        struct bytes key = scan_until(&parameter, '|');
        key = scan_until(&key, '='); /* base64 padding: writers differ */
        if (bytes_left(&key) == 0) {
            continue;
        }
        use->sdp->keys += use->counted ? 1 : 0;
        struct observation event = { .kind = OBS_SDP_CRYPTO, .sub = tag };
        event.value = digest_of(use, &key);
        if (bytes_left(suite) > 0) {
            put_event(use, &event, suite);
        } else {
            put_constant(use, event, "", &place);
        }
        put_key_bytes(use, tag, &key, parameter);
    }
}

/* RFC 4568 6.3 and 9.2. Only known names are told: whatever else stands there could be a key. */
static void put_crypto_parameter(const struct sdp_use *use, uint16_t tag, struct bytes word)
{
    static const char *const names[] = { "KDR",       "UNENCRYPTED_SRTP", "UNENCRYPTED_SRTCP",
                                         "FEC_ORDER", "FEC_KEY",          "UNAUTHENTICATED_SRTP",
                                         "WSH" };
    struct bytes place = word;
    if (bytes_peek(&word, 0) == '-') {
        bytes_skip(&word, 1);
    }
    struct bytes name = scan_until(&word, '=');
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        if (scan_is(&name, names[i])) {
            struct observation event = { .kind = OBS_SDP_CRYPTO_PARAMETER, .sub = tag };
            put_constant(use, event, names[i], &place);
        }
    }
}

/* IANA "SRTP Crypto Suites" begin so, whoever wrote them: no other word is told, it may be a key.
 */
static bool is_suite(const struct bytes *word)
{
    static const char *const starts[] = { "AES_", "AEAD_", "F8_", "SEED_", "ARIA_", "NULL_" };
    bool known = false;
    for (size_t i = 0; i < sizeof starts / sizeof starts[0]; i++) {
        known |= scan_starts(word, starts[i]);
    }
    return known && is_name(word);
}

/* RFC 4568 9.1: tag suite key-params *(session-param). [MS-SDPEXT] a=cryptoscale has "client" or
 * "server" between tag and suite. */
static void put_crypto(const struct sdp_use *use, struct bytes in)
{
    struct bytes suite = bytes_of(NULL, 0, 0);
    struct bytes word = scan_word(&in);
    uint64_t tag = 0;
    if (!scan_number(&word, UINT16_MAX, &tag)) {
        tag = 0;
    }
    for (unsigned i = 0; bytes_left(&in) > 0; i++) {
        if (i == WORDS_MAX) {
            use->sdp->dropped++;
            return;
        }
        word = scan_word(&in);
        if (scan_starts(&word, "inline:")) {
            put_inline_keys(use, (uint16_t)tag, &suite, word);
        } else if (bytes_left(&suite) == 0 && is_suite(&word)) {
            suite = word;
        } else {
            put_crypto_parameter(use, (uint16_t)tag, word);
        }
    }
}

static int hex_digit(int c)
{
    int low = c | 0x20;
    if (c >= '0' && c <= '9') {
        return c - '0';
    }
    return low >= 'a' && low <= 'f' ? low - 'a' + 10 : -1;
}

void sdp_line_put_unread(const struct sdp_use *use, const struct bytes *at)
{
    put_constant(use, (struct observation){ .kind = OBS_SDP_FINGERPRINT }, "", at);
}

/* RFC 8122 5: 2UHEX *(":" 2UHEX). Returns bytes, 0 when it is anything else. */
static uint32_t read_fingerprint(struct bytes hex, uint8_t ret_fingerprint[FINGERPRINT_MAX])
{
    uint32_t size = 0;
    while (bytes_left(&hex) > 0) {
        bool last = bytes_left(&hex) <= 2; /* else another one follows the colon */
        struct bytes pair = scan_until(&hex, ':');
        int high = hex_digit(bytes_peek(&pair, 0));
        int low = hex_digit(bytes_peek(&pair, 1));
        bool good = bytes_left(&pair) == 2 && high >= 0 && low >= 0 && size < FINGERPRINT_MAX;
        if (!good || last != (bytes_left(&hex) == 0)) {
            return 0;
        }
        ret_fingerprint[size++] = (uint8_t)(high << 4 | low);
    }
    return size;
}

/* RFC 8122 5: hash-func SP fingerprint. */
static void put_fingerprint(const struct sdp_use *use, struct bytes in)
{
    uint8_t fingerprint[FINGERPRINT_MAX];
    struct bytes hash = scan_word(&in);
    uint32_t size = read_fingerprint(scan_word(&in), fingerprint);
    if (size == 0 || !is_name(&hash)) {
        sdp_line_put_unread(use, &hash);
        return;
    }
    use->sdp->fingerprints += use->counted ? 1 : 0;
    struct observation event = { .kind = OBS_SDP_FINGERPRINT, .sub = (uint16_t)size };
    event.value = keyed_hash(fingerprint, size, use->sdp->sink->digest_seed);
    put_event(use, &event, &hash);
}

/* The first word, when it is a name and not something that could be secret. */
static void put_word(const struct sdp_use *use, enum observation_kind kind, struct bytes in)
{
    struct bytes word = scan_word(&in);
    if (is_name(&word)) {
        put_event(use, &(struct observation){ .kind = kind }, &word);
    }
}

static void put_encryption(const struct sdp_use *use, struct bytes in)
{
    struct bytes word = scan_word(&in);
    if (scan_is(&word, "required") || scan_is(&word, "optional") || scan_is(&word, "rejected")) {
        put_event(use, &(struct observation){ .kind = OBS_SDP_ENCRYPTION }, &word);
    }
}

static void put_rtcp(const struct sdp_use *use, struct bytes in)
{
    struct bytes port = scan_word(&in);
    struct observation event = { .kind = OBS_SDP_RTCP_PORT };
    if (scan_number(&port, UINT16_MAX, &event.value)) {
        put_constant(use, event, "", &port);
    }
}

/* RFC 8866 6.6: payload type SP name "/" rate ["/" channels]. */
static void put_codec(const struct sdp_use *use, struct bytes in)
{
    struct bytes type = scan_word(&in);
    struct bytes codec = scan_word(&in);
    struct bytes rest = codec;
    scan_until(&rest, '/');
    struct bytes rate = scan_until(&rest, '/');
    struct observation event = { .kind = OBS_SDP_CODEC };
    if (!scan_number(&type, 127, &event.value) || bytes_left(&rate) == 0) {
        return;
    }
    struct bytes after_rate = rate;
    bytes_skip(&after_rate, bytes_left(&rate));
    struct bytes text = bytes_take(&codec, scan_offset(&codec, &after_rate));
    put_event(use, &event, &text);
}

/* A message with one description says nothing of it. */
static void put_part(const struct sdp_use *use, const struct bytes *at)
{
    const struct sdp *sdp = use->sdp;
    struct observation event = { .kind = OBS_SDP_PART, .sub = use->place };
    event.value = sdp->part_count;
    if (sdp->alternative || sdp->part_count > 0) {
        put_constant(use, event, sdp->alternative ? "alternative" : "mixed", at);
    }
}

/* RFC 8839 5.1: foundation component transport priority address port "typ" type ...
 * [MS-ICE] (draft 6): user component password transport priority address port. */
static void put_candidate(const struct sdp_use *use, struct bytes in)
{
    struct bytes word[7];
    for (int i = 0; i < 7; i++) {
        word[i] = scan_word(&in);
    }
    int at = scan_is(&word[6], "typ") ? 4 : 5;
    struct address address;
    struct bytes text = word[at];
    uint64_t component;
    struct observation event = { .kind = OBS_SDP_CANDIDATE };
    uint32_t size = bytes_left(&text);
    const uint8_t *chars = bytes_skip(&text, size);
    if (size == 0 || !address_parse((const char *)chars, size, &address) ||
        !scan_number(&word[1], OBSERVATION_ICE_DRAFT_6 - 1, &component) ||
        !scan_number(&word[at + 1], UINT16_MAX, &event.value)) {
        return;
    }
    event.sub = (uint16_t)(component | (at == 5 ? OBSERVATION_ICE_DRAFT_6 : 0U));
    put_event(use, &event, &word[at]);
}

void sdp_line_put(const struct sdp_use *use, const struct sdp_line *line)
{
    switch (line->kind) {
    case SDP_LINE_ADDRESS:
        put_address(use, line->value);
        break;
    case SDP_LINE_KEY:
        put_key(use, line->value);
        break;
    case SDP_LINE_CRYPTO:
    case SDP_LINE_CRYPTOSCALE:
        put_crypto(use, line->value);
        break;
    case SDP_LINE_FINGERPRINT:
        put_fingerprint(use, line->value);
        break;
    case SDP_LINE_SETUP:
        put_word(use, OBS_SDP_SETUP, line->value);
        break;
    case SDP_LINE_KEY_MGMT:
        put_word(use, OBS_SDP_KEY_MGMT, line->value);
        break;
    case SDP_LINE_ZRTP_HASH:
        put_constant(use, (struct observation){ .kind = OBS_SDP_KEY_MGMT }, "zrtp", &line->value);
        break;
    case SDP_LINE_ENCRYPTION:
        put_encryption(use, line->value);
        break;
    case SDP_LINE_RTCP:
        put_rtcp(use, line->value);
        break;
    case SDP_LINE_RTCP_MUX:
        put_constant(use, (struct observation){ .kind = OBS_SDP_RTCP_MUX }, "", &line->value);
        break;
    case SDP_LINE_RTPMAP:
        put_codec(use, line->value);
        break;
    case SDP_LINE_CANDIDATE:
        put_candidate(use, line->value);
        break;
    case SDP_LINE_OTHER:
    case SDP_LINE_MEDIA:
        break;
    }
}

/* RFC 8866 5.14: media port["/"count] proto formats. */
bool sdp_line_put_media(const struct sdp_use *use, const struct sdp_line *line)
{
    struct bytes in = line->value;
    struct bytes media = scan_word(&in);
    struct bytes port_word = scan_word(&in);
    struct bytes port = scan_until(&port_word, '/');
    struct bytes proto = scan_word(&in);
    struct observation event = { .kind = OBS_SDP_MEDIA };
    if (!scan_number(&port, UINT16_MAX, &event.value) || bytes_left(&proto) == 0) {
        return false;
    }
    use->sdp->sharing |= scan_starts(&media, "applicationsharing");
    put_event(use, &event, &media);
    put_part(use, &media);
    put_event(use, &(struct observation){ .kind = OBS_SDP_PROTO }, &proto);
    return true;
}
