/* Writing SVG: text, numbers, frame, colours. */
#include "core/plot/svg.h"
#include <math.h>

void svg_text(struct text *out, struct str text)
{
    for (size_t i = 0; i < text.len; i++) {
        char c = text.at[i];
        if (c == '&')
            text_add(out, S("&amp;"));
        else if (c == '<')
            text_add(out, S("&lt;"));
        else if (c == '>')
            text_add(out, S("&gt;"));
        else if (c == '"')
            text_add(out, S("&quot;"));
        else if ((unsigned char)c >= 0x20 || c == '\t')
            text_char(out, c);
    }
}

void svg_number(struct text *out, double value)
{
    double hundredths = round(value * 100);
    double whole = trunc(hundredths / 100);
    int rest = (int)fabs(hundredths - whole * 100);
    if (hundredths < 0 && whole == 0)
        text_char(out, '-');
    text_print(out, "%.0f", whole == 0 ? 0.0 : whole);
    if (rest % 10)
        text_print(out, ".%02d", rest);
    else if (rest)
        text_print(out, ".%d", rest / 10);
}

void svg_label(struct text *out, double value, double step)
{
    double size = fmax(fabs(value), step);
    if (fabs(value) < step * 1e-9)
        value = 0;
    if (size >= 1e6 || size < 1e-4) {
        text_print(out, "%.3g", value);
        return;
    }
    int decimals = 0;
    for (double s = step; decimals < 8 && fabs(s - round(s)) > 1e-6 * s; s *= 10)
        decimals++;
    text_print(out, "%.*f", decimals, value);
}

/* Blue, orange, green, violet: told apart also by those who see no red or green. */
static const char style[] =
    "<style>.plot{--ink:#1f2328;--soft:#6b7280;--grid:#e5e7eb;--paper:#fff;--a:#1f6feb;--b:#c2410c;"
    "--c:#0f766e;--d:#7c3aed}"
    "@media(prefers-color-scheme:dark){.plot{--ink:#e6edf3;--soft:#9aa4b0;--grid:#30363d;"
    "--paper:#0d1117;--a:#58a6ff;--b:#fb923c;--c:#2dd4bf;--d:#c4b5fd}}"
    ".plot .paper{fill:var(--paper)}.plot text{fill:var(--ink);font:12px system-ui,sans-serif}"
    ".plot .title{font-size:15px;font-weight:600}.plot .soft{fill:var(--soft)}"
    ".plot .grid{stroke:var(--grid)}.plot .axis{stroke:var(--soft)}"
    ".plot .line{fill:none;stroke-width:1.75;stroke-linejoin:round}"
    ".plot .quiet{stroke-width:1;stroke-dasharray:4 3;opacity:.8}"
    ".plot .band{opacity:.18;stroke:none}.plot .span{stroke-width:1.25}"
    ".plot .s0{stroke:var(--a);fill:var(--a)}.plot .s1{stroke:var(--b);fill:var(--b)}"
    ".plot .s2{stroke:var(--c);fill:var(--c)}.plot .s3{stroke:var(--d);fill:var(--d)}"
    ".plot .s4{stroke:var(--soft);fill:var(--soft)}.plot .line{fill:none}"
    ".plot .cell{fill:var(--a);stroke:var(--grid)}.plot .over{fill:var(--paper)}</style>";

void svg_open(struct text *out, double width, double height, const char *title, const char *what,
              bool in_page)
{
    text_print(out, "<svg xmlns=\"http://www.w3.org/2000/svg\" class=\"plot\" viewBox=\"0 0 ");
    svg_number(out, width);
    text_char(out, ' ');
    svg_number(out, height);
    text_add(out, S("\" role=\"img\"><title>"));
    svg_text(out, str_of(title));
    text_add(out, S("</title><desc>"));
    svg_text(out, str_of(what));
    text_add(out, S("</desc>"));
    if (in_page)
        return;
    text_add(out, str_of(style));
    text_add(out, S("<rect class=\"paper\" width=\"100%\" height=\"100%\"/>"));
    svg_text_open(out, "title", 16, 24, "start");
    svg_text(out, str_of(title));
    text_add(out, S("</text>"));
}

void svg_close(struct text *out)
{
    text_add(out, S("</svg>\n"));
}

static void attribute(struct text *out, const char *name, double value)
{
    text_print(out, " %s=\"", name);
    svg_number(out, value);
    text_char(out, '"');
}

void svg_text_open(struct text *out, const char *class, double x, double y, const char *anchor)
{
    text_print(out, "<text class=\"%s\"", class);
    attribute(out, "x", x);
    attribute(out, "y", y);
    text_print(out, " text-anchor=\"%s\">", anchor);
}

void svg_line(struct text *out, const char *class, double x1, double y1, double x2, double y2)
{
    text_print(out, "<line class=\"%s\"", class);
    attribute(out, "x1", x1);
    attribute(out, "y1", y1);
    attribute(out, "x2", x2);
    attribute(out, "y2", y2);
    text_add(out, S("/>"));
}

double svg_step(double range, double pieces)
{
    double rough = range / pieces;
    double power = pow(10, floor(log10(rough)));
    static const double steps[] = { 1, 2, 2.5, 5, 10 };
    for (size_t i = 0; i < sizeof steps / sizeof *steps; i++)
        if (steps[i] * power >= rough * (1 - 1e-9))
            return steps[i] * power;
    return 10 * power;
}
