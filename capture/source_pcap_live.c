/* capture/source_pcap_live.c: interfaces through libpcap, which reads TPACKET_V3 rings. */
#include <pcap.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "capture/source_live.h"
#include "capture/source_record.h"

struct source_pcap_live {
    pcap_t *handle;
    uint64_t kernel, interface; /* drops so far */
    uint32_t kernel_seen, interface_seen;
    uint16_t link_type;
};

struct taking {
    source_pcap_taker *take;
    void *taker;
    uint64_t per_us; /* units of the fraction of a second in a microsecond */
    uint64_t frames; /* given so far */
};

static void tell_errno(char *ret_error, const char *interface, pcap_t *handle, int code)
{
    struct text t = text_into(ret_error, SOURCE_TEXT_SIZE);
    const char *more = handle != NULL ? pcap_geterr(handle) : "";
    if (code == PCAP_ERROR_PERM_DENIED || code == PCAP_ERROR_PROMISC_PERM_DENIED) {
        text_put(&t, "not allowed to capture: run as root, or once: setcap "
                     "cap_net_raw,cap_net_admin=eip overt");
        return;
    }
    text_put_escaped(&t, interface, strlen(interface));
    text_put(&t, ": ");
    text_put(&t, pcap_statustostr(code));
    if (more[0] != '\0') {
        text_put(&t, ": ");
        text_put_escaped(&t, more, strlen(more));
    }
}

/* The adapter's own clock where it is set by the system's: else packets of several interfaces, and
 * the times of drops, would not compare. */
static void want_adapter_time(pcap_t *handle)
{
    int *types = NULL;
    int count = pcap_list_tstamp_types(handle, &types);
    for (int i = 0; i < count; i++) {
        if (types[i] == PCAP_TSTAMP_ADAPTER) {
            (void)pcap_set_tstamp_type(handle, PCAP_TSTAMP_ADAPTER);
        }
    }
    if (count > 0) {
        pcap_free_tstamp_types(types);
    }
}

static bool set_options(pcap_t *handle, const struct source_live_options *o)
{
    want_adapter_time(handle);
    (void)pcap_set_tstamp_precision(handle, PCAP_TSTAMP_PRECISION_NANO); /* else micro */
    return pcap_set_snaplen(handle, (int)o->snap_bytes) == 0 &&
           pcap_set_promisc(handle, o->promiscuous ? 1 : 0) == 0 &&
           pcap_set_timeout(handle, SOURCE_LIVE_WAIT_MS) == 0 &&
           pcap_set_buffer_size(handle, (int)o->buffer_bytes) == 0;
}

static enum ov_status set_filter(pcap_t *handle, const char *filter, char *ret_error)
{
    struct bpf_program program;
    struct text t = text_into(ret_error, SOURCE_TEXT_SIZE);
    if (pcap_compile(handle, &program, filter, 1, PCAP_NETMASK_UNKNOWN) != 0) {
        text_put(&t, "filter: ");
        text_put_escaped(&t, pcap_geterr(handle), strlen(pcap_geterr(handle)));
        return OV_SYNTAX;
    }
    int wrong = pcap_setfilter(handle, &program);
    if (wrong != 0) {
        text_put(&t, "filter: ");
        text_put_escaped(&t, pcap_geterr(handle), strlen(pcap_geterr(handle)));
    }
    pcap_freecode(&program);
    return wrong == 0 ? OV_OK : OV_IO;
}

static enum ov_status activate(struct source_pcap_live *live, const struct source_live_options *o,
                               char *ret_error)
{
    int code = set_options(live->handle, o) ? pcap_activate(live->handle) : PCAP_ERROR;
    if (code < 0) { /* above 0 are warnings */
        tell_errno(ret_error, o->interface, live->handle, code);
        return OV_IO;
    }
    char why[PCAP_ERRBUF_SIZE] = "";
    if (pcap_setnonblock(live->handle, 1, why) != 0) {
        struct text t = text_into(ret_error, SOURCE_TEXT_SIZE);
        text_put_escaped(&t, why, strlen(why));
        return OV_IO;
    }
    live->link_type = source_record_link((uint32_t)pcap_datalink(live->handle));
    return o->filter == NULL ? OV_OK : set_filter(live->handle, o->filter, ret_error);
}

enum ov_status source_pcap_live_open(const struct source_live_options *options,
                                     struct source_pcap_live **ret_live, char *ret_error)
{
    char why[PCAP_ERRBUF_SIZE] = "";
    struct source_pcap_live *live = calloc(1, sizeof *live);
    struct text t = text_into(ret_error, SOURCE_TEXT_SIZE);
    if (live == NULL) {
        text_put(&t, ov_status_text(OV_NOMEM));
        return OV_NOMEM;
    }
    live->handle = pcap_create(options->interface, why);
    if (live->handle == NULL) {
        text_put_escaped(&t, why, strlen(why));
        source_pcap_live_close(live);
        return OV_IO;
    }
    enum ov_status status = activate(live, options, ret_error);
    if (status != OV_OK) {
        source_pcap_live_close(live);
        return status;
    }
    *ret_live = live;
    return OV_OK;
}

void source_pcap_live_close(struct source_pcap_live *live)
{
    if (live != NULL) {
        if (live->handle != NULL) {
            pcap_close(live->handle);
        }
        free(live);
    }
}

int source_pcap_live_descriptor(const struct source_pcap_live *live)
{
    return pcap_get_selectable_fd(live->handle);
}

uint16_t source_pcap_live_link_type(const struct source_pcap_live *live)
{
    return live->link_type;
}

static void on_packet(u_char *user, const struct pcap_pkthdr *header, const u_char *data)
{
    struct taking *taking = (struct taking *)(void *)user;
    uint64_t fraction = (uint64_t)header->ts.tv_usec;
    struct source_pcap_frame frame = {
        .data = data,
        .captured = header->caplen,
        .on_wire = header->len,
        .time_us = (uint64_t)header->ts.tv_sec * 1000000 + fraction / taking->per_us,
    };
    taking->frames++;
    taking->take(taking->taker, &frame);
}

bool source_pcap_live_take(struct source_pcap_live *live, int most, source_pcap_taker *take,
                           void *taker)
{
    bool nano = pcap_get_tstamp_precision(live->handle) == PCAP_TSTAMP_PRECISION_NANO;
    struct taking taking = { take, taker, nano ? 1000 : 1, 0 };
    return pcap_dispatch(live->handle, most, on_packet, (u_char *)&taking) >= 0;
}

const char *source_pcap_live_error(const struct source_pcap_live *live)
{
    return pcap_geterr(live->handle);
}

/* libpcap counts in 32 bits: differences go on where those wrap. */
bool source_pcap_live_drops(struct source_pcap_live *live, struct source_live_drops *ret_drops)
{
    struct pcap_stat now;
    if (pcap_stats(live->handle, &now) != 0) {
        return false;
    }
    live->kernel += (uint32_t)(now.ps_drop - live->kernel_seen);
    live->interface += (uint32_t)(now.ps_ifdrop - live->interface_seen);
    live->kernel_seen = now.ps_drop;
    live->interface_seen = now.ps_ifdrop;
    *ret_drops = (struct source_live_drops){ live->kernel, live->interface };
    return true;
}
