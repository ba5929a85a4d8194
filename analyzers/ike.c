/* analyzers/ike.c: Internet Key Exchange 1 and 2 (RFC 2408, 2409, 7296) at any UDP port, behind the
 * non-ESP marker at 4500 (RFC 3948): what was offered, what was chosen, and what else is said in
 * clear. What SAs of ESP use is agreed on under keys. */
#include "analyzers/analyzer.h"
#include "analyzers/ike_names.h"
#include "base/text.h"

enum { IKE_PORT = 500, NATT_PORT = 4500, HEADER_SIZE = 28 };
enum { PAYLOADS_MAX = 32, PROPOSALS_MAX = 64, TRANSFORMS_MAX = 64 };

/* Payloads: version 1 (RFC 2408 3.1), version 2 (RFC 7296 3.2, RFC 7383 2.5). */
enum {
    OLD_SA = 1,
    OLD_NOTIFICATION = 11,
    OLD_VENDOR = 13,
    OLD_FRAGMENT = 132,
    SA = 33,
    NOTIFY = 41,
    VENDOR = 43,
    ENCRYPTED = 46,
    FRAGMENT = 53,
};

enum { FLAG_ENCRYPTED = 0x01, FLAG_RESPONSE = 0x20 };
enum { MAIN_MODE = 2, AGGRESSIVE_MODE = 4, IKE_SA_INIT = 34 };
enum { KEY_LENGTH = 14, ATTRIBUTE_SHORT = 0x8000, PROTOCOL_IKE = 1 };
/* Attributes of phase 1 (RFC 2409 appendix A). */
enum { OLD_ENCRYPTION = 1, OLD_HASH = 2, OLD_AUTHENTICATION = 3, OLD_GROUP = 4 };

struct header {
    uint8_t next, version, exchange, flags; /* version: 1 or 2 */
    bool sound;                             /* all of it is as the RFCs have it */
    bool first;                             /* nobody has answered: the responder's SPI is zero */
};

struct ike_state {
    bool started;
    bool agreed; /* an SA was chosen */
};

/* What one proposal says. */
struct suite {
    uint16_t encryption, prf, integrity, group, key_bits, authentication;
    bool known; /* encryption and the like were read */
};

/* One message as it is read. */
struct message {
    struct ike_state *ike;
    const struct segment *seg;
    struct sink *sink;
    struct header header;
};

static bool is_natt(const struct segment *seg)
{
    return seg->port[0] == NATT_PORT || seg->port[1] == NATT_PORT;
}

static bool is_known(const struct header *h)
{
    if (h->version == 1) {
        return (h->exchange <= 6 || h->exchange == 32 || h->exchange == 33) && h->exchange > 0 &&
               (h->next <= 21 || (h->next >= 128 && h->next <= 132));
    }
    return h->version == 2 && h->exchange >= IKE_SA_INIT && h->exchange <= 44 &&
           (h->next == 0 || (h->next >= SA && h->next <= 54));
}

/* At its own port less will do: what breaks its rules there is broken IKE. */
static bool is_likely(const struct segment *seg, const struct header *h)
{
    bool port = seg->port[0] == IKE_PORT || seg->port[1] == IKE_PORT;
    return port && ((h->version == 1 && (h->flags & 0xf8) == 0) ||
                    (h->version == 2 && h->exchange >= IKE_SA_INIT && h->exchange <= 44));
}

/* RFC 7296 3.1: SPIs(8, 8) next(1) version(4 bits, 4 bits) exchange(1) flags(1) id(4) length(4).
 * Leaves the payloads. */
static bool read_header(const struct segment *seg, struct bytes *in, struct header *ret_header)
{
    struct header *h = ret_header;
    if (is_natt(seg) && bytes_u32(in) != 0) {
        return false;
    }
    uint32_t sent = bytes_sent(in);
    uint64_t initiator = bytes_u64(in);
    uint64_t responder = bytes_u64(in);
    h->next = bytes_u8(in);
    uint8_t version = bytes_u8(in);
    h->exchange = bytes_u8(in);
    h->flags = bytes_u8(in);
    bytes_u32(in);
    uint32_t length = bytes_u32(in);
    h->version = version >> 4;
    h->first = responder == 0;
    bool two = h->version != 2 || (h->flags & 0xc7) == 0;
    h->sound = length == sent && length >= HEADER_SIZE && initiator != 0 && two &&
               (version & 15) == 0 && is_known(h);
    return bytes_ok(in) && (h->sound || is_likely(seg, h));
}

