/* rules/judge_view.h: one flow as the judge sees it, and the words for what it finds.
 *
 * judge.c resolves a flow into a view and asks judge_rows.c which rows apply; the judge_<subject>.c
 * files each answer for one kind of row; judge_notes.c writes reasons, proofs and severity. */
#ifndef OVERT_RULES_JUDGE_VIEW_H
#define OVERT_RULES_JUDGE_VIEW_H

#include "analyzers/crypto/certificates.h"
#include "rules/answers.h"
#include "rules/finding.h"
#include "rules/identities.h"
#include "rules/infer.h"
#include "rules/issuers.h"
#include "rules/legs.h"
#include "rules/policy.h"

/* Rows that compete: of one group the most specific ones count. */
enum row_group {
    GROUP_TRANSPORT,
    GROUP_IM,
    GROUP_SHARING,
    GROUP_KEYS,
    GROUP_MEDIA,
    GROUP_RELAY_CREDENTIALS,
    GROUP_RELAY_CONTROL,
    GROUP_NAME_SERVICE,
    GROUP_TUNNEL, /* the VPN that a trunk is declared to be in */
    GROUP_LINK,   /* what contradicts a private link */
    GROUP_BEYOND,
    GROUP_UNLISTED, /* where none of the above had a row */
    GROUP_CERTIFICATE,
    GROUP_ALGORITHMS, /* of FIPS mode */
    GROUP_COUNT
};

struct row_item {
    const struct policy_row *row; /* borrowed from the policy */
};

/* The enabled rows of each group, in the policy's order. */
struct row_lists {
    struct row_item *items; /* owned */
    uint32_t start[GROUP_COUNT + 1];
};

struct view_side {
    const struct flow_end *end;
    uint64_t roles;     /* 0 = unknown */
    bool inferred;      /* by traffic, not by the policy */
    const char *ground; /* of the inference, or NULL */
    enum zone zone;
    const struct policy_host *host; /* or NULL */
};

struct view {
    const struct policy *policy;
    const struct certificates *certificates;
    const struct legs *legs;
    const struct issuers *issuers;
    const struct infer *infer; /* or NULL */
    const struct answers *answers;
    const struct identities *identities;
    struct flow_record *record;
    struct facts *facts;
    const struct row_lists *lists;
    bool *waived; /* one for each waiver: was it of use? */
    struct view_side client, server;
    uint16_t port; /* of the server */
    bool sip;      /* SIP that anybody on the path can read */
    bool tls;      /* TLS on TCP, seen from its start or from the middle, or QUIC */
    bool quic;     /* QUIC: `tls` is the handshake inside */
    bool http;     /* readable HTTP */
    bool media;    /* RTP or SRTP streams, or a DTLS handshake for SRTP */
    bool hidden;   /* TLS to a media relay: whatever goes through it is not to be seen */
    bool opaque;   /* unrecognised, and something was said */
    bool tunnel;   /* a VPN that carried data */
    bool keying;   /* IKE that agreed on ciphers, for a VPN that is in another flow */
    bool veiled;   /* TLS or DTLS that may be a VPN: nothing tells what it carries */
    bool said;     /* something that is not known to be nothing went by */
    bool implies;  /* SIP by its roles, inside TLS as it must be: traffic table 5.5 */
};

/* Judges one row on a view: fills verdict, evidence, observed, reasons and proofs. */
typedef void judge_row(const struct view *view, const struct policy_row *row,
                       struct assessment *ret_assessment);

judge_row judge_signalling; /* transport of SIP, PSOM and server links */
judge_row judge_content;    /* IM, sharing, keys: what SIP carries */
judge_row judge_media;
judge_row judge_download;
judge_row judge_certificates;
judge_row judge_session; /* signalling and media of one link */
judge_row judge_beyond;  /* the hop behind the one that is seen */
judge_row judge_service; /* other protocols, by port and roles */
/* Protection of SMB, DCE/RPC and the like; false, and nothing said, where the flow shows none. */
bool judge_estate(const struct view *view, const struct policy_row *row,
                  struct assessment *ret_assessment);
