/* tests/unit/quic_vectors.h: packets of RFC 9001 Appendix A and RFC 9369 Appendix A, and a sealer
 * for Initial packets of our own. */
#ifndef OVERT_TESTS_UNIT_QUIC_VECTORS_H
#define OVERT_TESTS_UNIT_QUIC_VECTORS_H

#include <openssl/evp.h>
#include <stdlib.h>
#include <string.h>

#include "analyzers/quic_versions.h"
#include "tests/check.h"

enum { V1 = 0x00000001, V2 = 0x6b3343cf, PACKET_SIZE_MAX = 4096 };

/* The connection id that the client of both RFCs chose, and that of the server. */
static const struct quic_cid vector_cid = { 8, { 0x83, 0x94, 0xc8, 0xf0, 0x3e, 0x51, 0x57, 0x08 } };
static const struct quic_cid server_cid = { 8, { 0xf0, 0x67, 0xa5, 0x50, 0x2a, 0x42, 0x62, 0xb5 } };

/* A.2: the client's Initial. */
static const char vector_client_v1[] =
    "c000000001088394c8f03e5157080000449e7b9aec34d1b1c98dd7689fb8ec11d242b123dc9bd8bab936b47d92ec"
    "356c0bab7df5976d27cd449f63300099f3991c260ec4c60d17b31f8429157bb35a1282a643a8d2262cad67500cad"
    "b8e7378c8eb7539ec4d4905fed1bee1fc8aafba17c750e2c7ace01e6005f80fcb7df621230c83711b39343fa028c"
    "ea7f7fb5ff89eac2308249a02252155e2347b63d58c5457afd84d05dfffdb20392844ae812154682e9cf012f9021"
    "a6f0be17ddd0c2084dce25ff9b06cde535d0f920a2db1bf362c23e596d11a4f5a6cf3948838a3aec4e15daf8500a"
    "6ef69ec4e3feb6b1d98e610ac8b7ec3faf6ad760b7bad1db4ba3485e8a94dc250ae3fdb41ed15fb6a8e5eba0fc3d"
    "d60bc8e30c5c4287e53805db059ae0648db2f64264ed5e39be2e20d82df566da8dd5998ccabdae053060ae6c7b43"
    "78e846d29f37ed7b4ea9ec5d82e7961b7f25a9323851f681d582363aa5f89937f5a67258bf63ad6f1a0b1d96dbd4"
    "faddfcefc5266ba6611722395c906556be52afe3f565636ad1b17d508b73d8743eeb524be22b3dcbc2c7468d5411"
    "9c7468449a13d8e3b95811a198f3491de3e7fe942b330407abf82a4ed7c1b311663ac69890f4157015853d91e923"
    "037c227a33cdd5ec281ca3f79c44546b9d90ca00f064c99e3dd97911d39fe9c5d0b23a229a234cb36186c4819e8b"
    "9c5927726632291d6a418211cc2962e20fe47feb3edf330f2c603a9d48c0fcb5699dbfe5896425c5bac4aee82e57"
    "a85aaf4e2513e4f05796b07ba2ee47d80506f8d2c25e50fd14de71e6c418559302f939b0e1abd576f279c4b2e0fe"
    "b85c1f28ff18f58891ffef132eef2fa09346aee33c28eb130ff28f5b766953334113211996d20011a198e3fc433f"
    "9f2541010ae17c1bf202580f6047472fb36857fe843b19f5984009ddc324044e847a4f4a0ab34f719595de37252d"
    "6235365e9b84392b061085349d73203a4a13e96f5432ec0fd4a1ee65accdd5e3904df54c1da510b0ff20dcc0c77f"
    "cb2c0e0eb605cb0504db87632cf3d8b4dae6e705769d1de354270123cb11450efc60ac47683d7b8d0f811365565f"
    "d98c4c8eb936bcab8d069fc33bd801b03adea2e1fbc5aa463d08ca19896d2bf59a071b851e6c239052172f296bfb"
    "5e72404790a2181014f3b94a4e97d117b438130368cc39dbb2d198065ae3986547926cd2162f40a29f0c3c8745c0"
    "f50fba3852e566d44575c29d39a03f0cda721984b6f440591f355e12d439ff150aab7613499dbd49adabc8676eef"
    "023b15b65bfc5ca06948109f23f350db82123535eb8a7433bdabcb909271a6ecbcb58b936a88cd4e8f2e6ff58001"
    "75f113253d8fa9ca8885c2f552e657dc603f252e1a8e308f76f0be79e2fb8f5d5fbbe2e30ecadd220723c8c0aea8"
    "078cdfcb3868263ff8f0940054da48781893a7e49ad5aff4af300cd804a6b6279ab3ff3afb64491c85194aab760d"
    "58a606654f9f4400e8b38591356fbf6425aca26dc85244259ff2b19c41b9f96f3ca9ec1dde434da7d2d392b905dd"
    "f3d1f9af93d1af5950bd493f5aa731b4056df31bd267b6b90a079831aaf579be0a39013137aac6d404f518cfd468"
    "40647e78bfe706ca4cf5e9c5453e9f7cfd2b8b4c8d169a44e55c88d4a9a7f9474241e221af44860018ab0856972e"
    "194cd934";
