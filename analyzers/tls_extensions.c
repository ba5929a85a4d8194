/* analyzers/tls_extensions.c: extensions of ClientHello and ServerHello (RFC 8446 4.2). */
#include "analyzers/tls_extensions.h"

#include "analyzers/tls_names.h"
#include "analyzers/tls_session.h"
#include "base/scan.h"

enum {
    EXTENSION_SERVER_NAME = 0,
    EXTENSION_SUPPORTED_GROUPS = 10,
    EXTENSION_SIGNATURE_ALGORITHMS = 13,
    EXTENSION_USE_SRTP = 14,
    EXTENSION_HEARTBEAT = 15,
    EXTENSION_ALPN = 16,
    EXTENSION_CLIENT_CERTIFICATE_TYPE = 19,
    EXTENSION_SERVER_CERTIFICATE_TYPE = 20,
    EXTENSION_ENCRYPT_THEN_MAC = 22,
    EXTENSION_EXTENDED_MASTER_SECRET = 23,
    EXTENSION_SESSION_TICKET = 35,
    EXTENSION_KEY_SHARE_DRAFT = 40, /* TLS 1.3 drafts before 23 */
    EXTENSION_PRE_SHARED_KEY = 41,
    EXTENSION_EARLY_DATA = 42,
    EXTENSION_SUPPORTED_VERSIONS = 43,
    EXTENSION_POST_HANDSHAKE_AUTH = 49,
    EXTENSION_KEY_SHARE = 51,
    EXTENSION_CONNECTION_ID = 54,
    EXTENSION_ENCRYPTED_CLIENT_HELLO = 0xfe0d,
    EXTENSION_RENEGOTIATION_INFO = 0xff01,
};

enum {
    OFFERS_MAX = 64,          /* members of one offered list that are reported */
    CERTIFICATE_RAW_KEY = 2,  /* RFC 7250 */
    CARRIES_MIXED = UINT8_MAX /* ALPN names that carry different things */
};

/* ALPN names (IANA) by what they carry. */
static const struct {
    const char *name;
    const char *carries;
    bool prefix; /* more may follow the name */
} carried[] = {
    { "h2", "http", false },   { "h3", "http", false },     { "h3-", "http", true },
    { "sip", "sip", true },    { "http/1.", "http", true }, { "xmpp-", "xmpp", true },
    { "stun.", "stun", true },
};

enum { CARRIED_COUNT = sizeof carried / sizeof carried[0] };

/* Row of carried[] plus one, 0 = not known. */
static uint8_t carries_of(const struct bytes *name)
{
    for (uint32_t i = 0; i < CARRIED_COUNT; i++) {
        bool is =
            carried[i].prefix ? scan_starts(name, carried[i].name) : scan_is(name, carried[i].name);
        if (is) {
            return (uint8_t)(i + 1);
        }
    }
    return 0;
}

static void report_carries(const struct segment *seg, uint8_t row, struct sink *sink)
{
    if (row != 0) {
        observe_text(sink, seg, OBS_CARRIES, carried[row - 1].carries, 0);
        observe_text(sink, seg, OBS_CARRIES_BY, "alpn", 0);
    }
}

void tls_extensions_alpn(const struct segment *seg, const struct bytes *name, struct sink *sink)
{
    observe_bytes(sink, seg, OBS_TLS_ALPN, name);
    report_carries(seg, carries_of(name), sink);
}

void tls_extensions_carries(const struct tls_handshake *hs, const struct segment *seg,
                            struct sink *sink)
{
    if (hs->alpn_same) {
        report_carries(seg, hs->alpn_carries, sink);
    }
}

/* RFC 8446 4.2: type(2) length(2) value(length). false at the end or after a fault. */
static bool next_extension(struct bytes *list, uint16_t *ret_type, struct bytes *ret_value)
{
    if (!bytes_ok(list) || bytes_sent(list) == 0) {
        return false;
    }
    *ret_type = bytes_u16(list);
    uint16_t length = bytes_u16(list);
    *ret_value = bytes_take(list, length);
    return bytes_ok(list);
}

/* Is the whole list well formed, as far as it was captured? */
static enum bytes_fault check_list(struct bytes list)
{
    uint16_t type;
    struct bytes value;
    while (next_extension(&list, &type, &value)) {
        if (value.cut > 0) {
            return BYTES_CUT;
        }
    }
    return list.fault;
}

/* A list of 16-bit code points behind a length of 1 or 2 bytes; each is named and reported. */
struct code_list {
    enum observation_kind kind;
    const char *(*name)(uint16_t code, char *buffer);
    uint8_t length_bytes;
};