judge_row judge_relay_credentials; /* passwords of media relays */
judge_row judge_relay_control;     /* STUN, TURN */
judge_row judge_name_service;      /* DNS */
/* Does an answer of the flow contradict the policy, or another resolver? */
bool judge_names_contradict(const struct view *view);
judge_row judge_algorithms; /* only those of FIPS mode */
judge_row judge_unlisted;   /* credentials and weak ciphers in what no other row is about */
/* SSH, RDP or IKE of a server, whose ciphers are to be seen? */
bool judge_unlisted_is_session(const struct view *view);

/* What is known of the TLS of a flow, with its reasons: used by every row that asks for TLS. */
judge_row judge_tls;
/* Suite, version, group and signatures of an established handshake, DTLS too. */
enum verdict judge_tls_strength(const struct view *view, struct assessment *a);
enum { STRENGTH_NAME_SIZE = 128 };
/* Is the value strong enough by the profile? Reasons and the proof go to `a`; whose: the host whose
 * value it is, or "". Not in the profile: unknown. */
enum verdict judge_strength(const struct view *view, const struct strength_profile *profile,
                            const struct strength_value *value, const struct fact *fact,
                            const char *whose, struct assessment *a);
/* The value of a fact; it may point into `name`, of STRENGTH_NAME_SIZE bytes. */
struct strength_value judge_strength_value(const struct view *view, enum strength_kind kind,
                                           const struct fact *fact, char *name);
/* All facts of a kind; compliant where there are none. */
enum verdict judge_strength_facts(const struct view *view, const struct strength_profile *profile,
                                  enum observation_kind from, enum strength_kind kind,
                                  struct assessment *a);
/* Group and signatures of a TLS or DTLS handshake, as far as they are to be seen. */
enum verdict judge_strength_handshake(const struct view *view,
                                      const struct strength_profile *profile, struct assessment *a);
/* What IKE, SSH and RDP's own security agree on in clear; compliant where there is nothing. */
enum verdict judge_strength_session(const struct view *view, const struct strength_profile *profile,
                                    struct assessment *a);
/* Key and signature of the leaf that one side showed. */
enum verdict judge_strength_leaf(const struct view *view, const struct strength_profile *profile,
                                 bool of_server, struct assessment *a);
/* Cleartext under a row that permits it: exempt, if the trunk to a gateway does not forbid it. */
void judge_signalling_permit(const struct view *view, struct assessment *a);
/* How the flow protects the signalling it carries; 0 when it sets up no calls. */
unsigned judge_signalling_state(const struct view *view);
/* The address by which legs know a side: the first one of its policy host, else its own. */
const struct address *judge_signalling_host(const struct view_side *side);
/* Media whose keys travel in signalling under row->over: is that signalling as it must be? */
void judge_keying(const struct view *view, const struct policy_row *row, struct assessment *a);
/* Puts OBS_TLS_*_TRUST_* facts where the policy names trust sets; once per flow. */
void judge_certificates_trust(struct view *view);
/* Are the presented certificates of both ends of their trust sets, with the right names? The worse
 * of a->verdict and that. */
void judge_certificates_both(const struct view *view, struct assessment *a);
/* What other flows say of the certificates: changed under one name, or shared by several roles.
 * Told of the flow that is the first to show one. */
enum verdict judge_identity(const struct view *view, struct assessment *a);
/* Roles of an address at whatever port, those of inferred clients left out. */
uint64_t judge_identity_roles(const struct view *view, const struct address *address,
                              bool *ret_inferred);
/* The declared trunk class of the gateway, whichever side it is on. */
enum trunk judge_session_trunk(const struct view *view);
/* Does somebody use a link that is declared to be a private trunk's for something else? */
bool judge_session_is_stranger(const struct view *view);
/* By each of the assessments, which are those of the transport: is the flow SIP inside TLS, and
 * satisfied is what is asked of signalling? */
bool judge_content_implies(const struct view *view, const struct assessment *assessments,
                           uint32_t count);
