/* tests/unit/test_names.c: names that DNS answers gave, and certificates compared with them. */
#include "analyzers/joins/names.h"

#include <string.h>

#include "analyzers/crypto/certificates.h"
#include "tests/check.h"
#include "tests/unit/pki_vectors.h"

enum { MAX = 4, DER_MAX = 4096 };

static const struct hash_seed seed = { { 7, 8 } };

static struct names *names_for_test(void)
{
    struct names *names = NULL;
    if (names_new(MAX, seed, &names) != OV_OK) {
        abort();
    }
    return names;
}

static struct address address_for(const char *text)
{
    struct address address = { { 0 } };
    CHECK(address_parse(text, (uint32_t)strlen(text), &address));
    return address;
}

static void answer(struct names *names, const char *text)
{
    struct observation obs = { .kind = OBS_DNS_ADDRESS,
                               .text = text,
                               .text_size = (uint32_t)strlen(text) };
    names_observe(names, &obs);
}

static void an_address_keeps_its_first_names(void)
{
    struct names *names = names_for_test();
    struct address fe = address_for("10.0.1.10"), other = address_for("10.0.1.11");
    answer(names, "10.0.1.10 fe01.contoso.com");
    answer(names, "10.0.1.10 pool.contoso.com");
    answer(names, "10.0.1.10 fe01.contoso.com");
    CHECK(strcmp(names_of(names, &fe, 0), "fe01.contoso.com") == 0);
    CHECK(strcmp(names_of(names, &fe, 1), "pool.contoso.com") == 0);
    CHECK(names_of(names, &fe, 2) == NULL);
    CHECK(names_of(names, &other, 0) == NULL);
    CHECK_EQ(names_dropped(names), 0);
    answer(names, "10.0.1.10 c.contoso.com");
    answer(names, "10.0.1.10 d.contoso.com");
    answer(names, "10.0.1.10 e.contoso.com");
    CHECK(names_of(names, &fe, NAMES_EACH) == NULL);
    CHECK_EQ(names_dropped(names), 1);
    names_restart(names);
    CHECK(names_of(names, &fe, 0) == NULL);
    names_free(names);
}

static void the_oldest_address_makes_room(void)
{
    struct names *names = names_for_test();
    char text[64];
    for (unsigned i = 0; i < 3 * MAX; i++) {
        snprintf(text, sizeof text, "10.0.2.%u host%u.contoso.com", i, i);
        answer(names, text);
    }
    for (unsigned i = 0; i < 3 * MAX; i++) {
        snprintf(text, sizeof text, "10.0.2.%u", i);
        struct address address = address_for(text);
        CHECK_EQ(names_of(names, &address, 0) != NULL, i >= 2 * MAX);
    }
    CHECK_EQ(names_dropped(names), 2 * MAX);
    names_free(names);
}

static void what_is_no_answer_is_not_taken(void)
{
    struct names *names = names_for_test();
    char name[16 + NAMES_SIZE];
    memset(name, 'a', sizeof name);
    memcpy(name, "10.0.1.10 ", 10);
    name[10 + NAMES_SIZE] = '\0';
    answer(names, name);
    answer(names, "nowhere fe01.contoso.com");
    answer(names, "10.0.1.10");
    answer(names, "10.0.1.10 ");
    struct address fe = address_for("10.0.1.10");
    CHECK(names_of(names, &fe, 0) == NULL);
    CHECK_EQ(names_dropped(names), 1);
    CHECK(names_of(NULL, &fe, 0) == NULL);
    names_free(names);
}

static const char *leaf_of(struct certificates *certificates)
{
    uint8_t der[DER_MAX];
    uint32_t n = 0;
    for (const char *hex = server_der; hex[0] != '\0'; hex += 2) {
        char pair[3] = { hex[0], hex[1], '\0' };
        der[n++] = (uint8_t)strtoul(pair, NULL, 16);
    }
    return certificates_add(certificates, bytes_of(der, n, n))->sha256;
}

