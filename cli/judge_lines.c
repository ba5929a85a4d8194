/* cli/judge_lines.c: lines of a cap through one buffer. */
#include "cli/judge_lines.h"

#include <errno.h>
#include <string.h>

/* What can be read only once, in a file that goes when it is closed. */
static FILE *copy_of(FILE *from)
{
    char block[16 * 1024];
    size_t got;
    FILE *copy = tmpfile();
    while (copy != NULL && (got = fread(block, 1, sizeof block, from)) > 0) {
        if (fwrite(block, 1, got, copy) != got) {
            fclose(copy);
            return NULL;
        }
    }
    if (copy != NULL) {
        rewind(copy);
    }
    return copy;
}

bool judge_lines_open(struct judge_lines *lines, const char *path)
{
    bool standard = strcmp(path, "-") == 0;
    lines->at = lines->next = (struct judge_place){ 0, 1 };
    lines->file = NULL;
    errno = 0;
    FILE *file = standard ? stdin : fopen(path, "r");
    if (file != NULL && fseeko(file, 0, SEEK_CUR) != 0) {
        lines->file = copy_of(file);
        if (!standard) {
            fclose(file);
        }
    } else {
        lines->file = file;
    }
    off_t begin = lines->file != NULL ? ftello(lines->file) : 0;
    lines->next.offset = begin > 0 ? (uint64_t)begin : 0;
    return lines->file != NULL;
}

enum judge_line judge_lines_next(struct judge_lines *lines)
{
    uint64_t size = 0;
    bool good = true;
    int c;
    lines->at = lines->next;
    while ((c = getc_unlocked(lines->file)) != EOF && c != '\n') {
        good = good && c != '\0' && size < REPORT_LINE_MAX;
        if (good) {
            lines->text[size] = (char)c;
        }
        size++;
    }
    if (size == 0 && c == EOF) {
        return JUDGE_LINE_NONE;
    }
    lines->size = good ? size : 0;
    lines->text[lines->size] = '\0';
    lines->next.offset += size + (c == '\n');
    lines->next.line++;
    return good ? JUDGE_LINE_GOOD : JUDGE_LINE_TOO_LONG;
}

bool judge_lines_go(struct judge_lines *lines, const struct judge_place *place)
{
    lines->at = lines->next = *place;
    return fseeko(lines->file, (off_t)place->offset, SEEK_SET) == 0;
}

void judge_lines_done(struct judge_lines *lines)
{
    if (lines->file != NULL && lines->file != stdin) {
        fclose(lines->file);
    }
    lines->file = NULL;
}
