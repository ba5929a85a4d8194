/* analyzers/sip_facts.c: facts of a SIP message: start line, headers and what its body holds. */
#include "analyzers/sip_facts.h"

#include <stdlib.h>

#include "analyzers/credentials.h"
#include "analyzers/header_lines.h"
#include "analyzers/sip_body.h"
#include "base/budget.h"
#include "base/scan.h"

enum { CALL_ROOM_MIN = 16, TRANSPORT_MAX = 16 /* characters */ };
enum { STATUS_NOT_ACCEPTABLE = 488 }; /* RFC 3261 21.4.26 */

static struct observation at_place(const struct sip_place *place, enum observation_kind kind,
                                   const struct bytes *at)
{
    struct observation obs = observation_of(place->seg, kind);
    obs.offset = scan_offset(&place->payload, at);
    return obs;
}

static void put_window(const struct sip_place *place, enum observation_kind kind, struct bytes text,
                       uint64_t value)
{
    struct observation obs = at_place(place, kind, &text);
    obs.text_size = bytes_left(&text);
    obs.text = (const char *)bytes_skip(&text, obs.text_size);
    obs.value = value;
    place->sink->put(place->sink, &obs);
}

static void put_number(const struct sip_place *place, enum observation_kind kind,
                       const struct bytes *at, uint64_t value)
{
    struct observation obs = at_place(place, kind, at);
    obs.value = value;
    place->sink->put(place->sink, &obs);
}

/* A flag is told once. */
static void put_flag(const struct sip_place *place, enum observation_kind kind,
                     const struct bytes *at, bool *told)
{
    if (!*told) {
        *told = true;
        put_number(place, kind, at, 1);
    }
}

void sip_facts_fault(const struct sip_place *place, enum observation_kind kind)
{
    observe_text(place->sink, place->seg, kind, "sip", 1);
}

static enum once_answer once(struct once *set, const struct bytes *text,
                             const struct sip_place *place)
{
    return once_add(set, text, place->sink->digest_seed);
}

static void put_listed(struct once *set, const struct sip_place *place, enum observation_kind kind,
                       struct bytes text)
{
    if (bytes_left(&text) > 0 && once(set, &text, place) == ONCE_NEW) {
        put_window(place, kind, text, 0);
    }
}

static bool calls_grow(struct sip_facts *facts, struct budget *budget)
{
    uint32_t room = facts->call_room > 0 ? facts->call_room * 2 : CALL_ROOM_MIN;
    uint64_t more = (room - facts->call_room) * sizeof(uint64_t);
    bool paid = budget_take(budget, more);
    uint64_t *calls = paid ? calloc(room, sizeof *calls) : NULL;
    if (calls == NULL) {
        budget_give(budget, paid ? more : 0);
        return false;
    }
    for (uint32_t i = 0; i < facts->call_room; i++) {
        uint64_t digest = facts->calls[i];
        uint32_t at = (uint32_t)digest & (room - 1);
        while (digest != 0 && calls[at] != 0) {
            at = (at + 1) & (room - 1);
        }
        if (digest != 0) {
            calls[at] = digest;
        }
    }
    free(facts->calls);
    facts->calls = calls;
    facts->call_room = room;
    return true;
}

/* Was the Call-ID new? Over the cap or without memory it does not count, and that is told. */
static bool calls_add(struct sip_facts *facts, uint64_t digest, const struct sip_place *place)
{
    digest = digest != 0 ? digest : 1;
    uint32_t mask = facts->call_room - 1;
    uint32_t at = (uint32_t)digest & mask;
    while (facts->call_room > 0 && facts->calls[at] != 0) {
        if (facts->calls[at] == digest) {
            return false;
        }
        at = (at + 1) & mask;
    }
    bool roomy = facts->call_count < facts->call_room / 2;
    if (!roomy &&
        (facts->call_count >= SIP_FACTS_CALLS_MAX || !calls_grow(facts, place->sink->budget))) {
        sip_facts_fault(place, OBS_CUT);
        return false;
    }
    mask = facts->call_room - 1;
    at = (uint32_t)digest & mask;
    while (facts->calls[at] != 0) {
        at = (at + 1) & mask;
    }
    facts->calls[at] = digest;
    facts->call_count++;
    return true;
}

