/* Buffers of plugins: new ones with bytes, what a buffer holds, and their end. All memory is the host's. */
#ifndef MXPI_BUFFER_MANAGER_H
#define MXPI_BUFFER_MANAGER_H
#include "MxTools/PluginToolkit/metadata/MxpiMetadataManager.h"

namespace MxTools
{

struct InputParam {
	std::string key;
	int deviceId = 0, dataSize = 0;
	void *ptrData = nullptr;
	MxpiFrameInfo mxpiFrameInfo;
	MxpiVisionInfo mxpiVisionInfo;
	MxpiMemoryType mxpiMemoryType = MXPI_MEMORY_HOST;
	uint32_t dataType = 0;
};

class MxpiBufferManager
{
  public:
	/* dataSize bytes of 0, or those of ptrData; with frame information, and under `key` a list of one picture. */
	static MxpiBuffer *
	CreateHostBuffer(const InputParam &p)
	{
		std::string zeros(p.dataSize > 0 ? size_t(p.dataSize) : 0, '\0');
		return Create(p, zeros.data(), zeros.size());
	}
	static MxpiBuffer *
	CreateHostBufferAndCopyData(const InputParam &p)
	{
		return p.ptrData && p.dataSize > 0 ? Create(p, p.ptrData, size_t(p.dataSize)) : nullptr;
	}
	static MxpiBuffer *
	CreateDeviceBuffer(const InputParam &p)
	{
		return CreateHostBuffer(p);
	}
	static MxpiBuffer *
	CreateDeviceBufferAndCopyData(const InputParam &p)
	{
		return CreateHostBufferAndCopyData(p);
	}

	static MxpiFrame
	GetHostDataInfo(MxpiBuffer &b)
	{
		MxpiFrame frame;
		char key[300];
		MxpiMetadataManager m(b);
		if (auto info = std::static_pointer_cast<MxpiFrameInfo>(
				m.GetMetadataWithType("ReservedFrameInfo", "MxpiFrameInfo")))
			*frame.mutable_frameinfo() = *info;
		SecantCalls()->picture(b.buffer, key, sizeof key);
		if (auto list = std::static_pointer_cast<MxpiVisionList>(m.GetMetadataWithType(key, "MxpiVisionList"))) {
			*frame.mutable_visionlist() = *list;
			SecantPoint(*frame.mutable_visionlist());
		}
		return frame;
	}
	static MxpiFrame
	GetDeviceDataInfo(MxpiBuffer &b)
	{
		return GetHostDataInfo(b);
	}

	static APP_ERROR
	DestroyBuffer(MxpiBuffer *b)
	{
		if (b) {
			SecantCalls()->drop(b->buffer);
			delete b;
		}
		return APP_ERR_OK;
	}

  private:
	static MxpiBuffer *
	Create(const InputParam &p, const void *bytes, size_t size)
	{
		secant_frame *f = SecantCalls()->make(bytes, size);
		if (!f)
			return nullptr;
		MxpiBuffer *b = new MxpiBuffer{ f, nullptr };
		MxpiMetadataManager m(*b);
		m.AddProtoMetadata("ReservedFrameInfo", std::make_shared<MxpiFrameInfo>(p.mxpiFrameInfo));
		if (!p.key.empty()) {
			auto list = std::make_shared<MxpiVisionList>();
			auto v = list->add_visionvec();
			*v->mutable_visioninfo() = p.mxpiVisionInfo;
			v->mutable_visiondata()->set_datastr(static_cast<const char *>(bytes), size);
			v->mutable_visiondata()->set_datasize(int(size));
			m.AddProtoMetadata(p.key, list);
		}
		return b;
	}
};

} // namespace MxTools
#endif
