/*
 * Rebuilds the NWPU VHR-10 folder as it is distributed, with blank pictures, from the published boxes: helper_nwpu
 * FOLDER. For pages that begin with that folder (tests/docs/nwpu-to-voc.sh). Exit status 77: the boxes are not there.
 */
#include "ann_nwpu.h"

int
main(int argc, char **argv)
{
	if (argc != 2 || !load_nwpu())
		return argc == 2 ? 77 : 2;
	rebuild_nwpu(argv[1]);
	return 0;
}
