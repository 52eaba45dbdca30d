/* Text tables whose ending says what stands behind x y z (text.c). Read only: other attributes have no place there. */
#include "codec/cloud/text.h"

const cloud_format cloud_xyzrgb = {
	.name = "xyzrgb",
	.brief = "points as text with colours, normals or intensities, by the ending",
	.extensions = "xyzrgb|xyzn|xyzi|xyzirgb",
	.open = cloud_text_open,
	.next = cloud_text_next,
	.close = cloud_text_close,
};
