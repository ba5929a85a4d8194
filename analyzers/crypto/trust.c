/* analyzers/crypto/trust.c: chains built with OpenSSL to the anchors of one trust set. */
#include "analyzers/crypto/trust.h"

#include <ctype.h>
#include <errno.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "analyzers/crypto/certificates_x509.h"
#include "analyzers/crypto/digest.h"
#include "base/text.h"

enum {
    ERROR_SIZE = 256,
    PIN_SIZE = 65,
    HEX_SIZE = 64, /* of a SHA-256 */
    ANSWERS = 256, /* kept of a trust set; a new one takes the place of another */
};

/* What came of a chain, for all flows of the same second that show it. */
struct answer {
    uint8_t question[32]; /* SHA-256 of the second and of the chain's; zeros = none */
    enum trust_status status;
    const char *error;
};

struct trust_set {
    struct answer *answers; /* owned, ANSWERS of them: the only part that changes */
    X509_STORE *store;      /* owned: anchors and revocation lists */
    char (*pins)[PIN_SIZE]; /* owned: hex SHA-256, lower case */
    uint32_t pin_count;
    bool has_lists; /* revocation lists were given */
};

const char *trust_status_name(enum trust_status status)
{
    static const char *const names[] = {
        [TRUST_TRUSTED] = "trusted",
        [TRUST_UNTRUSTED] = "untrusted",
        [TRUST_INCOMPLETE] = "incomplete",
        [TRUST_EXPIRED] = "expired",
        [TRUST_NOT_YET_VALID] = "not_yet_valid",
        [TRUST_REVOKED] = "revoked",
        [TRUST_UNCHECKED] = "unchecked",
    };
    return names[status];
}

static enum ov_status fail(char *ret_error, enum ov_status status, const char *path,
                           const char *why)
{
    struct text t = text_into(ret_error, ERROR_SIZE);
    text_printf(&t, "%s: %s", path, why);
    return status;
}

/* Adds one object of a PEM file to the store. 1 = added, 0 = no more, -1 = not readable. */
static int add_certificate(X509_STORE *store, BIO *bio)
{
    X509 *x509 = PEM_read_bio_X509_AUX(bio, NULL, NULL, NULL);
    if (x509 == NULL) {
        return ERR_GET_REASON(ERR_peek_last_error()) == PEM_R_NO_START_LINE ? 0 : -1;
    }
    int added = X509_STORE_add_cert(store, x509) == 1 ? 1 : -1;
    X509_free(x509);
    return added;
}

static int add_list(X509_STORE *store, BIO *bio)
{
    X509_CRL *list = PEM_read_bio_X509_CRL(bio, NULL, NULL, NULL);
    if (list == NULL) {
        return ERR_GET_REASON(ERR_peek_last_error()) == PEM_R_NO_START_LINE ? 0 : -1;
    }
    int added = X509_STORE_add_crl(store, list) == 1 ? 1 : -1;
    X509_CRL_free(list);
    return added;
}

/* Reads all objects of one kind from a PEM file; there must be at least one. */
static enum ov_status add_file(struct trust_set *set, const char *path,
                               int (*add)(X509_STORE *store, BIO *bio), char *ret_error)
{
    BIO *bio = BIO_new_file(path, "r");
    if (bio == NULL) {
        int error = errno;
        ERR_clear_error();
        return fail(ret_error, OV_IO, path, strerror(error));
    }
    uint32_t count = 0;
    int added = 1;
    while (added == 1) {
        added = add(set->store, bio);
        count += added == 1;
    }
    BIO_free(bio);
    ERR_clear_error();
    if (added < 0 || count == 0) {
        return fail(ret_error, OV_SYNTAX, path,
                    add == add_list ? "not a PEM file of CRLs" : "not a PEM file of certificates");
    }
    return OV_OK;
}

