/* capture/source_pcap.c: the only file that knows libpcap. */
#include "capture/source_pcap.h"

#include <pcap.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/text.h"
#include "capture/source.h"

enum { COPY_SIZE = 1024 * 1024, COMPILE_SNAP_LENGTH = 256 * 1024 };

struct source_pcap {
    pcap_t *handle;
    uint16_t link_type;
    struct pcap_pkthdr *waiting; /* read, but without room in copies; NULL = none */
    const unsigned char *waiting_at;
    struct source_buffers copies;
    uint32_t used; /* bytes of the first of them */
};

struct compiled {
    uint16_t link_type;
    struct bpf_program program;
};

struct source_pcap_filter {
    const char *text;
    uint32_t count;
    struct compiled compiled[SOURCE_PCAP_LINK_TYPES_MAX];
};

/* File values that differ from libpcap's own on Linux (pcap-common.c); all others are equal. */
static const struct {
    uint16_t link_type;
    int dlt;
} link_types[] = {
    { 100, DLT_ATM_RFC1483 }, { 101, DLT_RAW },      { 102, DLT_SLIP_BSDOS },
    { 103, DLT_PPP_BSDOS },   { 106, DLT_ATM_CLIP },
};

static int dlt_of(uint16_t link_type)
{
    for (size_t i = 0; i < sizeof link_types / sizeof link_types[0]; i++) {
        if (link_types[i].link_type == link_type) {
            return link_types[i].dlt;
        }
    }
    return link_type;
}

static uint16_t link_type_of(int dlt)
{
    for (size_t i = 0; i < sizeof link_types / sizeof link_types[0]; i++) {
        if (link_types[i].dlt == dlt) {
            return link_types[i].link_type;
        }
    }
    return source_record_link((uint32_t)dlt);
}

static void tell(char *ret_text, const char *what)
{
    struct text t = text_into(ret_text, SOURCE_TEXT_SIZE);
    text_put_escaped(&t, what, strlen(what));
}

enum ov_status source_pcap_open(int descriptor, struct source_pcap **ret_pcap, char *ret_error)
{
    char why[PCAP_ERRBUF_SIZE] = "";
    int own = dup(descriptor);
    FILE *stream = own >= 0 && lseek(own, 0, SEEK_SET) == 0 ? fdopen(own, "rb") : NULL;
    if (stream == NULL) {
        tell(ret_error, "neither pcap nor pcapng, and not a file that can be read again");
        if (own >= 0) {
            close(own);
        }
        return OV_SYNTAX;
    }
    struct source_pcap *pcap = calloc(1, sizeof *pcap);
    if (pcap == NULL || !source_pcap_forget(pcap)) {
        tell(ret_error, ov_status_text(OV_NOMEM));
        fclose(stream);
        free(pcap);
        return OV_NOMEM;
    }
    pcap->handle = pcap_fopen_offline(stream, why);
    if (pcap->handle == NULL) {
        tell(ret_error, why);
        fclose(stream);
        source_buffers_done(&pcap->copies);
        free(pcap);
        return OV_SYNTAX;
    }
    pcap->link_type = link_type_of(pcap_datalink(pcap->handle));
    *ret_pcap = pcap;
    return OV_OK;
}

uint16_t source_pcap_link_type(const struct source_pcap *pcap)
{
    return pcap->link_type;
}

/* Microseconds since 1970; both fields come from the file as they are, signed. */
static uint64_t time_us(const struct timeval *time)
{
    bool known = time->tv_sec >= 0 && time->tv_sec <= UINT32_MAX && time->tv_usec >= 0;
    return known ? (uint64_t)time->tv_sec * 1000000 + (uint64_t)time->tv_usec : 0;
}

/* Moves the waiting packet into copies; false when it does not fit. */
static bool copy_waiting(struct source_pcap *pcap, struct source_record *ret_record)
{
    const struct pcap_pkthdr *header = pcap->waiting;
    struct bytes whole = bytes_of(pcap->waiting_at, header->caplen, header->caplen);
    if (header->caplen > COPY_SIZE - pcap->used) {
        return false;
    }
    uint8_t *copy = pcap->copies.first->bytes + pcap->used;
    (void)bytes_copy(&whole, copy, header->caplen);
    pcap->used += header->caplen;
    pcap->waiting = NULL;
    ret_record->frame = bytes_of(copy, header->caplen, header->len);
    ret_record->time_us = time_us(&header->ts);
    ret_record->timeless = false;
    ret_record->link_type = pcap->link_type;
    return true;
}

