/* confusion_picture.c - a confusion matrix as an SVG: a row for each label, the shares of its sequences by prediction. */
#include "file.h"
#include "sterna.h"
#include "utf8.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    CELL = 52,
    LEFT = 120,
    TOP = 96,
    RIGHT = 28,
    FOOT = 44,
    CELL_BYTES = 512,
    LABEL_BYTES = 8 * STERNA_CLASS_NAME
};

struct drawing {
    char *text;
    size_t used, size;
};

__attribute__((format(printf, 2, 3))) static void add(struct drawing *drawing, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    const int length =
        vsnprintf(drawing->text + drawing->used, drawing->size - drawing->used, format, arguments);
    va_end(arguments);
    drawing->used += length > 0 ? (size_t)length : 0;
}

/* Text as XML content: names come from files and folders. */
static const char *escape(const char *name, char *to)
{
    size_t used = 0;
    for (const char *c = name; *c && used + 8 < LABEL_BYTES; c++) {
        const char *entity = *c == '<' ? "&lt;" : *c == '>' ? "&gt;" : *c == '&' ? "&amp;" : NULL;
        used += (size_t)snprintf(to + used, LABEL_BYTES - used, entity ? "%s" : "%.1s", entity ? entity : c);
    }
    to[used] = '\0';
    return sterna_utf8_valid(to, used) ? to : "?";
}

static void add_row(struct drawing *drawing, const struct sterna_eval_result *result, size_t label)
{
    const size_t classes = result->classes, y = TOP + label * CELL;
    const uint32_t *count = result->confusion + label * classes;
    char name[LABEL_BYTES];
    uint64_t total = 0;

    for (size_t i = 0; i < classes; i++)
        total += count[i];
    add(drawing, "<text x='%d' y='%zu' text-anchor='end'>%s</text>\n", LEFT - 8, y + CELL / 2 + 5,
        escape(result->class_name[label], name));
    for (size_t i = 0; i < classes; i++) {
        const double share = total ? (double)count[i] / (double)total : 0.0;
        const size_t x = LEFT + i * CELL;
        add(drawing,
            "<rect x='%zu' y='%zu' width='%d' height='%d' fill='%s' fill-opacity='%.3f' stroke='#8884'/>\n",
            x, y, CELL, CELL, i == label ? "#1a7f4b" : "#c0392b", share);
        if (count[i])
            add(drawing, "<text x='%zu' y='%zu' text-anchor='middle'%s>%u</text>\n", x + CELL / 2,
                y + CELL / 2 + 5, share > 0.55 ? " fill='#fff'" : "", (unsigned)count[i]);
    }
}

static void draw(struct drawing *drawing, const char *title, const struct sterna_eval_result *result)
{
    const size_t classes = result->classes, side = classes * CELL;
    char name[LABEL_BYTES];

    add(drawing,
        "<svg xmlns='http://www.w3.org/2000/svg' width='%zu' height='%zu' font-family='sans-serif' "
        "font-size='13'>\n"
        "<rect width='100%%' height='100%%' fill='#fff'/>\n"
        "<text x='%d' y='26' font-size='16'>%s: %.2f %% of %zu right</text>\n",
        LEFT + side + RIGHT, TOP + side + FOOT, LEFT - 100, escape(title, name), result->value,
        result->sequences);
    for (size_t i = 0; i < classes; i++)
        add(drawing, "<text transform='translate(%zu %d) rotate(-35)'>%s</text>\n",
            LEFT + i * CELL + CELL / 2 - 4, TOP - 8, escape(result->class_name[i], name));
    for (size_t i = 0; i < classes; i++)
        add_row(drawing, result, i);
    add(drawing, "<text x='%d' y='%zu'>rows: labels, columns: predictions</text>\n</svg>\n", LEFT,
        TOP + side + 26);
}

enum sterna_status sterna_confusion_picture(const char *svg_path, const char *title,
                                            const struct sterna_eval_result *result,
                                            struct sterna_error *error)
{
    if (!result->confusion)
        return sterna_fail(error, STERNA_ERR_RANGE, "%s: a confusion matrix is of labelled sequences only",
                           svg_path);
    struct drawing drawing = {.size = (result->classes + 2) * (result->classes + 2) * CELL_BYTES + 4096};
    drawing.text = malloc(drawing.size);
    if (!drawing.text)
        return sterna_fail(error, STERNA_ERR_MEMORY, "out of memory for a picture of %zu classes",
                           result->classes);
    draw(&drawing, title, result);
    enum sterna_status status = sterna_file_write(svg_path, drawing.text, drawing.used, error);
    free(drawing.text);
    return status;
}
