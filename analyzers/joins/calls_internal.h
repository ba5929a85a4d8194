/* analyzers/joins/calls_internal.h: what the calls*.c files share: dialogs, their SDP, endpoints.
 */
#ifndef OVERT_ANALYZERS_JOINS_CALLS_INTERNAL_H
#define OVERT_ANALYZERS_JOINS_CALLS_INTERNAL_H

#include "analyzers/crypto/srtp_tag.h"
#include "analyzers/joins/calls.h"
#include "base/pool.h"
#include "capture/address.h"

enum {
    CALL_LEGS = 6,        /* pairs of hosts between which messages of one call were read */
    CALL_LEG_FLOWS = 4,   /* SIP flows of a leg */
    CALL_GROUP = 4,       /* dialogs that are one call */
    CALL_LINES = 64,      /* m= lines kept of one call, both parties and all changes */
    CALL_ENDPOINTS = 128, /* addresses kept of one call */
    CALL_CODECS = 16,
    CALL_CRYPTOS = 8,
    CALL_FINGERPRINTS = 4, /* of one m= line */
    CALL_NAMES = 512,      /* different suite and codec names; further ones have no name */
    CALL_NAME_SIZE = 48,
    CALL_ID_SIZE = 96,      /* of a Call-ID that is kept as text; longer ones are cut */
    CALL_STREAMS = 48,      /* streams and reports kept of one call */
    CALL_PARTS = 16,        /* session descriptions of one message that are told apart */
    DRAFT_LINES = 32,       /* m= lines of one message */
    DRAFT_CANDIDATES = 64,  /* of one message */
    DRAFT_KEYS = 32,        /* of one message */
    STREAM_SAMPLES = 3,     /* packets of a stream that wait for a key */
    CALL_DIGESTS = 32768,   /* keys remembered by their digests, to find them again */
    CALL_INDICES = 65536,   /* packets remembered by their index, likewise */
    CALLS_WALK = 256,       /* entries of one hash chain that are looked at */
    CALLS_SILENT_S = 14400, /* a call without a message for so long has lost its BYE */
};

enum call_proto { PROTO_OTHER, PROTO_AVP, PROTO_SAVP, PROTO_DTLS };
enum { CALL_ICE_6 = 1, CALL_ICE_19 = 2 }; /* bits: draft 6 of ICE, and what came of it */
enum call_keys { KEYS_NONE, KEYS_MIKEY, KEYS_ZRTP };
enum call_method {
    METHOD_OTHER,
    METHOD_INVITE,
    METHOD_ACK,
    METHOD_PRACK,
    METHOD_UPDATE,
    METHOD_BYE
};

/* Texts of strangers that come again and again, each kept once; id 0 = "". */
struct call_names {
    char text[CALL_NAMES][CALL_NAME_SIZE];
    uint32_t count; /* ids in use, 0 included */
};

/* The id of a text; 0 when it is too long or the list is full. */
uint16_t calls_names_id(struct call_names *names, const char *text, uint32_t size);

struct call_crypto {
    uint16_t tag;
    uint16_t suite;       /* name id */
    bool unencrypted;     /* UNENCRYPTED_SRTP */
    bool unauthenticated; /* UNAUTHENTICATED_SRTP */
    bool other;           /* KDR, FEC_ORDER: tags are made in a way that is not checked */
};

/* a=fingerprint, RFC 8122. */
struct call_fingerprint {
    uint64_t value; /* keyed_hash of the digest of the certificate */
    uint8_t hash;   /* enum digest_hash */
};

struct call_codec {
    uint8_t payload_type;
    uint16_t name; /* name id, without clock rate */
};

