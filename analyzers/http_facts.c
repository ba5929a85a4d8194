/* analyzers/http_facts.c: facts of HTTP/1 messages, and the queue of requests. */
#include "analyzers/http_facts.h"

#include "analyzers/credentials.h"
#include "base/scan.h"
#include "base/text.h"

enum { PATH_TEXT_SIZE = HTTP_FACTS_PATH_MAX + 16 };
enum { STATUS_TIMEOUT = 408 /* RFC 9110 15.5.9: sent without a request, before closing */ };

static void put_at(const struct http_place *place, enum observation_kind kind, const char *text,
                   uint32_t text_size, const struct bytes *at)
{
    struct observation obs = observation_of(place->seg, kind);
    obs.text = text;
    obs.text_size = text_size;
    obs.value = 1;
    obs.offset = scan_offset(&place->payload, at);
    place->sink->put(place->sink, &obs);
}

/* A text once, up to the cap; what is dropped is told as cut. */
static void put_listed(struct once *set, const struct http_place *place, enum observation_kind kind,
                       struct bytes text, const struct bytes *at)
{
    if (bytes_left(&text) == 0) {
        return;
    }
    enum once_answer answer = once_add(set, &text, place->sink->digest_seed);
    if (answer == ONCE_NEW) {
        uint32_t size = bytes_left(&text);
        put_at(place, kind, (const char *)bytes_skip(&text, size), size, at);
    } else if (answer == ONCE_FULL) {
        http_facts_fault(place, OBS_CUT);
    }
}

static void put_flag(const struct http_place *place, enum observation_kind kind,
                     const struct bytes *at, bool *told)
{
    if (!*told) {
        *told = true;
        put_at(place, kind, NULL, 0, at);
    }
}

void http_facts_fault(const struct http_place *place, enum observation_kind kind)
{
    observe_text(place->sink, place->seg, kind, "http", 1);
}

static void put_start(struct http_facts *facts, const struct http_message *message,
                      const struct http_place *place)
{
    if (facts->started) {
        return;
    }
    facts->started = true;
    uint8_t client = message->response ? !place->seg->from : place->seg->from;
    observe_text(place->sink, place->seg, OBS_APP, "http", 0);
    observe_text(place->sink, place->seg, OBS_CLIENT, "request", client);
}

static void put_headers(struct http_facts *facts, const struct http_message *message,
                        const struct http_place *place)
{
    struct bytes headers = message->headers;
    struct http_header header;
    while (http_message_next(&headers, &header)) {
        struct bytes scheme = bytes_of(NULL, 0, 0);
        bool secret = false;
        if (header.name == HTTP_HEADER_CHALLENGE) {
            scheme = credentials_challenge(header.value);
        } else if (header.name == HTTP_HEADER_AUTHORIZATION) {
            scheme = credentials_scheme(header.value);
            secret = credentials_sent(header.value);
        } else if (header.name == HTTP_HEADER_TICKET) {
            secret = bytes_left(&header.value) > 0;
        }
        put_listed(&facts->schemes, place, OBS_HTTP_AUTH_SCHEME, scheme, &scheme);
        if (secret) {
            put_flag(place, OBS_HTTP_CREDENTIALS_EXPOSED, &header.value, &facts->credentials);
        }
    }
}

static struct http_request *waiting_at(struct http_facts *facts, uint32_t i)
{
    return &facts->waiting[(facts->first_waiting + i) % HTTP_FACTS_WAITING_MAX];
}

/* Moves the paths that are still needed to the start of their room. */
static void compact_paths(struct http_facts *facts)
{
    struct http_request *live[HTTP_FACTS_WAITING_MAX + 2] = { &facts->open[0], &facts->open[1] };
    uint32_t count = 2;
    uint32_t first = facts->path_used;
    for (uint32_t i = 0; i < facts->waiting_count; i++) {
        live[count++] = waiting_at(facts, i);
    }
    for (uint32_t i = 0; i < count; i++) {
        bool earlier = live[i]->path_size > 0 && live[i]->path_at < first;
        first = earlier ? live[i]->path_at : first;
    }
    for (uint32_t i = 0; i < count; i++) {
        live[i]->path_at = live[i]->path_size > 0 ? (uint16_t)(live[i]->path_at - first) : 0;
    }
    facts->path_used -= first;
    memmove(facts->path_text, facts->path_text + first, facts->path_used);
}

/* Keeps a path for a request; without room it is not known, and that is told. */
static void keep_path(struct http_facts *facts, struct bytes path, struct http_request *request,
                      const struct http_place *place)
{
    uint32_t size = bytes_left(&path);
    if (size > HTTP_FACTS_PATHS_ROOM - facts->path_used) {
        compact_paths(facts);
    }
    if (size > HTTP_FACTS_PATHS_ROOM - facts->path_used) {
        http_facts_fault(place, OBS_CUT);
        return;
    }
    request->path_at = (uint16_t)facts->path_used;
    request->path_size = (uint16_t)size;
    bytes_copy(&path, facts->path_text + facts->path_used, size);
    facts->path_used += size;
}

