/* rules/policy.h: the policy model: built before the first packet, constant afterwards. */
#ifndef OVERT_RULES_POLICY_H
#define OVERT_RULES_POLICY_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "analyzers/crypto/trust.h"
#include "base/arena.h"
#include "base/status.h"
#include "capture/address.h"
#include "rules/finding.h"
#include "rules/roles.h"
#include "rules/strength.h"

enum zone { ZONE_INTERNAL, ZONE_PERIMETER, ZONE_EXTERNAL, ZONE_COUNT };
enum trunk { TRUNK_UNKNOWN, TRUNK_PRIVATE, TRUNK_VPN, TRUNK_PUBLIC };
/* Bits: a row may accept any of several. */
enum requirement {
    REQUIRE_NONE = 1 << 0,
    REQUIRE_TLS = 1 << 1,
    REQUIRE_MTLS = 1 << 2,
    REQUIRE_HTTPS = 1 << 3,
    REQUIRE_SRTP = 1 << 4,
    REQUIRE_VPN = 1 << 5,
};

/* What kind of check a row makes of the flows it selects. */
enum row_subject {
    SUBJECT_SIGNALLING, /* the transport of SIP (or of what a role pair speaks): TT-01 02 10 13 */
    SUBJECT_IM,         /* readable message or presence in SIP: TT-03 TT-14 */
    SUBJECT_SHARING,    /* SIP with m=applicationsharing: TT-05 */
    SUBJECT_MEDIA,      /* RTP or SRTP: TT-04 TT-11 TT-12 */
    SUBJECT_WEB_CONFERENCE, /* PSOM ports: TT-06 */
    SUBJECT_DOWNLOAD,       /* HTTP paths: TT-07 TT-08 TT-09 */
    SUBJECT_KEYS,           /* keys readable in SIP bodies: TT-15 */
    SUBJECT_CERTIFICATE,    /* certificates of a TLS flow: TT-24 */
    SUBJECT_SESSION,        /* signalling and media of one link, each as required: TT-20 21 22 36 */
    SUBJECT_SERVICE, /* another protocol, by the ports of two hosts of known roles: TT-30 ff. */
    SUBJECT_RELAY_CREDENTIALS, /* of a media relay, in SIP: TT-16 */
    SUBJECT_RELAY_CONTROL,     /* STUN and TURN: TT-41 */
    SUBJECT_NAME_SERVICE,      /* who is asked for names: TT-23 */
    SUBJECT_BEYOND,            /* a hop that nobody here can see: TT-18b */
    SUBJECT_ALGORITHMS,        /* only those of FIPS mode: TT-25 */
    SUBJECT_UNLISTED,          /* what no other row is about: TT-51 */
    SUBJECT_COUNT,
};

/* What must hold for a row to apply at all. */
enum row_when {
    WHEN_ALWAYS,
    WHEN_TRUNK_PRIVATE, /* the gateway's declared class */
    WHEN_TRUNK_VPN,
    WHEN_TRUNK_PUBLIC, /* declared public, or not declared */
    WHEN_WINDOWS_LIVE, /* setting windows_live_av */
    WHEN_FIPS,         /* setting fips */
};

struct network {
    struct address address;
    uint8_t bits;  /* prefix length in the 128-bit form */
    uint16_t port; /* 0 = any */
};

struct port_range {
    uint16_t low, high;
};

enum { RANK_EXTENSION = 2 };

/* One row of the traffic-protection table. Texts and arrays live in the policy's arena. */
struct policy_row {
    const char *id;      /* "TT-01" */
    const char *title;   /* "server-to-server" */
    const char *traffic; /* few words for the terminal: "server-to-server" */
    enum row_subject subject;
    uint64_t from, to;                                 /* roles; `any` = all bits */
    const struct network *from_networks, *to_networks; /* own rows may name addresses */
    uint32_t from_network_count, to_network_count;
    bool either_way; /* the To cell begins with ↔ */
    bool default_on;
    bool enabled;
    unsigned require;    /* REQUIRE_* bits: any of; of a session: each for its kind of traffic */
    unsigned of_clients; /* what is required instead where one end is a client; 0 = the same */
    enum row_when when;
    bool trusted; /* TLS must show certificates of the trust sets, with the right names: TT-19 */
    enum severity severity;
    unsigned rank; /* 3 conditional seed row, RANK_EXTENSION, 1 published row, 0 TT-51 */
    const struct port_range *ports; /* suggest the row when bytes do not decide */
    uint32_t port_count;
    const char *const *paths; /* SUBJECT_DOWNLOAD: path prefixes, case-insensitive, NULL-ended */
    const char *const *requirements; /* "R-01", ...; NULL-ended */
    const char *source;              /* seed file or reference */
    const char *explain;             /* paragraphs for `overt explain` */
    const char *fix;                 /* what to do, one sentence or two */
    const char *over; /* SUBJECT_MEDIA: id of the row on the signalling that keys it, or NULL */
};

