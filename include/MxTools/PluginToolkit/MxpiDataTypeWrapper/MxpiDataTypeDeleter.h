/*
 * Memory of messages: pictures and tensors have their bytes in dataStr, or dataPtr leads to them. Programs of MindX SDK
 * read and write the pointer; what travels is the bytes.
 */
#ifndef MXPI_DATA_TYPE_DELETER_H
#define MXPI_DATA_TYPE_DELETER_H
#include <cstdlib>
#include "MxTools/Proto/MxpiDataType.pb.h"

namespace MxTools
{

/* Calls use(bytes, pointer to them, their number) for each picture or tensor of a message that has some. */
template <class Use>
inline void
SecantEachMemory(google::protobuf::Message &m, Use use)
{
	const std::string &name = m.GetDescriptor()->name();
	if (name == "MxpiVisionList")
		for (auto &v : *static_cast<MxpiVisionList &>(m).mutable_visionvec()) {
			if (!v.has_visiondata())
				continue;
			MxpiVisionData &d = *v.mutable_visiondata();
			uint64_t at = d.dataptr();
			int n = d.datasize();
			use(*d.mutable_datastr(), at, n);
			d.set_dataptr(at);
			d.set_datasize(n);
		}
	else if (name == "MxpiTensorPackageList")
		for (auto &p : *static_cast<MxpiTensorPackageList &>(m).mutable_tensorpackagevec())
			for (auto &t : *p.mutable_tensorvec()) {
				uint64_t at = t.tensordataptr();
				int n = t.tensordatasize();
				use(*t.mutable_datastr(), at, n);
				t.set_tensordataptr(at);
				t.set_tensordatasize(n);
			}
}
/* Bytes that a message only points at become its own. */
inline void
SecantFetch(google::protobuf::Message &m)
{
	SecantEachMemory(m, [](std::string &bytes, uint64_t &at, int &n) {
		if (bytes.empty() && at && n > 0)
			bytes.assign(reinterpret_cast<const char *>(at), size_t(n));
	});
}
/* The pointers lead to the message's own bytes, as long as it lives. */
inline void
SecantPoint(google::protobuf::Message &m)
{
	SecantEachMemory(m, [](std::string &bytes, uint64_t &at, int &n) {
		at = reinterpret_cast<uint64_t>(bytes.data());
		n = int(bytes.size());
	});
}

/* Ends a list and what MemoryHelper::MxbsMalloc gave it; its own bytes end with it. */
inline void
SecantFreeMemory(google::protobuf::Message *m)
{
	SecantEachMemory(*m, [](std::string &bytes, uint64_t &at, int &) {
		if (at && at != reinterpret_cast<uint64_t>(bytes.data()))
			std::free(reinterpret_cast<void *>(at));
		at = 0;
	});
}
static const auto g_deleteFuncMxpiVisionList = [](MxpiVisionList *list) {
	SecantFreeMemory(list);
	delete list;
};
static const auto g_deleteFuncMxpiTensorPackageList = [](MxpiTensorPackageList *list) {
	SecantFreeMemory(list);
	delete list;
};

} // namespace MxTools
#endif
