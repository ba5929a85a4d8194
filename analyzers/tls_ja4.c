/* analyzers/tls_ja4.c: JA4 of a ClientHello: counts in words, sorted lists as digests.
 *
 * transport(1) version(2) SNI(1) suites(2) extensions(2) ALPN(2) _ SHA-256 of the sorted suites(12)
 * _ SHA-256 of the sorted extensions and the signature schemes in the client's order(12). */
#include "analyzers/tls_ja4.h"

#include "analyzers/crypto/digest.h"
#include "analyzers/tls_names.h"
#include "base/text.h"

enum {
    EXTENSION_SERVER_NAME = 0,
    EXTENSION_SIGNATURE_ALGORITHMS = 13,
    EXTENSION_ALPN = 16,
    EXTENSION_SUPPORTED_VERSIONS = 43,
};

enum {
    COUNT_MAX = 99,  /* two digits */
    DIGEST_HEX = 12, /* characters of a digest that are kept */
    CODE_TEXT = 5,   /* "1301," */
    LIST_TEXT = TLS_JA4_CODES_MAX * CODE_TEXT,
};

struct codes {
    uint16_t code[TLS_JA4_CODES_MAX];
    uint32_t count;
};

/* What the fingerprint is made of. */
struct parts {
    struct codes suites;
    struct codes extensions; /* without server_name and ALPN */
    struct codes schemes;
    uint32_t extension_count; /* with them */
    uint16_t version;
    uint8_t protocol[2]; /* first and last byte of the first ALPN name */
    bool has_name, has_protocol;
};

static bool add(struct codes *list, uint16_t code)
{
    if (list->count == TLS_JA4_CODES_MAX) {
        return false;
    }
    list->code[list->count++] = code;
    return true;
}

/* Code points of two bytes each, but for those that mean nothing (RFC 8701). */
static bool add_all(struct codes *list, struct bytes in)
{
    bool fits = true;
    while (fits && bytes_left(&in) > 0) {
        uint16_t code = bytes_u16(&in);
        fits = bytes_ok(&in) && (tls_names_is_grease(code) || add(list, code));
    }
    return fits;
}

/* RFC 8446 4.2.1: length(1), versions(2 each): the one with the highest number. */
static uint16_t highest_version(struct bytes value)
{
    uint16_t highest = 0;
    struct bytes list = bytes_take(&value, bytes_u8(&value));
    while (bytes_left(&list) > 0) {
        uint16_t version = bytes_u16(&list);
        highest = !tls_names_is_grease(version) && version > highest ? version : highest;
    }
    return highest;
}

/* RFC 7301 3.1: length(2), then length(1) name. */
static void read_protocol(struct parts *p, struct bytes value)
{
    struct bytes list = bytes_take(&value, bytes_u16(&value));
    struct bytes name = bytes_take(&list, bytes_u8(&list));
    uint32_t size = bytes_left(&name);
    p->has_protocol = size > 0;
    if (p->has_protocol) {
        p->protocol[0] = (uint8_t)bytes_peek(&name, 0);
        p->protocol[1] = (uint8_t)bytes_peek(&name, size - 1);
    }
}

static bool read_extension(struct parts *p, uint16_t type, struct bytes value)
{
    p->extension_count++;
    switch (type) {
    case EXTENSION_SERVER_NAME:
        p->has_name = true;
        return true;
    case EXTENSION_ALPN:
        read_protocol(p, value);
        return true;
    case EXTENSION_SUPPORTED_VERSIONS:
        p->version = highest_version(value);
        break;
    case EXTENSION_SIGNATURE_ALGORITHMS: {
        struct bytes list = bytes_take(&value, bytes_u16(&value));
        if (p->schemes.count == 0 && !add_all(&p->schemes, list)) {
            return false;
        }
        break;
    }
    default:
        break;
    }
    return add(&p->extensions, type);
}

