/* Messages of a buffer by key. What is got is a copy that may be changed; what is added is copied. */
#ifndef MXPI_METADATA_MANAGER_H
#define MXPI_METADATA_MANAGER_H
#include "MxTools/PluginToolkit/MxpiDataTypeWrapper/MxpiDataTypeDeleter.h"
#include "MxTools/PluginToolkit/base/MxPluginBase.h"

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
		SecantPoint(*m);
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
		SecantFetch(*m);
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

  private:
	MxpiBuffer &buffer_;
};

} // namespace MxTools
#endif