/* "sha256:" and 64 hex digits. */
static bool read_pin(const char *text, char ret_pin[PIN_SIZE])
{
    static const char prefix[] = "sha256:";
    static const char digits[] = "0123456789abcdefABCDEF";
    size_t skip = sizeof prefix - 1;
    if (strncmp(text, prefix, skip) != 0 || strlen(text + skip) != PIN_SIZE - 1 ||
        strspn(text + skip, digits) != PIN_SIZE - 1) {
        return false;
    }
    for (size_t i = 0; i < PIN_SIZE; i++) {
        ret_pin[i] = (char)tolower((unsigned char)text[skip + i]);
    }
    return true;
}

static enum ov_status read_pins(struct trust_set *set, const char *const *pins, char *ret_error)
{
    uint32_t count = 0;
    while (pins[count] != NULL) {
        count++;
    }
    set->pins = calloc(count + 1u, sizeof *set->pins);
    if (set->pins == NULL) {
        return OV_NOMEM;
    }
    for (uint32_t i = 0; i < count; i++) {
        if (!read_pin(pins[i], set->pins[i])) {
            return fail(ret_error, OV_SYNTAX, pins[i], "not sha256: and 64 hex digits");
        }
        set->pin_count++;
    }
    return OV_OK;
}

static enum ov_status fill(struct trust_set *set, const char *ca_path, const char *const *crl_paths,
                           const char *const *pins, char *ret_error)
{
    enum ov_status status = pins != NULL ? read_pins(set, pins, ret_error) : OV_OK;
    if (status == OV_OK && ca_path != NULL) {
        status = add_file(set, ca_path, add_certificate, ret_error);
    }
    for (uint32_t i = 0; status == OV_OK && crl_paths != NULL && crl_paths[i] != NULL; i++) {
        status = add_file(set, crl_paths[i], add_list, ret_error);
        set->has_lists = true;
    }
    return status;
}

enum ov_status trust_set_new(const char *ca_path, const char *const *crl_paths,
                             const char *const *pins, struct trust_set **ret_set, char *ret_error)
{
    *ret_set = NULL;
    ret_error[0] = '\0';
    struct trust_set *set = calloc(1, sizeof *set);
    if (set == NULL) {
        return OV_NOMEM;
    }
    set->store = X509_STORE_new();
    set->answers = calloc(ANSWERS, sizeof *set->answers);
    enum ov_status status = set->store != NULL && set->answers != NULL
                                ? fill(set, ca_path, crl_paths, pins, ret_error)
                                : OV_NOMEM;
    if (status != OV_OK) {
        trust_set_free(set);
        return status;
    }
    *ret_set = set;
    return OV_OK;
}

void trust_set_free(struct trust_set *set)
{
    if (set == NULL) {
        return;
    }
    X509_STORE_free(set->store);
    free(set->answers);
    free(set->pins);
    free(set);
}

static bool is_pinned(const struct trust_set *set, const char *sha256)
{
    for (uint32_t i = 0; i < set->pin_count; i++) {
        if (strcmp(set->pins[i], sha256) == 0) {
            return true;
        }
    }
    return false;
}

/* Faults of a revocation list, not of the certificate that it is for. */
static bool is_list_fault(int error)
{
    switch (error) {
    case X509_V_ERR_UNABLE_TO_GET_CRL:
    case X509_V_ERR_UNABLE_TO_GET_CRL_ISSUER: /* the anchor is an intermediate */
    case X509_V_ERR_CRL_HAS_EXPIRED:
    case X509_V_ERR_CRL_NOT_YET_VALID:
    case X509_V_ERR_CRL_SIGNATURE_FAILURE:
    case X509_V_ERR_KEYUSAGE_NO_CRL_SIGN:
    case X509_V_ERR_DIFFERENT_CRL_SCOPE:
        return true;
    default:
        return false;
    }
}

/* What verification steps over. A date must not end it: what lies below in the chain would then go
 * unread, and a forgery under an expired CA would pass for merely old. */
struct tolerated {
    int date_error; /* X509_V_OK, or the first that was met */
};