static const char vector_client_v2[] =
    "d76b3343cf088394c8f03e5157080000449ea0c95e82ffe67b6abcdb4298b485dd04de806071bf03dceebfa162e7"
    "5d6c96058bdbfb127cdfcbf903388e99ad049f9a3dd4425ae4d0992cfff18ecf0fdb5a842d09747052f17ac2053d"
    "21f57c5d250f2c4f0e0202b70785b7946e992e58a59ac52dea6774d4f03b55545243cf1a12834e3f249a78d395e0"
    "d18f4d766004f1a2674802a747eaa901c3f10cda5500cb9122faa9f1df66c392079a1b40f0de1c6054196a11cbea"
    "40afb6ef5253cd6818f6625efce3b6def6ba7e4b37a40f7732e093daa7d52190935b8da58976ff3312ae50b187c1"
    "433c0f028edcc4c2838b6a9bfc226ca4b4530e7a4ccee1bfa2a3d396ae5a3fb512384b2fdd851f784a65e03f2c4f"
    "be11a53c7777c023462239dd6f7521a3f6c7d5dd3ec9b3f233773d4b46d23cc375eb198c63301c21801f6520bcfb"
    "7966fc49b393f0061d974a2706df8c4a9449f11d7f3d2dcbb90c6b877045636e7c0c0fe4eb0f697545460c806910"
    "d2c355f1d253bc9d2452aaa549e27a1fac7cf4ed77f322e8fa894b6a83810a34b361901751a6f5eb65a0326e07de"
    "7c1216ccce2d0193f958bb3850a833f7ae432b65bc5a53975c155aa4bcb4f7b2c4e54df16efaf6ddea94e2c50b4c"
    "d1dfe06017e0e9d02900cffe1935e0491d77ffb4fdf85290fdd893d577b1131a610ef6a5c32b2ee0293617a37cbb"
    "08b847741c3b8017c25ca9052ca1079d8b78aebd47876d330a30f6a8c6d61dd1ab5589329de714d19d61370f8149"
    "748c72f132f0fc99f34d766c6938597040d8f9e2bb522ff99c63a344d6a2ae8aa8e51b7b90a4a806105fcbca3150"
    "6c446151adfeceb51b91abfe43960977c87471cf9ad4074d30e10d6a7f03c63bd5d4317f68ff325ba3bd80bf4dc8"
    "b52a0ba031758022eb025cdd770b44d6d6cf0670f4e990b22347a7db848265e3e5eb72dfe8299ad7481a408322ca"
    "c55786e52f633b2fb6b614eaed18d703dd84045a274ae8bfa73379661388d6991fe39b0d93debb41700b41f90a15"
    "c4d526250235ddcd6776fc77bc97e7a417ebcb31600d01e57f32162a8560cacc7e27a096d37a1a86952ec71bd89a"
    "3e9a30a2a26162984d7740f81193e8238e61f6b5b984d4d3dfa033c1bb7e4f0037febf406d91c0dccf32acf423cf"
    "a1e7071010d3f270121b493ce85054ef58bada42310138fe081adb04e2bd901f2f13458b3d6758158197107c14eb"
    "b193230cd1157380aa79cae1374a7c1e5bbcb80ee23e06ebfde206bfb0fcbc0edc4ebec309661bdd908d532eb0c6"
    "adc38b7ca7331dce8dfce39ab71e7c32d318d136b6100671a1ae6a6600e3899f31f0eed19e3417d134b90c9058f8"
    "632c798d4490da4987307cba922d61c39805d072b589bd52fdf1e86215c2d54e6670e07383a27bbffb5addf47d66"
    "aa85a0c6f9f32e59d85a44dd5d3b22dc2be80919b490437ae4f36a0ae55edf1d0b5cb4e9a3ecabee93dfc6e38d20"
    "9d0fa6536d27a5d6fbb17641cde27525d61093f1b28072d111b2b4ae5f89d5974ee12e5cf7d5da4d6a31123041f3"
    "3e61407e76cffcdcfd7e19ba58cf4b536f4c4938ae79324dc402894b44faf8afbab35282ab659d13c93f70412e85"
    "cb199a37ddec600545473cfb5a05e08d0b209973b2172b4d21fb69745a262ccde96ba18b2faa745b6fe189cf772a"
    "9f84cbfc";