/* The first message of a flow: what it is and who began. */
static void put_start(struct sip_facts *facts, const struct sip_message *message,
                      const struct sip_place *place)
{
    if (facts->started) {
        return;
    }
    facts->started = true;
    uint8_t client = message->status == 0 ? place->seg->from : !place->seg->from;
    observe_text(place->sink, place->seg, OBS_APP, "sip", 0);
    observe_text(place->sink, place->seg, OBS_CLIENT, "request", client);
    observe_text(place->sink, place->seg, OBS_SIP_TRANSPORT, place->transport, 0);
}

/* Counts a method or status; names over the cap count as "other". */
static void put_count(struct sip_facts *facts, const struct sip_place *place,
                      enum observation_kind kind, struct bytes name)
{
    if (once(&facts->names, &name, place) == ONCE_FULL) {
        observe_text(place->sink, place->seg, kind, "other", 1);
    } else {
        put_window(place, kind, name, 1);
    }
}

static void put_counts(struct sip_facts *facts, const struct sip_message *message,
                       const struct sip_place *place)
{
    if (message->status == 0) {
        put_count(facts, place, OBS_SIP_METHOD, message->method);
        return;
    }
    char code[4] = { (char)('0' + message->status / 100), (char)('0' + message->status / 10 % 10),
                     (char)('0' + message->status % 10), '\0' };
    struct bytes name = bytes_of(code, 3, 3);
    if (once(&facts->names, &name, place) == ONCE_FULL) {
        observe_text(place->sink, place->seg, OBS_SIP_RESPONSE, "other", 1);
    } else {
        observe_text(place->sink, place->seg, OBS_SIP_RESPONSE, code, 1);
    }
    bool answered = message->status / 100 == 2 || message->status == 401 || message->status == 407;
    if (answered && scan_is(&message->method, "REGISTER") && !facts->registrar) {
        facts->registrar = true;
        put_number(place, OBS_SIP_REGISTRAR, &message->method, place->seg->from);
    }
}

/* RFC 3261 25.1: sent-protocol = "SIP" SLASH "2.0" SLASH transport; a list by commas. */
static void put_via(struct sip_facts *facts, struct bytes list, const struct sip_place *place)
{
    while (bytes_left(&list) > 0) {
        struct bytes via = header_lines_item(&list, ',');
        struct bytes protocol = header_lines_trim(scan_until(&via, '/'));
        scan_until(&via, '/');
        struct bytes word = header_lines_word(&via);
        char upper[TRANSPORT_MAX];
        uint32_t size = bytes_left(&word);
        if (!scan_is(&protocol, "SIP") || size == 0 || size > TRANSPORT_MAX) {
            continue;
        }
        for (uint32_t i = 0; i < size; i++) {
            int c = bytes_peek(&word, i);
            upper[i] = (char)(c >= 'a' && c <= 'z' ? c - ('a' - 'A') : c);
        }
        struct bytes name = bytes_of(upper, size, size);
        if (once(&facts->lists, &name, place) == ONCE_NEW) {
            struct observation obs = at_place(place, OBS_SIP_VIA_TRANSPORT, &word);
            obs.text = upper;
            obs.text_size = size;
            place->sink->put(place->sink, &obs);
        }
    }
}

/* RFC 3261 19.1: an address "sips:...", bare or in <>. A display name may not fake one. */
static bool has_sips(struct bytes value)
{
    if (scan_starts(&value, "sips:")) {
        return true;
    }
    return scan_find(&value, "<sips:") >= 0;
}

static void put_authorization(struct sip_facts *facts, const struct bytes *value,
                              const struct sip_place *place)
{
    put_listed(&facts->lists, place, OBS_SIP_AUTH_SCHEME, credentials_scheme(*value));
    if (credentials_sent(*value)) {
        put_flag(place, OBS_SIP_CREDENTIALS_EXPOSED, value, &facts->credentials);
    }
}

/* "52017;reason=...": the number alone, which names what is wrong. */
static void put_diagnostic(struct sip_facts *facts, struct bytes value,
                           const struct sip_place *place)
{
    if (sip_provision_diagnostic(value) != 0) {
        put_listed(&facts->lists, place, OBS_SIP_DIAGNOSTIC, scan_trim(scan_until(&value, ';')));
    }
}

/* [MS-SDP], domain of Live Communications Server and of what came after it: 488 where one end
 * requires encryption of media that the other does not have. */
