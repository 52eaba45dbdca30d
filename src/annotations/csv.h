/* CSV as text: what the formats that are CSV share (csv_text.c). */
#ifndef ANN_CSV_H
#define ANN_CSV_H
#include "annotations/text.h"

enum { ANN_COLUMNS = 128 };
typedef struct ann_csv_row {
	ann_field f[ANN_COLUMNS];
	int n;
	base_str room; /* of quoted fields; base_str_free */
} ann_csv_row;

/* One record, quotes taken off. False at the end; *bad: a quote without its end, or too many columns. */
bool ann_csv_record(ann_lines *l, char separator, ann_csv_row *r, bool *bad);
/* Comma, semicolon or tab: what the first line has most of. */
char ann_csv_separator(const char *data, size_t n);
/* A cell, in quotes where it needs some. */
void ann_csv_cell(base_str *t, const char *p, size_t n);
#endif