static enum claim ike_claim(const struct segment *seg)
{
    struct bytes in = seg->payload;
    struct header h;
    return !seg->open && read_header(seg, &in, &h) ? CLAIM_YES : CLAIM_NO;
}

static void put_transform(const struct message *m, enum observation_kind kind, uint8_t type,
                          uint16_t id)
{
    char buffer[IKE_NAME_SIZE];
    if (id != 0) {
        observe_text(m->sink, m->seg, kind, ike_names_transform(type, id, buffer), id);
    }
}

/* "ENCR_AES_CBC/256" */
static void put_offer(const struct message *m, uint16_t id, uint16_t key_bits)
{
    char name[IKE_NAME_SIZE], offer[IKE_NAME_SIZE + 16];
    struct text t = text_into(offer, sizeof offer);
    text_put(&t, ike_names_transform(IKE_TYPE_ENCRYPTION, id, name));
    if (key_bits > 0) {
        text_printf(&t, "/%u", key_bits);
    }
    observe_text(m->sink, m->seg, OBS_IKE_OFFER_ENCRYPTION, offer, id);
}

/* "ENCR_AES_CBC/256 PRF_HMAC_SHA2_256 AUTH_HMAC_SHA2_256_128 modp2048" */
static void put_suite_text(const struct message *m, const struct suite *s)
{
    static const uint8_t types[] = { IKE_TYPE_PRF, IKE_TYPE_INTEGRITY, IKE_TYPE_GROUP };
    const uint16_t ids[] = { s->prf, s->integrity, s->group };
    char name[IKE_NAME_SIZE], all[5 * IKE_NAME_SIZE];
    struct text t = text_into(all, sizeof all);
    text_put(&t, ike_names_transform(IKE_TYPE_ENCRYPTION, s->encryption, name));
    if (s->key_bits > 0) {
        text_printf(&t, "/%u", s->key_bits);
    }
    for (unsigned i = 0; i < sizeof types; i++) {
        if (ids[i] != 0) {
            text_printf(&t, " %s", ike_names_transform(types[i], ids[i], name));
        }
    }
    observe_text(m->sink, m->seg, OBS_IKE_SUITE, all, s->encryption);
}

/* An IKE SA is agreed on: facts of the first, a list of all, and the word for the join of tunnels.
 */
static void put_suite(const struct message *m, const struct suite *s)
{
    put_suite_text(m, s);
    observe_text(m->sink, m->seg, OBS_TUNNEL_SEEN, "ike",
                 s->encryption | (uint64_t)s->key_bits << 16 | (uint64_t)s->group << 32);
    if (m->ike->agreed) {
        return;
    }
    m->ike->agreed = true;
    put_transform(m, OBS_IKE_ENCRYPTION, IKE_TYPE_ENCRYPTION, s->encryption);
    put_transform(m, OBS_IKE_PRF, IKE_TYPE_PRF, s->prf);
    put_transform(m, OBS_IKE_INTEGRITY, IKE_TYPE_INTEGRITY, s->integrity);
    put_transform(m, OBS_IKE_GROUP, IKE_TYPE_GROUP, s->group);
    if (s->key_bits > 0) {
        observe_value(m->sink, m->seg, OBS_IKE_KEY_BITS, s->key_bits);
    }
    if (s->authentication > 0) {
        char buffer[IKE_NAME_SIZE];
        observe_text(m->sink, m->seg, OBS_IKE_AUTHENTICATION,
                     ike_names_authentication(s->authentication, buffer), s->authentication);
    }
}

/* RFC 7296 3.3.5: format and type(2) value(2), or length(2) and value. The value's first 4 bytes.
 */
static uint16_t read_attribute(struct bytes *in, uint32_t *ret_value)
{
    uint16_t type = bytes_u16(in);
    uint16_t value = bytes_u16(in);
    *ret_value = value;
    if ((type & ATTRIBUTE_SHORT) == 0) {
        struct bytes its = bytes_take(in, value);
        *ret_value = bytes_left(&its) == 2 ? bytes_u16(&its) : bytes_u32(&its);
    }
    return type & 0x7fff;
}

