/* reports/terminal.h: text for people: columns, wrapped paragraphs, colours. All texts are printed
 * escaped: a control character of a policy or a file name never reaches the terminal. */
#ifndef OVERT_REPORTS_TERMINAL_H
#define OVERT_REPORTS_TERMINAL_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

enum {
    TERMINAL_WIDTH = 100,      /* columns that paragraphs are wrapped at where there is room */
    TERMINAL_WIDTH_LEAST = 40, /* a narrower terminal is treated as this wide */
    TERMINAL_NUMBER_SIZE = 28,
    TERMINAL_TEXT_MAX = 4096, /* bytes of one text that are printed; the rest is cut */
};

enum terminal_color { COLOR_NONE, COLOR_RED_BOLD, COLOR_RED, COLOR_YELLOW, COLOR_CYAN };

/* Columns of the terminal behind out, 0 when it is none or does not tell. */
uint32_t terminal_columns(FILE *out);
/* Columns that a text takes once escaped, one for each character. */
uint32_t terminal_width(const char *text);
void terminal_put(FILE *out, const char *text);
/* The text, then spaces up to width columns; a longer text is not cut. */
void terminal_pad(FILE *out, const char *text, uint32_t width);
/* Spaces up to width columns, then the text. */
void terminal_pad_left(FILE *out, const char *text, uint32_t width);
/* "12 431"; buffer has TERMINAL_NUMBER_SIZE bytes; returns buffer. */
const char *terminal_number(uint64_t value, char *buffer);
/* "1 flow", "12 flows": number, space, one or many. */
void terminal_count(FILE *out, uint64_t value, const char *one, const char *many);
/* Columns that paragraphs take: those of the terminal, at most TERMINAL_WIDTH. */
uint32_t terminal_paragraph(FILE *out);
/* Words of text from column *column on, lines broken at terminal_paragraph() and begun with indent
 * spaces. '\n' is a space inside a paragraph; before '\n', ' ', '-', '*' and at the end it begins a
 * new line. *column is where the text ended. */
void terminal_wrap(FILE *out, const char *text, uint32_t indent, uint32_t *column);
/* Switches the colour on or (COLOR_NONE) off; nothing when enabled is false. */
void terminal_color(FILE *out, bool enabled, enum terminal_color color);

#endif
