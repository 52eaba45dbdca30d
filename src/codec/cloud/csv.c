/* The format csv: a text table (text.c, text_write.c). */
#include "codec/cloud/text.h"

const cloud_format cloud_csv = {
	.name = "csv",
	.brief = "points as comma- or semicolon-separated values",
	.extensions = "csv",
	.open = cloud_text_open,
	.next = cloud_text_next,
	.close = cloud_text_close,
	.create = cloud_text_create,
	.put = cloud_text_put,
	.finish = cloud_text_finish,
};
