/* capture/source_live.c: copies out of the kernel's ring, and handles that share an interface. */
#include "capture/source_live.h"

#include <errno.h>
#include <linux/if_packet.h>
#include <net/if.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

#include "base/text.h"
#include "capture/source_buffer.h"

struct source_live {
    struct source_pcap_live *pcap; /* owned */
    struct source_buffers buffers; /* what frames are copied into */
    uint32_t used;                 /* bytes of the first of them */
    uint32_t snap_bytes;
    uint64_t from_us;
    unsigned index; /* of the interface, 0 = all of them */
    char interface[IF_NAMESIZE];
};

struct filling {
    struct source_live *source;
    struct batch *batch;
};

static enum ov_status fail(enum ov_status status, const char *what, char *ret_error)
{
    struct text t = text_into(ret_error, SOURCE_TEXT_SIZE);
    text_put(&t, what);
    return status;
}

static bool ask(int descriptor, uint32_t type_and_group)
{
    return setsockopt(descriptor, SOL_PACKET, PACKET_FANOUT, &type_and_group,
                      sizeof type_and_group) == 0;
}

/* Both directions of a flow come to the same handle: the kernel's hash is symmetric. Fragments are
 * joined before they are dealt out, since only the first of them has ports. */
static enum ov_status join_group(struct source_live *source, int *group, char *ret_error)
{
    const uint32_t type = (uint32_t)(PACKET_FANOUT_HASH | PACKET_FANOUT_FLAG_DEFRAG) << 16;
    const uint32_t unique = type | (uint32_t)PACKET_FANOUT_FLAG_UNIQUEID << 16;
    int descriptor = source_live_descriptor(source), given = 0;
    socklen_t size = sizeof given;
    if (!ask(descriptor, *group >= 0 ? type | (uint32_t)*group : unique) ||
        getsockopt(descriptor, SOL_PACKET, PACKET_FANOUT, &given, &size) != 0) {
        struct text t = text_into(ret_error, SOURCE_TEXT_SIZE);
        text_printf(&t, "flows cannot be shared among workers: %s; --workers 1 does without",
                    strerror(errno));
        return OV_IO;
    }
    *group = given & UINT16_MAX;
    return OV_OK;
}

enum ov_status source_live_open(const struct source_live_options *options, int *group,
                                struct source_live **ret_source, char *ret_error)
{
    struct source_live *source = calloc(1, sizeof *source);
    if (source == NULL) {
        return fail(OV_NOMEM, ov_status_text(OV_NOMEM), ret_error);
    }
    struct text name = text_into(source->interface, sizeof source->interface);
    text_put(&name, options->interface);
    source->snap_bytes = options->snap_bytes;
    source->index = if_nametoindex(source->interface);
    enum ov_status status = source_pcap_live_open(options, &source->pcap, ret_error);
    if (status == OV_OK && options->shared) {
        status = join_group(source, group, ret_error);
    }
    if (status == OV_OK &&
        source_buffers_take(&source->buffers, BATCH_SIZE * options->snap_bytes) == NULL) {
        status = fail(OV_NOMEM, ov_status_text(OV_NOMEM), ret_error);
    }
    if (status != OV_OK) {
        source_live_close(source);
        return status;
    }
    *ret_source = source;
    return OV_OK;
}

void source_live_close(struct source_live *source)
{
    if (source != NULL) {
        source_pcap_live_close(source->pcap);
        source_buffers_done(&source->buffers);
        free(source);
    }
}

int source_live_descriptor(const struct source_live *source)
{
    return source_pcap_live_descriptor(source->pcap);
}

void source_live_from(struct source_live *source, uint64_t time_us)
{
    source->from_us = time_us;
}

/* The buffer has room for a batch of the longest frames, of which only used pages are ever there.
 */
static void copy_frame(void *taker, const struct source_pcap_frame *frame)
{
    struct filling *filling = taker;
    struct source_live *source = filling->source;
    struct batch *b = filling->batch;
    uint32_t size = frame->captured < source->snap_bytes ? frame->captured : source->snap_bytes;
    if (frame->time_us < source->from_us || b->count == BATCH_SIZE) {
        return;
    }
    struct bytes whole = bytes_of(frame->data, size, size);
    uint8_t *copy = source->buffers.first->bytes + source->used;
    (void)bytes_copy(&whole, copy, size);
    source->used += size;
    uint32_t i = b->count++;
    b->frame[i] = bytes_of(copy, size, frame->on_wire);
    b->time_us[i] = frame->time_us;
    b->link_type[i] = source_pcap_live_link_type(source->pcap);
}

bool source_live_read(struct source_live *source, struct batch *b, char *ret_error)
{
    struct filling filling = { source, b };
    b->count = 0;
    b->buffer = NULL;
    source->used = 0;
    if (source_buffers_take(&source->buffers, BATCH_SIZE * source->snap_bytes) == NULL) {
        return fail(OV_NOMEM, ov_status_text(OV_NOMEM), ret_error) == OV_OK;
    }
    if (!source_pcap_live_take(source->pcap, BATCH_SIZE, copy_frame, &filling)) {
        b->count = 0;
        return fail(OV_IO, source_pcap_live_error(source->pcap), ret_error) == OV_OK;
    }
    if (b->count > 0) {
        b->buffer = source->buffers.first;
        source_buffer_hold(b->buffer);
    }
    return true;
}

bool source_live_drops(struct source_live *source, struct source_live_drops *ret_drops)
{
    return source_pcap_live_drops(source->pcap, ret_drops);
}

bool source_live_is_up(const struct source_live *source)
{
    struct ifreq request = { 0 };
    if (source->index == 0) {
        return true; /* all interfaces */
    }
    memcpy(request.ifr_name, source->interface, sizeof request.ifr_name);
    return if_nametoindex(source->interface) == source->index &&
           ioctl(source_live_descriptor(source), SIOCGIFFLAGS, &request) == 0 &&
           (request.ifr_flags & IFF_UP) != 0;
}

bool source_live_is_there(const struct source_live *source)
{
    return source->index == 0 || if_nametoindex(source->interface) == source->index;
}
