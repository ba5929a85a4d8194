/* tests/unit/test_tls_ja4.c: published JA4 fingerprints come out, and no hello does harm. */
#include "analyzers/tls_ja4.h"

#include <string.h>

#include "tests/check.h"
#include "tests/unit/tls_play.h"

extern const struct analyzer dtls_analyzer;

enum { ROOM = 16 * 1024 };

struct wire {
    uint8_t bytes[ROOM];
    uint32_t size;
};

static void put_u16(struct wire *w, unsigned value)
{
    w->bytes[w->size++] = (uint8_t)(value >> 8);
    w->bytes[w->size++] = (uint8_t)value;
}

static void put_hex(struct wire *w, const char *hex)
{
    w->size += play_hex(hex, w->bytes + w->size);
}

/* A hello as its publisher describes it: lists of code points in hex. */
struct published {
    const char *source;
    char transport;
    uint16_t version;
    const char *suites;
    const char *extensions; /* with server_name 0000 and ALPN 0010, as sent */
    const char *schemes;    /* of 000d */
    const char *versions;   /* of 002b */
    const char *protocol;   /* first ALPN name in hex */
    const char *want;
};

static const struct published table[] = {
    { "FoxIO, technical details and Rust unit test", 't', 0x0303,
      "130113021303c02bc02fc02cc030cca9cca8c013c014009c009d002f0035",
      "001b0000003300104469"
      "0017002d000d0005002300120"
      "02bff01000b000a0015",
      "04030804040105030805050108060601", "03040303", "6832",
      "t13d1516h2_8daaf6152771_e5627efa2ab1" },
    { "the same with values of RFC 8701 everywhere", 't', 0x0303,
      "0a0a130113021303c02bc02fc02cc030cca9cca8c013c014009c009d002f0035",
      "1a1a001b00000033001044690017002d000d000500230012002bff01000b000a00152a2a",
      "3a3a04030804040105030805050108060601", "4a4a03040303", "6832",
      "t13d1516h2_8daaf6152771_e5627efa2ab1" },
    { "FoxIO, quic-tls-handshake.pcapng", 'q', 0x0303, "130113021303",
      "002d001b4469000d002b0000000a003900100033", "040308040401050308050501080606010201", "0304",
      "6833", "q13d0310h3_55b375c5d22e_cd85d2d88918" },
    { "FoxIO, macos_tcp_flags.pcap", 't', 0x0303,
      "130113021303c02cc02bc024c023c00ac009cca9c030c02fc028c027c014c013cca8009d009c003d003c0035"
      "002fc008c012000a",
      "ff0100000017000d000500120010000b0033002d002b000a0015",
      "0403080404010503020308050805050108060"
      "6010201",
      "0304030303020301", "6832", "t13d2613h2_2802a3db6c62_845d286b0d67" },
    { "FoxIO, latest.pcapng", 't', 0x0303,
      "c02cc02bc030c02fc024c023c028c027c00ac009c014c013009d009c003d003c0035002f000a",
      "00000005000a000b000d00230017ff01", "080408050806040105010201040305030203020206010603", NULL,
      NULL, "t12d190800_d83cc789557e_7af1ed941c26" },
    { "FoxIO, https3-301-get.pcap: no extension but the name", 't', 0x0301,
      "00390038003500160013000a00330032002f009a009900960005000400150012000900140011000800060003"
      "00ff",
      "0000", NULL, NULL, NULL, "t10d230100_6a57a6f57151_000000000000" },
    { "Wireshark, DTLS 1.2 of a browser", 'd', 0xfefd,
      "c02bc02fcca9cca8c009c013c00ac014009c002f0035", "000a0017000d000e000bff01",
      "040308040401050308050501080606010201", NULL, NULL, "dd2i110600_c45550529adf_279517677189" },
};

static void put_extension(struct wire *w, const struct published *p, unsigned type)
{
    struct wire value = { .size = 0 };
    if (type == 0x0d && p->schemes != NULL) {
        put_u16(&value, (unsigned)strlen(p->schemes) / 2);
        put_hex(&value, p->schemes);
    } else if (type == 0x2b && p->versions != NULL) {
        value.bytes[value.size++] = (uint8_t)(strlen(p->versions) / 2);
        put_hex(&value, p->versions);
    } else if (type == 0x10 && p->protocol != NULL) {
        unsigned size = (unsigned)strlen(p->protocol) / 2;
        put_u16(&value, size + 1);
        value.bytes[value.size++] = (uint8_t)size;
        put_hex(&value, p->protocol);
    }
    put_u16(w, type);
    put_u16(w, value.size);
    memcpy(w->bytes + w->size, value.bytes, value.size);
    w->size += value.size;
}

static struct wire extensions_of(const struct published *p)
{
    struct wire types = { .size = 0 };
    struct wire all = { .size = 0 };
    put_hex(&types, p->extensions);
    for (uint32_t i = 0; i < types.size; i += 2) {
        put_extension(&all, p, (unsigned)types.bytes[i] << 8 | types.bytes[i + 1]);
    }
    return all;
}

/* Of exact-size copies, the extensions cut after so many bytes; on_wire: as sent. */
static bool write(const struct published *p, const struct wire *extensions, uint32_t size,
                  uint32_t on_wire, char ret_text[static TLS_JA4_SIZE])
{
    struct wire suites = { .size = 0 };
    put_hex(&suites, p->suites);
    uint8_t *first = malloc(suites.size > 0 ? suites.size : 1);
    uint8_t *second = malloc(size > 0 ? size : 1);
    if (first == NULL || second == NULL) {
        abort();
    }
    memcpy(first, suites.bytes, suites.size);
    memcpy(second, extensions->bytes, size);
    struct tls_ja4_hello hello = { .transport = p->transport,
                                   .version = p->version,
                                   .suites = bytes_of(first, suites.size, suites.size),
                                   .extensions = bytes_of(second, size, on_wire) };
    bool wrote = tls_ja4_write(&hello, ret_text);
    free(first);
    free(second);
    return wrote;
}

