/* analyzers/crypto/certificates_x509.c: what one X.509 certificate says (RFC 5280), as safe text.
 */
#include "analyzers/crypto/certificates_x509.h"

#include <openssl/bio.h>
#include <openssl/evp.h>
#include <openssl/objects.h>
#include <openssl/rsa.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>
#include <string.h>
#include <time.h>

#include "capture/address.h"

enum {
    NAME_MAX_SIZE = 512,  /* bytes of a distinguished name that are kept */
    SAN_MAX_SIZE = 256,   /* bytes of an alternative name that are kept */
    SERIAL_MAX_SIZE = 64, /* bytes of a serial number that are kept; RFC 5280 allows 20 */
    OID_MAX_SIZE = 128,
};

/* Appends at most `most` bytes of text and its NUL, escaped; returns the copy. */
static const char *keep(struct text *texts, const void *bytes, size_t size, size_t most)
{
    char buffer[NAME_MAX_SIZE + 1];
    size_t room = most < sizeof buffer ? most + 1 : sizeof buffer;
    struct text escaped = text_into(buffer, room);
    text_put_escaped(&escaped, bytes, size);
    const char *at = texts->at + texts->used;
    text_put_bytes(texts, buffer, escaped.used + 1);
    return texts->cut ? NULL : at;
}

static const char *keep_text(struct text *texts, const char *text)
{
    return keep(texts, text, strlen(text), NAME_MAX_SIZE);
}

/* RFC 2253 with UTF-8 left as it is. */
static const char *keep_name(struct text *texts, const X509_NAME *name)
{
    const char *kept = NULL;
    BIO *bio = BIO_new(BIO_s_mem());
    unsigned long flags = XN_FLAG_RFC2253 & ~(unsigned long)ASN1_STRFLGS_ESC_MSB;
    if (bio != NULL && X509_NAME_print_ex(bio, name, 0, flags) >= 0) {
        char *printed = NULL;
        long size = BIO_get_mem_data(bio, &printed);
        kept = keep(texts, printed, size > 0 ? (size_t)size : 0, NAME_MAX_SIZE);
    }
    BIO_free(bio);
    return kept;
}

bool certificates_x509_name(const struct X509_name_st *name, struct text *text)
{
    return keep_name(text, name) != NULL && !text->cut;
}

static const char *keep_serial(struct text *texts, const ASN1_INTEGER *serial)
{
    static const char digits[] = "0123456789ABCDEF";
    char hex[2 * SERIAL_MAX_SIZE + 2];
    struct text t = text_into(hex, sizeof hex);
    const uint8_t *at = ASN1_STRING_get0_data(serial);
    int size = ASN1_STRING_length(serial);
    if (ASN1_STRING_type(serial) == V_ASN1_NEG_INTEGER) {
        text_put(&t, "-");
    }
    for (int i = 0; i < size && i < SERIAL_MAX_SIZE; i++) {
        char pair[2] = { digits[at[i] >> 4], digits[at[i] & 15] };
        text_put_bytes(&t, pair, 2);
    }
    return keep_text(texts, size > 0 ? hex : "00");
}

static const char *keep_oid(struct text *texts, const ASN1_OBJECT *object)
{
    char oid[OID_MAX_SIZE];
    return OBJ_obj2txt(oid, sizeof oid, object, 1) > 0 ? keep_text(texts, oid)
                                                       : keep_text(texts, "unknown");
}

static const char *keep_general_name(struct text *texts, const GENERAL_NAME *name)
{
    if (name->type == GEN_DNS || name->type == GEN_EMAIL || name->type == GEN_URI) {
        const ASN1_STRING *text = name->d.ia5;
        return keep(texts, ASN1_STRING_get0_data(text), (size_t)ASN1_STRING_length(text),
                    SAN_MAX_SIZE);
    }
    if (name->type != GEN_IPADD) {
        return NULL;
    }
    const uint8_t *at = ASN1_STRING_get0_data(name->d.iPAddress);
    int size = ASN1_STRING_length(name->d.iPAddress);
    struct address address;
    char buffer[ADDRESS_TEXT_SIZE];
    if (size == 4) {
        address = address_of_ipv4(at);
    } else if (size == 16) {
        memcpy(address.byte, at, sizeof address.byte);
    } else {
        return NULL;
    }
    return keep_text(texts, address_text(&address, buffer));
}

