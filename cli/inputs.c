/* cli/inputs.c: a folder stands for the captures in it. */
#include "cli/inputs.h"

#include <dirent.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

enum ov_status inputs_add(struct inputs *in, const char *path)
{
    if (in->count == in->capacity) {
        int capacity = in->capacity == 0 ? 16 : in->capacity * 2;
        char **paths = realloc(in->paths, (size_t)capacity * sizeof *paths);
        if (paths == NULL) {
            return OV_NOMEM;
        }
        in->paths = paths;
        in->capacity = capacity;
    }
    in->paths[in->count] = strdup(path);
    if (in->paths[in->count] == NULL) {
        return OV_NOMEM;
    }
    in->count++;
    return OV_OK;
}

static bool is_name_end(const char *rest)
{
    return strcmp(rest, "") == 0 || strcmp(rest, ".gz") == 0 || strcmp(rest, ".zst") == 0;
}

/* "x.pcap", "x.pcapng", "x.cap", "x.pcap17" (tcpdump -C counts so), all also with .gz or .zst. */
static bool is_capture_name(const char *name)
{
    static const char *const endings[] = { ".pcap", ".pcapng", ".cap", ".dmp", ".trace" };
    for (const char *dot = strchr(name, '.'); dot != NULL; dot = strchr(dot + 1, '.')) {
        for (size_t i = 0; i < sizeof endings / sizeof endings[0]; i++) {
            size_t size = strlen(endings[i]);
            if (strncmp(dot, endings[i], size) == 0 &&
                is_name_end(dot + size + strspn(dot + size, "0123456789"))) {
                return true;
            }
        }
    }
    return false;
}

static int wanted(const struct dirent *entry)
{
    return is_capture_name(entry->d_name) ? 1 : 0;
}

enum ov_status inputs_add_folder(struct inputs *in, const char *path)
{
    struct dirent **entries = NULL;
    int count = scandir(path, &entries, wanted, alphasort);
    enum ov_status status = OV_OK;
    for (int i = 0; i < count; i++) {
        size_t size = strlen(path) + strlen(entries[i]->d_name) + 2;
        char *full = malloc(size);
        if (full == NULL) {
            status = OV_NOMEM;
        } else if (status == OV_OK) {
            bool closed = path[strlen(path) - 1] == '/'; /* stat has found it: it is not empty */
            snprintf(full, size, closed ? "%s%s" : "%s/%s", path, entries[i]->d_name);
            status = inputs_add(in, full);
        }
        free(full);
        free(entries[i]);
    }
    free(entries);
    return status;
}

static enum ov_status add_folder(struct inputs *in, const char *path)
{
    int before = in->count;
    enum ov_status status = inputs_add_folder(in, path);
    if (status == OV_OK && in->count == before) {
        fprintf(stderr,
                "overt: %s: no captures (.pcap .pcapng .cap .dmp .trace) right in this folder\n",
                path);
        in->failed++;
    }
    return status;
}

enum ov_status inputs_find(char **names, int count, struct inputs *ret_inputs)
{
    *ret_inputs = (struct inputs){ 0 };
    for (int i = 0; i < count; i++) {
        struct stat what;
        bool folder =
            strcmp(names[i], "-") != 0 && stat(names[i], &what) == 0 && S_ISDIR(what.st_mode);
        enum ov_status status =
            folder ? add_folder(ret_inputs, names[i]) : inputs_add(ret_inputs, names[i]);
        if (status != OV_OK) {
            return status;
        }
    }
    return OV_OK;
}

void inputs_done(struct inputs *inputs)
{
    for (int i = 0; i < inputs->count; i++) {
        free(inputs->paths[i]);
    }
    free(inputs->paths);
}