/* One m= line as one party sent it. */
struct call_line {
    uint32_t next;   /* of the same call */
    uint32_t peer;   /* the other party's line with which it was agreed; POOL_NONE = not answered */
    uint64_t digest; /* of all SDP of its message */
    uint64_t flow_id; /* SIP flow in which it was readable first */
    uint64_t time_us;
    uint64_t order; /* of its message: order_base and packet number */
    struct address address;
    uint16_t port; /* 0 = rejected */
    uint16_t rtcp_port;
    uint8_t index;    /* among the m= lines of the message */
    uint8_t part;     /* its session description among those of the message, from 0 */
    uint8_t place;    /* among the m= lines of that description */
    uint8_t section;  /* line of the call that it speaks of, from 0: offer and answer have one */
    bool alternative; /* the peer takes one of the descriptions of the message */
    bool passed;      /* and took another */
    bool alike;       /* so that another description may as well have been meant */
    bool undecided;   /* there was an answer, to which of several descriptions is not known */
    uint8_t ice;      /* CALL_ICE_*: how its candidates are written */
    uint8_t party;    /* 0 sent the first request of the call, 1 is the other */
    uint8_t proto;    /* enum call_proto */
    uint8_t keys;     /* enum call_keys */
    uint8_t crypto_count, codec_count, fingerprint_count;
    bool present;     /* m= itself was read */
    bool has_address; /* address is an IP address of a host */
    bool rtcp_mux, key_line, fingerprint;
    bool fingerprints_unread; /* there are others than those kept */
    bool decrypted;           /* nobody on the path could read it: no flow has shown it in clear */
    bool is_answer;           /* of the two lines agreed on */
    bool refused;             /* the offer was refused */
    uint16_t kind;            /* name id of the media word */
    uint32_t keys_held;       /* struct call_key: the first of them */
    struct call_crypto cryptos[CALL_CRYPTOS];
    struct call_codec codecs[CALL_CODECS];
    struct call_fingerprint fingerprints[CALL_FINGERPRINTS];
};

/* A key of an a=crypto line, as long as its call goes on: a secret. */
struct call_key {
    struct srtp_key key;
    bool held;      /* else the slot is free */
    bool again;     /* another call that was over by then had it */
    uint16_t tag;   /* of the crypto attribute */
    uint16_t suite; /* name id */
    uint32_t line, call;
    uint32_t next_of_line;
    uint32_t older, newer;           /* of all */
    uint32_t next_alike, last_alike; /* in the hash chain, newest first */
    uint64_t digest;
};

/* What packets of one sender in one flow told under the keys that were read. */
/* Where in the capture a packet is. */
struct call_place {
    uint64_t packet, time_us;
};

struct call_stream {
    uint64_t flow_id;
    uint32_t next;         /* in the hash chain */
    uint32_t older, newer; /* of all */
    uint32_t ssrc;
    uint8_t from;
    bool rtcp;
    bool bare;                /* SRTCP that is authentic, but not encrypted (E = 0) */
    bool exposed;             /* a key that fitted was readable */
    bool twice;               /* its key stream was used for two different payloads */
    bool again;               /* its key was that of an earlier call */
    bool unencrypted;         /* UNENCRYPTED_SRTP */
    uint8_t tag_size;         /* bytes of the shortest tag that fitted */
    uint16_t suite;           /* name id */
    uint8_t waiting_count;    /* packets that no key fitted so far */
    uint32_t verified;        /* packets whose tag fitted a key */
    uint32_t roll_over;       /* of the last of them */
    uint64_t digest;          /* of its key */
    uint64_t key_flow;        /* SIP flow that shows it */
    struct call_place fitted; /* first packet whose tag fitted */
    struct call_place waiting_at[STREAM_SAMPLES];
    uint8_t *waiting[STREAM_SAMPLES]; /* owned */
    uint16_t waiting_bytes[STREAM_SAMPLES];
};

