/*
 * mxpi_rtspsrc: receives video from a camera. A bin of GStreamer, without the properties of plugins. The original
 * documents no media type for it.
 */
#include "stream/element.h"

static const secant_prop props[] = {
	SECANT_PROP_TEXT("rtspUrl", NULL, "address of the camera"),
	SECANT_PROP_NUMBER(UINT, "channelId", "0", 0, 4294967295, "number of the channel"),
	SECANT_PROP_NUMBER(ULONG, "timeout", "0", 0, INT64_MAX, "microseconds, 0: none"),
	SECANT_PROP_NUMBER(UINT, "fpsMode", "0", 0, 1, "1: prints pictures a second"),
	SECANT_PROP_NUMBER(UINT, "tlsValidationFlags", "0", 0, 4294967295, "which checks of the certificate"),
	SECANT_PROP_TEXT("tlsCertFilePathList", NULL, "CertCrt,CertKey,CaCert,Token[,Crl]"),
	SECANT_PROP_NATIVE(BOOL, "async-handling", "false", 0, 0, 0, "changes of state of its parts go unseen"),
	SECANT_PROP_NATIVE(BOOL, "message-forward", "false", 0, 0, 0, "passes on messages of its parts"),
	SECANT_PROP_END,
};

const secant_element secant_element_mxpi_rtspsrc = {
	.name = "mxpi_rtspsrc",
	.brief = "receives video from a camera",
	.base = SECANT_BASE_OBJECT,
	.props = props,
	.sources = { SECANT_MEDIA_ANY },
};
