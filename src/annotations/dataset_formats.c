/* The table of formats as others see it: names, what each has a place for, and which of them a folder is. */
#include "annotations/dataset.h"
#include "annotations/find.h"
#include "base/file.h"

bool
secant_dataset_format(int i, const char **name, const char **brief, bool *reads, bool *writes)
{
	int n = 0;
	while (ann_formats[n])
		n++;
	if (i < 0 || i >= n)
		return false;
	const ann_format *f = ann_formats[i];
	if (name)
		*name = f->name;
	if (brief)
		*brief = f->brief;
	if (reads)
		*reads = f->read || f->files;
	if (writes)
		*writes = f->write != NULL;
	return true;
}

/* What a format has a place for, and what is counted as lost where it has none. */
static const struct {
	unsigned bit;
	const char *keeps, *loses;
} holdings[] = {
	{ ANN_HOLDS_BOX, "boxes", NULL },
	{ ANN_HOLDS_FRACTIONS, "fractions of pixels", "fractions of pixels" },
	{ ANN_HOLDS_QUAD, "turned boxes", "the orientation of boxes" },
	{ ANN_HOLDS_POLYGON, "polygons", "polygons" },
	{ ANN_HOLDS_PARTS, "polygons of several parts", "further parts of polygons" },
	{ ANN_HOLDS_RLE, "masks of objects", "masks of objects" },
	{ ANN_HOLDS_MASK, "pictures of classes", NULL },
	{ ANN_HOLDS_LINES, "lines and points", "lines and points" },
	{ ANN_HOLDS_LABELS, "labels of whole pictures", "labels of whole pictures" },
	{ ANN_HOLDS_ATTRIBUTES, "attributes of objects", "attributes of objects" },
	{ ANN_HOLDS_IMAGE_ATTRIBUTES, "attributes of pictures", "attributes of pictures" },
	{ ANN_HOLDS_SET_ATTRIBUTES, "attributes of the set and of classes", "attributes of the set and of classes" },
	{ ANN_HOLDS_CROWD, "crowd marks", "crowd marks" },
	{ ANN_HOLDS_DIFFICULT, "difficult marks", "difficult marks" },
	{ ANN_HOLDS_AREA, "areas of their own", "areas that are not those of the shapes" },
	{ ANN_HOLDS_VOID, "regions not to be judged", "regions not to be judged" },
};

static void
put_places(base_str *t, const ann_format *f, bool kept)
{
	bool any = false;
	/* Attributes carry marks and areas; pixels of a class mask carry polygons. */
	unsigned carried = f->holds, some = f->attributes ? ANN_HOLDS_ATTRIBUTES : 0u;
	if (f->holds & ANN_HOLDS_ATTRIBUTES && !some)
		carried |= ANN_HOLDS_CROWD | ANN_HOLDS_DIFFICULT | ANN_HOLDS_AREA;
	for (size_t i = 0; i < sizeof holdings / sizeof *holdings; i++) {
		unsigned bit = holdings[i].bit;
		bool has = (kept ? f->holds : carried & ~some) & bit;
		const char *words = kept ? holdings[i].keeps : holdings[i].loses;
		if (has != kept || !words || (!kept && bit == ANN_HOLDS_FRACTIONS && f->holds & ANN_HOLDS_MASK))
			continue;
		base_str_addf(t, "%s%s%s", any ? ", " : "", bit & some && !kept ? "other " : "", words);
		for (const char *p = f->attributes; bit & some && kept && *p; p += strcspn(p, "|"), p += *p == '|')
			base_str_addf(t, "%s%.*s", p == f->attributes ? " (" : ", ", (int)strcspn(p, "|"), p);
		base_str_add(t, bit & some && kept ? ")" : "");
		any = true;
	}
	if (!kept && f->only_class)
		base_str_addf(t, "%snames of classes (all are `%s`)", any ? ", " : "", f->only_class);
	base_str_add(t, any ? ".\n" : "nothing.\n");
}

char *
secant_dataset_formats_page(void)
{
	base_str t = { 0 };
	base_str_add(&t,
		"# Data set formats\n\nThis page is printed by `secant doc --formats`. Formats are found out by what lies in a "
		"folder; `--from` and "
		"`--to` name them. What a format has no place for is counted by name in the report of a conversion; attributes "
		"whose key begins "
		"with the format's own prefix are written as it has them.\n\n| format | what it is | read | written "
		"|\n|---|---|---|---|\n");
	for (const ann_format *const *f = ann_formats; *f; f++)
		base_str_addf(&t, "| [`%s`](#%s) | %s | %s | %s |\n", (*f)->name, (*f)->name, (*f)->brief,
			(*f)->read || (*f)->files ? "yes" : "no", (*f)->write ? "yes" : "no");
	for (const ann_format *const *f = ann_formats; *f; f++) {
		base_str_addf(&t, "\n## %s\n\n%s.\n\n- Read: ", (*f)->name, (*f)->brief);
		put_places(&t, *f, true);
		if ((*f)->write) {
			base_str_add(&t, "- Counted as lost when written: ");
			put_places(&t, *f, false);
		} else
			base_str_add(&t, "- Not written.\n");
		if ((*f)->prefix)
			base_str_addf(&t, "- Its own elements are attributes `%sNAME`.\n", (*f)->prefix);
	}
	return base_str_take(&t);
}

enum { CERTAIN = 100 }; /* what detect says when nothing else can be it */

const char *
secant_dataset_detect(const char *path, const char **why, secant_err *err)
{
	const ann_format *best = NULL, *second = NULL;
	int sure = 0, next = 0;
	const char *reason = "", *best_reason = "";
	if (!secant_is_dir(path) && !secant_is_file(path)) {
		(void)secant_fail(err, SECANT_ERR_IO, "%s: there is no such folder or file", path);
		return NULL;
	}
	for (const ann_format *const *f = ann_formats; *f && sure < CERTAIN; f++) {
		int k = ann_detect_format(*f, path, &reason);
		if (k > sure) {
			second = best;
			next = sure;
			best = *f;
			sure = k;
			best_reason = reason;
		} else if (k > next) {
			second = *f;
			next = k;
		}
	}
	if (!best || sure == next) { /* a set without objects, say */
		const ann_format *own = ann_manifest_format(path);
		if (own) {
			best = own;
			best_reason = "its secant.json says so";
			next = sure - 1;
		}
	}
	const char *way = NULL, *foreign = best ? NULL : ann_foreign(path, &way);
	if (foreign) {
		(void)secant_fail(err, SECANT_ERR_UNSUPPORTED, "%s: %s, which is not read: %s", path, foreign, way);
		return NULL;
	}
	if (!best || sure == next) {
		(void)secant_fail(err, SECANT_ERR_FORMAT,
			best ? "%s: could be %s or %s: say which with --from"
				 : "%s: none of the known formats: say which with --from "
				   "(see `secant list datasets`)",
			path, best ? best->name : "", second ? second->name : "");
		return NULL;
	}
	if (why)
		*why = best_reason;
	return best->name;
}

static secant_entry
format_entry(int i)
{
	secant_entry e = { 0 };
	return secant_dataset_format(i, &e.name, &e.brief, NULL, NULL) ? e : (secant_entry){ 0 };
}
const base_kind base_kind_datasets = { "datasets", "Data set formats", format_entry };