/* RFC 7296 3.3.2: last(1) reserved(1) length(2) type(1) reserved(1) id(2) attributes */
static void read_transform(const struct message *m, struct bytes *in, bool chosen,
                           struct suite *ret_suite)
{
    bytes_skip(in, 2);
    uint32_t length = bytes_u16(in);
    struct bytes its = bytes_take(in, length < 4 ? UINT32_MAX : length - 4);
    uint8_t type = bytes_u8(&its);
    bytes_u8(&its);
    uint16_t id = bytes_u16(&its);
    uint16_t key_bits = 0;
    while (bytes_sent(&its) > 0) {
        uint32_t value;
        if (read_attribute(&its, &value) == KEY_LENGTH) {
            key_bits = (uint16_t)(value < UINT16_MAX ? value : UINT16_MAX);
        }
    }
    if (!bytes_ok(in) || !bytes_ok(&its)) {
        bytes_fail(in, its.fault != BYTES_OK ? its.fault : BYTES_MALFORMED);
        return;
    }
    bool additional = type >= IKE_TYPE_ADDITIONAL_FIRST && type <= IKE_TYPE_ADDITIONAL_LAST;
    if (type == IKE_TYPE_ENCRYPTION) {
        ret_suite->known = true;
        ret_suite->encryption = id;
        ret_suite->key_bits = key_bits;
    } else if (type == IKE_TYPE_PRF) {
        ret_suite->prf = id;
    } else if (type == IKE_TYPE_INTEGRITY) {
        ret_suite->integrity = id;
    } else if (type == IKE_TYPE_GROUP) {
        ret_suite->group = id;
    } else if (additional && chosen) {
        put_transform(m, OBS_IKE_ADDITIONAL_GROUP, type, id);
    }
    if (!chosen && type == IKE_TYPE_ENCRYPTION) {
        put_offer(m, id, key_bits);
    } else if (!chosen && type == IKE_TYPE_GROUP) {
        put_transform(m, OBS_IKE_OFFER_GROUP, type, id);
    }
}

/* RFC 7296 3.3.1: last(1) reserved(1) length(2) number(1) protocol(1) SPI size(1) transforms(1)
 * SPI, transforms. A responder sends one. */
static void read_proposals(const struct message *m, struct bytes in)
{
    bool chosen = (m->header.flags & FLAG_RESPONSE) != 0;
    for (unsigned i = 0; i < PROPOSALS_MAX && bytes_sent(&in) > 0; i++) {
        struct suite suite = { 0 };
        bytes_skip(&in, 2);
        uint32_t length = bytes_u16(&in);
        struct bytes its = bytes_take(&in, length < 4 ? UINT32_MAX : length - 4);
        bytes_u8(&its);
        uint8_t protocol = bytes_u8(&its);
        uint8_t spi = bytes_u8(&its);
        uint8_t count = bytes_u8(&its);
        bytes_skip(&its, spi);
        for (unsigned k = 0; k < count && k < TRANSFORMS_MAX && bytes_sent(&its) > 0; k++) {
            read_transform(m, &its, chosen, &suite);
        }
        if (!bytes_ok(&in) || !bytes_ok(&its)) {
            bool cut = in.fault == BYTES_CUT || its.fault == BYTES_CUT;
            observe_text(m->sink, m->seg, cut ? OBS_CUT : OBS_MALFORMED, "ike", 1);
            return;
        }
        if (chosen && i == 0 && suite.known && protocol == PROTOCOL_IKE) {
            put_suite(m, &suite);
        }
    }
}

static void take_old_attribute(struct suite *s, uint16_t type, uint32_t value)
{
    uint16_t code = (uint16_t)(value < UINT16_MAX ? value : UINT16_MAX);
    if (type == OLD_ENCRYPTION) {
        s->known = true;
        s->encryption = ike_names_old_encryption(code);
    } else if (type == OLD_HASH) {
        s->prf = ike_names_old_prf(code);
    } else if (type == OLD_AUTHENTICATION) {
        s->authentication = code;
    } else if (type == OLD_GROUP) {
        s->group = code;
    } else if (type == KEY_LENGTH) {
        s->key_bits = code;
    }
}