static int tolerate(int ok, X509_STORE_CTX *context)
{
    int error = X509_STORE_CTX_get_error(context);
    struct tolerated *met = X509_STORE_CTX_get_app_data(context);
    bool date = error == X509_V_ERR_CERT_HAS_EXPIRED || error == X509_V_ERR_CERT_NOT_YET_VALID;
    if (ok || !(date || is_list_fault(error))) {
        return ok;
    }
    if (date && met->date_error == X509_V_OK) {
        met->date_error = error;
    }
    X509_STORE_CTX_set_error(context, X509_V_OK);
    return 1;
}

/* OpenSSL's error as one of our words. top_is_leaf: no issuer at all was found for the leaf. */
static enum trust_status status_of(int error, bool top_is_leaf)
{
    switch (error) {
    case X509_V_OK:
        return TRUST_TRUSTED;
    case X509_V_ERR_CERT_HAS_EXPIRED:
        return TRUST_EXPIRED;
    case X509_V_ERR_CERT_NOT_YET_VALID:
        return TRUST_NOT_YET_VALID;
    case X509_V_ERR_CERT_REVOKED:
        return TRUST_REVOKED;
    case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT:
    case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY:
    case X509_V_ERR_UNABLE_TO_VERIFY_LEAF_SIGNATURE:
        return top_is_leaf ? TRUST_INCOMPLETE : TRUST_UNTRUSTED;
    default:
        return TRUST_UNTRUSTED;
    }
}

/* Seconds since 1970, rounded down. */
static time_t seconds_of(int64_t time_us)
{
    int64_t seconds = time_us / 1000000 - (time_us % 1000000 < 0);
    return (time_t)seconds;
}

static enum trust_status verify(const struct trust_set *set, X509 *leaf, STACK_OF(X509) * chain,
                                int64_t time_us, const char **ret_error)
{
    enum trust_status status = TRUST_UNCHECKED;
    X509_STORE_CTX *context = X509_STORE_CTX_new();
    if (context == NULL || X509_STORE_CTX_init(context, set->store, leaf, chain) != 1) {
        *ret_error = "out of memory";
        goto out;
    }
    unsigned long flags = X509_V_FLAG_PARTIAL_CHAIN;
    flags |= set->has_lists ? X509_V_FLAG_CRL_CHECK | X509_V_FLAG_CRL_CHECK_ALL : 0;
    X509_STORE_CTX_set_flags(context, flags);
    X509_STORE_CTX_set_time(context, 0, seconds_of(time_us));
    struct tolerated met = { X509_V_OK };
    X509_STORE_CTX_set_app_data(context, &met);
    X509_STORE_CTX_set_verify_cb(context, tolerate);
    bool good = X509_verify_cert(context) == 1;
    int error = good ? met.date_error : X509_STORE_CTX_get_error(context);
    good = good && error == X509_V_OK;
    bool alone = sk_X509_num(X509_STORE_CTX_get0_chain(context)) <= 1;
    status = good ? TRUST_TRUSTED
                  : status_of(error != X509_V_OK ? error : X509_V_ERR_UNSPECIFIED, alone);
    *ret_error = good ? "" : X509_verify_cert_error_string(error);
out:
    X509_STORE_CTX_free(context);
    ERR_clear_error();
    return status;
}

/* A pinned leaf needs no chain, only its validity. */
static enum trust_status judge_pinned(const struct certificate *leaf, int64_t time_us,
                                      const char **ret_error)
{
    if (time_us < leaf->not_before_us) {
        *ret_error = "certificate is not yet valid";
        return TRUST_NOT_YET_VALID;
    }
    /* X.509 counts whole seconds: the last one is included */
    if (time_us / 1000000 > leaf->not_after_us / 1000000) {
        *ret_error = "certificate has expired";
        return TRUST_EXPIRED;
    }
    return TRUST_TRUSTED;
}

