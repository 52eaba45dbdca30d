#!/bin/sh
# What docs/guide/nwpu-to-voc.md begins with: the data set as it is distributed.   nwpu-to-voc.sh BUILD
exec "$1/tests/annotations_helper_nwpu" "NWPU VHR-10 dataset"
