/* analyzers/http_facts.h: what HTTP/1 messages tell about their flow; requests wait for answers. */
#ifndef OVERT_ANALYZERS_HTTP_FACTS_H
#define OVERT_ANALYZERS_HTTP_FACTS_H

#include "analyzers/http_message.h"
#include "analyzers/once.h"

enum {
    HTTP_FACTS_WAITING_MAX = 32,  /* requests that wait for their response */
    HTTP_FACTS_PATH_MAX = 256,    /* bytes of a path that are kept */
    HTTP_FACTS_PATHS_ROOM = 1024, /* bytes of the paths of all waiting requests */
};

/* A request that waits for its response. */
struct http_request {
    uint16_t path_at;   /* in http_facts.path_text */
    uint16_t path_size; /* bytes; 0 = not known */
    bool head;          /* its response has no body */
    bool connect;       /* a 2xx response ends HTTP here */
    bool sstp;          /* likewise ([MS-SSTP] 3.3.2.1: SSTP_DUPLEX_POST) */
};

/* One flow's; zeroed at the start. */
struct http_facts {
    struct once hosts, paths, content_paths, schemes;
    struct http_request waiting[HTTP_FACTS_WAITING_MAX]; /* ring; the oldest at first_waiting */
    char path_text[HTTP_FACTS_PATHS_ROOM];
    uint32_t path_used; /* bytes */
    uint16_t first_waiting;
    uint16_t waiting_count;
    struct http_request open[2]; /* per side: the body it sends may prove to be one */
    uint64_t requests;           /* so far */
    uint64_t packet, time_us;    /* of the newest request */
    bool unasked;                /* a response came to no known request */
    bool unmatched;              /* which response belongs to which request is not known any more */
    bool started;                /* the flow is told to be HTTP */
    bool credentials, redirect;  /* was told */
};

struct http_place {
    const struct segment *seg;
    struct sink *sink;
    struct bytes payload; /* as fed: offsets are counted from its start */
};

void http_facts_request(struct http_facts *facts, const struct http_message *message,
                        const struct http_place *place);
/* Tells a response and gives back its request; zeroed when that is not known. */
struct http_request http_facts_response(struct http_facts *facts,
                                        const struct http_message *message,
                                        const struct http_place *place);
/* Bytes of a body were sent whose size the headers did not tell, or that might have stayed away. */
void http_facts_body(struct http_facts *facts, const struct http_place *place);
/* Is there a request without a response? */
bool http_facts_waiting(const struct http_facts *facts);
/* A message may have been missed: from here on no request is matched to a response. */
void http_facts_unmatched(struct http_facts *facts);
/* The flow ended. */
void http_facts_close(const struct http_facts *facts, struct sink *sink);
/* Counts a fault of the flow: OBS_MALFORMED or OBS_CUT. */
void http_facts_fault(const struct http_place *place, enum observation_kind kind);

#endif
