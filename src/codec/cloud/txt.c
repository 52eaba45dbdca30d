/* The format txt: a text table (text.c, text_write.c). */
#include "codec/cloud/text.h"

const cloud_format cloud_txt = {
	.name = "txt",
	.brief = "points as text, a header or a comment may name the columns",
	.extensions = "txt|asc",
	.open = cloud_text_open,
	.next = cloud_text_next,
	.close = cloud_text_close,
	.create = cloud_text_create,
	.put = cloud_text_put,
	.finish = cloud_text_finish,
};
