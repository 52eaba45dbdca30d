/* The format asc: a text table (text.c, text_write.c). The ending is also that of ESRI's grids of heights: see text.c.
 */
#include "codec/cloud/text.h"

const cloud_format cloud_asc = {
	.name = "asc",
	.brief = "points as text, x y z and more",
	.extensions = "asc|neu",
	.open = cloud_text_open,
	.next = cloud_text_next,
	.close = cloud_text_close,
	.create = cloud_text_create,
	.put = cloud_text_put,
	.finish = cloud_text_finish,
};