static void report_codes(const struct segment *seg, struct bytes value,
                         const struct code_list *what, struct sink *sink)
{
    uint16_t length = what->length_bytes == 1 ? bytes_u8(&value) : bytes_u16(&value);
    struct bytes list = bytes_take(&value, length);
    for (uint32_t i = 0; i < OFFERS_MAX && bytes_left(&list) > 0; i++) {
        uint16_t code = bytes_u16(&list);
        if (bytes_ok(&list) && !tls_names_is_grease(code)) {
            char buffer[TLS_NAME_SIZE];
            observe_text(sink, seg, what->kind, what->name(code, buffer), code);
        }
    }
}

/* RFC 6066 3: length(2), then type(1) length(2) name; type 0 is a host name. */
static void report_server_name(const struct segment *seg, struct bytes value, struct sink *sink)
{
    struct bytes list = bytes_take(&value, bytes_u16(&value));
    while (bytes_left(&list) > 0) {
        uint8_t type = bytes_u8(&list);
        struct bytes name = bytes_take(&list, bytes_u16(&list));
        if (bytes_ok(&list) && type == 0 && bytes_left(&name) > 0 && name.cut == 0) {
            observe_bytes(sink, seg, OBS_TLS_SNI, &name);
            return;
        }
    }
}

/* RFC 7301 3.1: length(2), then length(1) name. */
static void report_alpn_offer(struct tls_handshake *hs, const struct segment *seg,
                              struct bytes value, struct sink *sink)
{
    struct bytes list = bytes_take(&value, bytes_u16(&value));
    for (uint32_t i = 0; i < OFFERS_MAX && bytes_left(&list) > 0; i++) {
        struct bytes name = bytes_take(&list, bytes_u8(&list));
        struct bytes peek = name;
        bool grease = bytes_left(&name) == 2 && tls_names_is_grease(bytes_u16(&peek));
        if (!bytes_ok(&list) || bytes_left(&name) == 0 || name.cut > 0 || grease) {
            continue;
        }
        observe_bytes(sink, seg, OBS_TLS_OFFER_ALPN, &name);
        uint8_t row = carries_of(&name);
        bool agrees = row != 0 && hs->alpn_carries != 0 && hs->alpn_carries != CARRIES_MIXED &&
                      carried[row - 1].carries == carried[hs->alpn_carries - 1].carries;
        hs->alpn_carries = row != 0 && (hs->alpn_carries == 0 || agrees) ? row : CARRIES_MIXED;
    }
    hs->alpn_same = hs->alpn_carries != 0 && hs->alpn_carries != CARRIES_MIXED;
}

/* RFC 8446 4.2.1, ClientHello: length(1), versions(2 each). */
static void read_versions(struct tls_handshake *hs, struct bytes value)
{
    struct bytes list = bytes_take(&value, bytes_u8(&value));
    while (bytes_left(&list) > 0) {
        hs->offers_13 |= tls_names_is_13(bytes_u16(&list));
    }
}

/* RFC 7250 3, ClientHello: length(1), types(1 each). */
static void read_certificate_types(struct tls_handshake *hs, struct bytes value)
{
    struct bytes list = bytes_take(&value, bytes_u8(&value));
    while (bytes_left(&list) > 0) {
        hs->offers_raw_key |= bytes_u8(&list) == CERTIFICATE_RAW_KEY;
    }
}

/* Extensions that are one list of code points. */
static const struct code_list *list_of(uint16_t type)
{
    static const struct code_list groups = { OBS_TLS_OFFER_GROUP, tls_names_group, 2 };
    static const struct code_list schemes = { OBS_TLS_OFFER_SIGNATURE, tls_names_signature, 2 };
    static const struct code_list versions = { OBS_TLS_OFFER_VERSION, tls_names_version, 1 };
    static const struct code_list srtp = { OBS_TLS_OFFER_SRTP, tls_names_srtp, 2 };
    switch (type) {
    case EXTENSION_SUPPORTED_GROUPS:
        return &groups;
    case EXTENSION_SIGNATURE_ALGORITHMS:
        return &schemes;
    case EXTENSION_SUPPORTED_VERSIONS:
        return &versions;
    case EXTENSION_USE_SRTP:
        return &srtp;
    default:
        return NULL;
    }
}

