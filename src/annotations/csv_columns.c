/* What the columns of a CSV of boxes are: by the names that tools and competitions give them, or by the first row. */
#include "annotations/csv_boxes.h"
#include "base/file.h"
#include <strings.h>

static const char *const spelling[KNOWN] = {
	"filename|image|file|file_name|path|image_path|img|image_id|image_name|img_path|frame",
	"width|image_width|img_width",
	"height|image_height|img_height",
	"class|label|name|class_name|category|label_name|category_name|object",
	"xmin|x1|left|x0|x_min|x|bbox_x|box_x|bb_x|bbox_left|bb_left|x_left|bbox_xmin",
	"ymin|y1|top|y0|y_min|y|bbox_y|box_y|bb_y|bbox_top|bb_top|y_top|bbox_ymin",
	"xmax|x2|right|x_max|bbox_xmax|x_right|bbox_right",
	"ymax|y2|bottom|y_max|bbox_ymax|y_bottom|bbox_bottom",
	"w|box_width|bbox_width|bb_width|bbox_w|bw",
	"h|box_height|bbox_height|bb_height|bbox_h|bh",
	"split|subset|set",
	"iscrowd|crowd",
	"difficult",
	"x_center|xcenter|cx|center_x|x_centre",
	"y_center|ycenter|cy|center_y|y_centre",
	"bbox|box|bounding_box",
	"x3",
	"y3",
	"x4",
	"y4",
	"segmentation|polygon|polygons|geometry|vertices",
};

static int
column(ann_field f)
{
	for (int k = 0; k < KNOWN; k++)
		for (const char *p = spelling[k]; *p;) {
			size_t n = strcspn(p, "|");
			if (ann_len(f) == n && !strncasecmp(f.p, p, n))
				return k;
			p += n + (p[n] == '|');
		}
	return -1;
}

bool
ann_csv_header(const ann_csv_row *r, int map[ANN_COLUMNS], bool *sizes)
{
	int known = 0;
	int at[KNOWN];
	for (int k = 0; k < KNOWN; k++)
		at[k] = -1;
	for (int i = 0; i < r->n; i++) {
		int k = column(r->f[i]);
		map[i] = k >= 0 && at[k] < 0 ? k : -1;
		if (map[i] < 0)
			continue;
		at[k] = i;
		known++;
	}
	*sizes = (at[X0] >= 0 || at[CX] >= 0) && at[X1] < 0 && at[BOX_W] < 0 && at[BBOX] < 0 && at[WIDTH] >= 0
		&& at[HEIGHT] >= 0;
	if (*sizes) {
		map[at[WIDTH]] = BOX_W;
		map[at[HEIGHT]] = BOX_H;
	}
	return at[FILE_NAME] >= 0 && known >= 2;
}

/* Files without a header, by what stands in their first row: F a picture's name, # a number, ? what may be empty,
 * T text, S a list of AutoML. The columns in words are for the note. */
static const struct {
	const char *row, *words;
	int map[11];
} plain[] = {
	{ "F????*", "filename,xmin,ymin,xmax,ymax,class", { FILE_NAME, X0, Y0, X1, Y1, CLASS } },
	{ "FT####", "filename,class,xmin,ymin,xmax,ymax", { FILE_NAME, CLASS, X0, Y0, X1, Y1 } },
	{ "TF####", "class,filename,xmin,ymin,xmax,ymax", { CLASS, FILE_NAME, X0, Y0, X1, Y1 } },
	{ "F##T####", "filename,width,height,class,xmin,ymin,xmax,ymax",
		{ FILE_NAME, WIDTH, HEIGHT, CLASS, X0, Y0, X1, Y1 } },
	{ "T####F##", "class,x,y,width,height,filename,image width,image height",
		{ CLASS, X0, Y0, BOX_W, BOX_H, FILE_NAME, WIDTH, HEIGHT } },
	{ "SFT##--##--", "list,filename,class,xmin,ymin,,,xmax,ymax,,",
		{ SPLIT, FILE_NAME, CLASS, X0, Y0, -1, -1, X1, Y1, -1, -1 } },
};
enum { PLAIN = sizeof plain / sizeof *plain };

static bool
is_picture(ann_field f)
{
	char *name = base_strndup(f.p, ann_len(f));
	bool is = name && base_ext_is(name, ANN_PICTURES);
	secant_free(name);
	return is;
}

static bool
fits(char kind, ann_field f)
{
	double v;
	bool number = ann_real(f.p, f.end, &v);
	switch (kind) {
	case 'F': return is_picture(f);
	case '#': return number;
	case '?': return number || !ann_len(f);
	case 'T': return ann_len(f) && !number;
	case 'S':
		return ann_is(f, "TRAIN") || ann_is(f, "TRAINING") || ann_is(f, "VALIDATE") || ann_is(f, "VALIDATION")
			|| ann_is(f, "TEST") || ann_is(f, "UNASSIGNED") || !ann_len(f);
	default: return true;
	}
}

int
ann_csv_plain(const ann_csv_row *r)
{
	for (int i = 0; i < PLAIN; i++) {
		int n = (int)strlen(plain[i].row), k = 0;
		while (r->n == n && k < n && fits(plain[i].row[k], r->f[k]))
			k++;
		if (k == n)
			return i;
	}
	return -1;
}

int
ann_csv_plain_columns(int layout, int map[ANN_COLUMNS])
{
	int n = (int)strlen(plain[layout].row);
	for (int i = 0; i < ANN_COLUMNS; i++)
		map[i] = i < n ? plain[layout].map[i] : -1;
	return n;
}

const char *
ann_csv_plain_words(int layout)
{
	return plain[layout].words;
}
