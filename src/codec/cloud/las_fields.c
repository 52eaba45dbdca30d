/*
 * The point formats of LAS as tables: two cores (formats 0 to 5 and 6 to 10) and the groups that follow them. Names are
 * laspy's.
 */
#include "codec/cloud/las.h"
#include <string.h>

/* Where the groups of a format stand; 0: it has none. */
static const struct {
	int size, time, colour, infrared, wave;
} formats[LAS_FORMATS] = {
	{ 20, 0, 0, 0, 0 },
	{ 28, 20, 0, 0, 0 },
	{ 26, 0, 20, 0, 0 },
	{ 34, 20, 28, 0, 0 },
	{ 57, 20, 0, 0, 28 },
	{ 63, 20, 28, 0, 34 },
	{ 30, 22, 0, 0, 0 },
	{ 36, 22, 30, 0, 0 },
	{ 38, 22, 30, 36, 0 },
	{ 59, 22, 0, 0, 30 },
	{ 67, 22, 30, 36, 38 },
};

static const las_field core0[] = {
	{ "intensity", SECANT_N_U16, 12, 0, 0 },
	{ "return_number", SECANT_N_U8, 14, 0, 7 },
	{ "number_of_returns", SECANT_N_U8, 14, 3, 7 },
	{ "scan_direction_flag", SECANT_N_U8, 14, 6, 1 },
	{ "edge_of_flight_line", SECANT_N_U8, 14, 7, 1 },
	{ "classification", SECANT_N_U8, 15, 0, 31 },
	{ "synthetic", SECANT_N_U8, 15, 5, 1 },
	{ "key_point", SECANT_N_U8, 15, 6, 1 },
	{ "withheld", SECANT_N_U8, 15, 7, 1 },
	{ "scan_angle_rank", SECANT_N_I8, 16, 0, 0 },
	{ "user_data", SECANT_N_U8, 17, 0, 0 },
	{ "point_source_id", SECANT_N_U16, 18, 0, 0 },
	{ .name = NULL },
};
static const las_field core6[] = {
	{ "intensity", SECANT_N_U16, 12, 0, 0 },
	{ "return_number", SECANT_N_U8, 14, 0, 15 },
	{ "number_of_returns", SECANT_N_U8, 14, 4, 15 },
	{ "synthetic", SECANT_N_U8, 15, 0, 1 },
	{ "key_point", SECANT_N_U8, 15, 1, 1 },
	{ "withheld", SECANT_N_U8, 15, 2, 1 },
	{ "overlap", SECANT_N_U8, 15, 3, 1 },
	{ "scanner_channel", SECANT_N_U8, 15, 4, 3 },
	{ "scan_direction_flag", SECANT_N_U8, 15, 6, 1 },
	{ "edge_of_flight_line", SECANT_N_U8, 15, 7, 1 },
	{ "classification", SECANT_N_U8, 16, 0, 0 },
	{ "user_data", SECANT_N_U8, 17, 0, 0 },
	{ "scan_angle", SECANT_N_I16, 18, 0, 0 },
	{ "point_source_id", SECANT_N_U16, 20, 0, 0 },
	{ .name = NULL },
};
static const las_field time_group[] = { { "gps_time", SECANT_N_F64, 0, 0, 0 }, { .name = NULL } };
static const las_field colour_group[] = { { "red", SECANT_N_U16, 0, 0, 0 }, { "green", SECANT_N_U16, 2, 0, 0 },
	{ "blue", SECANT_N_U16, 4, 0, 0 }, { .name = NULL } };
static const las_field infrared_group[] = { { "nir", SECANT_N_U16, 0, 0, 0 }, { .name = NULL } };
static const las_field wave_group[] = {
	{ "wavepacket_index", SECANT_N_U8, 0, 0, 0 },
	{ "wavepacket_offset", SECANT_N_U64, 1, 0, 0 },
	{ "wavepacket_size", SECANT_N_U32, 9, 0, 0 },
	{ "return_point_wave_location", SECANT_N_F32, 13, 0, 0 },
	{ "x_t", SECANT_N_F32, 17, 0, 0 },
	{ "y_t", SECANT_N_F32, 21, 0, 0 },
	{ "z_t", SECANT_N_F32, 25, 0, 0 },
	{ .name = NULL },
};

