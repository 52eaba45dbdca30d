/* Messages of a buffer by key. What is got is a copy that may be changed; what is added is copied. */
#ifndef MXPI_METADATA_MANAGER_H
#define MXPI_METADATA_MANAGER_H
#include "MxTools/PluginToolkit/base/MxPluginBase.h"
#include "MxTools/Proto/MxpiDataType.pb.h"

namespace MxTools
{

class MxpiMetadataManager
{
  public:
	explicit MxpiMetadataManager(MxpiBuffer &mxpiBuffer) : buffer_(mxpiBuffer) {}
	MxpiMetadataManager(const MxpiMetadataManager &) = delete;
	MxpiMetadataManager &operator=(const MxpiMetadataManager &) = delete;

	/* Numbers of memory (dataPtr, tensorDataPtr) lead to the bytes of the copy. nullptr: there is none. */
	std::shared_ptr<void>
	GetMetadata(const std::string &key)
	{
		const char *type;
		const void *data;
		size_t size;
		if (!SecantCalls()->get(buffer_.buffer, key.c_str(), &type, &data, &size))
			return nullptr;
		auto pool = google::protobuf::DescriptorPool::generated_pool();
		auto kind = pool->FindMessageTypeByName(std::string("MxTools.") + type);
		if (!kind)
			return nullptr;
		std::shared_ptr<google::protobuf::Message> m(
			google::protobuf::MessageFactory::generated_factory()->GetPrototype(kind)->New());
		if (!m->ParseFromArray(data, int(size)))
			return nullptr;
		Point(*m);
		return m;
	}
	std::shared_ptr<void>
	GetMetadataWithType(const std::string &key, const std::string &type)
	{
		auto m = GetMetadata(key);
		return m && static_cast<google::protobuf::Message *>(m.get())->GetDescriptor()->name() == type ? m : nullptr;
	}
	APP_ERROR
	AddProtoMetadata(const std::string &key, std::shared_ptr<void> metadata)
	{
		if (!metadata)
			return APP_ERR_COMM_INVALID_POINTER;
		auto m = static_cast<google::protobuf::Message *>(metadata.get());
		std::string bytes;
		Fetch(*m);
		if (!m->SerializeToString(&bytes))
			return APP_ERR_COMM_FAILURE;
		return SecantCalls()->put(
			buffer_.buffer, key.c_str(), m->GetDescriptor()->name().c_str(), bytes.data(), bytes.size());
	}
	/* Pointers to whatever do not travel, and what is there stays. */
	APP_ERROR
	AddMetadata(const std::string &, std::shared_ptr<void>) { return APP_ERR_COMM_UNREALIZED; }
	APP_ERROR
	RemoveMetadata(const std::string &) { return APP_ERR_COMM_UNREALIZED; }
	APP_ERROR
	RemoveProtoMetadata(const std::string &) { return APP_ERR_COMM_UNREALIZED; }
	APP_ERROR
	CopyMetadata(MxpiBuffer &target) { return SecantCalls()->copy(target.buffer, buffer_.buffer); }

	APP_ERROR
	AddErrorInfo(const std::string pluginName, MxpiErrorInfo errorInfo)
	{
		SecantCalls()->fail(buffer_.buffer, pluginName.c_str(), errorInfo.ret, errorInfo.errorInfo.c_str());
		return APP_ERR_OK;
	}
	/* One entry, of the last element in the order of names; nullptr: nothing went wrong. */
	std::shared_ptr<std::map<std::string, MxpiErrorInfo>>
	GetErrorInfo()
	{
		char text[2000];
		int code = SecantCalls()->failed(buffer_.buffer, text, sizeof text);
		if (!code)
			return nullptr;
		auto all = std::make_shared<std::map<std::string, MxpiErrorInfo>>();
		(*all)[""] = MxpiErrorInfo{ code, text };
		return all;
	}

	/* Bytes that a message only points at become its own, and the other way round. */
	static void
	Fetch(google::protobuf::Message &m)
	{
		const std::string &name = m.GetDescriptor()->name();
		if (name == "MxpiVisionList")
			for (auto &v : *static_cast<MxpiVisionList &>(m).mutable_visionvec())
				Own(*v.mutable_visiondata());
		else if (name == "MxpiTensorPackageList")
			for (auto &p : *static_cast<MxpiTensorPackageList &>(m).mutable_tensorpackagevec())
				for (auto &t : *p.mutable_tensorvec())
					if (t.datastr().empty() && t.tensordataptr() && t.tensordatasize() > 0)
						t.set_datastr(reinterpret_cast<const char *>(t.tensordataptr()), size_t(t.tensordatasize()));
	}
	static void
	Point(google::protobuf::Message &m)
	{
		const std::string &name = m.GetDescriptor()->name();
		if (name == "MxpiVisionList")
			for (auto &v : *static_cast<MxpiVisionList &>(m).mutable_visionvec()) {
				auto d = v.mutable_visiondata();
				d->set_dataptr(reinterpret_cast<uint64_t>(d->datastr().data()));
				d->set_datasize(int(d->datastr().size()));
			}
		else if (name == "MxpiTensorPackageList")
			for (auto &p : *static_cast<MxpiTensorPackageList &>(m).mutable_tensorpackagevec())
				for (auto &t : *p.mutable_tensorvec()) {
					t.set_tensordataptr(reinterpret_cast<uint64_t>(t.datastr().data()));
					t.set_tensordatasize(int(t.datastr().size()));
				}
	}

  private:
	static void
	Own(MxpiVisionData &d)
	{
		if (d.datastr().empty() && d.dataptr() && d.datasize() > 0)
			d.set_datastr(reinterpret_cast<const char *>(d.dataptr()), size_t(d.datasize()));
	}
	MxpiBuffer &buffer_;
};

} // namespace MxTools
#endif
