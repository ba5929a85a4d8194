/* analyzers/dns.c: names asked for and the addresses answered: RFC 1035, RFC 3596, TCP RFC 7766. */
#include "analyzers/analyzer.h"
#include "analyzers/once.h"
#include "base/text.h"
#include "capture/address.h"

enum { DNS_PORT = 53, HEADER_SIZE = 12, NAME_SIZE = 256 };
enum { CLASS_IN = 1, TYPE_A = 1, TYPE_AAAA = 28 };
enum {
    FLAG_RESPONSE = 0x8000,
    FLAG_TRUNCATED = 0x0200,
    MASK_OPCODE = 0x7800, /* 0 = QUERY: all that names addresses */
    MASK_Z = 0x0040,
    MASK_RCODE = 0x000f,
};
enum {
    JUMPS_MAX = 16,      /* compression pointers followed in one name */
    RECORDS_MAX = 128,   /* answers read of one message */
    MESSAGE_MAX = 16384, /* bytes of a message on TCP that are read; longer ones are stepped over */
    LABEL_POINTER = 0xc0, /* RFC 1035 4.1.4 */
    ANSWERS_MAX = 32,     /* different answers told of one flow */
    ADDRESSES_MAX = 16,   /* of one answer: of more the answer is not told as a whole */
    ASKED_MAX = 8,        /* newest queries of a flow that are held against their replies */
    REPLY_US =
        10000000, /* a reply that comes later may be to a query that was not captured, and
                   * a query that soon after the capture began may have been one sent again */
};

/* A query over UDP, and what came back. */
struct asked {
    uint32_t digest; /* of id, name and type; 0 = none */
    uint32_t queries, replies;
    uint8_t answer;             /* place of the first answer in the record + 1, 0 = none yet */
    uint64_t first_us, time_us; /* of the oldest and the newest query */
};

struct dns_state {
    struct once names;
    uint32_t answers[ANSWERS_MAX]; /* digests, by their places in the record */
    uint8_t answer_count;
    uint32_t rivals; /* bit n: of answer n it was told */
    uint8_t oldest;  /* of asked: to be used next */
    struct asked asked[ASKED_MAX];
    bool started;
    bool stream;
};

/* One message; `at` walks through it. */
struct message {
    struct bytes whole, at;
    uint16_t id, flags, questions, answers, type;
};

/* RFC 1035 4.1.1 */
static bool read_header(struct message *m)
{
    m->id = bytes_u16(&m->at);
    m->flags = bytes_u16(&m->at);
    m->questions = bytes_u16(&m->at);
    m->answers = bytes_u16(&m->at);
    bytes_u32(&m->at); /* counts of authority and additional records */
    return bytes_ok(&m->at) && (m->flags & (MASK_OPCODE | MASK_Z)) == 0 && m->questions == 1;
}