/* A.3: the server's Initial. */
static const char vector_server_v1[] =
    "cf000000010008f067a5502a4262b5004075c0d95a482cd0991cd25b0aac406a5816b6394100f37a1c6979755478"
    "0bb38cc5a99f5ede4cf73c3ec2493a1839b3dbcba3f6ea46c5b7684df3548e7ddeb9c3bf9c73cc3f3bded74b562b"
    "fb19fb84022f8ef4cdd93795d77d06edbb7aaf2f58891850abbdca3d20398c276456cbc42158407dd074ee";
static const char vector_server_v2[] =
    "dc6b3343cf0008f067a5502a4262b5004075d92faaf16f05d8a4398c47089698baeea26b91eb761d9b89237bbf87"
    "263017915358230035f7fd3945d88965cf17f9af6e16886c61bfc703106fbaf3cb4cfa52382dd16a393e42757507"
    "698075b2c984c707f0a0812d8cd5a6881eaf21ceda98f4bd23f6fe1a3e2c43edd9ce7ca84bed8521e2e140";

/* A.4: Retry. */
static const char vector_retry_v1[] =
    "ff000000010008f067a5502a4262b5746f6b656e04a265ba2eff4d829058fb3f0f2496ba";
static const char vector_retry_v2[] =
    "cf6b3343cf0008f067a5502a4262b5746f6b656ec8646ce8bfe33952d955543665dcc7b6";

/* The ClientHello and ServerHello in these packets. */
static const char vector_client_hello[] =
    "010000ed0303ebf8fa56f12939b9584a3896472ec40bb863cfd3e86804fe3a47f06a2b69484c0000041301130201"
    "0000c000000010000e00000b6578616d706c652e636f6dff01000100000a00080006001d00170018001000070005"
    "04616c706e000500050100000000003300260024001d00209370b2c9caa47fbabaf4559fedba753de171fa71f50f"
    "1ce15d43e994ec74d748002b0003020304000d0010000e0403050306030203080408050806002d00020101001c00"
    "024001003900320408ffffffffffffffff05048000ffff07048000ffff0801100104800075300901100f088394c8"
    "f03e51570806048000ffff";
static const char vector_server_hello[] =
    "020000560303eefce7f7b37ba1d1632e96677825ddf73988cfc79825df566dc5430b9a045a1200130100002e0033"
    "0024001d00209d3c940d89690b84d08a60993c144eca684d1081287c834d5311bcf32bb9da1a002b00020304";

/* Bytes being written. */
struct packet {
    uint8_t at[PACKET_SIZE_MAX];
    uint32_t size;
};

static inline void packet_put(struct packet *p, const void *bytes, uint32_t size)
{
    if (size > PACKET_SIZE_MAX - p->size) {
        abort();
    }
    memcpy(p->at + p->size, bytes, size);
    p->size += size;
}

static inline void packet_u8(struct packet *p, unsigned value)
{
    uint8_t byte = (uint8_t)value;
    packet_put(p, &byte, 1);
}

static inline void packet_u16(struct packet *p, unsigned value)
{
    packet_u8(p, value >> 8 & 0xff);
    packet_u8(p, value & 0xff);
}

static inline void packet_u32(struct packet *p, uint32_t value)
{
    packet_u16(p, value >> 16);
    packet_u16(p, value & 0xffff);
}

static inline void packet_zeros(struct packet *p, uint32_t count)
{
    for (uint32_t i = 0; i < count; i++) {
        packet_u8(p, 0);
    }
}

static inline struct packet packet_of(const char *hex)
{
    struct packet p = { .size = 0 };
    for (; hex[0] != '\0'; hex += 2) {
        char pair[3] = { hex[0], hex[1], '\0' };
        packet_u8(&p, (unsigned)strtoul(pair, NULL, 16));
    }
    return p;
}

