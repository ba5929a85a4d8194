/* analyzers/dispatch_ndpi.c: what nobody of ours claims is shown to nDPI, a few packets of a flow.
 */
#include <netinet/in.h>
#include <string.h>

#include "analyzers/dispatch_internal.h"

static void take_ndpi_name(struct dispatch *d, struct analysis *a, const struct segment *seg,
                           const struct ndpi_name *name)
{
    observe_text(&d->sink.sink, seg, OBS_DPI_PROTOCOL, name->protocol, 0);
    if (name->application != NULL) {
        observe_text(&d->sink.sink, seg, OBS_DPI_APPLICATION, name->application, 0);
    }
    if (a->app[0] == '\0' && name->app[0] != '\0') {
        memcpy(a->app, name->app, sizeof a->app);
        a->app_by = "ndpi";
    }
}

static bool begin_ndpi(struct dispatch *d, struct analysis *a)
{
    if (d->ndpi == NULL && ndpi_door_new(&d->ndpi) != OV_OK) {
        d->ndpi_failed = true;
        return false;
    }
    if (a->ndpi == NULL && budget_take(d->shared, ndpi_door_flow_size())) {
        a->ndpi = ndpi_door_flow_new();
        budget_give(d->shared, a->ndpi == NULL ? ndpi_door_flow_size() : 0);
    }
    return a->ndpi != NULL;
}

void dispatch_ndpi_end(struct dispatch *d, struct analysis *a)
{
    if (a->ndpi != NULL) {
        ndpi_door_flow_free(a->ndpi);
        budget_give(d->shared, ndpi_door_flow_size());
        a->ndpi = NULL;
    }
}

void dispatch_ndpi_ask(struct dispatch *d, struct analysis *a, const struct batch *b, uint32_t i)
{
    uint8_t most = a->l4 == IPPROTO_TCP ? NDPI_DOOR_PACKETS_TCP : NDPI_DOOR_PACKETS_UDP;
    if (a->claimed || a->seat_count > 0) {
        dispatch_ndpi_end(d, a);
        return;
    }
    if (!d->options.ndpi || d->ndpi_failed || a->app[0] != '\0' || a->ndpi_looks >= most ||
        !begin_ndpi(d, a)) {
        return;
    }
    struct ndpi_name name = { 0 };
    a->ndpi_looks++;
    struct ndpi_packet packet = {
        .key = &b->key[i],
        .sender_low = (b->state[i] & FRAME_LOW) != 0,
        .payload = b->payload[i],
        .time_us = b->time_us[i],
    };
    bool known = ndpi_door_look(d->ndpi, a->ndpi, &packet, &name);
    if (known) {
        struct segment seg = dispatch_segment(a, b->side[i], b->packet[i], b->time_us[i]);
        take_ndpi_name(d, a, &seg, &name);
    }
    if (known || a->ndpi_looks == most) {
        dispatch_ndpi_end(d, a);
        a->ndpi_looks = most;
    }
}
