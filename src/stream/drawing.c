/* Drawing on pixels; see drawing.h. */
#include "stream/drawing.h"
#include <math.h>
#include <string.h>

static void
put(const stream_plane *p, int x, int y, const stream_pen *pen)
{
	memcpy(p->p + (int64_t)y * p->pitch + (int64_t)x * 3, pen->colour, 3);
}

/* The part of a range that lies within 0 to n - 1. */
static int
from(double v)
{
	return v > 0 ? v < 1e6 ? (int)ceil(v) : 1000000 : 0;
}

static int
to(double v, int n)
{
	return v < n - 1 ? (int)floor(v) : n - 1;
}

/* How far a point is from a piece of a line, squared. */
static double
distance(double x, double y, double x0, double y0, double dx, double dy)
{
	double length = dx * dx + dy * dy, t = length > 0 ? ((x - x0) * dx + (y - y0) * dy) / length : 0;
	t = t < 0 ? 0 : t > 1 ? 1 : t;
	double a = x - x0 - t * dx, b = y - y0 - t * dy;
	return a * a + b * b;
}

static bool
whole(double x)
{
	return fabs(x) < 2147483648.0 && x == (int)x;
}

/* One pixel for each step along the longer side, from left to right: Bresenham's, as OpenCV rounds. */
static void
thin_line(const stream_plane *p, int x0, int y0, int x1, int y1, const stream_pen *pen)
{
	if (x1 < x0) {
		thin_line(p, x1, y1, x0, y0, pen);
		return;
	}
	int dx = x1 - x0, dy = y1 > y0 ? y1 - y0 : y0 - y1, down = y1 < y0 ? -1 : 1;
	bool steep = dy > dx;
	int along = steep ? dy : dx, across = steep ? dx : dy, left = pen->four ? 0 : along - 2 * across;
	for (int i = 0; pen->four && i <= along + across; i++) {
		bool turn = left < 0;
		put(p, x0, y0, pen);
		left += turn ? 2 * along : -2 * across;
		x0 += turn == steep;
		y0 += turn == steep ? 0 : down;
	}
	if (pen->four)
		return;
	for (int i = 0; i <= along; i++) {
		put(p, x0, y0, pen);
		if (left < 0) {
			left += 2 * along;
			x0 += steep;
			y0 += steep ? 0 : down;
		}
		left -= 2 * across;
		x0 += !steep;
		y0 += steep ? down : 0;
	}
}

void
stream_draw_line(const stream_plane *p, double x0, double y0, double x1, double y1, const stream_pen *pen)
{
	const double reach = 0.5;
	if (whole(x0) && whole(y0) && whole(x1) && whole(y1)) {
		double v[4] = { x0, y0, x1, y1 };
		if (!stream_clip_line(p, pen->thickness > 1 ? pen->thickness : 0, v))
			return;
		if (pen->thickness <= 1) {
			thin_line(p, (int)v[0], (int)v[1], (int)v[2], (int)v[3], pen);
			return;
		}
		x0 = v[0], y0 = v[1], x1 = v[2], y1 = v[3];
	}
	double dx = x1 - x0, dy = y1 - y0;
	if (!(fabs(dx) <= 1e6 && fabs(dy) <= 1e6 && fabs(x0) <= 1e6 && fabs(y0) <= 1e6))
		return;
	if (pen->thickness > 1) {
		stream_draw_thick_line(p, x0, y0, x1, y1, pen);
		return;
	}
	for (int y = from(fmin(y0, y1) - reach); y <= to(fmax(y0, y1) + reach, p->height); y++) {
		/* where the line is near this row: its piece between y - reach and y + reach */
		double a = fmin(x0, x1), b = fmax(x0, x1);
		if (fabs(dy) > 1e-9) {
			double t0 = (y - reach - y0) / dy, t1 = (y + reach - y0) / dy;
			double low = fmax(0, fmin(t0, t1)), high = fmin(1, fmax(t0, t1));
			a = fmin(x0 + low * dx, x0 + high * dx);
			b = fmax(x0 + low * dx, x0 + high * dx);
		}
		for (int x = from(a - reach); x <= to(b + reach, p->width); x++)
			if (distance(x, y, x0, y0, dx, dy) <= reach * reach)
				put(p, x, y, pen);
	}
}

