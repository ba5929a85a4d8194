/* analyzers/credentials.c: schemes of authentication headers, and whether a secret was sent. */
#include "analyzers/credentials.h"

#include "analyzers/header_lines.h"
#include "base/scan.h"

enum { SCHEME_MAX = 24 }; /* characters; longer words are no scheme */

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
    bool followed = bytes_left(&value) > 0;
    return followed && is_scheme(&scheme) ? scheme : bytes_of(NULL, 0, 0);
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

bool credentials_sent(struct bytes value)
{
    struct bytes scheme = header_lines_word(&value);
    if (bytes_left(&scheme) == 0 || bytes_left(&value) == 0) {
        return false;
    }
    bool listed = scan_is(&scheme, "Digest") || scan_find(&value, "realm=") >= 0;
    if (!listed) {
        return true;
    }
    struct bytes response = parameter(value, "response");
    struct bytes data = parameter(value, "gssapi-data");
    return bytes_left(&response) > 0 || bytes_left(&data) > 0;
}
