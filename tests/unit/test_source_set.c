/* tests/unit/test_source_set.c: captures merged by time: order, numbers, many at once. */
#include "capture/source_set.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "tests/check.h"

enum { FILES_MAX = 80, NAME_SIZE = 64 };

static struct batch batch;
static char folder[] = "/tmp/overt_test_source_set_XXXXXX";
static char names[FILES_MAX][NAME_SIZE];
static char *paths[FILES_MAX];

/* A capture whose packets have these seconds, all with 2 bytes: the file and the second. */
static void write_capture(uint32_t file, const uint32_t *seconds, uint32_t count)
{
    static const uint8_t header[24] = { 0xd4, 0xc3, 0xb2,        0xa1, 2,       0,
                                        4,    0,    [16] = 0xff, 0xff, [20] = 1 };
    paths[file] = names[file];
    (void)snprintf(names[file], NAME_SIZE, "%s/%u", folder, file);
    FILE *out = fopen(names[file], "wb");
    if (out == NULL || fwrite(header, sizeof header, 1, out) != 1) {
        abort();
    }
    for (uint32_t i = 0; i < count; i++) {
        uint8_t record[18] = { (uint8_t)seconds[i], (uint8_t)(seconds[i] >> 8), [8] = 2, [12] = 2 };
        record[16] = (uint8_t)file;
        record[17] = (uint8_t)seconds[i];
        if (fwrite(record, sizeof record, 1, out) != 1) {
            abort();
        }
    }
    if (fclose(out) != 0) {
        abort();
    }
}

static struct source_set *open_set(uint32_t files)
{
    struct source_set *set = NULL;
    CHECK_EQ(source_set_new(paths, files, NULL, &set), OV_OK);
    return set;
}

/* Reads all; every packet is found again where its bytes say that it was. */
static uint64_t read_all(struct source_set *set, bool in_order)
{
    uint64_t packets = 0, last_us = 0;
    while (source_set_read(set, &batch)) {
        for (uint32_t i = 0; i < batch.count; i++) {
            const char *path = NULL;
            uint64_t number = 0;
            CHECK_EQ(batch.packet[i], ++packets);
            CHECK(!in_order || batch.time_us[i] >= last_us);
            last_us = batch.time_us[i];
            CHECK(source_set_find(set, batch.packet[i], &path, &number));
            CHECK(path == paths[bytes_peek(&batch.frame[i], 0)]);
            CHECK_EQ(bytes_peek(&batch.frame[i], 1), batch.time_us[i] / 1000000 % 256);
        }
        source_release(&batch);
    }
    return packets;
}

static void captures_are_merged_by_time(void)
{
    write_capture(0, (const uint32_t[]){ 10, 20, 30, 40 }, 4);
    write_capture(1, (const uint32_t[]){ 5, 25, 26, 27, 45 }, 5);
    write_capture(2, (const uint32_t[]){ 50, 60 }, 2);
    write_capture(3, NULL, 0);
    struct source_set *set = open_set(4);
    const char *path = NULL;
    uint64_t number = 0;
    CHECK_EQ(read_all(set, true), 11);
    CHECK(source_set_find(set, 6, &path, &number));
    CHECK(path == paths[1]);
    CHECK_EQ(number, 4);
    CHECK(!source_set_find(set, 0, &path, &number));
    CHECK(!source_set_find(set, 12, &path, &number));
    for (uint32_t i = 0; i < 4; i++) {
        struct source_set_end end;
        source_set_end(set, i, &end);
        CHECK(end.opened && !end.status.damaged);
        CHECK_EQ(end.status.packets, ((const uint64_t[]){ 4, 5, 2, 0 })[i]);
        CHECK_EQ(end.status.last_us, ((const uint64_t[]){ 40, 45, 60, 0 })[i] * 1000000);
    }
    struct source_status status;
    source_set_status(set, &status);
    CHECK_EQ(status.read_bytes, status.total_bytes);
    CHECK_EQ(status.total_bytes, 4 * 24 + 11 * 18);
    source_set_free(set);
}

static void packets_outlive_their_file(void)
{
    write_capture(0, (const uint32_t[]){ 1, 2 }, 2);
    write_capture(1, (const uint32_t[]){ 3, 4 }, 2);
    struct source_set *set = open_set(2);
    CHECK(source_set_read(set, &batch));
    struct batch first = batch;
    while (source_set_read(set, &batch)) {
        source_release(&batch);
    }
    CHECK_EQ(bytes_peek(&first.frame[0], 1), 1);
    CHECK_EQ(bytes_peek(&first.frame[first.count - 1], 1), first.count);
    source_release(&first);
    source_set_free(set);
}

static void more_captures_than_may_be_open_lose_nothing(void)
{
    for (uint32_t i = 0; i < FILES_MAX; i++) {
        write_capture(i, (const uint32_t[]){ i + 1, 200 + i }, 2);
    }
    struct source_set *set = open_set(FILES_MAX);
    CHECK_EQ(read_all(set, false), 2 * FILES_MAX);
    CHECK_EQ(source_set_late(set), FILES_MAX - SOURCE_SET_OPEN_MAX);
    source_set_free(set);
}

static void a_capture_that_cannot_be_opened_takes_no_part(void)
{
    struct source_set_end end;
    char missing[] = "/nonexistent/file";
    write_capture(0, (const uint32_t[]){ 1, 2 }, 2);
    paths[1] = missing;
    struct source_set *set = open_set(2);
    CHECK_EQ(read_all(set, true), 2);
    source_set_end(set, 1, &end);
    CHECK(!end.opened);
    CHECK(strcmp(end.why, "No such file or directory") == 0);
    source_set_free(set);
}

int main(void)
{
    if (mkdtemp(folder) == NULL) {
        return EXIT_FAILURE;
    }
    captures_are_merged_by_time();
    packets_outlive_their_file();
    more_captures_than_may_be_open_lose_nothing();
    a_capture_that_cannot_be_opened_takes_no_part();
    for (uint32_t i = 0; i < FILES_MAX; i++) {
        (void)unlink(names[i]);
    }
    (void)rmdir(folder);
    return check_failures == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
