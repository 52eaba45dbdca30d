/*
 * Files that people bring and that are no cloud we read: each is refused by its name, with what makes a cloud of it.
 * Known by contents first (a pointer of Git LFS or a web page has the name of what it should have been), then by
 * extension.
 */
#include "codec/cloud/format.h"
#include <string.h>

typedef struct foreign {
	const char *magic; /* NULL: by extension alone */
	size_t size;
	const char *extensions; /* "" : by contents alone, whatever the name */
	const char *what, *way;
} foreign;

#define MAGIC(text) text, sizeof(text) - 1

static const foreign foreigners[] = {
	{ MAGIC("version https://git-lfs"), "", "a pointer of Git LFS, not the file itself", "`git lfs pull` fetches it" },
	{ MAGIC("<!DOCTYPE html"), "", "a web page", "the download brought no cloud: fetch it again" },
	{ MAGIC("<!doctype html"), "", "a web page", "the download brought no cloud: fetch it again" },
	{ MAGIC("<html"), "", "a web page", "the download brought no cloud: fetch it again" },
	{ MAGIC("\x89HDF\r\n"), "h5|hdf5", "HDF5", "h5py reads its arrays and numpy.save makes NPY of them" },
	{ MAGIC("MATLAB 5.0"), "mat", "a MATLAB file", "scipy.io.loadmat and numpy.save make NPY of it" },
	{ MAGIC("Kaydara FBX"), "fbx", "FBX, a scene of meshes", "Blender exports PLY, OBJ or STL of it" },
	{ MAGIC("DRACO"), "drc", "Draco, compressed", "`draco_decoder -i F -o F.ply` makes PLY of it" },
	{ MAGIC("# vtk DataFile"), "vtk|vtp|vtu|vti", "VTK", "ParaView and meshio export PLY or CSV of it" },
	{ MAGIC("#ROSBAG"), "bag|db3", "a recording of ROS", "`rosrun pcl_ros bag_to_pcd` makes PCD of it" },
	{ MAGIC("\x89MCAP"), "mcap", "a recording of ROS", "rosbags and open3d make PCD of its messages" },
	{ MAGIC("PAR1"), "parquet", "Parquet, a table", "pandas makes CSV of it" },
	{ MAGIC("PK\3\4"), "zip|npz|kmz", "an archive", "unpack it first" },
	{ MAGIC("7z\xbc\xaf\x27\x1c"), "7z|rar|tar|tgz|bz2|xz|zst", "an archive", "unpack it first" },
	{ NULL, 0, "pkl|pickle|pt|pth", "a pickle of Python", "numpy.save makes NPY of its arrays" },
	{ NULL, 0, "rcp|rcs", "Autodesk ReCap's own format", "ReCap exports E57, PTS and LAS" },
	{ NULL, 0, "fls|lsproj|xyb", "FARO's own format", "SCENE exports E57, PTS, PTX and XYZ" },
	{ NULL, 0, "zfs|zfc", "Zoller and Froehlich's own format", "LaserControl exports E57, PTX and LAS" },
	{ NULL, 0, "rdb|rdbx|rxp|sdw|sdc", "RIEGL's own format", "RiSCAN PRO and RiPROCESS export LAS and LAZ" },
	{ NULL, 0, "imp|ptg|ptb|lgs|cl3|clr|ptz", "a scanner's own format", "its program exports E57, PTS, PTX or LAS" },
	{ NULL, 0, "pod|dgn|dwg|dxf|ifc|step|stp|igs", "a CAD format", "CloudCompare and FreeCAD export PLY, STL or TXT" },
	{ NULL, 0, "3ds|dae|blend|x3d|wrl|3mf|usd|usdz|max|skp", "a scene of meshes",
		"Blender exports PLY, OBJ or STL of it" },
	{ NULL, 0, "splat|ksplat|spz", "Gaussians of a splatting viewer", "the training's PLY holds the same points" },
	{ NULL, 0, "pcap|pcapng", "a recording of packets", "the sensor's tools (VeloView, ouster-cli) write LAS or PCD" },
	{ NULL, 0, "tfrecord", "TensorFlow's records", "the data set's own tools write NPY or PLY" },
	{ NULL, 0, "bpf|sbet|csd|terrasolid", "a format of PDAL's", "`pdal translate` makes LAS or LAZ of it" },
	{ NULL, 0, "shp|gpkg|geojson|kml|gml", "a vector file",
		"`ogr2ogr -f CSV out.csv F -lco GEOMETRY=AS_XYZ` makes CSV of it" },
	{ NULL, 0, "html|htm|pdf|doc|docx|xls|xlsx|ods", "a document", "a table program exports CSV" },
};

static secant_status
refuse(const secant_cloud_reader *r, const foreign *f, secant_err *err)
{
	return cloud_fail(r->name, err, SECANT_ERR_UNSUPPORTED, "is %s, which is not read: %s", f->what, f->way);
}

secant_status
cloud_foreign_contents(const secant_cloud_reader *r, secant_err *err)
{
	for (size_t i = 0; i < sizeof foreigners / sizeof *foreigners; i++) {
		const foreign *f = &foreigners[i];
		if (f->magic && !*f->extensions && r->size >= f->size && !memcmp(r->data, f->magic, f->size))
			return refuse(r, f, err);
	}
	return SECANT_OK;
}

secant_status
cloud_foreign(const secant_cloud_reader *r, secant_err *err)
{
	for (size_t i = 0; i < sizeof foreigners / sizeof *foreigners; i++) {
		const foreign *f = &foreigners[i];
		if (f->magic && r->size >= f->size && !memcmp(r->data, f->magic, f->size))
			return refuse(r, f, err);
	}
	for (size_t i = 0; i < sizeof foreigners / sizeof *foreigners; i++)
		if (*foreigners[i].extensions && base_ext_is(r->name, foreigners[i].extensions))
			return refuse(r, &foreigners[i], err);
	return SECANT_OK;
}