/* RFC 2408 3.6: next(1) reserved(1) length(2) number(1) id(1) reserved(2) attributes */
static void read_old_transform(const struct message *m, struct bytes *in, bool chosen)
{
    struct suite suite = { 0 };
    bytes_skip(in, 2);
    uint32_t length = bytes_u16(in);
    struct bytes its = bytes_take(in, length < 4 ? UINT32_MAX : length - 4);
    bytes_skip(&its, 4);
    while (bytes_sent(&its) > 0) {
        uint32_t value;
        uint16_t type = read_attribute(&its, &value);
        take_old_attribute(&suite, type, value);
    }
    if (!bytes_ok(in) || !bytes_ok(&its)) {
        bytes_fail(in, its.fault != BYTES_OK ? its.fault : BYTES_MALFORMED);
    } else if (chosen && suite.known) {
        put_suite(m, &suite);
    } else if (suite.known) {
        put_offer(m, suite.encryption, suite.key_bits);
        put_transform(m, OBS_IKE_OFFER_GROUP, IKE_TYPE_GROUP, suite.group);
    }
}

/* RFC 2408 3.4, 3.5: DOI(4) situation(4), then proposals: next(1) reserved(1) length(2) number(1)
 * protocol(1) SPI size(1) transforms(1) SPI, transforms. */
static void read_old_proposals(const struct message *m, struct bytes in)
{
    bool chosen = !m->header.first;
    bytes_skip(&in, 8);
    for (unsigned i = 0; i < PROPOSALS_MAX && bytes_sent(&in) > 0; i++) {
        bytes_skip(&in, 2);
        uint32_t length = bytes_u16(&in);
        struct bytes its = bytes_take(&in, length < 4 ? UINT32_MAX : length - 4);
        bytes_skip(&its, 2);
        uint8_t spi = bytes_u8(&its);
        uint8_t count = bytes_u8(&its);
        bytes_skip(&its, spi);
        for (unsigned k = 0; k < count && k < TRANSFORMS_MAX && bytes_sent(&its) > 0; k++) {
            read_old_transform(m, &its, chosen);
        }
        if (!bytes_ok(&in) || !bytes_ok(&its)) {
            bool cut = in.fault == BYTES_CUT || its.fault == BYTES_CUT;
            observe_text(m->sink, m->seg, cut ? OBS_CUT : OBS_MALFORMED, "ike", 1);
            return;
        }
    }
}

/* RFC 7296 3.10: protocol(1) SPI size(1) type(2); RFC 2408 3.14: a DOI(4) first */
static void read_notify(const struct message *m, struct bytes in)
{
    char buffer[IKE_NAME_SIZE];
    bytes_skip(&in, m->header.version == 1 ? 6 : 2);
    uint16_t type = bytes_u16(&in);
    if (bytes_ok(&in)) {
        const char *name = ike_names_notify(m->header.version, type, buffer);
        observe_text(m->sink, m->seg, OBS_IKE_NOTIFY, name, type);
    }
}

/* Who made it, or what it can do; those that matter to what is said here. */
static void read_vendor(const struct message *m, struct bytes in)
{
    static const struct {
        const char *name;
        uint8_t size;
        uint8_t id[16];
    } vendors[] = {
        { "strongswan",
          16,
          { 0x88, 0x2f, 0xe5, 0x6d, 0x6f, 0xd2, 0x0d, 0xbc, 0x22, 0x51, 0x61, 0x3b, 0x2e, 0xbe,
            0x5b, 0xeb } },
        { "xauth", 8, { 0x09, 0x00, 0x26, 0x89, 0xdf, 0xd6, 0xb7, 0x12 } },
        { "dead_peer_detection",
          14,
          { 0xaf, 0xca, 0xd7, 0x13, 0x68, 0xa1, 0xf1, 0xc9, 0x6b, 0x86, 0x96, 0xfc, 0x77, 0x57 } },
        { "nat_traversal",
          16,
          { 0x4a, 0x13, 0x1c, 0x81, 0x07, 0x03, 0x58, 0x45, 0x5c, 0x57, 0x28, 0xf2, 0x0e, 0x95,
            0x45, 0x2f } },
        { "cisco_unity",
          14,
          { 0x12, 0xf5, 0xf2, 0x8c, 0x45, 0x71, 0x68, 0xa9, 0x70, 0x2d, 0x9f, 0xe2, 0x74, 0xcc } },
        { "microsoft",
          16,
          { 0x1e, 0x2b, 0x51, 0x69, 0x05, 0x99, 0x1c, 0x7d, 0x7c, 0x96, 0xfc, 0xbf, 0xb5, 0x87,
            0xe4, 0x61 } },
        { "fragmentation",
          16,
          { 0x40, 0x48, 0xb7, 0xd5, 0x6e, 0xbc, 0xe8, 0x85, 0x25, 0xe7, 0xde, 0x7f, 0x00, 0xd6,
            0xc2, 0xd3 } },
    };
    for (unsigned i = 0; i < sizeof vendors / sizeof vendors[0]; i++) {
        if (bytes_starts(&in, vendors[i].id, vendors[i].size)) {
            observe_text(m->sink, m->seg, OBS_IKE_VENDOR, vendors[i].name, 0);
            return;
        }
    }
}

