/* tests/unit/test_source_secrets.c: secrets blocks of pcapng reach who asked for them. */
#include <string.h>
#include <unistd.h>

#include "capture/source.h"
#include "tests/check.h"

static char path[] = "/tmp/overt-secrets-XXXXXX";
static struct batch batch;

/* Remembers what it was given. */
struct taken {
    struct source_secrets secrets; /* first: take() casts back */
    unsigned blocks;
    char text[64];
    uint64_t since_us;
};

static void take(struct source_secrets *secrets, struct bytes text, uint64_t since_us)
{
    struct taken *taken = (struct taken *)secrets;
    uint32_t size = bytes_left(&text);
    CHECK(size < sizeof taken->text && bytes_copy(&text, taken->text, size));
    taken->text[size] = '\0';
    taken->since_us = since_us;
    taken->blocks++;
}

static void put(FILE *file, uint32_t word)
{
    const uint8_t bytes[] = { (uint8_t)word, (uint8_t)(word >> 8), (uint8_t)(word >> 16),
                              (uint8_t)(word >> 24) };
    CHECK_EQ(fwrite(bytes, 1, sizeof bytes, file), sizeof bytes);
}

static void put_block(FILE *file, uint32_t type, const uint32_t *words, uint32_t count)
{
    uint32_t size = 12 + count * 4;
    put(file, type);
    put(file, size);
    for (uint32_t i = 0; i < count; i++) {
        put(file, words[i]);
    }
    put(file, size);
}

/* text: a multiple of 4 characters. */
static void put_secrets(FILE *file, uint32_t type, const char *text, uint32_t length)
{
    uint32_t size = (uint32_t)strlen(text), block = 20 + size;
    put(file, 10);
    put(file, block);
    put(file, type);
    put(file, length);
    CHECK_EQ(fwrite(text, 1, size, file), size);
    put(file, block);
}

static void write_capture(void)
{
    static const uint32_t section[] = { 0x1a2b3c4d, 1, UINT32_MAX, UINT32_MAX };
    static const uint32_t interface[] = { 1, 0 };
    static const uint32_t packets[2][6] = { { 0, 0, 77, 4, 4, 0 }, { 0, 0, 78, 4, 4, 0 } };
    FILE *file = fopen(path, "wb");
    if (file == NULL) {
        abort();
    }
    put_block(file, 0x0a0d0d0a, section, 4);
    put_secrets(file, 0x57474b4c, "of WireGuard", 12);
    put_secrets(file, 0x544c534b, "too long", 4000);
    put_block(file, 1, interface, 2);
    put_block(file, 6, packets[0], 6);
    put_secrets(file, 0x544c534b, "CLIENT_RANDOM \n\n", 15);
    put_block(file, 6, packets[1], 6);
    fclose(file);
}

static unsigned packets_with(struct source_secrets *secrets)
{
    char error[SOURCE_TEXT_SIZE];
    struct source_options options = { .secrets = secrets };
    struct source *source = NULL;
    struct source_status status;
    unsigned packets = 0;
    CHECK_EQ(source_open(path, &options, &source, error), OV_OK);
    while (source_read(source, &batch)) {
        packets += batch.count;
        source_release(&batch);
    }
    source_status(source, &status);
    CHECK(!status.damaged);
    source_close(source);
    return packets;
}

static void secrets_of_tls_are_handed_on_and_others_are_not(void)
{
    struct taken taken = { .secrets = { take } };
    CHECK_EQ(packets_with(&taken.secrets), 2);
    CHECK_EQ(taken.blocks, 1);
    CHECK_EQ(strcmp(taken.text, "CLIENT_RANDOM \n"), 0);
    CHECK_EQ(taken.since_us, 77);
}

static void nobody_needs_to_take_them(void)
{
    CHECK_EQ(packets_with(NULL), 2);
}

int main(void)
{
    close(mkstemp(path));
    write_capture();
    secrets_of_tls_are_handed_on_and_others_are_not();
    nobody_needs_to_take_them();
    unlink(path);
    return check_failures > 0;
}
