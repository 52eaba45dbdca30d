/* mxpi_roigenerator: divides pictures into tiles. */
#include "stream/element.h"
#include <string.h>

/* Box i of "x0,y0,x1,y1|x0,...": 1 there is one, 0 the list has ended, -1 it is not four numbers. */
static int
box(const char **at, double v[4])
{
	if (!*at)
		return 0;
	size_t size = strcspn(*at, "|");
	const char *this = *at;
	*at = this[size] ? this + size + 1 : NULL;
	return stream_reals(this, size, v, 4) == 4 ? 1 : -1;
}

/* Custom: four numbers a box; with two ports as many boxes to merge as to crop, each within its tile. */
static bool
custom(const stream_element *e, const char **prop, const char **why)
{
	const char *crop = stream_text(e, "cropRoi"), *merge = stream_text(e, "mergeRoi");
	bool two = stream_sources(e) == 2;
	double c[4], m[4];
	for (;;) {
		int got = box(&crop, c), also = two ? box(&merge, m) : got;
		*prop = got < 0 ? "cropRoi" : "mergeRoi";
		*why = "a box is not four numbers";
		if (got < 0 || also < 0)
			return false;
		*why = "cropRoi and mergeRoi differ in number";
		if (got != also)
			return false;
		if (!got)
			return true;
		*why = "a box leaves that of cropRoi";
		if (two && (m[0] < c[0] || m[1] < c[1] || m[2] > c[2] || m[3] > c[3]))
			return false;
	}
}

static bool
starts(const stream_element *e, const char **prop, const char **why)
{
	int ports = stream_sources(e);
	const char *split = stream_text(e, "splitType");
	*prop = "";
	*why = "it has neither one port for output nor two";
	if (ports != 1 && ports != 2)
		return false;
	if (!strcmp(split, "Custom"))
		return custom(e, prop, why);
	if (!strcmp(split, "Num_Block"))
		return true;
	*why = "tiles are not larger than what they share";
	*prop = "overlapHeight";
	if (stream_int(e, "overlapHeight") >= stream_int(e, "blockHeight"))
		return false;
	*prop = "overlapWidth";
	return stream_int(e, "overlapWidth") < stream_int(e, "blockWidth");
}

static const stream_prop props[] = {
	STREAM_PROP_TEXT("splitType", "Size_Block", "Size_Block, Num_Block or Custom; any other word counts as the first"),
	STREAM_PROP_NUMBER(INT, "blockHeight", "512", 32, 8192, "rows of a tile (Size_Block)"),
	STREAM_PROP_NUMBER(INT, "blockWidth", "512", 32, 8192, "columns of a tile (Size_Block)"),
	STREAM_PROP_NUMBER(INT, "overlapHeight", "0", 0, 8192, "rows that two tiles share"),
	STREAM_PROP_NUMBER(INT, "overlapWidth", "0", 0, 8192, "columns that two tiles share"),
	STREAM_PROP_NUMBER(INT, "chessboardHeight", "1", 1, 256, "rows of tiles (Num_Block)"),
	STREAM_PROP_NUMBER(INT, "chessboardWidth", "1", 1, 256, "columns of tiles (Num_Block)"),
	STREAM_PROP_TEXT("cropRoi", "", "tiles (Custom): x0,y0,x1,y1|..."),
	STREAM_PROP_TEXT("mergeRoi", "", "what of each tile counts (Custom)"),
	STREAM_PROP_END,
};

const stream_element_type stream_element_mxpi_roigenerator = {
	.name = "mxpi_roigenerator",
	.brief = "divides pictures into tiles",
	.props = props,
	.sinks = { STREAM_MEDIA_YUV },
	.sources = { STREAM_MEDIA_OBJECT },
	.more_sources = STREAM_MEDIA_ROI,
	.starts = starts,
};
