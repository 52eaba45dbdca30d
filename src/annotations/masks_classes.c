/* Class lists of mask formats: what the formats fix (Cityscapes, VOC, CamVid), what their files say, and writing them.
 */
#include "annotations/masks.h"
#include "annotations/json_pull.h"
#include "annotations/put.h"
#include "base/file.h"
#include <secant/palette.h>
#include <stdio.h>

static const struct {
	const char *name;
	int32_t colour;
} city[] = {
	{ "unlabeled", 0 },
	{ "ego vehicle", 0 },
	{ "rectification border", 0 },
	{ "out of roi", 0 },
	{ "static", 0 },
	{ "dynamic", 0x6f4a00 },
	{ "ground", 0x510051 },
	{ "road", 0x804080 },
	{ "sidewalk", 0xf423e8 },
	{ "parking", 0xfaaaa0 },
	{ "rail track", 0xe6968c },
	{ "building", 0x464646 },
	{ "wall", 0x66669c },
	{ "fence", 0xbe9999 },
	{ "guard rail", 0xb4a5b4 },
	{ "bridge", 0x966464 },
	{ "tunnel", 0x96785a },
	{ "pole", 0x999999 },
	{ "polegroup", 0x999999 },
	{ "traffic light", 0xfaaa1e },
	{ "traffic sign", 0xdcdc00 },
	{ "vegetation", 0x6b8e23 },
	{ "terrain", 0x98fb98 },
	{ "sky", 0x4682b4 },
	{ "person", 0xdc143c },
	{ "rider", 0xff0000 },
	{ "car", 0x00008e },
	{ "truck", 0x000046 },
	{ "bus", 0x003c64 },
	{ "caravan", 0x00005a },
	{ "trailer", 0x00006e },
	{ "train", 0x005064 },
	{ "motorcycle", 0x0000e6 },
	{ "bicycle", 0x770b20 },
};
/* The ids of the nineteen classes that are trained (createTrainIdLabelImgs), in the order of their numbers there. */
static const int city_train[] = { 7, 8, 11, 12, 13, 17, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 31, 32, 33 };
static const char *const voc_names[] = {
	"background",
	"aeroplane",
	"bicycle",
	"bird",
	"boat",
	"bottle",
	"bus",
	"car",
	"cat",
	"chair",
	"cow",
	"diningtable",
	"dog",
	"horse",
	"motorbike",
	"person",
	"pottedplant",
	"sheep",
	"sofa",
	"train",
	"tvmonitor",
};
static const char *const camvid_names[] = {
	"Sky",
	"Building",
	"Pole",
	"Road",
	"Pavement",
	"Tree",
	"SignSymbol",
	"Fence",
	"Car",
	"Pedestrian",
	"Bicyclist",
	"Unlabelled",
};

/* VOC's colour of class i: bits of i spread over the three bytes from the top. */
static int32_t
voc_colour(int i)
{
	int c[3] = { 0 };
	for (int k = 7; k >= 0 && i; k--, i >>= 3)
		for (int b = 0; b < 3; b++)
			c[b] |= (i >> b & 1) << k;
	return c[0] << 16 | c[1] << 8 | c[2];
}

/* --- reading
 * ----------------------------------------------------------------------------------------------------------------
 */

static int
add(ann_set *s, const char *name, size_t n, int32_t colour)
{
	int at = ann_add_class(s, name, n, ANN_NO_ID);
	if (at >= 0)
		s->classes[at].colour = colour;
	return at;
}

/* What dataset_meta.json says beside the names: colours by class number, and the number of the background. */
typedef struct meta_file {
	int32_t *colours;
	int rows, capacity;
	int64_t background;
	bool numbered;
} meta_file;

/* Classes take the places of their numbers, which are the values of masks; numbers without a name between them get
 * classes of their own, so that every value keeps its meaning. */
