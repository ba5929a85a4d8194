/* analyzers/credentials.c: schemes of authentication headers, and whether a secret was sent. */
#include "analyzers/credentials.h"

#include "analyzers/header_lines.h"
#include "base/scan.h"

enum { SCHEME_MAX = 24 }; /* characters; longer words are no scheme */

/* IANA "HTTP Authentication Schemes", [MS-SIPAE], and what clouds use. Of sent credentials only
 * these are told: any other first word may be the secret itself. */
static const struct {
    const char *name;
    bool answers; /* a list of parameters of which one, perhaps empty, answers the challenge */
} schemes[] = {
    { "Digest", true },         { "NTLM", true },
    { "Kerberos", true },       { "TLS-DSK", true },
    { "Negotiate", true },      { "Basic", false },
    { "Bearer", false },        { "AWS4-HMAC-SHA256", false },
    { "Concealed", false },     { "DPoP", false },
    { "GNAP", false },          { "HOBA", false },
    { "Mutual", false },        { "OAuth", false },
    { "PrivateToken", false },  { "SCRAM-SHA-1", false },
    { "SCRAM-SHA-256", false }, { "SharedKey", false },
    { "vapid", false },
};
enum { SCHEMES = sizeof schemes / sizeof schemes[0] };

/* The row of a scheme; SCHEMES when it is not known. */
static size_t find_scheme(const struct bytes *word)
{
    size_t i = 0;
    while (i < SCHEMES && !scan_is(word, schemes[i].name)) {
        i++;
    }
    return i;
}

static bool is_scheme(const struct bytes *word)
{
    uint32_t size = bytes_left(word);
    for (uint32_t i = 0; i < size; i++) {
        int c = bytes_peek(word, i) | 0x20;
        bool letter = c >= 'a' && c <= 'z';
        bool other = i > 0 && ((c >= '0' && c <= '9') || bytes_peek(word, i) == '-');
        if (!letter && !other) {
            return false;
        }
    }
    return size > 0 && size <= SCHEME_MAX;
}

struct bytes credentials_challenge(struct bytes value)
{
    struct bytes word = header_lines_word(&value);
    struct bytes scheme = header_lines_item(&word, ',');
    return is_scheme(&scheme) ? scheme : bytes_of(NULL, 0, 0);
}

struct bytes credentials_scheme(struct bytes value)
{
    struct bytes scheme = header_lines_word(&value);
    return find_scheme(&scheme) < SCHEMES ? scheme : bytes_of(NULL, 0, 0);
}

/* The value of a parameter in a list of name=value or name="value"; empty when it is not there. */
static struct bytes parameter(struct bytes list, const char *name)
{
    while (bytes_left(&list) > 0) {
        struct bytes item = header_lines_item(&list, ',');
        struct bytes key = header_lines_trim(scan_until(&item, '='));
        if (scan_is(&key, name)) {
            item = header_lines_trim(item);
            if (bytes_peek(&item, 0) == '"') {
                bytes_skip(&item, 1);
                return scan_until(&item, '"');
            }
            return item;
        }
    }
    return bytes_of(NULL, 0, 0);
}

/* [MS-NLMP] 2.2.1.1: NEGOTIATE_MESSAGE, in base64: it only asks for the challenge. */
static bool is_answer(const struct bytes *data)
{
    static const char negotiate[] = "TlRMTVNTUAAB";
    return bytes_left(data) > 0 && !bytes_starts(data, negotiate, sizeof negotiate - 1);
}

bool credentials_sent(struct bytes value)
{
    struct bytes scheme = header_lines_word(&value);
    size_t known = find_scheme(&scheme);
    if (bytes_left(&value) == 0) {
        return bytes_left(&scheme) > 0 && known == SCHEMES; /* a bare token */
    }
    bool listed = scan_is(&scheme, "Digest") || scan_find(&value, "realm=") >= 0;
    if (known == SCHEMES || !schemes[known].answers || !listed) {
        return is_answer(&value);
    }
    struct bytes response = parameter(value, "response");
    struct bytes data = parameter(value, "gssapi-data");
    return bytes_left(&response) > 0 || is_answer(&data);
}
