/* tests/fuzz/fuzz_source.c: any bytes as a capture file: without and with a filter. */
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "capture/source.h"

static struct batch batch;

static void require(bool ok)
{
    if (!ok) {
        abort();
    }
}

/* Every byte of a frame can be read, times fit into what is printed. */
static void check_frame(uint32_t i)
{
    static const uint64_t year_10000_us = 253402300800000000U;
    unsigned sum = 0;
    for (uint32_t n = 0; n < bytes_left(&batch.frame[i]); n++) {
        sum += (unsigned)bytes_peek(&batch.frame[i], n);
    }
    require(sum <= 255U * bytes_left(&batch.frame[i]));
    require(batch.time_us[i] < year_10000_us);
}

static void take(struct source_secrets *secrets, struct bytes text, uint64_t since_us)
{
    unsigned sum = (unsigned)since_us & 1;
    while (bytes_left(&text) > 0) {
        sum += bytes_u8(&text);
    }
    require(secrets != NULL && sum < UINT32_MAX);
}

static uint64_t read_all(const char *path, const char *filter, size_t size)
{
    char error[SOURCE_TEXT_SIZE] = "";
    struct source *source = NULL;
    struct source_secrets secrets = { take };
    struct source_options options = { .filter = filter, .secrets = &secrets };
    if (source_open(path, &options, &source, error) != OV_OK) {
        require(error[0] != '\0');
        return 0;
    }
    uint64_t last = 0, kept = 0;
    while (source_read(source, &batch)) {
        require(batch.count > 0 && batch.count <= BATCH_SIZE);
        for (uint32_t i = 0; i < batch.count; i++) {
            require(batch.packet[i] > last);
            last = batch.packet[i];
            check_frame(i);
        }
        require(batch.lost_to_us > 0 || batch.lost_from_us == 0);
        kept += batch.count;
        source_release(&batch);
    }
    struct source_status status;
    source_status(source, &status);
    require(status.damaged_packets <= status.packets && status.skipped_bytes <= size);
    require(status.packets >= last && status.damaged == (status.damage[0] != '\0'));
    require(filter != NULL || status.packets == kept);
    source_close(source);
    return kept;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static FILE *file;
    char path[64];
    if (file == NULL) {
        file = tmpfile();
        require(file != NULL);
    }
    require(ftruncate(fileno(file), 0) == 0);
    require(pwrite(fileno(file), data, size, 0) == (ssize_t)size);
    (void)snprintf(path, sizeof path, "/dev/fd/%d", fileno(file));
    uint64_t all = read_all(path, NULL, size);
    require(read_all(path, "ip or ip6", size) <= all);
    return 0;
}