static void read_sans(X509 *x509, struct text *texts, struct certificate *c)
{
    GENERAL_NAMES *names = X509_get_ext_d2i(x509, NID_subject_alt_name, NULL, NULL);
    for (int i = 0; i < sk_GENERAL_NAME_num(names) && c->san_count < CERTIFICATE_SANS; i++) {
        const char *kept = keep_general_name(texts, sk_GENERAL_NAME_value(names, i));
        if (kept != NULL) {
            c->san[c->san_count++] = kept;
        }
    }
    GENERAL_NAMES_free(names);
}

static void read_usages(X509 *x509, struct text *texts, struct certificate *c)
{
    EXTENDED_KEY_USAGE *usages = X509_get_ext_d2i(x509, NID_ext_key_usage, NULL, NULL);
    for (int i = 0; i < sk_ASN1_OBJECT_num(usages) && c->eku_count < CERTIFICATE_EKUS; i++) {
        const ASN1_OBJECT *usage = sk_ASN1_OBJECT_value(usages, i);
        int nid = OBJ_obj2nid(usage);
        const char *kept =
            nid != NID_undef ? keep_text(texts, OBJ_nid2sn(nid)) : keep_oid(texts, usage);
        if (kept != NULL) {
            c->eku[c->eku_count++] = kept;
        }
    }
    EXTENDED_KEY_USAGE_free(usages);
}

static const char *key_type_name(int type)
{
    switch (type) {
    case EVP_PKEY_RSA:
        return "RSA";
    case EVP_PKEY_RSA_PSS:
        return "RSA-PSS";
    case EVP_PKEY_EC:
        return "EC";
    case EVP_PKEY_DSA:
        return "DSA";
    case EVP_PKEY_DH:
    case EVP_PKEY_DHX:
        return "DH";
    case EVP_PKEY_ED25519:
        return "Ed25519";
    case EVP_PKEY_ED448:
        return "Ed448";
    case EVP_PKEY_X25519:
        return "X25519";
    case EVP_PKEY_X448:
        return "X448";
    case EVP_PKEY_SM2:
        return "SM2";
    default:
        return NULL;
    }
}

/* NIST names for the NIST curves, OpenSSL's short name for others. */
static const char *curve_name(const char *name)
{
    static const char *const names[][2] = {
        { "prime256v1", "P-256" },
        { "secp384r1", "P-384" },
        { "secp521r1", "P-521" },
    };
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        if (strcmp(names[i][0], name) == 0) {
            return names[i][1];
        }
    }
    return name;
}

static void read_key(const X509 *x509, const EVP_PKEY *key, struct text *texts,
                     struct certificate *c)
{
    const char *type = key != NULL ? key_type_name(EVP_PKEY_get_base_id(key)) : NULL;
    if (type != NULL) {
        c->key_type = keep_text(texts, type);
        int bits = EVP_PKEY_get_bits(key);
        c->key_bits = bits > 0 ? (uint32_t)bits : 0;
        char curve[OID_MAX_SIZE];
        if (EVP_PKEY_get_base_id(key) == EVP_PKEY_EC &&
            EVP_PKEY_get_group_name(key, curve, sizeof curve, NULL) == 1) {
            c->key_curve = keep_text(texts, curve_name(curve));
        }
        return;
    }
    ASN1_OBJECT *algorithm = NULL;
    X509_PUBKEY_get0_param(&algorithm, NULL, NULL, NULL, X509_get_X509_PUBKEY(x509));
    c->key_type = keep_oid(texts, algorithm);
}

/* RFC 4055 3.1: the name of RSASSA-PSS says nothing of the hash, its parameters do; SHA-1 where
 * they do not. */