void
stream_draw_box(const stream_plane *p, double x0, double y0, double x1, double y1, const stream_pen *pen)
{
	if (pen->thickness >= 0) {
		stream_draw_line(p, x0, y0, x1, y0, pen);
		stream_draw_line(p, x0, y1, x1, y1, pen);
		stream_draw_line(p, x0, y0, x0, y1, pen);
		stream_draw_line(p, x1, y0, x1, y1, pen);
		return;
	}
	for (int y = from(fmin(y0, y1)); y <= to(fmax(y0, y1), p->height); y++)
		for (int x = from(fmin(x0, x1)); x <= to(fmax(x0, x1), p->width); x++)
			put(p, x, y, pen);
}

/* A piece of a row, or its two ends. */
static void
put_row(const stream_plane *p, int x0, int x1, int y, bool ends, const stream_pen *pen)
{
	for (int x = x0 < 0 && !ends ? 0 : x0; y >= 0 && y < p->height && x <= x1; x += ends && x < x1 ? x1 - x : 1)
		if (x >= 0 && x < p->width)
			put(p, x, y, pen);
		else if (x >= p->width)
			return;
}

/* A circle of one pixel, or filled: eight pieces by the midpoint rule, as OpenCV draws them. */
static void
thin_circle(const stream_plane *p, int cx, int cy, int radius, const stream_pen *pen)
{
	bool ends = pen->thickness >= 0;
	for (int far = radius, near = 0, off = 0; near <= far;) {
		put_row(p, cx - far, cx + far, cy - near, ends, pen);
		put_row(p, cx - far, cx + far, cy + near, ends, pen);
		put_row(p, cx - near, cx + near, cy - far, ends, pen);
		put_row(p, cx - near, cx + near, cy + far, ends, pen);
		off += 2 * near++ + 1;
		if (off > 0)
			off -= 2 * far-- - 1;
	}
}

void
stream_draw_circle(const stream_plane *p, double cx, double cy, double radius, const stream_pen *pen)
{
	if (pen->thickness <= 1 && !pen->four && fabs(cx) <= 1e6 && fabs(cy) <= 1e6 && radius >= 0 && radius <= 1e6
		&& cx == (int)cx && cy == (int)cy && radius == (int)radius) {
		thin_circle(p, (int)cx, (int)cy, (int)radius, pen);
		return;
	}
	if (pen->thickness > 1 || pen->four) {
		if (fabs(cx) <= 1e6 && fabs(cy) <= 1e6 && radius >= 0 && radius <= 1e6)
			stream_draw_round(p, cx, cy, radius, pen);
		return;
	}
	double half = 0.5;
	double outer = pen->thickness < 0 ? radius + 0.5 : radius + half, inner = pen->thickness < 0 ? -1 : radius - half;
	for (int y = from(cy - outer); y <= to(cy + outer, p->height); y++)
		for (int x = from(cx - outer); x <= to(cx + outer, p->width); x++) {
			double d = hypot(x - cx, y - cy);
			if (d <= outer && d >= inner)
				put(p, x, y, pen);
		}
}

/* ---- text ---- */

/* OpenCV's fonts 0 to 7: height above and below the line, and the width of ' ' to '~', '(' + n. Italics (16) are 0's.
 */
static const struct {
	int above, below;
	const char *width;
} fonts[8] = {
	{ 12, 9, "828><@B0668B2B2><<<<<<<<<<22@B@:E:===;:=>08=9@>>=>=<8>:@<:<6>6>:4;;:;:4;;0290F;;;;594;8>989606@" },
	{ 4, 5, "0-03254,..24-4-22222222222--2421622322132,/2142323222324222.2.42.12222022,-1,62222010204222.,.2" },
	{ 12, 9, "83:?;@A1668A3A3?<<<<<<<<<<33@A@;C<<==;:=>19=9@>><><<9><B<;<6>6>:4<<:<:6<<11;1G<;<<693<8@:8:707@" },
	{ 12, 9, "828><@A0668B2B2><<<<<<<<<<22@B@:C<>=>=<?@37>:A?>>>><;@<@<=<6>6>:4<=;=;5;>33=3I><=<997>:@<;:707@" },
	{ 12, 9, "83:?<@B1668A3A3?<<<<<<<<<<33@A@;C<>=>=<?@48>:B?>>>><<@<@<><6>6>:4<=;=;6;?45>4J?<=<997?:@<;:707@" },
	{ 7, 6, "4046789/222:0:075555555555028:859686876891485;877787796:7552728:0674743591181A957655396:6643.38" },
	{ 12, 9, "828><@B0668B2B2><<<<<<<<<<22@B@:E<?<?<<?@97@;I@=A>A<;@?D@?=6>6>:486382077//60A:67753177=876606@" },
	{ 12, 9, "83:==BB1778B2B2>==========22@B@:C?@=?;=>@89@:D?=?=@<:>=?<>=6>6>:4864841870060A:67864087=885707@" },
};