/* Appends a label in lower case; false when it holds more than host and service names do. */
static bool put_label(struct text *name, struct bytes *in, uint32_t size)
{
    struct bytes label = bytes_take(in, size);
    if (name->used > 0) {
        text_put(name, ".");
    }
    bool plain = true;
    while (bytes_left(&label) > 0) {
        uint8_t byte = bytes_u8(&label);
        bool upper = byte >= 'A' && byte <= 'Z';
        char c = (char)(upper ? byte | 0x20 : byte);
        plain = plain && ((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '_');
        text_put_bytes(name, &c, 1);
    }
    return plain && label.cut == 0;
}

/* RFC 1035 3.1, 4.1.4: labels, or a pointer to earlier ones. Moves m->at behind the name. name
 * (NAME_SIZE bytes) gets it without the last dot; false: not a plain name (a fault of m->at tells
 * whether it is one at all). */
static bool read_name(struct message *m, char *name)
{
    struct text text = text_into(name, NAME_SIZE);
    struct bytes away = m->at, *in = &m->at;
    bool plain = true;
    for (unsigned jumps = 0; bytes_ok(in);) {
        uint32_t size = bytes_u8(in);
        if (size == 0) {
            break;
        }
        if (size < LABEL_POINTER) {
            plain = size < 64 && put_label(&text, in, size) && plain;
            if (text.cut) {
                bytes_fail(&m->at, BYTES_MALFORMED);
                return false;
            }
            continue;
        }
        uint32_t target = (size & 0x3f) << 8 | bytes_u8(in);
        if (jumps++ == JUMPS_MAX || !bytes_ok(in)) {
            bytes_fail(&m->at, BYTES_MALFORMED);
            return false;
        }
        away = m->whole;
        bytes_skip(&away, target);
        in = &away;
    }
    if (!bytes_ok(in)) {
        bytes_fail(&m->at, in->fault);
    }
    return plain && bytes_ok(&m->at);
}

/* RFC 1035 4.1.2; name as in read_name. */
static bool read_question(struct message *m, char *name)
{
    bool plain = read_name(m, name);
    m->type = bytes_u16(&m->at);
    bytes_u16(&m->at); /* class */
    return plain && bytes_ok(&m->at);
}

/* What one message answers. */
struct answer {
    struct address address[ADDRESSES_MAX];
    uint32_t count;
    uint32_t left_s; /* the least time to live, seconds */
    bool more;       /* there were others */
};

/* RFC 1035 4.1.3; RFC 3596 2.2. True: it holds an address. Moves over the record. */
static bool read_record(struct message *m, struct answer *answer, struct address *ret_address)
{
    char owner[NAME_SIZE];
    (void)read_name(m, owner);
    uint16_t type = bytes_u16(&m->at), class = bytes_u16(&m->at);
    uint32_t left_s = bytes_u32(&m->at);
    left_s = left_s > INT32_MAX ? 0 : left_s; /* RFC 2181 8 */
    answer->left_s = left_s < answer->left_s ? left_s : answer->left_s;
    uint16_t size = bytes_u16(&m->at);
    struct bytes data = bytes_take(&m->at, size);
    if (data.cut > 0) {
        bytes_fail(&m->at, BYTES_CUT);
    }
    uint8_t raw[sizeof ret_address->byte];
    uint32_t wanted = type == TYPE_A ? 4 : type == TYPE_AAAA ? sizeof raw : 0;
    if (class != CLASS_IN || wanted == 0 || size != wanted || !bytes_copy(&data, raw, wanted)) {
        return false;
    }
    if (type == TYPE_A) {
        *ret_address = address_of_ipv4(raw);
    } else {
        memcpy(ret_address->byte, raw, sizeof raw);
    }
    return true;
}

static void put_at(struct sink *sink, const struct segment *seg, enum observation_kind kind,
                   unsigned index, const char *text)
{
    struct observation obs = observation_of(seg, kind);
    obs.index = (uint16_t)index;
    obs.text = text;
    obs.text_size = (uint32_t)strlen(text);
    sink->put(sink, &obs);
}

/* Of the name and its addresses, in whatever order they come. */
static uint32_t digest_of(const struct answer *answer, const char *name, struct hash_seed seed)
{
    uint64_t digest = keyed_hash(name, strlen(name), seed);
    for (uint32_t i = 0; i < answer->count; i++) {
        digest += keyed_hash(answer->address[i].byte, sizeof answer->address[i].byte, seed);
    }
    return (uint32_t)digest;
}

/* Each different answer once, with the time at which the last one ends that gave it. Its place in
 * the record, or ANSWERS_MAX: there was no room. */
static unsigned put_whole(struct dns_state *dns, const struct segment *seg, const char *name,
                          const struct answer *answer, struct sink *sink)
{
    char ip[ADDRESS_TEXT_SIZE];
    uint32_t digest = digest_of(answer, name, sink->digest_seed);
    unsigned at = 0;
    while (at < dns->answer_count && dns->answers[at] != digest) {
        at++;
    }
    if (at == ANSWERS_MAX) {
        observe_text(sink, seg, OBS_CUT, "dns", 1);
        return at;
    }
    if (at == dns->answer_count) {
        dns->answers[dns->answer_count++] = digest;
        put_at(sink, seg, OBS_DNS_ANSWER_NAME, at, name);
        for (uint32_t i = 0; i < answer->count; i++) {
            put_at(sink, seg, OBS_DNS_ANSWER_ADDRESS, at, address_text(&answer->address[i], ip));
        }
    }
    struct observation until = observation_of(seg, OBS_DNS_ANSWER_UNTIL);
    until.index = (uint16_t)at;
    until.value = seg->time_us + (uint64_t)answer->left_s * 1000000;
    sink->put(sink, &until);
    return at;
}

/* The query that a message is, or answers; NULL: it was not seen, or is none over UDP. */
static struct asked *asked_by(struct dns_state *dns, const struct message *m, const char *name,
                              struct hash_seed seed)
{
    uint32_t digest = (uint32_t)keyed_hash(name, strlen(name), seed) + m->id * 65537U + m->type;
    digest = digest != 0 ? digest : 1;
    for (unsigned i = 0; i < ASKED_MAX; i++) {
        if (dns->asked[i].digest == digest) {
            return &dns->asked[i];
        }
    }
    if ((m->flags & FLAG_RESPONSE) != 0) {
        return NULL;
    }
    struct asked *asked = &dns->asked[dns->oldest];
    dns->oldest = (uint8_t)((dns->oldest + 1) % ASKED_MAX);
    *asked = (struct asked){ .digest = digest };
    return asked;
}

/* A resolver answers a query once. A second answer with other addresses is from somebody else, who
 * hoped to be faster (RFC 5452 4.2): told once of each answer. A query that is sent again may well
 * be answered anew, by addresses that take turns. at: place of the answer, or ANSWERS_MAX. */
static void note_reply(struct dns_state *dns, struct asked *asked, unsigned at,
                       const struct segment *seg, struct sink *sink)
{
    if (asked->answer == 0) {
        asked->answer = (uint8_t)(at < ANSWERS_MAX ? at + 1 : 0);
        return;
    }
    bool extra = asked->replies > asked->queries && seg->time_us < asked->time_us + REPLY_US &&
                 asked->first_us >= sink->begun_us + REPLY_US;
    if (at < ANSWERS_MAX && extra && at + 1U != asked->answer && (dns->rivals >> at & 1) == 0) {
        struct observation rival = observation_of(seg, OBS_DNS_ANSWER_RIVAL);
        dns->rivals |= 1U << at;
        rival.index = (uint16_t)at;
        rival.value = asked->answer - 1U;
        sink->put(sink, &rival);
    }
}

/* The addresses of an answer belong to the name asked for, over whatever aliases. Its place as
 * put_whole has it. */
static unsigned put_answers(struct dns_state *dns, struct message *m, const struct segment *seg,
                            const char *name, struct sink *sink)
{
    struct answer answer = { .left_s = INT32_MAX };
    struct address address;
    char ip[ADDRESS_TEXT_SIZE], text[NAME_SIZE + ADDRESS_TEXT_SIZE + 1];
    for (unsigned i = 0; i < m->answers && i < RECORDS_MAX && bytes_ok(&m->at); i++) {
        if (!read_record(m, &answer, &address)) {
            continue;
        }
        struct text both = text_into(text, sizeof text);
        text_printf(&both, "%s %s", address_text(&address, ip), name);
        observe_text(sink, seg, OBS_DNS_ADDRESS, text, 0);
        answer.more |= answer.count == ADDRESSES_MAX;
        if (!answer.more) {
            answer.address[answer.count++] = address;
        }
    }
    answer.more |= m->answers > RECORDS_MAX;
    if (bytes_ok(&m->at) && answer.count > 0 && answer.more) {
        observe_text(sink, seg, OBS_CUT, "dns", 1);
    } else if (bytes_ok(&m->at) && answer.count > 0) {
        return put_whole(dns, seg, name, &answer, sink);
    }
    return ANSWERS_MAX;
}

/* Holds a message against the query before it. at: place of its answer, or ANSWERS_MAX. */
static void match(struct dns_state *dns, const struct message *m, const char *name, unsigned at,
                  const struct segment *seg, struct sink *sink)
{
    struct asked *asked = dns->stream ? NULL : asked_by(dns, m, name, sink->digest_seed);
    if (asked == NULL) {
        return;
    }
    if ((m->flags & FLAG_RESPONSE) == 0) {
        asked->first_us = asked->queries == 0 ? seg->time_us : asked->first_us;
        asked->queries++;
        asked->time_us = seg->time_us;
        return;
    }
    asked->replies++;
    note_reply(dns, asked, (m->flags & FLAG_TRUNCATED) != 0 ? ANSWERS_MAX : at, seg, sink);
}

static void put_name(struct dns_state *dns, const struct segment *seg, const char *name,
                     struct sink *sink)
{
    uint32_t size = (uint32_t)strlen(name);
    struct bytes text = bytes_of(name, size, size);
    switch (once_add(&dns->names, &text, sink->digest_seed)) {
    case ONCE_NEW:
        observe_text(sink, seg, OBS_DNS_NAME, name, 0);
        break;
    case ONCE_FULL:
        observe_text(sink, seg, OBS_CUT, "dns", 1);
        break;
    case ONCE_KNOWN:
        break;
    }
}

static void read_message(struct dns_state *dns, const struct segment *seg, struct bytes whole,
                         struct sink *sink)
{
    struct message m = { .whole = whole, .at = whole };
    char name[NAME_SIZE];
    bool plain = read_header(&m) && read_question(&m, name);
    bool response = (m.flags & FLAG_RESPONSE) != 0;
    if (bytes_ok(&m.at) && !dns->started) {
        dns->started = true;
        observe_text(sink, seg, OBS_APP, "dns", 0);
        observe_text(sink, seg, OBS_CLIENT, "request",
                     response ? (uint64_t)1 - seg->from : (uint64_t)seg->from);
    }
    if (plain && name[0] != '\0') {
        unsigned at = ANSWERS_MAX;
        put_name(dns, seg, name, sink);
        if (response && (m.flags & MASK_RCODE) == 0) {
            at = put_answers(dns, &m, seg, name, sink);
        }
        match(dns, &m, name, at, seg, sink);
    }
    if (!bytes_ok(&m.at)) {
        observe_text(sink, seg, m.at.fault == BYTES_CUT ? OBS_CUT : OBS_MALFORMED, "dns", 1);
    }
}

/* Header and question, at the port where name servers listen: the layout alone is weak. */
static enum claim dns_claim(const struct segment *seg)
{
    if (seg->port[0] != DNS_PORT && seg->port[1] != DNS_PORT) {
        return CLAIM_NO;
    }
    struct bytes in = seg->payload;
    if (seg->open) {
        uint16_t size = bytes_u16(&in);
        if (bytes_ok(&in) && size < HEADER_SIZE) {
            return CLAIM_NO;
        }
        bytes_limit(&in, size);
    }
    struct message m = { .whole = in, .at = in };
    char name[NAME_SIZE];
    bool good = bytes_ok(&in) && read_header(&m);
    if (good) {
        (void)read_question(&m, name);
    }
    if (good && bytes_ok(&m.at)) {
        return CLAIM_YES;
    }
    return seg->open && (in.fault == BYTES_CUT || m.at.fault == BYTES_CUT) ? CLAIM_MORE : CLAIM_NO;
}

/* RFC 1035 4.2.2: length(2) message(length), whole or not at all. */
static void feed_stream(struct dns_state *dns, struct segment *seg, struct sink *sink)
{
    for (;;) {
        struct bytes in = seg->payload;
        uint16_t size = bytes_u16(&in);
        if (!bytes_ok(&in)) {
            return;
        }
        if (size > MESSAGE_MAX) {
            observe_text(sink, seg, OBS_CUT, "dns", 1);
        } else if (bytes_left(&in) < size && seg->open) {
            return; /* the rest comes */
        }
        struct bytes message = bytes_take(&in, size);
        if (size <= MESSAGE_MAX) {
            read_message(dns, seg, message, sink);
        }
        seg->payload = in;
        if (!bytes_ok(&in) || bytes_left(&in) == 0) {
            return;
        }
    }
}

static enum feed dns_feed(void *state, struct segment *seg, struct sink *sink)
{
    struct dns_state *dns = state;
    dns->stream |= seg->open;
    if (dns->stream) {
        feed_stream(dns, seg, sink);
    } else {
        read_message(dns, seg, seg->payload, sink);
    }
    return FEED_MORE;
}

/* Where a message begins behind a hole nobody can tell. */
static enum feed dns_gap(void *state, uint8_t from, uint64_t missing, struct sink *sink)
{
    (void)state, (void)from, (void)missing, (void)sink;
    return FEED_SETTLED;
}

const struct analyzer dns_analyzer = {
    .name = "dns",
    .spec = "RFC 1035",
    .carriers = CARRIER_UDP | CARRIER_TCP,
    .state_size = sizeof(struct dns_state),
    .claim = dns_claim,
    .feed = dns_feed,
    .gap = dns_gap,
};