static bool refuses_encryption(const struct sip_header *header)
{
    struct bytes value = header->value;
    if (header->name == SIP_HEADER_DIAGNOSTICS) {
        return sip_provision_diagnostic(value) == SIP_PROVISION_LEVELS_DIFFER;
    }
    struct bytes code = header_lines_word(&value);
    return header->name == SIP_HEADER_WARNING && scan_is(&code, "308") &&
           scan_starts(&value, "lcs.microsoft.com");
}

static void put_provision(struct sip_facts *facts, const struct sip_provision *provision,
                          const struct sip_place *place)
{
    if (provision->encryption != NULL) {
        observe_text(place->sink, place->seg, OBS_SIP_AV_ENCRYPTION, provision->encryption, 0);
    }
    for (unsigned i = 0; i < SIP_PROVISION_URLS; i++) {
        const char *name = provision->clear_urls[i];
        if (name != NULL) {
            struct bytes text = bytes_of(name, (uint32_t)strlen(name), 0);
            if (once(&facts->lists, &text, place) == ONCE_NEW) {
                observe_text(place->sink, place->seg, OBS_SIP_CLEAR_URL, name, 0);
            }
        }
    }
}

static bool has_ms_body(struct bytes value)
{
    static const char name[] = "ms-body=";
    int64_t at = scan_find(&value, name);
    if (at < 0) {
        return false;
    }
    bytes_skip(&value, (uint32_t)at + sizeof name - 1);
    struct bytes body = header_lines_item(&value, ';');
    return bytes_left(&body) > 0;
}

static void put_header(struct sip_facts *facts, const struct sip_header *header,
                       const struct sip_place *place)
{
    switch (header->name) {
    case SIP_HEADER_AUTHORIZATION:
        put_authorization(facts, &header->value, place);
        break;
    case SIP_HEADER_CHALLENGE:
        put_listed(&facts->lists, place, OBS_SIP_AUTH_SCHEME, credentials_challenge(header->value));
        break;
    case SIP_HEADER_DIAGNOSTICS:
        put_diagnostic(facts, header->value, place);
        break;
    case SIP_HEADER_PARTY:
        if (has_sips(header->value)) {
            put_flag(place, OBS_SIP_SIPS_URI, &header->value, &facts->sips);
        }
        break;
    case SIP_HEADER_USER_AGENT:
        put_listed(&facts->agents, place, OBS_SIP_USER_AGENT, header->value);
        break;
    case SIP_HEADER_VIA:
        put_via(facts, header->value, place);
        break;
    case SIP_HEADER_MICROSOFT:
        if (has_ms_body(header->value)) { /* the first IM, inside an INVITE */
            put_flag(place, OBS_SIP_IM, &header->value, &facts->im);
        }
        break;
    case SIP_HEADER_OTHER:
    case SIP_HEADER_CALL_ID:
    case SIP_HEADER_CONTENT_ENCODING:
    case SIP_HEADER_CONTENT_LENGTH:
    case SIP_HEADER_CONTENT_TYPE:
    case SIP_HEADER_CSEQ:
    case SIP_HEADER_EVENT:
    case SIP_HEADER_WARNING:
        break;
    }
}

/* RFC 3261 19.1.1: scheme ":" [user "@"] host [":" port] parameters. */
static struct bytes host_of_uri(struct bytes uri)
{
    scan_until(&uri, ':');
    struct bytes whole = uri, rest = uri;
    scan_until(&rest, '@');
    if (bytes_left(&rest) > 0) {
        whole = rest;
    }
    uint32_t size = 0;
    for (int c = bytes_peek(&whole, 0); c >= 0 && strchr(":;?>[", c) == NULL;) {
        c = bytes_peek(&whole, ++size);
    }
    return bytes_take(&whole, size);
}

/* RFC 5922 7: whom the first request is for, where its next hop is not told by a Route. */
static void put_domain(struct sip_facts *facts, const struct sip_message *message,
                       const struct sip_place *place)
{
    if (facts->domain || message->status != 0) {
        return;
    }
    struct bytes host = host_of_uri(message->uri);
    if (bytes_left(&host) > 0) {
        facts->domain = true;
        put_window(place, OBS_SIP_DOMAIN, host, 0);
    }
}