/* RFC 8446 4.2: type(2) length(2) value(length). */
static bool read_extensions(struct parts *p, struct bytes in)
{
    bool fits = true;
    while (fits && bytes_left(&in) > 0) {
        uint16_t type = bytes_u16(&in);
        struct bytes value = bytes_take(&in, bytes_u16(&in));
        fits = bytes_ok(&in) && value.cut == 0 &&
               (tls_names_is_grease(type) || read_extension(p, type, value));
    }
    return fits;
}

static void sort(struct codes *list)
{
    for (uint32_t i = 1; i < list->count; i++) {
        uint16_t code = list->code[i];
        uint32_t at = i;
        for (; at > 0 && list->code[at - 1] > code; at--) {
            list->code[at] = list->code[at - 1];
        }
        list->code[at] = code;
    }
}

static const char *version_text(uint16_t version)
{
    static const struct {
        uint16_t version;
        const char *text;
    } texts[] = {
        { TLS13_VERSION, "13" },  { TLS12_VERSION, "12" },  { TLS11_VERSION, "11" },
        { TLS10_VERSION, "10" },  { SSL3_VERSION, "s3" },   { SSL2_VERSION, "s2" },
        { DTLS10_VERSION, "d1" }, { DTLS12_VERSION, "d2" }, { DTLS13_VERSION, "d3" },
    };
    for (uint32_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        if (texts[i].version == version) {
            return texts[i].text;
        }
    }
    return "00";
}

static bool is_alphanumeric(uint8_t c)
{
    return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z');
}

/* The first and the last character; of a name whose ends are no letters, of its hex digits. */
static void put_protocol(struct text *t, const struct parts *p)
{
    uint8_t first = p->protocol[0];
    uint8_t last = p->protocol[1];
    if (!p->has_protocol) {
        text_put(t, "00");
    } else if (is_alphanumeric(first) && is_alphanumeric(last)) {
        text_printf(t, "%c%c", first, last);
    } else {
        text_printf(t, "%x%x", first >> 4, last & 0x0fU);
    }
}

static void put_codes(struct text *t, const struct codes *list)
{
    static const char digits[] = "0123456789abcdef";
    for (uint32_t i = 0; i < list->count; i++) {
        uint16_t code = list->code[i];
        char chars[CODE_TEXT] = { ',', digits[code >> 12], digits[code >> 8 & 15],
                                  digits[code >> 4 & 15], digits[code & 15] };
        text_put_bytes(t, i > 0 ? chars : chars + 1, i > 0 ? CODE_TEXT : CODE_TEXT - 1);
    }
}

/* The digest of a list that has members, else zeros. */
static void put_digest(struct text *t, const struct text *list)
{
    uint8_t digest[32] = { 0 };
    if (list->used > 0) {
        digest_sha256(list->at, list->used, digest);
    }
    text_put_hex(t, digest, DIGEST_HEX / 2);
}

static uint32_t two_digits(uint32_t count)
{
    return count < COUNT_MAX ? count : COUNT_MAX;
}

bool tls_ja4_write(const struct tls_ja4_hello *hello, char ret_text[static TLS_JA4_SIZE])
{
    struct parts p = { .version = hello->version };
    if (hello->suites.cut > 0 || hello->extensions.cut > 0 || !add_all(&p.suites, hello->suites) ||
        !read_extensions(&p, hello->extensions)) {
        return false;
    }
    sort(&p.suites);
    sort(&p.extensions);
    struct text out = text_into(ret_text, TLS_JA4_SIZE);
    text_printf(&out, "%c%s%c%02u%02u", hello->transport, version_text(p.version),
                p.has_name ? 'd' : 'i', two_digits(p.suites.count), two_digits(p.extension_count));
    put_protocol(&out, &p);

    char buffer[2 * LIST_TEXT + 2];
    struct text list = text_into(buffer, sizeof buffer);
    put_codes(&list, &p.suites);
    text_put(&out, "_");
    put_digest(&out, &list);
    list = text_into(buffer, sizeof buffer);
    put_codes(&list, &p.extensions);
    if (p.schemes.count > 0) {
        text_put(&list, "_");
        put_codes(&list, &p.schemes);
    }
    text_put(&out, "_");
    put_digest(&out, &list);
    return true;
}