struct call_endpoint {
    struct flow_end end;
    uint32_t next;      /* in the hash chain, newest first */
    uint32_t previous;  /* in the hash chain */
    uint32_t next_same; /* of the same call */
    uint32_t call;
    uint32_t line;      /* newest that announced it */
    uint32_t line_then; /* the one before */
    uint32_t parts;     /* bits: descriptions of the newest line's message that name it */
    bool guess;         /* sender of the SIP message, not named by SDP */
};

struct call_leg {
    uint64_t flow[CALL_LEG_FLOWS];
    uint8_t caller_side[CALL_LEG_FLOWS]; /* side of that flow that is party 0 */
    uint8_t flow_count;
    struct address host[2];      /* of party 0 and 1 on this leg */
    bool opened[CALL_LEG_FLOWS]; /* it was read inside TLS */
    bool pending;                /* an offer waits for its answer */
    bool answered;               /* there was an answer */
    uint8_t offerer;
    uint32_t offer_cseq, answer_cseq;
    uint64_t offer_digest;
};

struct call {
    uint64_t key;  /* hash of the Call-ID with the table's seed */
    uint64_t name; /* the same in every run */
    uint32_t next; /* in the hash chain */
    uint32_t older, newer;
    uint32_t lines, endpoints;
    uint16_t line_count, endpoint_count;
    uint8_t leg_count;
    uint8_t request_method; /* enum call_method, of the latest request that can carry an offer */
    uint8_t request_party;
    uint32_t request_cseq;
    bool accepted;        /* an INVITE of it was */
    bool lines_lost;      /* not all m= lines that were read are kept */
    uint64_t last_us;     /* capture time of the latest message */
    uint64_t ended_us;    /* of the message that ended it (BYE, refusal); 0 = goes on */
    uint64_t ended_order; /* of that message */
    uint64_t start_us;    /* of the first message */
    char id[CALL_ID_SIZE];
    bool used; /* the slot is a call's */
    bool told; /* its sheet was */
    uint8_t stream_count;
    uint32_t streams; /* struct call_sent, newest first */
    struct call_leg legs[CALL_LEGS];
};

struct draft_candidate {
    uint8_t line;
    struct flow_end end;
};

/* A key that some call had, by its digest. */
struct call_digest {
    uint64_t digest, call; /* call.key */
    uint32_t next;         /* in the hash chain */
};

/* A packet that some sender encrypted under a key. */
struct call_index {
    uint64_t digest;  /* of the key */
    uint64_t index;   /* RFC 3711 3.3.1: roll-over counter and sequence number */
    uint64_t payload; /* digest of what was encrypted */
    uint32_t ssrc;
    uint32_t next; /* in the hash chain */
};

/* A secret. */
struct draft_key {
    uint8_t line;
    uint16_t tag;
    uint16_t suite; /* name id */
    struct srtp_key key;
};

enum sent_as { SENT_UNKNOWN, SENT_SRTP, SENT_RTP };

/* What one sender sent in one flow for a line of the call. */
struct call_sent {
    uint32_t next; /* of the same call */
    uint32_t ssrc;
    uint64_t flow_id;
    uint64_t first_us, last_us;
    uint64_t change_us, change_packet; /* change_us 0 = none */
    uint16_t kind;                     /* name id */
    uint8_t section, party;
    bool rtcp;
    uint8_t sent_as, changed_to; /* enum sent_as */
};

/* The message whose observations are coming in. */
struct call_draft {
    bool open;
    bool has_call_id;
    bool decrypted; /* it came out of records that were opened */
    uint64_t flow_id;
    struct flow_end end[2];
    uint8_t from;
    uint8_t method; /* enum call_method */
    uint16_t status;
    uint32_t cseq;
    uint64_t key, name, digest, time_us, order;
    char id[CALL_ID_SIZE];
    uint8_t line_count;
    uint8_t candidate_count;
    uint8_t key_count;
    struct draft_key keys[DRAFT_KEYS]; /* overwritten when the message was taken */
    struct call_line lines[DRAFT_LINES];
    struct draft_candidate candidates[DRAFT_CANDIDATES];
};

