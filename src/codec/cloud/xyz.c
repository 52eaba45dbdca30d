/* The format xyz: a text table (text.c, text_write.c). */
#include "codec/cloud/text.h"

const cloud_format cloud_xyz = {
	.name = "xyz",
	.brief = "points as text, x y z and more",
	.extensions = "xyz",
	.open = cloud_text_open,
	.next = cloud_text_next,
	.close = cloud_text_close,
	.create = cloud_text_create,
	.put = cloud_text_put,
	.finish = cloud_text_finish,
};
