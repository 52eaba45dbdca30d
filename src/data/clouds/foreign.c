/*
 * Data sets of clouds that people bring and that are not read: each is named by what lies there, with what makes one of
 * it that is.
 */
#include "base/file.h"
#include "base/mem.h"
#include "data/clouds/clouds.h"

typedef struct foreign {
	const char *place; /* a file or folder in it, or "*.EXT": files of an ending, there or one folder below */
	const char *says;
} foreign;

static const foreign foreigners[] = {
	{ "lidarseg",
		"nuScenes-lidarseg without its tables: v1.0-trainval (or v1.0-mini) with lidarseg.json, sample_data.json, "
		"sample.json, scene.json and category.json belongs beside samples and lidarseg" },
	{ "*.h5",
		"arrays of HDF5 in a layout that is not read (shapes are, as train_files.txt or train*.h5 with `data` and "
		"`label`; scenes such as S3DIS are not): h5py reads them, and numpy.save of columns x, y, z, label makes "
		"DATA/train/NAME.npy; the layouts s3dis and pointcept are read as they were published" },
	{ "*.pth",
		"clouds as pickles of Python, which are not read: torch.load and numpy.save of columns x, y, z, red, green, "
		"blue, label make DATA/train/NAME.npy" },
};

static bool
has_ending(const char *folder, const char *ending, int depth)
{
	base_names names = { 0 };
	bool any = false;
	if (base_dir_list(&names, folder, BASE_DIR_ALL, NULL))
		return false;
	for (int i = 0; i < names.n && !any; i++) {
		char *path = base_path_join(folder, names.v[i]);
		any = path
			&& (base_ext_is(names.v[i], ending)        ? secant_is_file(path)
					: depth > 0 && secant_is_dir(path) ? has_ending(path, ending, depth - 1)
													   : false);
		secant_free(path);
	}
	base_names_free(&names);
	return any;
}

const char *
data_clouds_foreign(const char *path)
{
	if (!secant_is_dir(path))
		return NULL;
	for (size_t i = 0; i < sizeof foreigners / sizeof *foreigners; i++) {
		const foreign *f = &foreigners[i];
		char *place = base_path_join(path, f->place);
		bool is = f->place[0] == '*' ? has_ending(path, f->place + 2, 1) : place && secant_is_dir(place);
		secant_free(place);
		if (is)
			return f->says;
	}
	return NULL;
}

bool
data_clouds_are_hdf5(const char *path)
{
	char *list = base_path_join(path, "all_files.txt");
	bool are = list && secant_is_file(list) && has_ending(path, "h5", 0);
	secant_free(list);
	return are;
}
