/* reports/terminal.c: columns by characters, words into lines, numbers in groups of three. */
#include "reports/terminal.h"

#include <string.h>
#include <sys/ioctl.h>

#include "base/text.h"

/* Characters of valid UTF-8: all bytes but continuation bytes. */
static uint32_t count_characters(const char *text)
{
    uint32_t count = 0;
    for (size_t i = 0; text[i] != '\0'; i++) {
        count += ((unsigned char)text[i] & 0xc0) != 0x80;
    }
    return count;
}

static const char *escape(const char *text, size_t size, char *buffer)
{
    struct text t = text_into(buffer, TERMINAL_TEXT_MAX);
    text_put_escaped(&t, text, size);
    return buffer;
}

uint32_t terminal_width(const char *text)
{
    char buffer[TERMINAL_TEXT_MAX];
    return count_characters(escape(text, strlen(text), buffer));
}

void terminal_put(FILE *out, const char *text)
{
    char buffer[TERMINAL_TEXT_MAX];
    fputs(escape(text, strlen(text), buffer), out);
}

static void put_spaces(FILE *out, uint32_t count)
{
    fprintf(out, "%*s", (int)count, "");
}

void terminal_pad(FILE *out, const char *text, uint32_t width)
{
    uint32_t taken = terminal_width(text);
    terminal_put(out, text);
    put_spaces(out, taken < width ? width - taken : 0);
}

void terminal_pad_left(FILE *out, const char *text, uint32_t width)
{
    uint32_t taken = terminal_width(text);
    put_spaces(out, taken < width ? width - taken : 0);
    terminal_put(out, text);
}

const char *terminal_number(uint64_t value, char *buffer)
{
    char digits[TERMINAL_NUMBER_SIZE];
    struct text plain = text_into(digits, sizeof digits);
    struct text grouped = text_into(buffer, TERMINAL_NUMBER_SIZE);
    text_printf(&plain, "%llu", (unsigned long long)value);
    for (size_t i = 0; i < plain.used; i++) {
        if (i > 0 && (plain.used - i) % 3 == 0) {
            text_put(&grouped, " ");
        }
        text_put_bytes(&grouped, digits + i, 1);
    }
    return buffer;
}

void terminal_count(FILE *out, uint64_t value, const char *one, const char *many)
{
    char buffer[TERMINAL_NUMBER_SIZE];
    fprintf(out, "%s %s", terminal_number(value, buffer), value == 1 ? one : many);
}

uint32_t terminal_columns(FILE *out)
{
    struct winsize window = { 0 };
    int fd = fileno(out); /* -1: memory */
    if (fd < 0 || ioctl(fd, TIOCGWINSZ, &window) != 0 || window.ws_col == 0) {
        return 0;
    }
    return window.ws_col < TERMINAL_WIDTH_LEAST ? TERMINAL_WIDTH_LEAST : window.ws_col;
}

uint32_t terminal_paragraph(FILE *out)
{
    uint32_t columns = terminal_columns(out);
    return columns > 0 && columns < TERMINAL_WIDTH ? columns : TERMINAL_WIDTH;
}

/* What terminal_wrap keeps in mind. */
struct paragraph {
    FILE *out;
    uint32_t indent, width;
    uint32_t *column;
};

static void put_word(const struct paragraph *p, const char *word, size_t size)
{
    char buffer[TERMINAL_TEXT_MAX];
    uint32_t width = count_characters(escape(word, size, buffer));
    bool first = *p->column <= p->indent;
    if (!first && *p->column + 1 + width > p->width) {
        fputc('\n', p->out);
        *p->column = 0;
        first = true;
    }
    if (*p->column < p->indent) {
        put_spaces(p->out, p->indent - *p->column);
        *p->column = p->indent;
    }
    fprintf(p->out, "%s%s", first ? "" : " ", buffer);
    *p->column += width + !first;
}

/* Lines of a paragraph flow together; empty lines, indented ones and items of lists stay. */
static bool ends_line(const char *text, uint32_t column)
{
    return column == 0 || text[1] == '\0' || strchr("\n -*", text[1]) != NULL;
}

void terminal_wrap(FILE *out, const char *text, uint32_t indent, uint32_t *column)
{
    struct paragraph paragraph = { out, indent, terminal_paragraph(out), column };
    while (*text != '\0') {
        size_t size = strcspn(text, " \n");
        if (size > 0) {
            put_word(&paragraph, text, size);
        }
        text += size;
        if (*text == '\n' && ends_line(text, *column)) {
            fputc('\n', out);
            *column = 0;
        }
        text += *text != '\0';
    }
}

void terminal_color(FILE *out, bool enabled, enum terminal_color color)
{
    static const char *const codes[] = {
        [COLOR_NONE] = "\033[0m",    [COLOR_RED_BOLD] = "\033[1;31m", [COLOR_RED] = "\033[31m",
        [COLOR_YELLOW] = "\033[33m", [COLOR_CYAN] = "\033[36m",
    };
    if (enabled) {
        fputs(codes[color], out);
    }
}