static secant_status
place_classes(ann_set *s, const meta_file *m, const char *origin, secant_err *err)
{
	int64_t last = -1;
	int named = s->n_classes, absent = 0;
	for (int i = 0; i < named; i++)
		last = s->classes[i].id > last ? s->classes[i].id : last;
	int *order = secant_calloc((size_t)last + 2, sizeof *order); /* place + 1 of each number */
	secant_status status = order ? SECANT_OK : ann_nomem(err);
	for (int i = 0; !status && i < named; i++) {
		if (order[s->classes[i].id])
			status = secant_fail(
				err, SECANT_ERR_FORMAT, "%s: label_map has the number %lld twice", origin, (long long)s->classes[i].id);
		order[s->classes[i].id] = i + 1;
	}
	for (int64_t v = 0; !status && v <= last; v++) {
		char name[16];
		if (order[v])
			continue;
		int n = v ? snprintf(name, sizeof name, "%d", (int)v) : snprintf(name, sizeof name, "background");
		int at = add(s, name, (size_t)n, -1);
		if (at < 0)
			status = ann_nomem(err);
		else
			s->classes[at].id = v, order[v] = at + 1, absent += v > 0;
	}
	for (int64_t v = 0; !status && v <= last; v++)
		order[v]--;
	if (!status)
		status = ann_reorder_classes(s, order, err);
	if (!status && absent)
		ann_note(s, "%s: label_map leaves out %d numbers: classes that are called by their number hold their places",
			origin, absent);
	bool by_row = m->rows == named && m->rows <= last; /* a row a name, in the order of numbers, not a row a number */
	for (int i = 0, row = 0; !status && i < s->n_classes; i++) {
		bool has = !by_row || s->classes[i].colour == -2;
		if (has && (by_row ? row : i) < m->rows)
			s->classes[i].colour = m->colours[by_row ? row : i];
		else
			s->classes[i].colour = -1;
		row += has;
	}
	secant_free(order);
	return status;
}

static secant_status
meta_json(ann_set *s, int image, const char *data, size_t n, const char *origin, secant_err *err)
{
	json_pull j;
	ann_field key, text;
	double v;
	meta_file m = { .background = -1 };
	secant_status status = SECANT_OK;
	ann_pull_init(&j, data, n, origin);
	for (ann_pull_object(&j); ann_pull_key(&j, &key) && !status;) {
		if (ann_is(key, "label_map") && ann_pull_peek(&j) == 'o' && !m.numbered) {
			m.numbered = true;
			for (ann_pull_object(&j); !status && ann_pull_key(&j, &key);) {
				int64_t id = 0;
				if (!ann_integer(key.p, key.end, &id) || id < 0 || id > 65535) {
					status = secant_fail(err, SECANT_ERR_FORMAT,
						"%s: label_map: '%.*s' is no number of a class (0 to 65535)", origin,
						(int)(ann_len(key) < 60 ? ann_len(key) : 60), key.p);
					break;
				}
				if (ann_pull_string(&j, &text)) {
					int at = add(s, text.p, ann_len(text), -2);
					if (at < 0)
						break;
					s->classes[at].id = id;
				}
			}
		} else if (ann_is(key, "segmentation_colors") && ann_pull_peek(&j) == 'a') {
			for (ann_pull_array(&j); !status && ann_pull_element(&j);) {
				int32_t c = 0;
				if (ann_pull_peek(&j) != 'a') { /* null: the class has none */
					ann_pull_skip(&j, NULL);
					c = -1;
				} else
					for (ann_pull_array(&j); ann_pull_element(&j) && ann_pull_number(&j, &v);)
						c = (int32_t)((uint32_t)c << 8 | (v >= 0 && v < 256 ? (uint32_t)v : 0)) & 0xffffff;
				if (base_grow((void **)&m.colours, &m.capacity, m.rows, sizeof *m.colours))
					status = ann_nomem(err);
				else
					m.colours[m.rows++] = c;
			}
		} else if (ann_is(key, "background_label") && ann_pull_peek(&j) == 's') {
			if (ann_pull_string(&j, &text) && !ann_integer(text.p, text.end, &m.background))
				m.background = -1;
		} else if (ann_is(key, "labels") && ann_pull_peek(&j) == 'a') { /* mapillary */
			for (ann_pull_array(&j); ann_pull_element(&j);) {
				char name[300] = "";
				int32_t c = -1;
				for (ann_pull_object(&j); ann_pull_key(&j, &key);) {
					if (ann_is(key, "readable") || (ann_is(key, "name") && !*name)) {
						if (ann_pull_string(&j, &text))
							snprintf(
								name, sizeof name, "%.*s", (int)(ann_len(text) > 290 ? 290 : ann_len(text)), text.p);
					} else if (ann_is(key, "color") && ann_pull_peek(&j) == 'a') {
						c = 0;
						for (ann_pull_array(&j); ann_pull_element(&j) && ann_pull_number(&j, &v);)
							c = (int32_t)((uint32_t)c << 8 | (v >= 0 && v < 256 ? (uint32_t)v : 0)) & 0xffffff;
					} else
						ann_pull_skip(&j, NULL);
				}
				if (!j.err.code)
					(void)add(s, name, strlen(name), c);
			}
		} else
			ann_pull_skip(&j, NULL);
	}
	if (!status && j.err.code)
		status = secant_fail(err, j.err.code, "%s", j.err.msg);
	ann_pull_free(&j);
	if (!status && m.numbered && s->n_classes) {
		bool zero = false; /* 0 is named: the class it names, and no background but where that is said */
		for (int i = 0; i < s->n_classes; i++)
			zero = zero || s->classes[i].id == 0;
		status = place_classes(s, &m, origin, err);
		for (int i = 0; !status && i < s->n_classes; i++)
			s->classes[i].is_background = m.background >= 0 ? s->classes[i].id == m.background : !i && !zero;
		s->flags |= !status && zero ? ANN_ZERO_IS_CLASS : 0u;
	}
	secant_free(m.colours);
	return status;
}