/* Strokes of '!' to '~' on a grid 5 wide; 0 is the top of capitals, 6 the line, 8 below it. Polylines of pairs x y. */
static const char *const strokes[94] = { "2024 2626", "1012 3032", "1016 3036 0242 0444", "41100233344516 2026",
	"4006 0010110100 3545463635", "46021020311204051636 43", "2022", "30111536", "10313516", "2125 1135 3115",
	"2125 0343", "2617", "0343", "2626", "4006", "103041453616050110", "012026 0646", "01103041420646",
	"01103041423313 334445361605", "36300444", "400003334445361606", "40200205163645443303", "004016",
	"13020110304142331304051636454433", "43130201103041442606", "2222 2626", "2222 2617", "410345", "0242 0444",
	"014305", "01103041422324 2626", "453616050110304144342423", "062046 1434", "00063645443303 33424130 0030",
	"4130100105163645", "000626444220", "40000646 0333", "400006 0333", "41301001051636454323", "0006 4046 0343",
	"1030 2026 1636", "4045361605", "0006 400346", "000646", "0600234046", "06004640", "103041453616050110",
	"06003041423303", "103041453616050110 3446", "06003041423303 2346", "413010010213334445361605", "0040 2026",
	"000516364540", "002640", "0016223640", "0046 4006", "002340 2326", "00400646", "30101636", "0046", "10303616",
	"022042", "0646", "1021", "12324346 441405163645", "00063645433202", "433212030516 3645 1636", "40461605031242",
	"04444332120305163645", "40302126 1232", "4247381807 4536160503123243", "0006 0312324346", "2226 2020",
	"222718 2020", "0006 4204 2446", "2026", "0602 03122326 23324346", "0602 0312324346", "123243453616050312",
	"08023243453606", "48421203051646", "0602 031232", "4212031434453606", "10152636 0232", "0205163645 4246", "022642",
	"0216233642", "0246 4206", "0226 4208", "02420646", "3021231323252636", "2026", "1021232333232516", "0312213342" };

static int
face_of(int face)
{
	return face & 7;
}

static int
width_of(const char *letter, int face)
{
	unsigned char c = (unsigned char)*letter;
	return fonts[face].width[(c < ' ' || c > '~' ? '?' : c) - ' '] - '(';
}

void
stream_text_size(const char *text, int face, double scale, int thickness, int *width, int *height, int *below)
{
	double across = 0;
	int f = face_of(face);
	for (const char *p = text; *p; p++)
		across += width_of(p, f) * scale;
	*width = (int)lrint(across + thickness);
	*height = (int)lrint((fonts[f].above + fonts[f].below) * scale + (thickness + 1) / 2);
	*below = (int)lrint(fonts[f].below * scale + thickness * 0.5);
}

void
stream_draw_text(const stream_plane *p, const char *text, double x, double y, int face, double scale, bool upside,
	const stream_pen *pen)
{
	int f = face_of(face);
	double tall = (fonts[f].above + fonts[f].below) * scale, sign = upside ? -1 : 1;
	for (; *text && x < p->width; text++) {
		unsigned char c = (unsigned char)*text;
		double wide = width_of(text, f) * scale, px = 0, py = 0;
		bool first = true;
		for (const char *s = c > ' ' && c <= '~' ? strokes[c - '!'] : ""; *s;) {
			if (*s == ' ' || !s[1] || s[1] == ' ') {
				first = true;
				s++;
				continue;
			}
			double nx = x + wide * (0.15 + 0.175 * (s[0] - '0')), ny = y - sign * tall * (6 - (s[1] - '0')) / 6;
			if (!first || s[2] == ' ' || !s[2])
				stream_draw_line(p, first ? nx : px, first ? ny : py, nx, ny, pen);
			px = nx;
			py = ny;
			first = false;
			s += 2;
		}
		x += wide;
	}
}
