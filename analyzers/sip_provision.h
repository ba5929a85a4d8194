/* analyzers/sip_provision.h: what a server tells its clients to do, in readable SIP. */
#ifndef OVERT_ANALYZERS_SIP_PROVISION_H
#define OVERT_ANALYZERS_SIP_PROVISION_H

#include "base/bytes.h"

enum {
    SIP_PROVISION_URLS = 4,
    SIP_PROVISION_LEVELS_DIFFER = 52017, /* [MS-OCER]: levels of media encryption */
};

/* Constants, or NULL where the document does not say. */
struct sip_provision {
    const char *encryption; /* of media between clients: required supported rejected */
    const char *clear_urls[SIP_PROVISION_URLS]; /* names of addresses that begin with http: */
};

/* Reads application/vnd-microsoft-roaming-provisioning-v2+xml [MS-SIPREGE 2.2.2.5], as far as it
 * is here; what stays unsaid keeps its value. */
void sip_provision_read(struct bytes body, struct sip_provision *provision);
/* The number that a Microsoft diagnostics header begins with, 1000 to 99999; 0 when there is none.
 */
uint32_t sip_provision_diagnostic(struct bytes value);

#endif
