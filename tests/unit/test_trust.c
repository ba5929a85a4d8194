/* tests/unit/test_trust.c: chains against trust sets, at the time of the packet. */
#include <string.h>
#include <unistd.h>

#include "analyzers/crypto/trust.h"
#include "tests/check.h"
#include "tests/unit/pki_vectors.h"

enum { DER_MAX = 2048, CHAIN_MAX = 4, ERROR_SIZE = 256 };

static const int64_t in_2030_us = INT64_C(1893456000) * 1000000;
static const int64_t in_2020_us = INT64_C(1577836800) * 1000000;
static const int64_t in_2099_us = INT64_C(4070908800) * 1000000;

/* A PEM text in a file of its own. */
struct pem_file {
    char path[64];
};

static struct pem_file pem_file(const char *text)
{
    struct pem_file f = { "/tmp/overt_test_trust_XXXXXX" };
    int fd = mkstemp(f.path);
    if (fd < 0 || write(fd, text, strlen(text)) != (ssize_t)strlen(text)) {
        abort();
    }
    close(fd);
    return f;
}

static struct trust_set *set_of(const char *ca_text, const char *crl_text, const char *const *pins)
{
    struct pem_file ca = pem_file(ca_text != NULL ? ca_text : "");
    struct pem_file crl = pem_file(crl_text != NULL ? crl_text : "");
    const char *crls[] = { crl.path, NULL };
    struct trust_set *set = NULL;
    char error[ERROR_SIZE];
    CHECK_EQ(trust_set_new(ca_text != NULL ? ca.path : NULL, crl_text != NULL ? crls : NULL, pins,
                           &set, error),
             OV_OK);
    CHECK(error[0] == '\0');
    unlink(ca.path);
    unlink(crl.path);
    return set;
}

struct chain {
    struct certificates *certificates;
    char hex[CHAIN_MAX][65];
    const char *sha256[CHAIN_MAX];
    uint32_t count;
};

static void chain_add(struct chain *chain, const char *hex)
{
    uint8_t der[DER_MAX];
    uint32_t n = 0;
    for (; hex[0] != '\0' && n < DER_MAX; hex += 2) {
        char pair[3] = { hex[0], hex[1], '\0' };
        der[n++] = (uint8_t)strtoul(pair, NULL, 16);
    }
    const struct certificate *c = certificates_add(chain->certificates, bytes_of(der, n, n));
    memcpy(chain->hex[chain->count], c->sha256, sizeof c->sha256);
    chain->sha256[chain->count] = chain->hex[chain->count];
    chain->count++;
}

static void chain_init(struct chain *chain, const char *first, const char *second)
{
    memset(chain, 0, sizeof *chain);
    if (certificates_new(8, &chain->certificates) != OV_OK) {
        abort();
    }
    chain_add(chain, first);
    if (second != NULL) {
        chain_add(chain, second);
    }
}

static enum trust_status check(const struct trust_set *set, const struct chain *chain,
                               int64_t time_us, const char **ret_error)
{
    return trust_check(set, chain->certificates, chain->sha256, chain->count, time_us, ret_error);
}

static void a_chain_to_an_anchor_is_trusted_in_its_time(void)
{
    struct trust_set *set = set_of(ca_pem, NULL, NULL);
    struct chain chain;
    chain_init(&chain, server_der, NULL);
    const char *error;
    CHECK_EQ(check(set, &chain, in_2030_us, &error), TRUST_TRUSTED);
    CHECK(error[0] == '\0');
    CHECK_EQ(check(set, &chain, in_2020_us, &error), TRUST_NOT_YET_VALID);
    CHECK(error[0] != '\0');
    CHECK_EQ(check(set, &chain, in_2099_us, &error), TRUST_EXPIRED);
    CHECK(strcmp(error, "certificate has expired") == 0);
    certificates_free(chain.certificates);
    trust_set_free(set);
}

/* What was found is kept, but not for the next second. */
static void each_second_has_its_own_answer(void)
{
    struct trust_set *set = set_of(ca_pem, NULL, NULL);
    struct chain chain;
    chain_init(&chain, server_der, NULL);
    const struct certificate *leaf = certificates_find(chain.certificates, chain.sha256[0]);
    int64_t last_us = leaf->not_after_us, first_us = leaf->not_before_us;
    const char *error;
    for (unsigned round = 0; round < 3; round++) {
        CHECK_EQ(check(set, &chain, last_us - 1000000, &error), TRUST_TRUSTED);
        CHECK(error[0] == '\0');
        CHECK_EQ(check(set, &chain, last_us, &error), TRUST_EXPIRED);
        CHECK(strcmp(error, "certificate has expired") == 0);
        CHECK_EQ(check(set, &chain, first_us - 1, &error), TRUST_NOT_YET_VALID);
        for (int64_t i = 0; i < 400; i++) { /* more than are kept */
            CHECK_EQ(check(set, &chain, in_2030_us + i * 1000000, &error), TRUST_TRUSTED);
        }
    }
    certificates_free(chain.certificates);
    trust_set_free(set);
}