int
las_record_size(int format)
{
	return format >= 0 && format < LAS_FORMATS ? formats[format].size : 0;
}

bool
las_has(int format, char group)
{
	return group == 't' ? formats[format].time
		: group == 'c'  ? formats[format].colour
		: group == 'n'  ? formats[format].infrared
						: formats[format].wave;
}

int
las_fields(int format, las_field out[LAS_FIELDS])
{
	const struct {
		const las_field *field;
		int at;
	} groups[] = {
		{ format < 6 ? core0 : core6, 0 },
		{ formats[format].time ? time_group : NULL, formats[format].time },
		{ formats[format].colour ? colour_group : NULL, formats[format].colour },
		{ formats[format].infrared ? infrared_group : NULL, formats[format].infrared },
		{ formats[format].wave ? wave_group : NULL, formats[format].wave },
	};
	int n = 0;
	for (size_t g = 0; g < sizeof groups / sizeof *groups; g++) {
		for (const las_field *f = groups[g].field; f && f->name; f++) {
			out[n] = *f;
			out[n++].offset += groups[g].at;
		}
	}
	return n;
}

int
las_extra_type(secant_number type)
{
	static const int codes[SECANT_N_COUNT] = {
		[SECANT_N_U8] = 1,
		[SECANT_N_I8] = 2,
		[SECANT_N_U16] = 3,
		[SECANT_N_I16] = 4,
		[SECANT_N_U32] = 5,
		[SECANT_N_I32] = 6,
		[SECANT_N_U64] = 7,
		[SECANT_N_I64] = 8,
		[SECANT_N_F32] = 9,
		[SECANT_N_F64] = 10,
	};
	return codes[type];
}

/* What other programs call a field, as tensor_name_plain leaves it: PDAL, CloudCompare, LAStools, Riegl, laspy. */
static const struct {
	const char *field, *names;
} aliases[] = {
	{ "return_number",
		"returnnumber|returnno|returnnum|return|echonumber|echoindex|echo|targetindex|pulsereturnnumber" },
	{ "number_of_returns",
		"numberofreturns|numberofreturn|numreturns|noreturns|returncount|returns|echocount|numberofechoes|"
		"numberofechos|numechoes|echoes|targetcount|"
		"numberoftargets|pulsereturncount" },
	{ "scan_direction_flag", "scandirectionflag|scandirection|directionofscanflag|directionofscan" },
	{ "edge_of_flight_line", "edgeofflightline|edgeofflightlineflag|edgeflag|flightlineedge" },
	{ "synthetic", "synthetic|syntheticflag" },
	{ "key_point", "keypoint|keypointflag|modelkeypoint" },
	{ "withheld", "withheld|withheldflag" },
	{ "overlap", "overlap|overlapflag" },
	{ "scanner_channel", "scannerchannel|scanchannel" },
	{ "scan_angle_rank", "scananglerank|scanangle|scanangledegrees" },
	{ "scan_angle", "scanangle|scananglerank|scanangledegrees" },
	{ "user_data", "userdata" },
	{ "point_source_id", "pointsourceid|pointsource|flightline|flightlineid" },
	{ "nir", "nir|infrared|nearinfrared" },
	{ "wavepacket_index", "wavepacketindex|wavepacketdescriptorindex" },
	{ "wavepacket_offset", "wavepacketoffset|byteoffsettowaveformdata|waveformoffset" },
	{ "wavepacket_size", "wavepacketsize|waveformpacketsize" },
	{ "return_point_wave_location", "returnpointwavelocation|returnpointwaveformlocation|returnpointlocation" },
};

int
las_column_for(const secant_cloud *c, const char *field)
{
	int at = secant_cloud_find(c, field);
	secant_cloud_role_name role = secant_role_of(field);
	for (size_t i = 0; at < 0 && i < sizeof aliases / sizeof *aliases; i++)
		if (!strcmp(aliases[i].field, field))
			at = tensor_cloud_listed(c, aliases[i].names);
	if (at < 0 && role > SECANT_ROLE_Z && role < SECANT_ROLE_COUNT)
		at = secant_cloud_role(c, role);
	return at;
}