/* Keeps a request until its response. Over the caps its path, or all of it, is not known. */
static void wait_for_response(struct http_facts *facts, const struct http_message *message,
                              struct bytes path, const struct http_place *place)
{
    bool strange = facts->unasked && !facts->unmatched; /* it may have been for this request */
    if (strange || facts->waiting_count == HTTP_FACTS_WAITING_MAX) {
        http_facts_unmatched(facts);
        http_facts_fault(place, OBS_CUT);
    }
    facts->open[place->seg->from].path_size = 0; /* its last body is over */
    if (facts->unmatched) {
        return;
    }
    struct http_request request = { .head = scan_is(&message->method, "HEAD"),
                                    .connect = scan_is(&message->method, "CONNECT"),
                                    .sstp = scan_is(&message->method, "SSTP_DUPLEX_POST") };
    keep_path(facts, path, &request, place);
    *waiting_at(facts, facts->waiting_count) = request;
    facts->waiting_count++;
    enum http_body body = http_message_body(message);
    if (body == HTTP_BODY_CHUNKED || (body == HTTP_BODY_LENGTH && message->expects)) {
        facts->open[place->seg->from] = request;
    }
}

/* RFC 9110 7.1: what may be told of a target: the path, with "?<masked>" for the query. */
static struct bytes masked_path(struct bytes target, char buffer[PATH_TEXT_SIZE])
{
    char masked;
    struct bytes path = http_message_path(target, &masked);
    struct text text = text_into(buffer, PATH_TEXT_SIZE);
    uint32_t size = bytes_left(&path);
    bool cut = size > HTTP_FACTS_PATH_MAX;
    size = cut ? HTTP_FACTS_PATH_MAX : size;
    text_put_bytes(&text, bytes_skip(&path, size), size);
    text_put(&text, size == 0 ? "/" : ""); /* RFC 9110 4.2.3 */
    if (cut) {
        text_put(&text, "...");
    } else if (masked != 0) {
        text_printf(&text, "%c<masked>", masked);
    }
    return bytes_of(buffer, (uint32_t)text.used, (uint32_t)text.used);
}

void http_facts_request(struct http_facts *facts, const struct http_message *message,
                        const struct http_place *place)
{
    char buffer[PATH_TEXT_SIZE];
    struct bytes path = masked_path(message->target, buffer);
    put_start(facts, message, place);
    struct observation count = observation_of(place->seg, OBS_HTTP_REQUESTS);
    count.value = ++facts->requests;
    facts->packet = place->seg->packet;
    facts->time_us = place->seg->time_us;
    count.offset = scan_offset(&place->payload, &message->method);
    place->sink->put(place->sink, &count);
    put_listed(&facts->hosts, place, OBS_HTTP_HOST, http_message_host(message->host),
               &message->host);
    put_listed(&facts->paths, place, OBS_HTTP_PATH, path, &message->target);
    put_headers(facts, message, place);
    if (http_message_body(message) == HTTP_BODY_LENGTH && !message->expects) {
        put_listed(&facts->content_paths, place, OBS_HTTP_CONTENT_PATH, path, &message->target);
    }
    wait_for_response(facts, message, path, place);
}

static struct http_request next_waiting(struct http_facts *facts)
{
    if (facts->waiting_count == 0) {
        return (struct http_request){ 0 };
    }
    struct http_request request = *waiting_at(facts, 0);
    facts->first_waiting = (uint16_t)((facts->first_waiting + 1) % HTTP_FACTS_WAITING_MAX);
    facts->waiting_count--;
    return request;
}

static void put_content_path(struct http_facts *facts, const struct http_request *request,
                             const struct http_place *place)
{
    struct bytes path =
        bytes_of(facts->path_text + request->path_at, request->path_size, request->path_size);
    put_listed(&facts->content_paths, place, OBS_HTTP_CONTENT_PATH, path, &place->payload);
}

struct http_request http_facts_response(struct http_facts *facts,
                                        const struct http_message *message,
                                        const struct http_place *place)
{
    put_start(facts, message, place);
    put_headers(facts, message, place);
    if (message->status / 100 == 3 && scan_starts(&message->location, "https://")) {
        put_flag(place, OBS_HTTP_REDIRECT_TO_HTTPS, &message->location, &facts->redirect);
    }
    struct http_request *open = &facts->open[place->seg->from];
    *open = (struct http_request){ 0 };
    if (message->status / 100 == 1 && message->status != 101) {
        return (struct http_request){ 0 }; /* RFC 9110 15.2: the final response follows */
    }
    facts->unasked |= facts->waiting_count == 0 && message->status != STATUS_TIMEOUT;
    struct http_request request = next_waiting(facts);
    bool may_have_body =
        message->status / 100 == 2 && message->status != 204 && !request.head && !request.connect;
    enum http_body body = may_have_body ? http_message_body(message) : HTTP_BODY_NONE;
    if (body == HTTP_BODY_LENGTH) {
        put_content_path(facts, &request, place);
    } else if (body != HTTP_BODY_NONE) {
        *open = request;
    }
    return request;
}

void http_facts_body(struct http_facts *facts, const struct http_place *place)
{
    struct http_request *open = &facts->open[place->seg->from];
    if (open->path_size > 0) {
        put_content_path(facts, open, place);
        open->path_size = 0;
    }
}

bool http_facts_waiting(const struct http_facts *facts)
{
    return facts->waiting_count > 0;
}

void http_facts_unmatched(struct http_facts *facts)
{
    facts->unmatched = true;
    facts->waiting_count = 0;
    facts->open[0].path_size = 0;
    facts->open[1].path_size = 0;
}

void http_facts_close(const struct http_facts *facts, struct sink *sink)
{
    if (facts->waiting_count > 0) {
        struct segment last = { .packet = facts->packet, .time_us = facts->time_us };
        observe_value(sink, &last, OBS_HTTP_UNANSWERED, facts->waiting_count);
    }
}
