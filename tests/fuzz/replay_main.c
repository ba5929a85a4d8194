/* tests/fuzz/replay_main.c: runs files, or all files of a folder, through a fuzz target without
 * libFuzzer. */
#include <dirent.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static unsigned files;

static int replay_file(const char *path)
{
    static uint8_t buffer[1 << 20];
    FILE *f = fopen(path, "rb");
    if (f == NULL) {
        perror(path);
        return EXIT_FAILURE;
    }
    size_t n = fread(buffer, 1, sizeof buffer, f);
    fclose(f);
    files++;
    return LLVMFuzzerTestOneInput(buffer, n) == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}

static int replay(const char *path)
{
    DIR *dir = opendir(path);
    if (dir == NULL) {
        return replay_file(path);
    }
    int status = EXIT_SUCCESS;
    for (struct dirent *e = readdir(dir); e != NULL && status == EXIT_SUCCESS; e = readdir(dir)) {
        char inner[4096];
        if (e->d_name[0] != '.') {
            snprintf(inner, sizeof inner, "%s/%s", path, e->d_name);
            status = replay_file(inner);
        }
    }
    closedir(dir);
    return status;
}

int main(int argc, char **argv)
{
    for (int i = 1; i < argc; i++) {
        if (replay(argv[i]) != EXIT_SUCCESS) {
            return EXIT_FAILURE;
        }
    }
    printf("%u inputs\n", files);
    return files > 0 ? EXIT_SUCCESS : EXIT_FAILURE; /* an empty corpus proves nothing */
}