/* A CRYPTO frame with some bytes of a message. */
static inline void put_crypto(struct packet *p, const struct packet *message, uint32_t offset,
                              uint32_t size)
{
    packet_u8(p, 6);
    packet_u16(p, 0x4000 | offset);
    packet_u16(p, 0x4000 | size);
    packet_put(p, message->at + offset, size);
}

/* first(1) version(4) destination(1+) source(1+) */
static inline void put_long(struct packet *p, unsigned first, uint32_t version,
                            const struct quic_cid *to, const struct quic_cid *from)
{
    packet_u8(p, first);
    packet_u32(p, version);
    packet_u8(p, to->size);
    packet_put(p, to->bytes, to->size);
    packet_u8(p, from->size);
    packet_put(p, from->bytes, from->size);
}

static inline void must_ssl(int result)
{
    if (result != 1) {
        abort();
    }
}

static inline void cipher(const EVP_CIPHER *what, const uint8_t *key, const uint8_t *iv,
                          const uint8_t *header, uint32_t header_size, uint8_t *text, uint32_t size,
                          uint8_t *tag)
{
    EVP_CIPHER_CTX *context = EVP_CIPHER_CTX_new();
    int n = 0;
    must_ssl(EVP_EncryptInit_ex(context, what, NULL, key, iv));
    if (tag != NULL) {
        must_ssl(EVP_EncryptUpdate(context, NULL, &n, header, (int)header_size));
    }
    must_ssl(EVP_EncryptUpdate(context, text, &n, text, (int)size));
    if (tag != NULL) {
        must_ssl(EVP_EncryptFinal_ex(context, text + n, &n));
        must_ssl(EVP_CIPHER_CTX_ctrl(context, EVP_CTRL_AEAD_GET_TAG, QUIC_TAG_SIZE, tag));
    }
    EVP_CIPHER_CTX_free(context);
}

/* What seals an Initial packet. */
struct seal {
    uint32_t version;
    const struct quic_cid *keyed_by; /* the client's first Destination Connection ID */
    const struct quic_cid *to, *from;
    bool server;
    uint8_t number;
};

/* Appends an Initial packet with these frames (RFC 9001 5.3, 5.4) to a datagram. */
static inline void put_initial(struct packet *p, const struct seal *seal,
                               const struct packet *frames)
{
    struct quic_initial *initial = NULL;
    struct quic_keys keys;
    uint32_t start = p->size;
    const struct quic_version *version = quic_versions_find(seal->version);
    if (quic_initial_new(&initial) != OV_OK ||
        !quic_initial_derive(initial, version->protection, seal->keyed_by, seal->server, &keys)) {
        abort();
    }
    quic_initial_free(initial);
    put_long(p, version->types_moved ? 0xd0 : 0xc0, seal->version, seal->to, seal->from);
    packet_u8(p, 0);
    packet_u16(p, 0x4000 | (1 + frames->size + QUIC_TAG_SIZE));
    uint32_t number_at = p->size;
    packet_u8(p, seal->number);
    packet_put(p, frames->at, frames->size);
    packet_zeros(p, QUIC_TAG_SIZE);
    uint8_t *text = p->at + number_at + 1, mask[16];
    keys.iv[QUIC_IV_SIZE - 1] ^= seal->number;
    cipher(EVP_aes_128_gcm(), keys.key, keys.iv, p->at + start, number_at + 1 - start, text,
           frames->size, text + frames->size);
    memcpy(mask, p->at + number_at + 4, sizeof mask);
    cipher(EVP_aes_128_ecb(), keys.hp, NULL, NULL, 0, mask, sizeof mask, NULL);
    p->at[start] ^= mask[0] & 0x0f;
    p->at[number_at] ^= mask[1];
}

/* A Handshake packet of so many bytes behind its length field. */
static inline void put_handshake(struct packet *p, uint32_t version, const struct quic_cid *to,
                                 const struct quic_cid *from, uint32_t size)
{
    put_long(p, version == V2 ? 0xf0 : 0xe0, version, to, from);
    packet_u16(p, 0x4000 | size);
    for (uint32_t i = 0; i < size; i++) {
        packet_u8(p, 0x80 | (i * 37 & 0xff));
    }
}

/* A packet with a short header. */
static inline void put_short(struct packet *p, const struct quic_cid *to, uint32_t size)
{
    packet_u8(p, 0x5b);
    packet_put(p, to->bytes, to->size);
    for (uint32_t i = 0; i < size; i++) {
        packet_u8(p, 0x80 | (i * 73 & 0xff));
    }
}

#endif