/* A flow to 10.0.1.10 that showed the certificate of fe01.contoso.com; sni may be NULL. */
static void conclude(const struct names *names, const char *sni, struct facts *facts)
{
    struct certificates *certificates = NULL;
    if (certificates_new(4, &certificates) != OV_OK) {
        abort();
    }
    const char *sha256 = leaf_of(certificates);
    struct observation leaf = { .kind = OBS_SERVER_CERT_SHA256,
                                .from = 1,
                                .text = sha256,
                                .text_size = (uint32_t)strlen(sha256),
                                .packet = 5 };
    facts_put(facts, &leaf);
    if (sni != NULL) {
        struct observation obs = { .kind = OBS_TLS_SNI,
                                   .text = sni,
                                   .text_size = (uint32_t)strlen(sni) };
        facts_put(facts, &obs);
    }
    struct flow_record record = { .facts = facts };
    record.side[0].address = address_for("10.20.0.5");
    record.side[1].address = address_for("10.0.1.10");
    names_conclude(names, certificates, &record);
    certificates_free(certificates);
}

static void a_certificate_is_compared_with_the_names_of_its_address(void)
{
    static const struct {
        const char *answer, *sni, *result;
    } rows[] = {
        { "10.0.1.10 fe01.contoso.com", NULL, "match" },
        { "10.0.1.10 edge.fabrikam.com", NULL, "mismatch" },
        { "10.0.1.11 fe01.contoso.com", NULL, "" },
        { "10.0.1.10 fe01.contoso.com", "fe01.contoso.com", "" }, /* who asked by name is judged */
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct names *names = names_for_test();
        struct facts facts = { 0 };
        answer(names, rows[i].answer);
        conclude(names, rows[i].sni, &facts);
        const struct fact *name = facts_find(&facts, OBS_TLS_SERVER_TRUST_NAME);
        CHECK(strcmp(facts_text(&facts, name), rows[i].result) == 0);
        CHECK_EQ(facts_is(&facts, OBS_TLS_SERVER_TRUST_NAME_FROM, "dns"),
                 rows[i].result[0] != '\0');
        facts_done(&facts);
        names_free(names);
    }
}

/* A flow as conclude has it, in which `side` asked by SIP for a host of that name. */
static void conclude_with_sip(const char *domain, uint8_t side, bool opened, struct facts *facts)
{
    struct names *names = names_for_test();
    struct observation obs[] = {
        { .kind = OBS_SIP_DOMAIN,
          .from = side,
          .text = domain,
          .text_size = (uint32_t)strlen(domain) },
        { .kind = OBS_SIP_DECRYPTED, .value = opened },
    };
    facts_put(facts, &obs[0]);
    facts_put(facts, &obs[1]);
    conclude(names, NULL, facts);
    names_free(names);
}

static void without_any_other_name_the_domain_of_sip_may_match(void)
{
    static const struct {
        const char *domain;
        uint8_t side;
        bool opened, match;
    } rows[] = {
        { "fe01.contoso.com", 0, true, true },
        { "fe01.contoso.com", 1, true, false },  /* the server asks: it does not look for itself */
        { "fe01.contoso.com", 0, false, false }, /* not inside this TLS */
        { "fabrikam.com", 0, true, false },      /* by a proxy on the way: no mismatch */
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct facts facts = { 0 };
        conclude_with_sip(rows[i].domain, rows[i].side, rows[i].opened, &facts);
        CHECK_EQ(facts_is(&facts, OBS_TLS_SERVER_TRUST_NAME, "match"), rows[i].match);
        CHECK_EQ(facts_is(&facts, OBS_TLS_SERVER_TRUST_NAME_FROM, "sip"), rows[i].match);
        CHECK(rows[i].match || facts_find(&facts, OBS_TLS_SERVER_TRUST_NAME) == NULL);
        facts_done(&facts);
    }
}

int main(void)
{
    an_address_keeps_its_first_names();
    the_oldest_address_makes_room();
    what_is_no_answer_is_not_taken();
    a_certificate_is_compared_with_the_names_of_its_address();
    without_any_other_name_the_domain_of_sip_may_match();
    return check_failures == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