enum source_step source_pcap_step(struct source_pcap *pcap, struct source_record *ret_record,
                                  char *ret_damage)
{
    if (pcap->waiting == NULL) {
        int got = pcap_next_ex(pcap->handle, &pcap->waiting, &pcap->waiting_at);
        if (got != 1) {
            pcap->waiting = NULL;
        }
        if (got == PCAP_ERROR_BREAK) {
            return SOURCE_ENDED;
        }
        if (got != 1) {
            tell(ret_damage, pcap_geterr(pcap->handle));
            return SOURCE_DAMAGED;
        }
    }
    if (pcap->waiting->caplen > COPY_SIZE) {
        tell(ret_damage, "packet record is larger than any packet");
        return SOURCE_DAMAGED;
    }
    return copy_waiting(pcap, ret_record) ? SOURCE_PACKET : SOURCE_MORE;
}

bool source_pcap_forget(struct source_pcap *pcap)
{
    pcap->used = 0;
    return source_buffers_take(&pcap->copies, COPY_SIZE) != NULL;
}

struct source_buffer *source_pcap_buffer(const struct source_pcap *pcap)
{
    return pcap->copies.first;
}

bool source_pcap_held(const struct source_pcap *pcap)
{
    return source_buffers_held(&pcap->copies);
}

uint64_t source_pcap_offset(const struct source_pcap *pcap)
{
    long at = ftell(pcap_file(pcap->handle));
    return at > 0 ? (uint64_t)at : 0;
}

void source_pcap_close(struct source_pcap *pcap)
{
    if (pcap != NULL) {
        pcap_close(pcap->handle);
        source_buffers_done(&pcap->copies);
        free(pcap);
    }
}

const char *source_pcap_version(void)
{
    return pcap_lib_version();
}

struct source_pcap_filter *source_pcap_filter_new(const char *text)
{
    struct source_pcap_filter *filter = calloc(1, sizeof *filter);
    if (filter != NULL) {
        filter->text = text;
    }
    return filter;
}

static const struct compiled *find_compiled(const struct source_pcap_filter *filter,
                                            uint16_t link_type)
{
    for (uint32_t i = 0; i < filter->count; i++) {
        if (filter->compiled[i].link_type == link_type) {
            return &filter->compiled[i];
        }
    }
    return NULL;
}

enum ov_status source_pcap_filter_add(struct source_pcap_filter *filter, uint16_t link_type,
                                      char *ret_error)
{
    if (find_compiled(filter, link_type) != NULL) {
        return OV_OK;
    }
    struct text t = text_into(ret_error, SOURCE_TEXT_SIZE);
    if (filter->count == SOURCE_PCAP_LINK_TYPES_MAX) {
        text_printf(&t, "filter: more than %d link types", SOURCE_PCAP_LINK_TYPES_MAX);
        return OV_LIMIT;
    }
    pcap_t *dead = pcap_open_dead(dlt_of(link_type), COMPILE_SNAP_LENGTH);
    if (dead == NULL) {
        text_put(&t, ov_status_text(OV_NOMEM));
        return OV_NOMEM;
    }
    struct compiled *to = &filter->compiled[filter->count];
    enum ov_status status = OV_OK;
    if (pcap_compile(dead, &to->program, filter->text, 1, PCAP_NETMASK_UNKNOWN) != 0) {
        text_printf(&t, "filter, for link type %u: ", link_type);
        text_put_escaped(&t, pcap_geterr(dead), strlen(pcap_geterr(dead)));
        status = OV_SYNTAX;
    } else {
        to->link_type = link_type;
        filter->count++;
    }
    pcap_close(dead);
    return status;
}

bool source_pcap_filter_match(const struct source_pcap_filter *filter,
                              const struct source_record *record)
{
    const struct compiled *compiled = find_compiled(filter, record->link_type);
    struct pcap_pkthdr header = { .caplen = bytes_left(&record->frame),
                                  .len = bytes_sent(&record->frame) };
    return compiled != NULL &&
           pcap_offline_filter(&compiled->program, &header, record->frame.next) != 0;
}

void source_pcap_filter_free(struct source_pcap_filter *filter)
{
    for (uint32_t i = 0; filter != NULL && i < filter->count; i++) {
        pcap_freecode(&filter->compiled[i].program);
    }
    free(filter);
}