struct policy_host {
    const char *name;               /* FQDN */
    const struct network *networks; /* addresses, bits 128, port or 0 */
    uint32_t network_count;
    uint64_t roles;
    const char *trust; /* trust set name or NULL */
    enum trunk trunk;
    const struct network *links; /* subnets that must hold nothing else */
    uint32_t link_count;
    bool trusted; /* among the trusted servers */
};

/* One of the two ends that a waiver is about. */
struct waiver_end {
    const char *host;       /* name of a host, or NULL */
    struct network network; /* where host is NULL */
};

/* What the owner of the policy has decided to live with, for a time. */
struct policy_waiver {
    const char *row; /* id */
    struct waiver_end ends[2];
    const char *reason, *owner;
    const char *expires; /* its last day, YYYY-MM-DD */
    int64_t end_us;      /* the first moment after that day, UTC */
};

struct policy_trust {
    const char *name;
    struct trust_set *set; /* owned by the policy */
};

struct policy_settings {       /* traffic-table 6; defaults there */
    const char *table_edition; /* ocs-2007-r2 lync-2010 skype-2015 */
    bool im_tls, internal_im_tcp, windows_live_av, fips, accept_inferred_mtls;
    const char *encryption_level; /* required supported not_supported */
    const char *msmq_policy;      /* advisory exempt strict: TT-30 */
    const char *um_security;      /* secured sip_secured unsecured: TT-36 */
};

struct policy;

/* A built-in edition ("lync-2010"). OV_SYNTAX for an unknown name. Caller owns. */
OV_MUST_CHECK enum ov_status policy_builtin(const char *name, struct policy **ret_policy);
/* Reads a policy file with all it extends and all trust files it names. Every error goes to
 * `errors` as "file:line:column: found X, expected Y" (all of them, capped at 100); OV_SYNTAX then.
 */
OV_MUST_CHECK enum ov_status policy_read(const char *path, FILE *errors,
                                         struct policy **ret_policy);
void policy_free(struct policy *policy);

const char *policy_name(const struct policy *policy);
bool policy_is_builtin(const struct policy *policy); /* no file: roles are inferred */
const struct policy_settings *policy_settings(const struct policy *policy);
/* What is strong enough: the profile in force, and the one of FIPS mode (NULL where that is off).
 */
const struct strength_profile *policy_strength(const struct policy *policy);
const struct strength_profile *policy_fips(const struct policy *policy);
uint32_t policy_row_count(const struct policy *policy);
const struct policy_row *policy_row(const struct policy *policy, uint32_t i);
const struct policy_row *policy_row_by_id(const struct policy *policy, const char *id);
uint32_t policy_host_count(const struct policy *policy);
const struct policy_host *policy_host(const struct policy *policy, uint32_t i);
/* The host entry for address:port (exact port first, then the address alone), or NULL. */
const struct policy_host *policy_host_at(const struct policy *policy, const struct flow_end *end);
/* The i-th host (from 0) with this DNS name, in whatever case; NULL = no more. */
const struct policy_host *policy_host_named(const struct policy *policy, const char *name,
                                            uint32_t i);
/* Is it an address of a link that is declared to be a private trunk's, or of its gateway? */
bool policy_is_private_link(const struct policy *policy, const struct flow_end *end);
/* Does the policy list the servers that it trusts? */
bool policy_has_trusted_servers(const struct policy *policy);
uint32_t policy_waiver_count(const struct policy *policy);
const struct policy_waiver *policy_waiver(const struct policy *policy, uint32_t i);
bool policy_has_private_links(const struct policy *policy);
/* Is it among the trusted resolvers? */
bool policy_is_resolver(const struct policy *policy, const struct address *address);
uint32_t policy_resolver_count(const struct policy *policy);
/* Roles by host entry, then by subnet (longest prefix); 0 = unknown to the policy. */
uint64_t policy_roles_at(const struct policy *policy, const struct flow_end *end);
enum zone policy_zone_at(const struct policy *policy, const struct address *address);
const char *zone_name(enum zone zone);
const struct policy_trust *policy_trust(const struct policy *policy, const char *name);
uint32_t policy_trust_count(const struct policy *policy);
const struct policy_trust *policy_trust_by_index(const struct policy *policy, uint32_t i);
/* "MTLS", "TLS or none", "SRTP": for the terminal. */
const char *requirement_text(unsigned require, char *buffer, uint32_t size);
/* Names as in the finding record: "mtls", "srtp"; i-th set bit; NULL past the last. */
const char *requirement_word(unsigned require, uint32_t i);

#endif
