/* analyzers/sip_provision.c: what a server tells its clients to do, in readable SIP. */
#include "analyzers/sip_provision.h"

#include <stdio.h>

#include "base/scan.h"

enum { NAME_MAX = 32 };

/* The text between <name> and the next tag; empty when it is not there. */
static struct bytes element(struct bytes body, const char *name)
{
    char tag[NAME_MAX + 3];
    int size = snprintf(tag, sizeof tag, "<%s>", name);
    int64_t at = scan_find(&body, tag);
    if (at < 0) {
        return bytes_of(NULL, 0, 0);
    }
    bytes_skip(&body, (uint32_t)at + (uint32_t)size);
    return scan_trim(scan_until(&body, '<'));
}

/* [MS-SIPREGE] ucPC2PCAVEncryption; whatever is not one of two words means: required. */
static const char *encryption_of(const struct bytes *word)
{
    if (bytes_left(word) == 0 || word->cut > 0) {
        return NULL;
    }
    return scan_is(word, "SupportEncryption")        ? "supported"
           : scan_is(word, "DoNotSupportEncryption") ? "rejected"
                                                     : "required";
}

void sip_provision_read(struct bytes body, struct sip_provision *provision)
{
    static const char *const urls[] = { "absInternalServerUrl", "absExternalServerUrl",
                                        "dlxInternalUrl", "dlxExternalUrl" };
    struct bytes word = element(body, "ucPC2PCAVEncryption");
    const char *encryption = encryption_of(&word);
    provision->encryption = encryption != NULL ? encryption : provision->encryption;
    for (unsigned i = 0; i < sizeof urls / sizeof *urls; i++) {
        struct bytes url = element(body, urls[i]);
        if (scan_starts(&url, "http:")) {
            provision->clear_urls[i] = urls[i];
        }
    }
}

uint32_t sip_provision_diagnostic(struct bytes value)
{
    uint64_t number;
    struct bytes word = scan_trim(scan_until(&value, ';'));
    bool valid = word.cut == 0 && scan_number(&word, 99999, &number) && number >= 1000;
    return valid ? (uint32_t)number : 0;
}
