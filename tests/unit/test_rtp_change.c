/* tests/unit/test_rtp_change.c: streams that do not stay what they were. */
#include "tests/unit/rtp_bench.h"

enum { NOISE = 424242 };

static const struct fact *change_in(const struct bench *bench)
{
    const struct fact *f = NULL;
    while ((f = facts_next(&bench->facts, OBS_MEDIA_GROUND_TEST, f)) != NULL) {
        if (strcmp(facts_text(&bench->facts, f), "change") == 0) {
            return f;
        }
    }
    return NULL;
}

/* Frames of a codec that is not known: a constant header, the rest by chance. */
static void send_clear(struct bench *bench, struct media *media, unsigned packets)
{
    uint8_t packet[PACKET_MAX];
    for (unsigned i = 0; i < packets; i++) {
        uint32_t size = write_media(media, packet);
        packet[12] = 0x78;
        packet[13] &= 0x3f;
        (void)send(bench, media->from, packet, size);
    }
}

static struct media dynamic(uint64_t noise)
{
    struct media media = pcmu(90, noise);
    media.type = 111;
    media.step = 960;
    return media;
}

static void srtp_that_becomes_clear_is_not_srtp(void)
{
    for (uint32_t before = 401; before < 9000; before += 1777) {
        struct bench *bench = open_bench();
        struct media media = dynamic(NOISE + before);
        send_media(bench, &media, before);
        send_clear(bench, &media, 4000);
        end(bench);
        CHECK(is_text(bench, OBS_MEDIA_PROTECTION, 0, "rtp"));
        const struct fact *change = change_in(bench);
        CHECK(change != NULL && change->packet + 80 > before && change->packet < before + 2100);
        close_bench(bench);
    }
}

static void clear_media_that_becomes_srtp_was_clear(void)
{
    struct bench *bench = open_bench();
    struct media media = dynamic(NOISE);
    send_clear(bench, &media, 500);
    send_media(bench, &media, 4000);
    end(bench);
    CHECK(is_text(bench, OBS_MEDIA_PROTECTION, 0, "rtp"));
    const struct fact *change = change_in(bench);
    CHECK(change != NULL && change->packet > 500);
    const struct fact *says =
        facts_find_at(&bench->facts, OBS_MEDIA_GROUND_RESULT, 0, change != NULL ? change->sub : 0);
    CHECK(says != NULL && strcmp(facts_text(&bench->facts, says), "srtp") == 0);
    close_bench(bench);
}

static void a_stream_that_stays_as_it_is_has_no_change(void)
{
    for (unsigned clear = 0; clear < 2; clear++) {
        struct bench *bench = open_bench();
        struct media media = dynamic(NOISE + clear);
        (clear != 0 ? send_clear : send_media)(bench, &media, 30000);
        end(bench);
        CHECK(is_text(bench, OBS_MEDIA_PROTECTION, 0, clear != 0 ? "rtp" : "srtp"));
        CHECK(change_in(bench) == NULL);
        close_bench(bench);
    }
}

static void what_follows_a_pause_or_a_restart_is_looked_at_at_once(void)
{
    for (unsigned restart = 0; restart < 2; restart++) {
        struct bench *bench = open_bench();
        struct media media = dynamic(NOISE + restart);
        send_media(bench, &media, 500);
        bench->time_us += restart != 0 ? 0 : 10000000; /* hold */
        media.sequence = (uint16_t)(media.sequence + restart * 20000);
        send_clear(bench, &media, 100);
        end(bench);
        CHECK(is_text(bench, OBS_MEDIA_PROTECTION, 0, "rtp"));
        CHECK(change_in(bench) != NULL);
        close_bench(bench);
    }
}

/* A short look that had to end for another stream is no verdict for the rest of the call. */
static void a_stream_that_pauses_early_is_judged_by_what_follows(void)
{
    struct bench *bench = open_bench();
    struct media first = dynamic(NOISE);
    send_media(bench, &first, 30);
    bench->time_us += 6000000;
    for (uint32_t i = 1; i <= 5; i++) {
        struct media other = dynamic(NOISE + i);
        other.ssrc += i;
        send_media(bench, &other, 40);
    }
    bench->time_us += 6000000;
    send_media(bench, &first, 500);
    end(bench);
    CHECK(is_text(bench, OBS_MEDIA_PROTECTION, 0, "srtp"));
    CHECK(change_in(bench) == NULL);
    close_bench(bench);
}

/* A trunk that uses one pair of ports for many calls. */
static void a_clear_stream_after_many_encrypted_ones_is_found(void)
{
    struct bench *bench = open_bench();
    for (uint32_t i = 0; i < 20; i++) {
        struct media media = dynamic(NOISE + i);
        media.ssrc += i;
        send_media(bench, &media, 500);
        bench->time_us += 6000000;
    }
    struct media clear = pcmu(160, 0);
    clear.ssrc = 0xc1ea8;
    send_media(bench, &clear, 100);
    end(bench);
    bool found = false;
    for (uint16_t i = 0; i < 16; i++) {
        found = found || (is_text(bench, OBS_MEDIA_SSRC, i, "0x000c1ea8") &&
                          is_text(bench, OBS_MEDIA_PROTECTION, i, "rtp"));
    }
    CHECK(found);
    const struct fact *cut = facts_find(&bench->facts, OBS_CUT);
    CHECK(cut != NULL && cut->value == 2500);
    close_bench(bench);
}

/* The same datagrams again, each right away or a few packets late: no payload "repeats". */
static void a_capture_with_every_packet_twice_is_still_srtp(void)
{
    for (unsigned late = 0; late < 40; late += 13) {
        struct bench *bench = open_bench();
        struct media media = dynamic(NOISE + late);
        uint8_t packet[64][PACKET_MAX];
        uint32_t size = 0;
        for (unsigned i = 0; i < 600; i++) {
            size = write_media(&media, packet[i % 64]);
            (void)send(bench, 0, packet[i % 64], size);
            if (i >= late) {
                (void)send(bench, 0, packet[(i - late) % 64], size);
            }
        }
        end(bench);
        CHECK(is_text(bench, OBS_MEDIA_PROTECTION, 0, "srtp"));
        CHECK_EQ(number(bench, OBS_MEDIA_LOST, 0), 0);
        close_bench(bench);
    }
}

int main(void)
{
    srtp_that_becomes_clear_is_not_srtp();
    clear_media_that_becomes_srtp_was_clear();
    a_stream_that_stays_as_it_is_has_no_change();
    what_follows_a_pause_or_a_restart_is_looked_at_at_once();
    a_stream_that_pauses_early_is_judged_by_what_follows();
    a_clear_stream_after_many_encrypted_ones_is_found();
    a_capture_with_every_packet_twice_is_still_srtp();
    return check_failures > 0;
}
