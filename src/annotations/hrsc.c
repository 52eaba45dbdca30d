/*
 * HRSC2016 (Liu and others, ICPRAM 2017), ships from above: Annotations/NAME.xml for AllImages/NAME.bmp,
 *
 *     <HRSC_Image><Img_SizeWidth>..<HRSC_Objects><HRSC_Object><Class_ID>100000013</Class_ID><difficult>0</difficult>
 *     <box_xmin>..<mbox_cx>..<mbox_cy>..<mbox_w>..<mbox_h>..<mbox_ang>radians, clockwise on the screen
 *
 * and lists of names in ImageSets. A class is the number behind 100000000; their names are those of the set's
 * sysdata.xml.
 */
#include "annotations/find.h"
#include "annotations/xml_pull.h"
#include "base/file.h"
#include <stdio.h>

/* By the last two digits of Class_ID. */
static const char *const usual[] = { NULL, "ship", "aircraft carrier", "warcraft", "merchant ship", "Nimitz",
	"Enterprise", "Arleigh Burke", "WhidbeyIsland", "Perry", "Sanantonio", "Ticonderoga", "Kitty Hawk", "Kuznetsov",
	"Abukuma", "Austen", "Tarawa", "Blue Ridge", "Container", "OXo|--)", "Car carrier([]==[])", NULL, "Hovercraft",
	NULL, "yacht", "CntShip(_|.--.--|_]=", "Cruise", "submarine", "lute", "Medical", "Car carrier(======|",
	"Ford-class", "Midway-class", "Invincible-class" };
enum { USUAL = sizeof usual / sizeof *usual, FIRST = 100000000 };

static bool
is_own(const char *path)
{
	static const char *const words[] = { "<HRSC_Image", NULL };
	return base_ext_is(path, "xml") && ann_head_has(path, words);
}

/* AllImages/NAME beside Annotations/NAME.xml, or wherever the name is found. */
static int
picture(ann_set *s, ann_finder *f, const char *origin, secant_status *status, secant_err *err)
{
	char *stem = base_path_stem(origin), *dir = base_path_dir(ann_below(s, origin));
	char *up = dir ? base_path_dir(dir) : NULL, *name = stem ? base_format("%s.bmp", stem) : NULL;
	char *path = up ? base_format("%s%sAllImages/%s", strcmp(up, ".") ? up : "", strcmp(up, ".") ? "/" : "", stem)
					: NULL;
	int at = -1;
	if (!path || !name)
		*status = ann_nomem(err);
	else
		at = ann_find_stem(s, path, strlen(path));
	if (at < 0 && !*status)
		at = ann_find_beside(s, dir, stem);
	if (at < 0 && !*status)
		at = ann_finder_stem(f, stem);
	if (at < 0 && !*status)
		at = ann_finder_picture(f, s, name, origin, status, err);
	secant_free(stem), secant_free(dir), secant_free(up), secant_free(name), secant_free(path);
	return at;
}

enum { CLASS, XMIN, YMIN, XMAX, YMAX, CX, CY, W, H, ANGLE, DIFFICULT, FIELDS };

static secant_status
read_object(ann_set *s, xml_pull *x, int image, secant_err *err)
{
	static const char *const names[FIELDS] = { "Class_ID", "box_xmin", "box_ymin", "box_xmax", "box_ymax", "mbox_cx",
		"mbox_cy", "mbox_w", "mbox_h", "mbox_ang", "difficult" };
	enum {
		BOX = 1 << XMIN | 1 << YMIN | 1 << XMAX | 1 << YMAX,
		TURNED = 1 << CX | 1 << CY | 1 << W | 1 << H | 1 << ANGLE
	};
	ann_field tag;
	double v[FIELDS] = { 0 };
	unsigned seen = 0;
	uint32_t line = ann_xml_line(x);
	while (ann_xml_child(x, &tag)) {
		int k = 0;
		while (k < FIELDS && !ann_is(tag, names[k]))
			k++;
		if (k == FIELDS)
			ann_xml_skip(x);
		else if (ann_xml_real(x, &v[k]))
			seen |= 1u << k;
	}
	if (x->err.code)
		return SECANT_OK;
	bool turned = (seen & TURNED) == TURNED, boxed = (seen & BOX) == BOX;
	if (!ann_finite(v, FIELDS) || !(seen & 1u << CLASS) || (!turned && !boxed))
		return ann_bad(s, "parse-error", x->origin, line, 0, err,
			"an object without Class_ID, or without mbox_cx, mbox_cy, mbox_w, mbox_h, mbox_ang or box_xmin, ...");
	char number[32];
	double k = v[CLASS] - FIRST;
	const char *name = k >= 0 && k < USUAL && k == floor(k) ? usual[(int)k] : NULL;
	snprintf(number, sizeof number, "%.0f", v[CLASS]);
	int class = ann_class_named(s, name ? name : number, strlen(name ? name : number));
	uint32_t quad = turned
		? ann_turned(s, v[CX] - v[W] / 2, v[CY] - v[H] / 2, v[CX] + v[W] / 2, v[CY] + v[H] / 2, v[ANGLE] * 180 / M_PI)
		: 0;
	ann_object *o = class >= 0 && (quad || !turned) ? ann_add_object(s, image, class) : NULL;
	if (!o)
		return ann_nomem(err);
	o->line = line;
	o->shape = quad;
	o->flags = (turned ? ANN_BOX_DERIVED : 0u) | (v[DIFFICULT] != 0 ? ANN_DIFFICULT : 0u);
	if (!turned)
		ann_corners(o, v[XMIN], v[YMIN], v[XMAX], v[YMAX]);
	return SECANT_OK;
}

