/* CSV of boxes (csv.c): what its files share. */
#ifndef ANN_CSV_BOXES_H
#define ANN_CSV_BOXES_H
#include "annotations/csv.h"
#include "annotations/format.h"

/* What a column is. */
enum {
	FILE_NAME,
	WIDTH,
	HEIGHT,
	CLASS,
	X0,
	Y0,
	X1,
	Y1,
	BOX_W,
	BOX_H,
	SPLIT,
	CROWD,
	DIFFICULT,
	CX,
	CY,
	BBOX,
	X3,
	Y3,
	X4,
	Y4,
	POLYGON,
	KNOWN
};

/* Columns by the names in a header; the first of a kind counts, -1: an attribute. `sizes`: width and height are those
 * of the box (csv_columns.c). */
bool ann_csv_header(const ann_csv_row *r, int map[ANN_COLUMNS], bool *sizes);
/* The columns of a file without a header, by what stands in its first row: their number, and a layout's columns in
 * words for a note. -1: none of those that are known. */
int ann_csv_plain(const ann_csv_row *r);
int ann_csv_plain_columns(int layout, int map[ANN_COLUMNS]);
const char *ann_csv_plain_words(int layout);

/* The place of a row (csv_place.c): a box, four corners, or polygons. */
typedef struct ann_row_place {
	double xy[8]; /* of a box, or four corners where `corners` */
	bool has, corners;
	uint32_t flags; /* of the object */
	uint32_t shape; /* polygons, in the set */
} ann_row_place;
/* `v`: the fields by what they are. Errors: what is no number, or no polygon. */
secant_status ann_csv_place(ann_set *s, const ann_field v[KNOWN], ann_row_place *p, const char *origin, uint32_t line,
	secant_err *err) SECANT_NODISCARD;

secant_status ann_csv_write(ann_set *s, ann_out *out, secant_err *err) SECANT_NODISCARD;
#endif
