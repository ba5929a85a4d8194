/* analyzers/crypto/ocsp.c: OCSP responses read and verified by OpenSSL, at packet time. */
#include "analyzers/crypto/ocsp.h"

#include <openssl/err.h>
#include <openssl/ocsp.h>
#include <openssl/x509.h>
#include <time.h>

#include "analyzers/crypto/certificates_x509.h"
#include "base/text.h"

enum { DIGEST_SIZE = 32, HEX_SIZE = 65, ANSWERS_MAX = 64 };

struct question {
    X509 *leaf, *issuer; /* borrowed */
    time_t time;
};

static X509 *x509_of(const struct certificates *certificates, const uint8_t *digest)
{
    char hex[HEX_SIZE];
    struct text text = text_into(hex, sizeof hex);
    text_put_hex(&text, digest, DIGEST_SIZE);
    return certificates_x509(certificates, hex);
}

/* The answer about the leaf, whichever digest its id was made with; NULL when there is none. */
static OCSP_SINGLERESP *answer_for(OCSP_BASICRESP *basic, const struct question *q)
{
    OCSP_SINGLERESP *found = NULL;
    for (int i = 0; found == NULL && i < OCSP_resp_count(basic) && i < ANSWERS_MAX; i++) {
        OCSP_SINGLERESP *single = OCSP_resp_get0(basic, i);
        OCSP_CERTID *its = OCSP_CERTID_dup(OCSP_SINGLERESP_get0_id(single));
        ASN1_OBJECT *hash = NULL;
        bool known = its != NULL && OCSP_id_get0_info(NULL, &hash, NULL, NULL, its) == 1;
        const EVP_MD *md = known ? EVP_get_digestbyobj(hash) : NULL;
        OCSP_CERTID *ours = md != NULL ? OCSP_cert_to_id(md, q->leaf, q->issuer) : NULL;
        found = ours != NULL && OCSP_id_cmp(ours, its) == 0 ? single : NULL;
        OCSP_CERTID_free(ours);
        OCSP_CERTID_free(its);
    }
    return found;
}

/* RFC 6960 4.2.2.2: signed by the issuer, or by a certificate that it issued for OCSP. */
static bool is_signed(OCSP_BASICRESP *basic, const struct question *q)
{
    bool good = false;
    X509_STORE *store = X509_STORE_new();
    STACK_OF(X509) *known = sk_X509_new_null();
    if (store != NULL && known != NULL && sk_X509_push(known, q->issuer) > 0 &&
        X509_STORE_add_cert(store, q->issuer) == 1) {
        X509_STORE_set_flags(store, X509_V_FLAG_PARTIAL_CHAIN);
        X509_VERIFY_PARAM_set_time(X509_STORE_get0_param(store), q->time);
        good = OCSP_basic_verify(basic, known, store, 0) == 1;
    }
    sk_X509_free(known);
    X509_STORE_free(store);
    return good;
}

static bool is_current(const ASN1_GENERALIZEDTIME *from, const ASN1_GENERALIZEDTIME *until,
                       time_t time)
{
    return from != NULL && ASN1_TIME_cmp_time_t(from, time) <= 0 &&
           (until == NULL || ASN1_TIME_cmp_time_t(until, time) >= 0);
}

static const char *judge(OCSP_BASICRESP *basic, const struct question *q)
{
    OCSP_SINGLERESP *single = answer_for(basic, q);
    if (single == NULL) {
        return "other";
    }
    if (!is_signed(basic, q)) {
        return "invalid";
    }
    ASN1_GENERALIZEDTIME *from = NULL, *until = NULL;
    int status = OCSP_single_get0_status(single, NULL, NULL, &from, &until);
    if (!is_current(from, until, q->time)) {
        return "stale";
    }
    return status == V_OCSP_CERTSTATUS_GOOD      ? "good"
           : status == V_OCSP_CERTSTATUS_REVOKED ? "revoked"
                                                 : "unknown";
}

static const char *read_response(struct bytes bytes, const struct question *q)
{
    const char *word = "unreadable";
    uint32_t size = bytes_left(&bytes);
    const uint8_t *start = bytes_skip(&bytes, size), *at = start;
    OCSP_RESPONSE *response = size > 0 ? d2i_OCSP_RESPONSE(NULL, &at, (long)size) : NULL;
    OCSP_BASICRESP *basic = NULL;
    if (response != NULL && at == start + size &&
        OCSP_response_status(response) == OCSP_RESPONSE_STATUS_SUCCESSFUL) {
        basic = OCSP_response_get1_basic(response);
    }
    if (basic != NULL) {
        word = judge(basic, q);
    }
    OCSP_BASICRESP_free(basic);
    OCSP_RESPONSE_free(response);
    ERR_clear_error();
    return word;
}

const char *ocsp_check(const struct certificates *certificates, const uint8_t *leaf,
                       const uint8_t *issuer, struct bytes response, int64_t time_us)
{
    certificates_lock(certificates);
    struct question q = { .leaf = x509_of(certificates, leaf),
                          .issuer = x509_of(certificates, issuer),
                          .time = (time_t)(time_us / 1000000) };
    const char *word =
        q.leaf != NULL && q.issuer != NULL ? read_response(response, &q) : "unchecked";
    certificates_unlock(certificates);
    return word;
}