static void report_offer(struct tls_handshake *hs, const struct segment *seg, uint16_t type,
                         struct bytes value, struct sink *sink)
{
    const struct code_list *list = list_of(type);
    if (list != NULL && sink_wants(sink, list->kind)) {
        report_codes(seg, value, list, sink);
    }
    hs->offers_srtp |= type == EXTENSION_USE_SRTP;
    switch (type) {
    case EXTENSION_SERVER_NAME:
        report_server_name(seg, value, sink);
        break;
    case EXTENSION_ALPN:
        report_alpn_offer(hs, seg, value, sink);
        break;
    case EXTENSION_SUPPORTED_VERSIONS:
        read_versions(hs, value);
        break;
    case EXTENSION_SESSION_TICKET:
        hs->offers_ticket |= bytes_sent(&value) > 0;
        tls_session_report(seg, OBS_TLS_SESSION_OFFERED, TLS_SESSION_TICKET, &value, sink);
        break;
    case EXTENSION_PRE_SHARED_KEY:
        tls_session_keys(seg, value, sink);
        break;
    case EXTENSION_POST_HANDSHAKE_AUTH:
        hs->offers_later = true;
        break;
    case EXTENSION_CLIENT_CERTIFICATE_TYPE:
        read_certificate_types(hs, value);
        break;
    case EXTENSION_CONNECTION_ID:
        hs->side[seg->from].cid_known = true;
        hs->side[seg->from].cid_size = bytes_u8(&value);
        break;
    case EXTENSION_EARLY_DATA:
        hs->offers_early = true;
        observe_value(sink, seg, OBS_TLS_EARLY_DATA, 1);
        break;
    case EXTENSION_ENCRYPTED_CLIENT_HELLO:
        observe_text(sink, seg, OBS_TLS_ECH, "offered", 0);
        break;
    default:
        break;
    }
}

enum bytes_fault tls_extensions_client(struct tls_handshake *hs, const struct segment *seg,
                                       struct bytes extensions, struct sink *sink)
{
    enum bytes_fault fault = check_list(extensions);
    if (fault == BYTES_MALFORMED) {
        return fault;
    }
    bool versions = false;
    uint16_t type;
    struct bytes value;
    while (next_extension(&extensions, &type, &value)) {
        if (value.cut == 0) {
            report_offer(hs, seg, type, value, sink);
            versions |= type == EXTENSION_SUPPORTED_VERSIONS;
        }
    }
    if (!versions && fault == BYTES_OK) {
        char buffer[TLS_NAME_SIZE];
        observe_text(sink, seg, OBS_TLS_OFFER_VERSION, tls_names_version(hs->first_version, buffer),
                     hs->first_version);
    }
    return fault;
}

static void read_answer(struct tls_server_extensions *found, uint16_t type, struct bytes value)
{
    switch (type) {
    case EXTENSION_SUPPORTED_VERSIONS:
        found->version = bytes_u16(&value);
        break;
    case EXTENSION_KEY_SHARE:
    case EXTENSION_KEY_SHARE_DRAFT:
        found->group = bytes_u16(&value);
        break;
    case EXTENSION_PRE_SHARED_KEY:
        found->psk = true;
        break;
    case EXTENSION_USE_SRTP:
        bytes_skip(&value, 2);
        found->srtp = bytes_u16(&value);
        break;
    case EXTENSION_ALPN:
        bytes_skip(&value, 2);
        found->alpn = bytes_take(&value, bytes_u8(&value));
        break;
    case EXTENSION_EXTENDED_MASTER_SECRET:
        found->extended_master_secret = true;
        break;
    case EXTENSION_ENCRYPT_THEN_MAC:
        found->encrypt_then_mac = true;
        break;
    case EXTENSION_RENEGOTIATION_INFO:
        found->secure_renegotiation = true;
        break;
    case EXTENSION_HEARTBEAT:
        found->heartbeat = true;
        break;
    case EXTENSION_CONNECTION_ID:
        found->cid = true;
        found->cid_size = bytes_u8(&value);
        break;
    case EXTENSION_SERVER_CERTIFICATE_TYPE:
        found->raw_server_key = bytes_u8(&value) == CERTIFICATE_RAW_KEY;
        break;
    case EXTENSION_CLIENT_CERTIFICATE_TYPE:
        found->raw_client_key = bytes_u8(&value) == CERTIFICATE_RAW_KEY;
        break;
    default:
        break;
    }
}

enum bytes_fault tls_extensions_server(struct bytes extensions,
                                       struct tls_server_extensions *ret_found)
{
    *ret_found = (struct tls_server_extensions){ 0 };
    enum bytes_fault fault = check_list(extensions);
    uint16_t type;
    struct bytes value;
    while (fault != BYTES_MALFORMED && next_extension(&extensions, &type, &value)) {
        if (value.cut == 0) {
            read_answer(ret_found, type, value);
        }
    }
    return fault;
}
