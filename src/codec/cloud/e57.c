/* E57 (ASTM E2807) is known by its first bytes and refused by name: no library of this system's reads it. */
#include "codec/cloud/format.h"
#include <string.h>

static bool
e57_sniff(const uint8_t *d, size_t n)
{
	return n >= 8 && !memcmp(d, "ASTM-E57", 8);
}

static secant_status
e57_open(secant_cloud_reader *r, secant_err *err)
{
	return cloud_fail(r->name, err, SECANT_ERR_UNSUPPORTED,
		"is an E57 file, which is not read; CloudCompare and `pdal translate scan.e57 scan.laz` make LAZ of it");
}

const cloud_format cloud_e57 = {
	.name = "e57",
	.brief = "ASTM E57: refused by name",
	.extensions = "e57",
	.sniff = e57_sniff,
	.open = e57_open,
};