/* Whatever SIP carries is as well protected as the TLS around it: compliant and inferred, or
 * nothing is to be said (traffic table 5.5). */
judge_row judge_content_implied;
/* What a trunk is that is declared to be in a VPN: the VPN itself, or what is outside of it. */
judge_row judge_tunnel;
/* Is it known to pass by the tunnel between the same hosts? */
bool judge_tunnel_is_leak(const struct view *view);
/* May it be a VPN in TLS or DTLS, of which nothing tells? Asked once protocols are known. */
bool judge_tunnel_is_veiled(const struct view *view);
/* Does the flow show algorithms that protect it? */
bool judge_algorithms_concerns(const struct view *view);
/* Was a path of the row asked for in the clear? */
bool judge_download_concerns(const struct view *view, const struct policy_row *row);

/* False without memory; lists are freed by judge_rows_done. */
bool judge_rows_list(const struct policy *policy, struct row_lists *ret_lists);
void judge_rows_done(struct row_lists *lists);
enum { CANDIDATES_MAX = 24 };
struct candidates {
    const struct policy_row *rows[CANDIDATES_MAX];
    uint32_t count;
    bool certain; /* roles decide; else each row is only possible */
};
void judge_rows_select(const struct view *view, enum row_group group,
                       struct candidates *ret_candidates);
/* Are the two ends, by what is known of them, of the roles that the row names? */
bool judge_rows_between(const struct view *view, const struct policy_row *row);
/* The same, and the flow is of the kind that the row is about. */
bool judge_rows_concern(const struct view *view, const struct policy_row *row);
/* How much a row asks for: 0 nothing, 1 encryption, 2 mutual authentication. */
unsigned judge_rows_strictness(const struct policy_row *row);
/* Signalling by its row, inside TLS: SIP, as far as port and roles tell? */
bool judge_rows_hide_sip(const struct view *view, const struct policy_row *row);
/* Is the row about what such SIP may carry? Of opened TLS messages and sharing are seen; keys and
 * credentials never are. */
bool judge_rows_is_implied(const struct view *view, const struct policy_row *row);
/* Is this a port that only UC software is expected to listen on? */
bool judge_rows_is_uc_port(uint16_t port);

__attribute__((format(printf, 3, 4))) void
judge_notes_reason(struct assessment *a, const char *code, const char *format, ...);
bool judge_notes_has(const struct assessment *a, const char *code);
/* Puts the reason and the proof at these places first, if they are there: they decided. */
void judge_notes_lead(struct assessment *a, uint32_t reason, uint32_t proof);
/* The first fact of the kind as proof; nothing when it is not known. */
void judge_notes_proof(const struct view *view, struct assessment *a, enum observation_kind kind);
void judge_notes_proof_of(const struct view *view, struct assessment *a, const struct fact *fact);
/* A proof that is the flow itself (its first packet). */
void judge_notes_proof_flow(const struct view *view, struct assessment *a, const char *fact,
                            const char *detail);
/* Says why absence proves nothing here; false when the capture was complete. */
bool judge_notes_incomplete(const struct view *view, struct assessment *a);
/* The reason that TCP bytes of the flow contradict each other. */
void judge_notes_conflicts(const struct view *view, struct assessment *a);
/* Name or address of one end; buffer has VIEW_NAME_SIZE bytes. */
enum { VIEW_NAME_SIZE = 64 };
const char *judge_notes_name(const struct view_side *side, char *buffer);
/* The worse of two verdicts when several checks make one: violation, unknown, weak, compliant. */
enum verdict judge_notes_worse(enum verdict a, enum verdict b);
/* Takes back what a waiver of the policy covers, or says that it has expired. */
void judge_waivers_apply(const struct view *view, struct assessment *a);
/* An end that the policy does not list among its trusted servers weakens what is compliant. */
void judge_waivers_servers(const struct view *view, struct assessment *a);
/* Final severity (traffic table 1), and the remark on inferred roles. */
void judge_notes_rate(const struct view *view, struct assessment *a);
bool judge_notes_complete(const struct flow_record *record);

#endif