static void a_missing_intermediate_makes_the_chain_incomplete(void)
{
    struct trust_set *set = set_of(ca_pem, NULL, NULL);
    struct chain alone;
    struct chain whole;
    chain_init(&alone, leaf_der, NULL);
    chain_init(&whole, leaf_der, inter_der);
    const char *error;
    CHECK_EQ(check(set, &alone, in_2030_us, &error), TRUST_INCOMPLETE);
    CHECK_EQ(check(set, &whole, in_2030_us, &error), TRUST_TRUSTED);
    certificates_free(alone.certificates);
    certificates_free(whole.certificates);
    trust_set_free(set);
}

static void an_intermediate_in_the_set_is_an_anchor(void)
{
    struct trust_set *set = set_of(inter_pem, NULL, NULL);
    struct chain chain;
    struct chain server;
    chain_init(&chain, leaf_der, NULL);
    chain_init(&server, server_der, ca_der);
    const char *error;
    CHECK_EQ(check(set, &chain, in_2030_us, &error), TRUST_TRUSTED);
    CHECK_EQ(check(set, &server, in_2030_us, &error), TRUST_UNTRUSTED);
    CHECK(error[0] != '\0');
    certificates_free(chain.certificates);
    certificates_free(server.certificates);
    trust_set_free(set);
}

static void a_stranger_is_untrusted(void)
{
    struct trust_set *set = set_of(ca_pem, NULL, NULL);
    struct chain chain;
    chain_init(&chain, other_der, NULL);
    const char *error;
    CHECK_EQ(check(set, &chain, in_2030_us, &error), TRUST_UNTRUSTED);
    certificates_free(chain.certificates);
    trust_set_free(set);
}

static void a_revoked_certificate_is_found_and_a_missing_list_is_no_fault(void)
{
    struct trust_set *set = set_of(ca_pem, crl_pem, NULL);
    struct chain revoked;
    struct chain good;
    struct chain unlisted;
    chain_init(&revoked, client_der, NULL);
    chain_init(&good, server_der, NULL);
    chain_init(&unlisted, leaf_der, inter_der);
    const char *error;
    CHECK_EQ(check(set, &revoked, in_2030_us, &error), TRUST_REVOKED);
    CHECK_EQ(check(set, &good, in_2030_us, &error), TRUST_TRUSTED);
    CHECK_EQ(check(set, &unlisted, in_2030_us, &error), TRUST_TRUSTED);
    certificates_free(revoked.certificates);
    certificates_free(good.certificates);
    certificates_free(unlisted.certificates);
    trust_set_free(set);
}

static void a_pinned_leaf_needs_no_issuer(void)
{
    struct chain chain;
    chain_init(&chain, other_der, NULL);
    char pin[80];
    snprintf(pin, sizeof pin, "sha256:%s", chain.sha256[0]);
    if (pin[7] >= 'a') {
        pin[7] = (char)(pin[7] - 'a' + 'A');
    }
    const char *pins[] = { pin, NULL };
    struct trust_set *set = set_of(NULL, NULL, pins);
    const char *error;
    CHECK_EQ(check(set, &chain, in_2030_us, &error), TRUST_TRUSTED);
    CHECK_EQ(check(set, &chain, in_2020_us, &error), TRUST_NOT_YET_VALID);
    CHECK_EQ(check(set, &chain, in_2099_us, &error), TRUST_EXPIRED);
    certificates_free(chain.certificates);
    trust_set_free(set);
}

static void what_is_not_kept_is_unchecked(void)
{
    struct trust_set *set = set_of(ca_pem, NULL, NULL);
    struct chain chain;
    chain_init(&chain, server_der, NULL);
    const char *error;
    CHECK_EQ(trust_check(set, chain.certificates, NULL, 0, in_2030_us, &error), TRUST_UNCHECKED);
    const char *gone[] = { "0000000000000000000000000000000000000000000000000000000000000000" };
    CHECK_EQ(trust_check(set, chain.certificates, gone, 1, in_2030_us, &error), TRUST_UNCHECKED);
    CHECK_EQ(trust_name_check(chain.certificates, gone[0], "a", NULL), TRUST_NAME_UNKNOWN);
    chain_init(&chain, "3003020100", (certificates_free(chain.certificates), NULL));
    CHECK_EQ(check(set, &chain, in_2030_us, &error), TRUST_UNTRUSTED);
    CHECK(strcmp(error, "not an X.509 certificate") == 0);
    certificates_free(chain.certificates);
    trust_set_free(set);
}