static secant_status
parse(ann_set *s, ann_finder *f, const char *data, size_t n, const char *origin, secant_err *err)
{
	xml_pull x;
	ann_field tag;
	secant_status status = SECANT_OK;
	int image = f ? picture(s, f, origin, &status, err) : 0;
	double size[2] = { 0 };
	if (image < 0)
		return status;
	ann_text source = ann_intern(s, origin, strlen(origin));
	s->images[image].source = source;
	ann_xml_init(&x, data, n, origin);
	(void)ann_xml_root(&x, &tag);
	while (!status && ann_xml_child(&x, &tag)) {
		if (ann_is(tag, "Img_SizeWidth") || ann_is(tag, "Img_SizeHeight"))
			(void)ann_xml_real(&x, &size[ann_is(tag, "Img_SizeHeight")]);
		else if (ann_is(tag, "HRSC_Objects")) {
			while (!status && ann_xml_child(&x, &tag))
				if (ann_is(tag, "HRSC_Object"))
					status = read_object(s, &x, image, err);
				else
					ann_xml_skip(&x);
		} else
			ann_xml_skip(&x);
	}
	if (!status)
		ann_xml_end(&x);
	if (!status && x.err.code)
		status = secant_fail(err, x.err.code, "%s", x.err.msg);
	ann_tree_size(s, image, size[0], size[1]);
	ann_xml_free(&x);
	return status;
}

/* ImageSets/train.txt: names without extension, of pictures in AllImages. */
static void
read_lists(ann_set *s)
{
	static const char *const lists[] = { "train", "val", "test" };
	static const char *const places[] = { "AllImages", "FullDataSet/AllImages" };
	for (size_t k = 0; k < sizeof lists / sizeof *lists; k++) {
		char *path = base_format("%s/ImageSets/%s.txt", ann_str(s, s->root), lists[k]), *data = NULL;
		size_t n = 0;
		int split = path && secant_is_file(path) && !secant_file_read(&data, &n, path, 1 << 24, NULL)
			? ann_split(s, lists[k], strlen(lists[k]))
			: -1;
		ann_lines l = ann_lines_of(data ? data : "", n);
		while (split >= 0 && ann_next_line(&l)) {
			ann_field name = ann_trim(l.line, l.line + l.n);
			for (size_t i = 0; ann_len(name) && i < sizeof places / sizeof *places; i++) {
				char *full = base_format("%s/%.*s", places[i], (int)ann_len(name), name.p);
				int at = full ? ann_find_stem(s, full, strlen(full)) : -1;
				if (at >= 0)
					s->images[at].splits |= 1ull << split;
				secant_free(full);
			}
		}
		secant_free(path), secant_free(data);
	}
}

static const ann_files files = {
	.extension = "xml",
	.because = "it has XML of HRSC2016",
	.sure = 96,
	.is = is_own,
	.text = parse,
	.unlisted = true, /* until `read` has looked at the lists and folders */
};

static secant_status
read(ann_set *s, const char *path, const secant_dataset_reading *o, const secant_watch *watch, secant_err *err)
{
	secant_status status = ann_read_files(s, path, o, &files, watch, err);
	if (!status)
		read_lists(s);
	return status ? status : ann_leave_unlisted(s, false, err);
}

const ann_format ann_format_hrsc = {
	.name = "hrsc",
	.brief = "HRSC2016: XML of ships, turned boxes",
	.holds = ANN_HOLDS_BOX | ANN_HOLDS_QUAD | ANN_HOLDS_FRACTIONS | ANN_HOLDS_DIFFICULT,
	.files = &files,
	.read = read,
};
