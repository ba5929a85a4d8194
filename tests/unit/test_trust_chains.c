/* tests/unit/test_trust_chains.c: chains with an expired, missing or constrained part. */
#include <string.h>
#include <unistd.h>

#include "analyzers/crypto/trust.h"
#include "tests/check.h"
#include "tests/unit/chain_vectors.h"

enum { DER_MAX = 2048, CHAIN_MAX = 3, ERROR_SIZE = 256 };

static const int64_t in_2027_us = INT64_C(1798761600) * 1000000;
static const int64_t in_2030_us = INT64_C(1893456000) * 1000000;
static const int64_t in_2130_us = INT64_C(5049129600) * 1000000;

static void write_file(char *path, const char *text)
{
    int fd = mkstemp(path);
    if (fd < 0 || write(fd, text, strlen(text)) != (ssize_t)strlen(text)) {
        abort();
    }
    close(fd);
}

static struct trust_set *set_of(const char *ca_text, const char *crl_text)
{
    char ca[] = "/tmp/overt_test_chain_XXXXXX";
    char crl[] = "/tmp/overt_test_chain_XXXXXX";
    const char *crls[] = { crl, NULL };
    struct trust_set *set = NULL;
    char error[ERROR_SIZE];
    write_file(ca, ca_text);
    write_file(crl, crl_text != NULL ? crl_text : "");
    CHECK_EQ(trust_set_new(ca, crl_text != NULL ? crls : NULL, NULL, &set, error), OV_OK);
    unlink(ca);
    unlink(crl);
    return set;
}

static void add(struct certificates *all, const char *hex, char ret_sha256[65])
{
    uint8_t der[DER_MAX];
    uint32_t n = 0;
    for (; hex[0] != '\0' && n < DER_MAX; hex += 2) {
        char pair[3] = { hex[0], hex[1], '\0' };
        der[n++] = (uint8_t)strtoul(pair, NULL, 16);
    }
    memcpy(ret_sha256, certificates_add(all, bytes_of(der, n, n))->sha256, 65);
}

static struct certificates *certificates(void)
{
    struct certificates *all;
    if (certificates_new(8, &all) != OV_OK) {
        abort();
    }
    return all;
}

/* The status of a chain of a leaf and, when not NULL, its issuer. */
static enum trust_status status_of(const struct trust_set *set, const char *leaf,
                                   const char *issuer, int64_t time_us)
{
    struct certificates *all = certificates();
    char hex[2][65];
    const char *chain[] = { hex[0], hex[1] };
    const char *error;
    add(all, leaf, hex[0]);
    if (issuer != NULL) {
        add(all, issuer, hex[1]);
    }
    enum trust_status status =
        trust_check(set, all, chain, issuer != NULL ? 2 : 1, time_us, &error);
    CHECK_EQ(error[0] == '\0', status == TRUST_TRUSTED);
    certificates_free(all);
    return status;
}

static void an_expired_ca_is_expired_and_does_not_hide_a_forgery(void)
{
    struct trust_set *set = set_of(root_pem, NULL);
    CHECK_EQ(status_of(set, old_leaf_der, old_ca_der, in_2027_us), TRUST_TRUSTED);
    CHECK_EQ(status_of(set, old_leaf_der, old_ca_der, in_2030_us), TRUST_EXPIRED);
    CHECK_EQ(status_of(set, old_leaf_der, old_ca_der, in_2130_us), TRUST_EXPIRED);
    CHECK_EQ(status_of(set, old_leaf_der, old_ca_der, 0), TRUST_NOT_YET_VALID);
    CHECK_EQ(status_of(set, forged_leaf_der, old_ca_der, in_2027_us), TRUST_UNTRUSTED);
    CHECK_EQ(status_of(set, forged_leaf_der, old_ca_der, in_2030_us), TRUST_UNTRUSTED);
    CHECK_EQ(status_of(set, forged_leaf_der, old_ca_der, in_2130_us), TRUST_UNTRUSTED);
    trust_set_free(set);
}

static void name_constraints_bind(void)
{
    struct trust_set *set = set_of(root_pem, NULL);
    CHECK_EQ(status_of(set, bound_leaf_der, bound_ca_der, in_2027_us), TRUST_UNTRUSTED);
    trust_set_free(set);
}

static void a_leaf_is_no_issuer(void)
{
    struct trust_set *set = set_of(old_pem, NULL);
    CHECK_EQ(status_of(set, forged_leaf_der, old_leaf_der, in_2027_us), TRUST_UNTRUSTED);
    trust_set_free(set);
}

static void a_list_of_a_ca_above_the_anchor_is_no_fault(void)
{
    struct trust_set *set = set_of(old_pem, root_crl_pem);
    CHECK_EQ(status_of(set, old_leaf_der, NULL, in_2027_us), TRUST_TRUSTED);
    CHECK_EQ(status_of(set, forged_leaf_der, NULL, in_2027_us), TRUST_UNTRUSTED);
    trust_set_free(set);
}

static void an_issuer_that_is_no_longer_kept_leaves_the_chain_unchecked(void)
{
    struct trust_set *set = set_of(root_pem, NULL);
    struct certificates *all = certificates();
    char leaf[65];
    add(all, old_leaf_der, leaf);
    const char *chain[] = { leaf,
                            "0000000000000000000000000000000000000000000000000000000000000000" };
    const char *error;
    CHECK_EQ(trust_check(set, all, chain, 1, in_2027_us, &error), TRUST_INCOMPLETE);
    CHECK_EQ(trust_check(set, all, chain, 2, in_2027_us, &error), TRUST_UNCHECKED);
    CHECK(strcmp(error, "a certificate of the chain is no longer kept") == 0);
    certificates_free(all);
    trust_set_free(set);
}

static void odd_host_names_match_only_what_they_mean(void)
{
    static const struct {
        const char *name;
        enum trust_name want;
    } cases[] = {
        { "fe01.contoso.com", TRUST_NAME_MATCH },
        { "fe01.contoso.com.", TRUST_NAME_MATCH },
        { ".contoso.com", TRUST_NAME_MISMATCH }, /* not "anything below" */
        { ".", TRUST_NAME_MISMATCH },
        { "", TRUST_NAME_MISMATCH },
        { "10.0.1.10", TRUST_NAME_MISMATCH },
    };
    struct certificates *all = certificates();
    char leaf[65];
    add(all, old_leaf_der, leaf);
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        CHECK_EQ(trust_name_check(all, leaf, cases[i].name, NULL), cases[i].want);
    }
    certificates_free(all);
}

int main(void)
{
    an_expired_ca_is_expired_and_does_not_hide_a_forgery();
    name_constraints_bind();
    a_leaf_is_no_issuer();
    a_list_of_a_ca_above_the_anchor_is_no_fault();
    an_issuer_that_is_no_longer_kept_leaves_the_chain_unchecked();
    odd_host_names_match_only_what_they_mean();
    return check_failures > 0;
}
