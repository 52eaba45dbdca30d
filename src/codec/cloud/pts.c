/* The format pts: a text table (text.c, text_write.c). */
#include "codec/cloud/text.h"

const cloud_format cloud_pts = {
	.name = "pts",
	.brief = "points as text, of ShapeNet or Leica (with a count)",
	.extensions = "pts",
	.open = cloud_text_open,
	.next = cloud_text_next,
	.close = cloud_text_close,
	.create = cloud_text_create,
	.put = cloud_text_put,
	.finish = cloud_text_finish,
};
