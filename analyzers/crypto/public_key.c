/* analyzers/crypto/public_key.c: RSA keys and those of the usual curves are made directly (RFC 3279
 * 2.3.1, RFC 5480 2.1), all others by OpenSSL's decoders. */
#include "analyzers/crypto/public_key.h"

#include <openssl/asn1.h>
#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/objects.h>
#include <openssl/provider.h>
#include <openssl/x509.h>
#include <stdint.h>
#include <stdlib.h>

static const int curve_nids[] = { NID_X9_62_prime256v1, NID_secp384r1, NID_secp521r1 };

enum { CURVES = sizeof curve_nids / sizeof curve_nids[0] };

struct public_keys {
    OSSL_LIB_CTX *bare;      /* owned: knows no algorithm, and so no decoder */
    OSSL_PROVIDER *null;     /* owned: keeps the default provider out of it */
    EVP_PKEY *curve[CURVES]; /* owned: keys without a point; NULL: this OpenSSL has not got it */
};

static EVP_PKEY *curve_of(int nid)
{
    EVP_PKEY *key = NULL;
    EVP_PKEY_CTX *context = EVP_PKEY_CTX_new_from_name(NULL, "EC", NULL);
    char name[32];
    (void)OPENSSL_strlcpy(name, OBJ_nid2sn(nid), sizeof name);
    OSSL_PARAM parameters[] = { OSSL_PARAM_construct_utf8_string(OSSL_PKEY_PARAM_GROUP_NAME, name,
                                                                 0),
                                OSSL_PARAM_construct_end() };
    if (context == NULL || EVP_PKEY_fromdata_init(context) != 1 ||
        EVP_PKEY_fromdata(context, &key, EVP_PKEY_KEY_PARAMETERS, parameters) != 1) {
        key = NULL;
    }
    EVP_PKEY_CTX_free(context);
    return key;
}

struct public_keys *public_keys_new(void)
{
    struct public_keys *keys = calloc(1, sizeof *keys);
    if (keys == NULL) {
        return NULL;
    }
    keys->bare = OSSL_LIB_CTX_new();
    keys->null = keys->bare != NULL ? OSSL_PROVIDER_load(keys->bare, "null") : NULL;
    for (unsigned i = 0; i < CURVES; i++) {
        keys->curve[i] = curve_of(curve_nids[i]);
    }
    ERR_clear_error();
    if (keys->null == NULL) {
        public_keys_free(keys);
        return NULL;
    }
    return keys;
}

void public_keys_free(struct public_keys *keys)
{
    if (keys == NULL) {
        return;
    }
    for (unsigned i = 0; i < CURVES; i++) {
        EVP_PKEY_free(keys->curve[i]);
    }
    if (keys->null != NULL) {
        OSSL_PROVIDER_unload(keys->null);
    }
    OSSL_LIB_CTX_free(keys->bare);
    free(keys);
}

struct x509_st *public_keys_x509(const struct public_keys *keys)
{
    return X509_new_ex(keys->bare, NULL);
}

/* A subjectPublicKey: its algorithm, the algorithm's parameters, the key's bytes. */
struct spki {
    int algorithm; /* NID_* */
    int curve;     /* NID_* of a named curve; NID_undef when there is none */
    const uint8_t *at;
    int size;
};

static struct spki read_spki(const X509_PUBKEY *from)
{
    struct spki spki = { .algorithm = NID_undef };
    ASN1_OBJECT *object = NULL;
    X509_ALGOR *algorithm = NULL;
    const void *value = NULL;
    int type = V_ASN1_UNDEF;
    if (X509_PUBKEY_get0_param(&object, &spki.at, &spki.size, &algorithm, from) == 1) {
        X509_ALGOR_get0(NULL, &type, &value, algorithm);
        spki.algorithm = OBJ_obj2nid(object);
        spki.curve = type == V_ASN1_OBJECT ? OBJ_obj2nid(value) : NID_undef;
    }
    return spki;
}

/* By OpenSSL's decoders, from the whole SubjectPublicKeyInfo. */
static EVP_PKEY *decode(const X509_PUBKEY *from)
{
    unsigned char *der = NULL;
    int size = i2d_X509_PUBKEY(from, &der);
    const unsigned char *at = der;
    EVP_PKEY *key = size > 0 ? d2i_PUBKEY(NULL, &at, size) : NULL;
    OPENSSL_free(der);
    return key;
}

/* A key on a curve without a point of its own; the point is checked. */
static EVP_PKEY *on_curve(EVP_PKEY *curve, const struct spki *spki)
{
    EVP_PKEY *key = EVP_PKEY_new();
    if (key != NULL && (EVP_PKEY_copy_parameters(key, curve) != 1 ||
                        EVP_PKEY_set1_encoded_public_key(key, spki->at, (size_t)spki->size) != 1)) {
        EVP_PKEY_free(key);
        key = NULL;
    }
    return key;
}

/* NULL: no curve that has been made ready. */
static EVP_PKEY *find_curve(const struct public_keys *keys, int nid)
{
    for (unsigned i = 0; i < CURVES; i++) {
        if (curve_nids[i] == nid) {
            return keys->curve[i];
        }
    }
    return NULL;
}

/* RFC 8017 A.1.1: modulus, exponent. Is the exponent of the usual size? */
static bool has_small_exponent(const struct spki *spki)
{
    enum { EXPONENT_BYTES_MAX = 8 };
    const unsigned char *at = spki->at;
    ASN1_SEQUENCE_ANY *members = d2i_ASN1_SEQUENCE_ANY(NULL, &at, spki->size);
    const ASN1_TYPE *exponent =
        members != NULL && sk_ASN1_TYPE_num(members) == 2 ? sk_ASN1_TYPE_value(members, 1) : NULL;
    bool small = exponent != NULL && ASN1_TYPE_get(exponent) == V_ASN1_INTEGER &&
                 ASN1_STRING_length(exponent->value.integer) <= EXPONENT_BYTES_MAX;
    sk_ASN1_TYPE_pop_free(members, ASN1_TYPE_free);
    return small;
}

static bool is_cheap(const EVP_PKEY *key, const struct spki *spki)
{
    enum { RSA_BITS_MAX = 8192, DSA_BITS_MAX = 3072 };
    int type = key != NULL ? EVP_PKEY_get_base_id(key) : EVP_PKEY_NONE;
    int bits = key != NULL ? EVP_PKEY_get_bits(key) : 0;
    if (type == EVP_PKEY_RSA || type == EVP_PKEY_RSA_PSS) {
        return bits <= RSA_BITS_MAX && has_small_exponent(spki);
    }
    return type == EVP_PKEY_DSA ? bits <= DSA_BITS_MAX : true;
}

struct evp_pkey_st *public_keys_make(const struct public_keys *keys,
                                     const struct X509_pubkey_st *from, bool *ret_cheap)
{
    struct spki spki = read_spki(from);
    EVP_PKEY *curve =
        spki.algorithm == NID_X9_62_id_ecPublicKey ? find_curve(keys, spki.curve) : NULL;
    const unsigned char *at = spki.at;
    EVP_PKEY *key = NULL;
    if (spki.algorithm == NID_rsaEncryption) {
        key = d2i_PublicKey(EVP_PKEY_RSA, NULL, &at, spki.size);
    } else if (curve != NULL) {
        key = on_curve(curve, &spki);
    } else {
        key = decode(from);
    }
    *ret_cheap = is_cheap(key, &spki);
    ERR_clear_error();
    return key;
}