/* labelmap.txt "name:r,g,b::", label_colors.txt "r g b name", objectInfo150.txt "index ratio train val name": by their
 * shape. */
static secant_status
meta_lines(ann_set *s, int image, const char *data, size_t n, const char *origin, secant_err *err)
{
	ann_lines l = ann_lines_of(data, n);
	while (ann_next_line(&l)) {
		ann_field f = ann_trim(l.line, l.line + l.n), part[4];
		int64_t c[3];
		int32_t colour = -1;
		if (!ann_len(f) || base_is_comment(f.p, ann_len(f)) || ann_starts(f, "Idx"))
			continue;
		ann_field name = f;
		if (strstr(origin, "objectInfo")) {
			const char *tab = f.end;
			while (tab > f.p && tab[-1] != '\t')
				tab--;
			name = (ann_field){ tab, f.end };
		} else if (ann_fields(f.p, ann_len(f), 0, part, 4) >= 4 && ann_integer(part[0].p, part[0].end, &c[0])
			&& ann_integer(part[1].p, part[1].end, &c[1]) && ann_integer(part[2].p, part[2].end, &c[2])) {
			name = (ann_field){ part[3].p, f.end };
			colour = (c[0] | c[1] | c[2]) & ~255LL ? -1 : (int32_t)(c[0] << 16 | c[1] << 8 | c[2]);
		} else
			ann_labelmap_row(f, &name, &colour);
		if (add(s, name.p, ann_len(name), colour) < 0)
			return ann_nomem(err);
	}
	return SECANT_OK;
}

static bool
is_background(const char *name)
{
	return !strcmp(name, "background") || !strcmp(name, "Background") || !strcmp(name, "_background_");
}

secant_status
ann_mask_classes(ann_set *s, const char *root, const mask_layout *l, const secant_dataset_reading *o, secant_err *err)
{
	char *meta = base_path_join(root, l->meta);
	secant_status status = ann_read_option_names(s, o, err);
	if (!status && !s->n_classes && meta && secant_is_file(meta))
		status = ann_read_text(s, -1, meta, base_ext_is(meta, "json") ? meta_json : meta_lines, err);
	char *names = base_path_join(root, "class_names.txt"); /* as labelme2voc writes it */
	if (!status && !s->n_classes && l->fixed == VOC_CLASSES && names && secant_is_file(names))
		status = ann_read_names(s, names, err);
	secant_free(names);
	bool given = s->n_classes > 0;
	for (int i = 0; !status && !given && l->fixed == VOC_CLASSES && i < 21; i++)
		(void)add(s, voc_names[i], strlen(voc_names[i]), voc_colour(i));
	for (int i = 0; !status && !given && l->fixed == CITY_IDS && i < 34; i++)
		(void)add(s, city[i].name, strlen(city[i].name), city[i].colour);
	for (int i = 0; !status && !given && l->fixed == CITY_TRAIN_IDS && i < 19; i++)
		(void)add(s, city[city_train[i]].name, strlen(city[city_train[i]].name), city[city_train[i]].colour);
	for (int i = 0; !status && !given && l->fixed == CAMVID_CLASSES && i < 12; i++)
		(void)add(s, camvid_names[i], strlen(camvid_names[i]), -1);
	for (int i = 0; i < s->n_classes && (l->zero_is_background || given); i++)
		s->classes[i].is_background = s->classes[i].is_background || is_background(ann_str(s, s->classes[i].name));
	s->flags |= s->n_classes > 0;
	secant_free(meta);
	return status;
}

int
ann_mask_background(const ann_set *s)
{
	for (int i = 0; i < s->n_classes; i++)
		if (s->classes[i].is_background)
			return i;
	/* formats between masks and masks do not say it: the name does */
	return s->n_classes && is_background(ann_str(s, s->classes[0].name)) ? 0 : -1;
}

secant_status
ann_mask_parse(ann_set *s, const char *data, size_t n, const char *origin, secant_err *err)
{
	return n && *data == '{' ? meta_json(s, -1, data, n, origin, err) : meta_lines(s, -1, data, n, origin, err);
}

