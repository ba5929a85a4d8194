/* tests/unit/test_dtls_vpn.c: DTLS that goes on with a session agreed on in HTTPS, as
 * openconnect 9.01 and ocserv 1.1.6 sent it. */
#include "tests/unit/tls_play.h"

extern const struct analyzer dtls_analyzer;

enum { HTTPS = 443 };

/* PSK-NEGOTIATE: DTLS 1.2, a key of HTTPS, the id of the application as session id. */
static const struct chunk by_psk[] = {
    { 0, "16feff0000000000000000009b0100008f000000000000008ffefd1772d025c43775b897339a"
         "af90454963c499f72bac9698b81e2131d346be4306203b83e95baee5546b287e376ba35085b3"
         "04b15c43a8071dfcc0124ed11c2cde2900001000a9ccabc0a5008d00a8c0a4008c00ae010000"
         "35000d00220020040108090804040308070501080a0805050308080601080b08060603020102"
         "0300230000ff01000100001c00024000" },
    { 1, "16fefd0000000000000000005f020000530000000000000053fefdbcd3d762256405b893679a"
         "846e6eb9f36cbef0003f3462ddcbfbf6b7f14a87db20c89f970daff1c64fca51c40eab4b6781"
         "94e6a3f3a8845cff3e8f74984374a31500a900000bff01000100001c00024000" },
    { 1, "16fefd0000000000000001000c0e0000000001000000000000" },
    { 0, "16fefd00000000000000010011100000050001000000000005000370736b14fefd0000000000"
         "00000200010116fefd000100000000000000300001000000000000db6c0442a00cf57d139583"
         "718b14e24182a52410acb6c8722eb361ed21c8872bd870d2ae8b0942cb" },
    { 1, "14fefd0000000000000002000101" },
    { 1, "16fefd00010000000000000030000100000000000028a877065e3a1ebe8ac92b5e2c85d79ab2"
         "85d5f1ac14602c25c643af5d673a78e03ce36b71157a0e" },
    { 0, NULL },
};
/* The way of AnyConnect: the version before the standard, a session that nothing began. */
static const struct chunk by_session[] = {
    { 0, "160100000000000000000000670100005b000000000000005b01002d80d9205dacafc0df905b"
         "456f7c9bbe2533c7b13226c47a9865630cb0f99f8f20515ff473ef0185d7d2c681dabf8afa73"
         "93dc256a74f33da1d7a34fc03d72083300000200350100000f00230000ff01000100001c0002"
         "4000" },
    { 1, "1601000000000000000000005a0200004e000000000000004e010050f087dfabf99ed3153d8f"
         "56fdc758ba0de28d01f6ffff489c4680a7ae6eb37920515ff473ef0185d7d2c681dabf8afa73"
         "93dc256a74f33da1d7a34fc03d7208330035000006001c00024000" },
    { 1, "14010000000000000000010003010001" },
    { 1, "160100000100000000000000401e434b6610df6cad80c8decc846aa5c83eb9da3aaf2214c5f2"
         "798fb1149c3f9dec1dc9ec4d3e85078ba5ef5022cd62e7e0f2c80f70ba05698979bc0f7ce134"
         "1f" },
    { 0, "140100000000000000000100030100011601000001000000000000004013a0ee4db1bf07ec2f"
         "712d2e617617d5204ef3bdf416c509370462d0220e7c69a6d1c7a4f5647dc7cd86324552c035"
         "8e852ced683029c434436e34d1c40d4b73" },
    { 0, NULL },
};
/* The ClientHello of by_psk with use_srtp. */
static const struct chunk for_media[] = {
    { 0, "16feff0000000000000000009e010000920000000000000092fefd1772d025c43775b897339a"
         "af90454963c499f72bac9698b81e2131d346be4306203b83e95baee5546b287e376ba35085b3"
         "04b15c43a8071dfcc0124ed11c2cde2900001000a9ccabc0a5008d00a8c0a4008c00ae010000"
         "38000d00220020040108090804040308070501080a0805050308080601080b08060603020102"
         "0300230000ff01000100000e00050002000100" },
    { 0, NULL },
};

/* First chunk of `hello`, then what follows the first of `chunks`. sign: NULL = none. */
static bool is_told(const struct chunk *hello, const struct chunk *chunks, uint16_t port,
                    const char *sign)
{
    struct play *p = play_new(&dtls_analyzer);
    p->port = port;
    play_one(p, hello);
    for (const struct chunk *c = chunks + 1; c->hex != NULL; c++) {
        play_one(p, c);
    }
    bool told = sign == NULL ? facts_find(&p->facts, OBS_ANYCONNECT_SIGN) == NULL
                             : facts_is(&p->facts, OBS_ANYCONNECT_SIGN, sign);
    CHECK(facts_true(&p->facts, OBS_TLS_ESTABLISHED));
    play_close(p);
    play_free(p);
    return told;
}

static void a_session_of_another_connection_is_told(void)
{
    CHECK(is_told(by_psk, by_psk, HTTPS, "psk"));
    CHECK(is_told(by_session, by_session, HTTPS, "resumed"));
}

static void another_port_or_use_srtp_is_something_else(void)
{
    CHECK(is_told(by_psk, by_psk, 5684, NULL));
    CHECK(is_told(by_session, by_session, 5061, NULL));
    CHECK(is_told(for_media, by_psk, HTTPS, NULL));
}

/* The server ends a flight that a resumed session has not, though it names the client's session. */
static void a_full_handshake_is_a_connection_of_its_own(void)
{
    static const struct chunk hello_done = { 1, "16010000000000000000010"
                                                "00c0e0000000001000000000000" };
    struct play *p = play_new(&dtls_analyzer);
    p->port = HTTPS;
    for (const struct chunk *c = by_session; c->hex != NULL; c++) {
        play_one(p, c);
        if (c == &by_session[1]) {
            play_one(p, &hello_done);
        }
    }
    CHECK(facts_find(&p->facts, OBS_ANYCONNECT_SIGN) == NULL);
    play_close(p);
    play_free(p);
}

int main(void)
{
    a_session_of_another_connection_is_told();
    another_port_or_use_srtp_is_something_else();
    a_full_handshake_is_a_connection_of_its_own();
    return check_failures == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