static const char *keep_pss(struct text *texts, const X509_ALGOR *algorithm)
{
    const void *value = NULL;
    int type = V_ASN1_UNDEF, hash = NID_undef;
    char name[64];
    struct text t = text_into(name, sizeof name);
    X509_ALGOR_get0(NULL, &type, &value, algorithm);
    if (type == V_ASN1_SEQUENCE) {
        RSA_PSS_PARAMS *pss = ASN1_item_unpack(value, ASN1_ITEM_rptr(RSA_PSS_PARAMS));
        const ASN1_OBJECT *object = NULL;
        if (pss != NULL && pss->hashAlgorithm != NULL) {
            X509_ALGOR_get0(&object, NULL, NULL, pss->hashAlgorithm);
        }
        hash = pss == NULL ? NID_undef : object != NULL ? OBJ_obj2nid(object) : NID_sha1;
        RSA_PSS_PARAMS_free(pss);
    }
    text_printf(&t, "rsassaPss-%.32s", hash != NID_undef ? OBJ_nid2sn(hash) : "unknown");
    return keep_text(texts, name);
}

static void read_signature(const X509 *x509, struct text *texts, struct certificate *c)
{
    const X509_ALGOR *algorithm = NULL;
    const ASN1_OBJECT *object = NULL;
    X509_get0_signature(NULL, &algorithm, x509);
    X509_ALGOR_get0(&object, NULL, NULL, algorithm);
    int nid = OBJ_obj2nid(object);
    if (nid == NID_rsassaPss) {
        c->signature = keep_pss(texts, algorithm);
        return;
    }
    c->signature = nid != NID_undef ? keep_text(texts, OBJ_nid2ln(nid)) : keep_oid(texts, object);
}

static void read_key_digest(const X509 *x509, struct certificate *c)
{
    const ASN1_BIT_STRING *bits = X509_get0_pubkey_bitstr(x509);
    c->has_key_digest = bits != NULL && bits->length > 0;
    if (c->has_key_digest) {
        digest_sha256(bits->data, (size_t)bits->length, c->key_digest);
    }
}

/* Asked of the extension: X509_get_extension_flags would read all of them and hash the whole. */
static bool is_ca(const X509 *x509)
{
    BASIC_CONSTRAINTS *constraints = X509_get_ext_d2i(x509, NID_basic_constraints, NULL, NULL);
    bool ca = constraints != NULL && constraints->ca != 0;
    BASIC_CONSTRAINTS_free(constraints);
    return ca;
}

/* UTCTime and GeneralizedTime, with the offsets and missing seconds that old software wrote. */
static bool read_time(const ASN1_TIME *time, int64_t *ret_us)
{
    struct tm tm = { 0 };
    if (time == NULL || ASN1_TIME_to_tm(time, &tm) != 1) {
        return false;
    }
    *ret_us = (int64_t)timegm(&tm) * 1000000;
    return true;
}

static void read_authority_key(X509 *x509, struct certificate *c)
{
    const ASN1_OCTET_STRING *id = X509_get0_authority_key_id(x509);
    int size = id != NULL ? ASN1_STRING_length(id) : 0;
    if (size > 0) {
        size = size < (int)sizeof c->authority_key ? size : (int)sizeof c->authority_key;
        memcpy(c->authority_key, ASN1_STRING_get0_data(id), (size_t)size);
        c->authority_key_size = (uint8_t)size;
    }
}

const char *certificates_x509_describe(struct x509_st *x509, const struct evp_pkey_st *key,
                                       struct text *texts, struct certificate *ret_certificate)
{
    struct certificate *c = ret_certificate;
    if (!read_time(X509_get0_notBefore(x509), &c->not_before_us) ||
        !read_time(X509_get0_notAfter(x509), &c->not_after_us)) {
        return "validity cannot be read";
    }
    c->subject = keep_name(texts, X509_get_subject_name(x509));
    c->issuer = keep_name(texts, X509_get_issuer_name(x509));
    c->serial = keep_serial(texts, X509_get0_serialNumber(x509));
    read_key(x509, key, texts, c);
    read_signature(x509, texts, c);
    read_sans(x509, texts, c);
    read_usages(x509, texts, c);
    if (c->subject == NULL || c->issuer == NULL || c->serial == NULL || c->key_type == NULL ||
        c->signature == NULL) {
        return "names cannot be read";
    }
    c->ca = is_ca(x509);
    read_key_digest(x509, c);
    read_authority_key(x509, c);
    return NULL;
}