struct calls {
    struct hash_seed seed;
    struct pool calls, lines, endpoints, keys, streams, digests, indices, sent;
    calls_tell_fn *tell; /* NULL = nobody wants to know */
    void *tell_context;
    uint32_t told_at;                          /* slot of calls that was looked at last */
    uint32_t *call_buckets, *endpoint_buckets; /* owned; heads of chains */
    uint32_t *key_buckets, *stream_buckets;    /* likewise, with call_mask */
    uint32_t *digest_buckets, *index_buckets;  /* likewise, CALL_DIGESTS and CALL_INDICES */
    uint32_t call_mask, endpoint_mask;
    uint32_t oldest_key, newest_key, oldest_stream, newest_stream;
    uint32_t swept;         /* place of the key that was looked at last */
    uint64_t waiting_bytes; /* of packets that wait for a key, of all streams */
    uint64_t waiting_most;
    struct srtp_tag *tag;    /* owned */
    uint32_t oldest, newest; /* by last message */
    uint64_t order_base;     /* added to packet numbers, which begin anew with each capture */
    bool live;               /* packet numbers tell no order: times do */
    uint64_t forgotten;      /* calls with SDP that had not ended, for want of room */
    uint64_t dropped;        /* lines, endpoints, legs and names beyond a cap */
    struct call_names names;
    struct call_draft draft;
    struct call_talker *talkers; /* owned; CALL_TALKERS, found by their hash */
};

/* A host whose SIP could be read on the wire. */
struct call_talker {
    uint64_t host;      /* hash of its address, 0 = nobody */
    uint64_t read_us;   /* time of the last such message */
    uint64_t unread_us; /* and of the last INVITE of which no SDP was seen, 0 = none */
};

/* Where a packet stands in the order of all. */
static inline uint64_t calls_order(const struct calls *calls, uint64_t packet, uint64_t time_us)
{
    return calls->live ? time_us : calls->order_base + packet;
}

static inline struct call *calls_at(const struct calls *calls, uint32_t at)
{
    return pool_at(&calls->calls, at);
}

static inline struct call_endpoint *calls_endpoint_at(const struct calls *calls, uint32_t at)
{
    return pool_at(&calls->endpoints, at);
}

static inline struct call_line *calls_line_at(const struct calls *calls, uint32_t at)
{
    return at == POOL_NONE ? NULL : pool_at(&calls->lines, at);
}

/* calls_draft.c: adds one observation to the draft; true when the message is complete. */
bool calls_draft_take(struct calls *calls, uint64_t flow_id, const struct flow_end end[2],
                      const struct observation *obs);

/* The dialogs of one call, by their first messages. */
struct call_group {
    uint32_t count;
    uint32_t call[CALL_GROUP];
    bool reversed[CALL_GROUP]; /* its party 1 is the first dialog's party 0 */
};
/* calls_twins.c: the call at that place, and those that are the same one under other Call-IDs. */
void calls_twins_of(const struct calls *calls, uint32_t place, struct call_group *ret_group);

/* calls_talk.c: who speaks SIP in clear. */
OV_MUST_CHECK enum ov_status calls_talk_init(struct calls *calls);
/* What another capture showed says nothing of this one. */
void calls_talk_restart(struct calls *calls);
/* Takes note of the two ends of a readable message: OBS_SIP_BEGIN, or the OBS_SIP_MESSAGE_END of
 * the draft. */
void calls_talk_note(struct calls *calls, const struct flow_end end[2],
                     const struct observation *obs);
/* May keys of media between these hosts, which began at start_us, have been readable without the
 * capture showing them? Both speak SIP in clear, or one sent or got an INVITE whose body was not
 * seen. */
bool calls_talk_hides(const struct calls *calls, const struct flow_end end[2], uint64_t start_us);