/* --- writing
 * ----------------------------------------------------------------------------------------------------------------
 */

int32_t
ann_mask_colour(const ann_set *s, int class, bool voc, int value)
{
	uint8_t c[3];
	if (class >= 0 && s->classes[class].colour >= 0)
		return s->classes[class].colour;
	if (voc)
		return voc_colour(value);
	secant_palette(class, c);
	return c[0] << 16 | c[1] << 8 | c[2];
}

/* Are all names Cityscapes' own? Then its own ids are written. */
bool
ann_city_names(const ann_set *s)
{
	for (int i = 0; i < s->n_classes; i++) {
		bool known = false;
		for (int k = 0; k < 34 && !known; k++)
			known = !strcmp(city[k].name, ann_str(s, s->classes[i].name));
		if (!known)
			return false;
	}
	return s->n_classes > 0;
}

void
ann_mask_values(const ann_set *s, const mask_layout *l, int *value, int *background)
{
	int own = ann_mask_background(s);
	bool city_own = l->fixed == CITY_IDS && ann_city_names(s), shift = own < 0;
	*background = city_own ? 0 : own < 0 ? 0 : own;
	for (int i = 0; i < s->n_classes; i++) {
		value[i] = shift ? i + 1 : i;
		for (int k = 0; city_own && k < 34; k++)
			if (!strcmp(city[k].name, ann_str(s, s->classes[i].name)))
				value[i] = k;
	}
}

secant_status
ann_mask_write_classes(ann_set *s, ann_out *out, int which, secant_err *err)
{
	base_str t = { 0 }, colours = { 0 };
	const mask_layout *l = &ann_layouts[which];
	int own = ann_mask_background(s), row = 0;
	bool first = true, city_own = l->fixed == CITY_IDS && ann_city_names(s),
		 json = which == MASKS || which == MAPILLARY;
	const char *without = which == ADE20K || which == VOC_SEG ? "" : " "; /* words apart would be several names */
	secant_status status = city_own || json ? SECANT_OK : ann_name_classes(s, out, without, *without ? '_' : ' ', err);
	if (which == MASKS)
		base_str_add(&t, "{\n  \"label_map\": {");
	else if (which == MAPILLARY)
		base_str_add(&t, "{\n  \"labels\": [");
	else if (which == ADE20K)
		base_str_add(&t, "Idx\tRatio\tTrain\tVal\tName\n");
	else if (which == VOC_SEG)
		base_str_add(&t, "# label:color_rgb:parts:actions\n");
	for (int i = own < 0 ? -1 : 0; i < s->n_classes; i++) {
		const char *name = i < 0 ? "background" : ann_written(s, i);
		int32_t c = i < 0 ? 0 : ann_mask_colour(s, i, which == VOC_SEG, own < 0 ? i + 1 : i);
		int value = own < 0 ? i + 1 : i, rgb[3] = { c >> 16 & 255, c >> 8 & 255, c & 255 };
		if (which == ADE20K && i < 0)
			continue;
		switch (which) {
		case MASKS:
			base_str_addf(&t, "%s\n    \"%d\": ", first ? "" : ",", value);
			ann_json_string(&t, name, strlen(name));
			base_str_addf(&colours, "%s\n    [%d, %d, %d]", first ? "" : ",", rgb[0], rgb[1], rgb[2]);
			break;
		case MAPILLARY:
			base_str_addf(
				&t, "%s\n    {\"color\": [%d, %d, %d], \"readable\": ", first ? "" : ",", rgb[0], rgb[1], rgb[2]);
			ann_json_string(&t, name, strlen(name));
			base_str_add(&t, "}");
			break;
		case ADE20K: base_str_addf(&t, "%d\t0\t0\t0\t%s\n", ++row, name); break;
		case VOC_SEG: base_str_addf(&t, "%s:%d,%d,%d::\n", name, rgb[0], rgb[1], rgb[2]); break;
		default: base_str_addf(&t, "%d %d %d %s\n", rgb[0], rgb[1], rgb[2], name);
		}
		first = false;
	}
	if (which == MASKS)
		base_str_addf(&t, "\n  },\n  \"segmentation_colors\": [%s\n  ],\n  \"background_label\": \"%d\"\n}\n",
			colours.p ? colours.p : "", own < 0 ? 0 : own);
	else if (which == MAPILLARY)
		base_str_add(&t, "\n  ]\n}\n");
	if (!status && !city_own)
		status = ann_out_str(out, l->meta, &t, err);
	base_str_free(&t), base_str_free(&colours);
	return status;
}