/* The place of the answer to a question, which is told. */
static struct answer *place_of(const struct trust_set *set, const char *const *sha256,
                               uint32_t count, int64_t time_us, uint8_t ret_question[32])
{
    char text[sizeof(time_t) + (size_t)TRUST_CHAIN_MAX * HEX_SIZE];
    time_t second = seconds_of(time_us);
    size_t size = sizeof second;
    memcpy(text, &second, sizeof second);
    for (uint32_t i = 0; i < count && i < TRUST_CHAIN_MAX; i++) {
        memcpy(text + size, sha256[i], HEX_SIZE);
        size += HEX_SIZE;
    }
    digest_sha256(text, size, ret_question);
    return &set->answers[ret_question[0] % ANSWERS];
}

enum trust_status trust_check(const struct trust_set *set, const struct certificates *certificates,
                              const char *const *sha256, uint32_t count, int64_t time_us,
                              const char **ret_error)
{
    *ret_error = "";
    const struct certificate *leaf = count > 0 ? certificates_find(certificates, sha256[0]) : NULL;
    X509 *x509 = count > 0 ? certificates_x509(certificates, sha256[0]) : NULL;
    if (leaf == NULL) {
        return TRUST_UNCHECKED;
    }
    if (x509 == NULL) {
        *ret_error = leaf->error != NULL ? leaf->error : "its key cannot be read";
        return TRUST_UNTRUSTED;
    }
    if (is_pinned(set, leaf->sha256)) {
        return judge_pinned(leaf, time_us, ret_error);
    }
    uint8_t question[32];
    struct answer *answer = place_of(set, sha256, count, time_us, question);
    if (memcmp(answer->question, question, sizeof question) == 0) {
        *ret_error = answer->error;
        return answer->status;
    }
    bool whole = true;
    STACK_OF(X509) *chain = sk_X509_new_null();
    for (uint32_t i = 1; chain != NULL && i < count && i < TRUST_CHAIN_MAX; i++) {
        X509 *other = certificates_x509(certificates, sha256[i]);
        if (other != NULL) {
            sk_X509_push(chain, other);
        }
        whole = whole && certificates_find(certificates, sha256[i]) != NULL;
    }
    enum trust_status status = verify(set, x509, chain, time_us, ret_error);
    sk_X509_free(chain);
    if (!whole && (status == TRUST_UNTRUSTED || status == TRUST_INCOMPLETE)) {
        *ret_error = "a certificate of the chain is no longer kept";
        return TRUST_UNCHECKED;
    }
    if (whole && status != TRUST_UNCHECKED) {
        memcpy(answer->question, question, sizeof question);
        answer->status = status;
        answer->error = *ret_error;
    }
    return status;
}

/* A DNS name as X509_check_host wants it, which takes a dot in front for "any below": no dot in
 * front, and the one that may end a name away. */
static bool bears_host(X509 *x509, const char *name)
{
    size_t size = strlen(name);
    size -= size > 0 && name[size - 1] == '.';
    return size > 0 && name[0] != '.' && X509_check_host(x509, name, size, 0, NULL) == 1;
}

static bool bears_address(X509 *x509, const struct address *address)
{
    bool four = address_is_ipv4(address);
    return X509_check_ip(x509, address->byte + (four ? 12 : 0), four ? 4 : 16, 0) == 1;
}

enum trust_name trust_name_check(const struct certificates *certificates, const char *sha256,
                                 const char *name, const struct address *address)
{
    X509 *x509 = certificates_x509(certificates, sha256);
    if (x509 == NULL || (name == NULL && address == NULL)) {
        return TRUST_NAME_UNKNOWN;
    }
    struct address literal;
    bool match = name != NULL && bears_host(x509, name);
    match = match || (address != NULL && bears_address(x509, address));
    match = match || (name != NULL && address_parse(name, (uint32_t)strlen(name), &literal) &&
                      bears_address(x509, &literal));
    ERR_clear_error();
    return match ? TRUST_NAME_MATCH : TRUST_NAME_MISMATCH;
}