static void names_are_matched_as_tls_clients_do(void)
{
    static const struct {
        const char *der, *name;
        enum trust_name want;
    } cases[] = {
        { server_der, "fe01.contoso.com", TRUST_NAME_MATCH },
        { server_der, "FE01.Contoso.COM", TRUST_NAME_MATCH },
        { server_der, "fe02.contoso.com", TRUST_NAME_MISMATCH },
        { leaf_der, "www.example.org", TRUST_NAME_MATCH },
        { leaf_der, "a.b.example.org", TRUST_NAME_MISMATCH },
        { leaf_der, "leaf", TRUST_NAME_MISMATCH }, /* the CN does not count beside DNS names */
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct chain chain;
        chain_init(&chain, cases[i].der, NULL);
        CHECK_EQ(trust_name_check(chain.certificates, chain.sha256[0], cases[i].name, NULL),
                 cases[i].want);
        certificates_free(chain.certificates);
    }
    struct chain chain;
    chain_init(&chain, server_der, leaf_der);
    struct address address;
    CHECK(address_parse("10.0.1.10", 9, &address));
    CHECK_EQ(trust_name_check(chain.certificates, chain.sha256[0], NULL, &address),
             TRUST_NAME_MATCH);
    CHECK_EQ(trust_name_check(chain.certificates, chain.sha256[1], NULL, &address),
             TRUST_NAME_MISMATCH);
    CHECK_EQ(trust_name_check(chain.certificates, chain.sha256[0], "10.0.1.10", NULL),
             TRUST_NAME_MATCH);
    CHECK(address_parse("2001:db8::1", 11, &address));
    CHECK_EQ(trust_name_check(chain.certificates, chain.sha256[1], NULL, &address),
             TRUST_NAME_MATCH);
    CHECK_EQ(trust_name_check(chain.certificates, chain.sha256[0], NULL, NULL), TRUST_NAME_UNKNOWN);
    certificates_free(chain.certificates);
}

static void bad_files_and_pins_are_named(void)
{
    char error[ERROR_SIZE];
    struct trust_set *set;
    CHECK_EQ(trust_set_new("/nonexistent/ca.pem", NULL, NULL, &set, error), OV_IO);
    CHECK(strstr(error, "/nonexistent/ca.pem") != NULL && set == NULL);
    struct pem_file empty = pem_file("no certificate here\n");
    CHECK_EQ(trust_set_new(empty.path, NULL, NULL, &set, error), OV_SYNTAX);
    CHECK(strstr(error, empty.path) != NULL && set == NULL);
    unlink(empty.path);
    static const char broken_pem[] =
        "-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n";
    struct pem_file broken = pem_file(broken_pem);
    CHECK_EQ(trust_set_new(broken.path, NULL, NULL, &set, error), OV_SYNTAX);
    unlink(broken.path);
    const char *pins[] = { "sha256:1234", NULL };
    CHECK_EQ(trust_set_new(NULL, NULL, pins, &set, error), OV_SYNTAX);
    CHECK(strstr(error, "sha256:1234") != NULL);
    trust_set_free(NULL);
}

static void every_status_has_its_word(void)
{
    CHECK(strcmp(trust_status_name(TRUST_TRUSTED), "trusted") == 0);
    CHECK(strcmp(trust_status_name(TRUST_NOT_YET_VALID), "not_yet_valid") == 0);
    CHECK(strcmp(trust_status_name(TRUST_UNCHECKED), "unchecked") == 0);
}

int main(void)
{
    a_chain_to_an_anchor_is_trusted_in_its_time();
    each_second_has_its_own_answer();
    a_missing_intermediate_makes_the_chain_incomplete();
    an_intermediate_in_the_set_is_an_anchor();
    a_stranger_is_untrusted();
    a_revoked_certificate_is_found_and_a_missing_list_is_no_fault();
    a_pinned_leaf_needs_no_issuer();
    what_is_not_kept_is_unchecked();
    names_are_matched_as_tls_clients_do();
    bad_files_and_pins_are_named();
    every_status_has_its_word();
    return check_failures > 0;
}