static void published_fingerprints_come_out(void)
{
    for (size_t i = 0; i < sizeof table / sizeof table[0]; i++) {
        char text[TLS_JA4_SIZE] = "";
        struct wire extensions = extensions_of(&table[i]);
        check_true(write(&table[i], &extensions, extensions.size, extensions.size, text) &&
                       strcmp(text, table[i].want) == 0,
                   CHECK_PLACE, table[i].source, text);
    }
}

/* FoxIO's technical details, "ALPN Extension Value". */
static void ends_of_a_protocol_name_that_are_no_letters_are_hex(void)
{
    static const struct {
        const char *hex, *want;
    } names[] = { { "6832", "h2" },     { "687474702f312e31", "h1" },
                  { "ab", "ab" },       { "abcd", "ad" },
                  { "30ab", "3b" },     { "3031abcd", "3d" },
                  { "30abcd31", "01" }, { "78", "xx" },
                  { "", "00" } };
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        struct published p = table[0];
        p.protocol = names[i].hex;
        char text[TLS_JA4_SIZE] = "";
        struct wire extensions = extensions_of(&p);
        CHECK(write(&p, &extensions, extensions.size, extensions.size, text));
        check_true(strncmp(text + 8, names[i].want, 2) == 0, CHECK_PLACE, names[i].hex, text);
    }
}

static void versions_have_their_two_characters(void)
{
    static const struct {
        uint16_t version;
        const char *want;
    } versions[] = { { 0x0304, "13" }, { 0x0302, "11" }, { 0x0300, "s3" }, { 0x0002, "s2" },
                     { 0xfeff, "d1" }, { 0xfefc, "d3" }, { 0x7f1c, "00" } };
    for (size_t i = 0; i < sizeof versions / sizeof versions[0]; i++) {
        struct published p = { "", 't', versions[i].version, "1301", "000a", NULL, NULL, NULL, "" };
        char text[TLS_JA4_SIZE] = "";
        struct wire extensions = extensions_of(&p);
        CHECK(write(&p, &extensions, extensions.size, extensions.size, text));
        CHECK(strncmp(text + 1, versions[i].want, 2) == 0);
    }
}

static void every_cut_gives_no_fingerprint(void)
{
    struct wire all = extensions_of(&table[0]);
    char text[TLS_JA4_SIZE] = "untouched";
    for (uint32_t size = 0; size < all.size; size++) {
        CHECK(!write(&table[0], &all, size, all.size, text));
    }
    CHECK(strcmp(text, "untouched") == 0);
}

static void every_flip_stays_in_bounds(void)
{
    struct wire all = extensions_of(&table[0]);
    unsigned written = 0;
    for (uint32_t bit = 0; bit < all.size * 8; bit++) {
        char text[TLS_JA4_SIZE] = "";
        all.bytes[bit / 8] ^= (uint8_t)(1U << bit % 8);
        bool wrote = write(&table[0], &all, all.size, all.size, text);
        CHECK(!wrote || strlen(text) == TLS_JA4_SIZE - 1);
        written += wrote;
        all.bytes[bit / 8] ^= (uint8_t)(1U << bit % 8);
    }
    CHECK(written > 0 && written < all.size * 8);
}

/* Suites in falling order, so many: the cap is the last that has a fingerprint. */
static bool write_many(unsigned count, char ret_text[static TLS_JA4_SIZE])
{
    struct wire suites = { .size = 0 };
    for (unsigned i = count; i > 0; i--) {
        put_u16(&suites, i);
    }
    struct tls_ja4_hello hello = { .transport = 't',
                                   .version = 0x0303,
                                   .suites = bytes_of(suites.bytes, suites.size, suites.size) };
    return tls_ja4_write(&hello, ret_text);
}

static void long_lists_have_two_digits_and_a_cap(void)
{
    char text[TLS_JA4_SIZE] = "";
    CHECK(write_many(100, text) && strncmp(text, "t12i990000_", 11) == 0);
    CHECK(write_many(TLS_JA4_CODES_MAX, text));
    CHECK(!write_many(TLS_JA4_CODES_MAX + 1, text));
}

/* The ClientHello that the last row of the table describes, as it was sent. */
static void a_hello_on_the_wire_has_its_fingerprint(void)
{
    static const struct chunk hello[] = {
        { 0,
          "16feff00000000000000000"
          "08c010000800000000000000080fefd13b3ac327e56ae1c96882705b7e69b21cbc30df1695e244570eb79"
          "43635866b000000016c02bc02fcca9cca8c009c013c00ac014009c002f003501000040000a00080006001d"
          "0017001800170000000d00140012040308040401050308050501080606010201000e0009000600010008"
          "000700000b00020100ff01000100" },
        { 0, NULL },
    };
    struct play *p = play_all(&dtls_analyzer, hello);
    CHECK(play_is(p, OBS_TLS_JA4, "dd2i110600_c45550529adf_279517677189"));
    play_free(p);
}

int main(void)
{
    published_fingerprints_come_out();
    ends_of_a_protocol_name_that_are_no_letters_are_hex();
    versions_have_their_two_characters();
    every_cut_gives_no_fingerprint();
    every_flip_stays_in_bounds();
    long_lists_have_two_digits_and_a_cap();
    a_hello_on_the_wire_has_its_fingerprint();
    return check_failures > 0;
}