/* calls.c: the call of the draft; made when `make`; POOL_NONE when there is none. */
uint32_t calls_find(struct calls *calls, bool make);
/* First entry of an end's chain; follow call_endpoint.next. */
uint32_t calls_chain(const struct calls *calls, const struct flow_end *end);
bool calls_same_end(const struct flow_end *a, const struct flow_end *b);
/* Keeps an end of a line of the call at that place. */
void calls_announce(struct calls *calls, uint32_t place, const struct flow_end *end, uint32_t line,
                    bool guess);
/* Forgets what the call at that place announced so far. */
void calls_forget_lines(struct calls *calls, uint32_t place);
/* A fresh line of the call at that place, or POOL_NONE at a cap. */
uint32_t calls_new_line(struct calls *calls, uint32_t place);

/* calls_keys.c: holds the draft's keys of a line of its, which the call at that place has kept. */
void calls_keys_hold(struct calls *calls, uint32_t call, uint32_t line, unsigned draft_line);
void calls_keys_forget_draft(struct calls *calls);
/* Overwrites the keys of a line; of some calls that are over by then; all. */
void calls_keys_forget(struct calls *calls, uint32_t line);
void calls_keys_sweep(struct calls *calls, uint64_t now_us);
void calls_keys_done(struct calls *calls);
/* The crypto attribute of a key, NULL = none; a key with that digest, the newest, or NULL. */
const struct call_crypto *calls_keys_crypto(const struct calls *calls, const struct call_key *key);
const struct call_key *calls_keys_find(const struct calls *calls, uint64_t digest);
/* Could anybody read a key with that digest? In which SIP flow? */
bool calls_keys_exposed(const struct calls *calls, uint64_t digest, uint64_t *ret_flow);

/* calls_reuse.c: keys and key streams that are used twice. */
OV_MUST_CHECK enum ov_status calls_reuse_init(struct calls *calls);
void calls_reuse_done(struct calls *calls);
/* Notes that a call has a key; was it that of another call, which is over by then? */
bool calls_reuse_key(struct calls *calls, uint64_t digest, uint32_t call);
/* A packet that fits a key: was its key stream used before, for another payload? end: bytes of tag
 * and MKI. */
bool calls_reuse_packet(struct calls *calls, uint64_t digest, struct bytes packet,
                        uint32_t roll_over, uint32_t end);
/* How is the key of a stream used elsewhere? Puts what is found as facts. */
void calls_reuse_put(const struct calls *calls, const struct call_stream *seen, uint32_t call,
                     struct facts *facts, const struct observation *place);

/* All SDP that a party sent in one message. */
struct call_description {
    uint8_t party;
    uint64_t digest;
};

/* calls_choice.c: its m= line at that place of a part of it; NULL = none is kept. */
struct call_line *calls_choice_line(const struct calls *calls, const struct call *call,
                                    const struct call_description *description, unsigned part,
                                    unsigned place);
/* To which part of an offer does which part of an answer belong? `undecided`: there are several,
 * and it cannot be told. Else, where several do and all mean the same, the last (RFC 2046 5.1.4:
 * the best); parts that are no alternatives pair one by one when there are as many. */
struct call_choice {
    bool each; /* part by part */
    bool undecided;
    bool several;          /* others would do as well */
    uint8_t offer, answer; /* parts */
};
struct call_choice calls_choice_of(const struct calls *calls, const struct call *call,
                                   const struct call_description *offer,
                                   const struct call_description *answer);
/* Lines of other parts of that offer are no longer waited for, and ends that several parts name
 * are those of the part taken. */
void calls_choice_take(const struct calls *calls, const struct call *call,
                       const struct call_description *offer, unsigned part);

/* calls_offer.c: the place of a line of the call in calls->lines. */
uint32_t calls_place_of(const struct calls *calls, const struct call *call,
                        const struct call_line *line);
/* Takes the draft into its call: who sent it, is it an offer or an answer? */
void calls_offer_take(struct calls *calls, uint32_t place);