static void put_headers(struct sip_facts *facts, const struct sip_message *message,
                        const struct sip_place *place)
{
    put_domain(facts, message, place);
    if (has_sips(message->uri)) {
        put_flag(place, OBS_SIP_SIPS_URI, &message->uri, &facts->sips);
    }
    struct bytes headers = message->headers;
    struct sip_header header;
    while (sip_message_next(&headers, &header)) {
        put_header(facts, &header, place);
        if (message->status == STATUS_NOT_ACCEPTABLE && refuses_encryption(&header)) {
            put_flag(place, OBS_SIP_ENCRYPTION_REFUSED, &header.value, &facts->refused);
        }
    }
}

/* RFC 3856, RFC 3903, [MS-PRES]: requests that carry or ask for presence by their event. */
static bool is_about_presence(const struct sip_message *message)
{
    const struct bytes *method = &message->method;
    bool subscription =
        scan_is(method, "SUBSCRIBE") || scan_is(method, "NOTIFY") || scan_is(method, "BENOTIFY");
    bool publication = scan_is(method, "PUBLISH");
    struct bytes rest = message->event;
    struct bytes event = header_lines_trim(scan_until(&rest, ';'));
    bool presence = scan_is(&event, "presence") || scan_starts(&event, "presence.");
    return message->status == 0 &&
           ((subscription && presence) || (publication && (presence || bytes_left(&event) == 0)));
}

static void put_body(struct sip_facts *facts, const struct sip_message *message, struct bytes body,
                     const struct sip_place *place)
{
    struct sdp sdp = { .seg = place->seg, .sink = place->sink, .payload = place->payload };
    struct sip_body found;
    const struct sip_content content = { message->content_type, message->content_encoding, body };
    sip_body_read(&content, &sdp, &found);
    if (found.text && message->status == 0 && scan_is(&message->method, "MESSAGE")) {
        put_flag(place, OBS_SIP_IM, &body, &facts->im);
    }
    if (found.presence || is_about_presence(message)) {
        put_flag(place, OBS_SIP_PRESENCE, &message->method, &facts->presence);
    }
    put_provision(facts, &found.provision, place);
    if (found.relay) {
        put_flag(place, OBS_SIP_RELAY_CREDENTIALS, &message->method, &facts->relay);
    }
    if (sdp.sharing) {
        put_flag(place, OBS_SIP_SHARING, &body, &facts->sharing);
    }
    if (sdp.keys > 0) {
        facts->keys += sdp.keys;
        put_number(place, OBS_SIP_KEYS_EXPOSED, &body, facts->keys);
    }
    if (sdp.fingerprints > 0) {
        facts->fingerprints += sdp.fingerprints;
        put_number(place, OBS_SIP_FINGERPRINTS, &body, facts->fingerprints);
    }
    if (sdp.dropped > 0) {
        observe_text(place->sink, place->seg, OBS_CUT, "sdp", sdp.dropped);
    }
    if (sdp.malformed > 0) {
        observe_text(place->sink, place->seg, OBS_MALFORMED, "sdp", sdp.malformed);
    }
}

void sip_facts_begin(struct sip_facts *facts, const struct sip_message *message,
                     const struct sip_place *place)
{
    put_start(facts, message, place);
    put_window(place, OBS_SIP_BEGIN, message->method, message->status);
}

void sip_facts_message(struct sip_facts *facts, const struct sip_message *message,
                       struct bytes body, const struct sip_place *place)
{
    put_start(facts, message, place);
    put_counts(facts, message, place);
    put_headers(facts, message, place);
    put_window(place, OBS_SIP_MESSAGE, message->method, message->status);
    if (bytes_left(&message->call_id) > 0) {
        uint64_t digest = once_digest(&message->call_id, place->sink->digest_seed);
        if (calls_add(facts, digest, place)) {
            put_number(place, OBS_SIP_CALLS, &message->call_id, facts->call_count);
        }
        put_window(place, OBS_SIP_CALL_ID, message->call_id, message->cseq);
    }
    put_body(facts, message, body, place);
    put_number(place, OBS_SIP_MESSAGE_END, &body, 0);
}

void sip_facts_done(struct sip_facts *facts, struct sink *sink)
{
    budget_give(sink->budget, facts->call_room * sizeof *facts->calls);
    free(facts->calls);
    facts->calls = NULL;
    facts->call_room = 0;
}