static void take_payload(const struct message *m, uint8_t kind, struct bytes in)
{
    bool old = m->header.version == 1;
    bool sets_up = old ? m->header.exchange == MAIN_MODE || m->header.exchange == AGGRESSIVE_MODE
                       : m->header.exchange == IKE_SA_INIT;
    if (kind == OLD_SA && old && sets_up) {
        read_old_proposals(m, in);
    } else if (kind == SA && !old && sets_up) {
        read_proposals(m, in);
    } else if (kind == (old ? OLD_NOTIFICATION : NOTIFY)) {
        read_notify(m, in);
    } else if (kind == (old ? OLD_VENDOR : VENDOR)) {
        read_vendor(m, in);
    }
}

/* RFC 7296 3.2: next(1) critical(1) length(2) contents. What is under keys ends the walk. */
static void read_payloads(const struct message *m, struct bytes in)
{
    uint8_t kind = m->header.next;
    bool old = m->header.version == 1;
    for (unsigned i = 0; i < PAYLOADS_MAX && kind != 0; i++) {
        if (kind == (old ? OLD_FRAGMENT : FRAGMENT)) {
            observe_text(m->sink, m->seg, OBS_IKE_EXCHANGE, "fragment", 1);
            return;
        }
        if (old ? (m->header.flags & FLAG_ENCRYPTED) != 0 : kind == ENCRYPTED) {
            return;
        }
        uint8_t next = bytes_u8(&in);
        bytes_u8(&in);
        uint32_t length = bytes_u16(&in);
        struct bytes its = bytes_take(&in, length < 4 ? UINT32_MAX : length - 4);
        if (!bytes_ok(&in)) {
            observe_text(m->sink, m->seg, in.fault == BYTES_CUT ? OBS_CUT : OBS_MALFORMED, "ike",
                         1);
            return;
        }
        take_payload(m, kind, its);
        kind = next;
    }
}

/* The one who opens: RFC 7296 3.1, the request of IKE_SA_INIT; RFC 2408, whoever knows no answer.
 */
static void put_client(const struct message *m)
{
    bool opens = m->header.version == 1
                     ? m->header.exchange != 5
                     : m->header.exchange == IKE_SA_INIT && (m->header.flags & FLAG_RESPONSE) == 0;
    if (m->header.first && opens) {
        observe_text(m->sink, m->seg, OBS_CLIENT, "request", m->seg->from);
    }
}

static enum feed ike_feed(void *state, struct segment *seg, struct sink *sink)
{
    struct ike_state *ike = state;
    struct bytes in = seg->payload;
    struct message m = { .ike = ike, .seg = seg, .sink = sink };
    char buffer[IKE_NAME_SIZE];
    seg->from &= 1;
    bytes_take(&seg->payload, bytes_sent(&seg->payload));
    if (!read_header(seg, &in, &m.header)) {
        return FEED_MORE;
    }
    if (!ike->started) {
        ike->started = true;
        observe_text(sink, seg, OBS_APP, "ike", 0);
        observe_text(sink, seg, OBS_IKE_VERSION, m.header.version == 1 ? "1.0" : "2.0",
                     m.header.version);
        observe_text(sink, seg, OBS_TUNNEL_SEEN, "ike", 0);
    }
    if (!m.header.sound) {
        observe_text(sink, seg, OBS_MALFORMED, "ike", 1);
        return FEED_MORE;
    }
    put_client(&m);
    observe_text(sink, seg, OBS_IKE_EXCHANGE,
                 ike_names_exchange(m.header.version, m.header.exchange, buffer), 1);
    if (is_natt(seg)) {
        observe_value(sink, seg, OBS_IKE_NAT_TRAVERSAL, 1);
    }
    read_payloads(&m, in);
    return FEED_MORE;
}

const struct analyzer ike_analyzer = {
    .name = "ike",
    .spec = "RFC 7296, RFC 2409, RFC 3948",
    .carriers = CARRIER_UDP,
    .state_size = sizeof(struct ike_state),
    .claim = ike_claim,
    .feed = ike_feed,
};