/* The two lines that announced the ends of a media flow; NULL = not known. */
struct call_match {
    uint32_t call;                   /* POOL_NONE: no call announced this flow */
    const struct call_line *side[2]; /* of the flow's side 0 and 1 */
    bool agreed;                     /* SDP named both ends, and the two lines are one agreement */
};

/* When media was there: by capture time, and by order, which a clock that is set back leaves alone.
 */
struct call_span {
    uint64_t start_us, end_us;
    uint64_t first_order, last_order;
};

/* calls_match.c: the call that best fits the two ends during the span. */
struct call_match calls_match_find(const struct calls *calls, const struct flow_end end[2],
                                   const struct call_span *span);

/* The same for the stream of a flow at that index: one pair of ports may serve several calls. */
struct call_match calls_match_stream(const struct calls *calls, const struct flow_record *record,
                                     uint16_t index);
/* And for the whole of a flow. */
struct call_match calls_match_flow(const struct calls *calls, const struct flow_record *record);

/* calls_sheets.c: keeps what a flow that is over sent for its calls. */
void calls_sheets_note(struct calls *calls, const struct flow_record *record);
/* A call will be forgotten: tells it, if that was not done. */
void calls_sheets_leave(struct calls *calls, uint32_t place);

/* calls_relay.c: the same for a flow to a TURN relay, by the addresses beyond it. */
struct call_match calls_relay_match(const struct calls *calls, const struct flow_record *record,
                                    const struct call_span *span);

/* calls_proof.c: a packet of a stream, to be checked with keys known by now or later. */
void calls_proof_take(struct calls *calls, uint64_t flow_id, const struct flow_end end[2],
                      const struct observation *sample);
/* Tries what still waits of a stream with the keys of its call and, when `all`, with those of other
 * calls; NULL when no packet of it is known. Gone with calls_proof_forget. */
struct proof_search {
    uint64_t flow_id;
    const struct flow_end *end;     /* two */
    const struct call_match *match; /* of the stream */
    uint32_t ssrc;
    uint8_t from;
    bool all;
};
const struct call_stream *calls_proof_find(struct calls *calls, const struct proof_search *search);
/* SRTCP packets of a flow whose tags fitted; 0 when one did not. ret_bare: one was not encrypted.
 */
uint32_t calls_proof_reports(struct calls *calls, const struct flow_record *record, bool *ret_bare);
/* The flow is told: forgets its streams. */
void calls_proof_forget(struct calls *calls, uint64_t flow_id);
void calls_proof_done(struct calls *calls);

/* What keys that were read say of the tags of a stream's packets. */
enum call_tags {
    TAGS_NONE,     /* nothing */
    TAGS_VERIFIED, /* all fit */
    TAGS_MIXED,    /* some do */
    TAGS_MISMATCH, /* none fits, and yet the sender's key is known */
};

/* calls_tags.c: seen: NULL = no packet. checkable: the sender's key is known, and makes tags. */
enum call_tags calls_tags_of(const struct call_stream *seen, bool checkable);
/* The facts of it, with the ground behind those of the packets alone; place: index and side. Their
 * packet is the first that fitted, or where not all do the first that does not. */
void calls_tags_put(struct facts *facts, const struct observation *place, enum call_tags tags,
                    const struct call_stream *seen);
/* Tags of SRTCP prove that the reports of a flow are protected. */
void calls_tags_reports(struct calls *calls, struct flow_record *record);

/* calls_media.c: what an answer agrees on: srtp zrtp rtp other refused. */
const char *calls_media_agreed(const struct call_line *answer, const struct call_line *offer);
/* calls_media.c: final facts of a media flow. */
void calls_media_conclude(struct calls *calls, struct flow_record *record);
/* The same of a flow of which only RTCP is known: ties it to its call. */
void calls_media_reports(struct calls *calls, struct flow_record *record);

#endif
