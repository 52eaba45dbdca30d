/*
 * A plugin in the style of MindX SDK's samples: what comes is a list of pictures, what it adds a box for each, as large
 * as the picture, of a class that a property names. `refuse` makes it an error, `odd` a property that Init does not take.
 */
#include "MxBase/Log/Log.h"
#include "MxTools/PluginToolkit/base/MxPluginGenerator.h"
#include "MxTools/PluginToolkit/buffer/MxpiBufferManager.h"

using namespace MxTools;

namespace MxPlugins {

class MxpiFrameBox : public MxPluginBase {
public:
	APP_ERROR Init(std::map<std::string, std::shared_ptr<void>> &configParamMap) override
	{
		LogInfo << "MxpiFrameBox::Init start.";
		label_ = *std::static_pointer_cast<std::string>(configParamMap["label"]);
		scale_ = *std::static_pointer_cast<float>(configParamMap["scale"]);
		refuse_ = *std::static_pointer_cast<uint>(configParamMap["refuse"]);
		return label_ == "odd" ? APP_ERR_COMM_INVALID_PARAM : APP_ERR_OK;
	}
	APP_ERROR DeInit() override { return APP_ERR_OK; }
	APP_ERROR Process(std::vector<MxpiBuffer *> &mxpiBuffer) override
	{
		MxpiBuffer *buffer = mxpiBuffer[0];
		MxpiMetadataManager manager(*buffer);
		if (manager.GetErrorInfo() != nullptr)
			return SendData(0, *buffer);
		std::shared_ptr<void> metadata = manager.GetMetadata(dataSource_);
		if (refuse_ || metadata == nullptr) {
			errorInfo_.str("");
			errorInfo_ << GetErrorInfo(APP_ERR_COMM_FAILURE) << "no pictures for " << pluginName_;
			return SendMxpiErrorInfo(*buffer, pluginName_, APP_ERR_COMM_FAILURE, errorInfo_.str());
		}
		auto message = static_cast<google::protobuf::Message *>(metadata.get());
		if (message->GetDescriptor()->name() != "MxpiVisionList")
			return SendMxpiErrorInfo(*buffer, pluginName_, APP_ERR_PROTOBUF_NAME_MISMATCH, "these are no pictures");
		auto list = std::static_pointer_cast<MxpiVisionList>(metadata);
		auto boxes = std::make_shared<MxpiObjectList>();
		for (int i = 0; i < list->visionvec_size(); i++) {
			const MxpiVision &v = list->visionvec(i);
			auto pixels = reinterpret_cast<const unsigned char *>(v.visiondata().dataptr());
			MxpiObject *box = boxes->add_objectvec();
			MxpiMetaHeader *header = box->add_headervec();
			header->set_datasource(dataSource_);
			header->set_memberid(i);
			box->set_x1(scale_ * v.visioninfo().width());
			box->set_y1(scale_ * v.visioninfo().height());
			MxpiClass *c = box->add_classvec();
			c->set_classname(label_);
			c->set_classid(pixels[0]);
		}
		APP_ERROR ret = manager.AddProtoMetadata(pluginName_, std::static_pointer_cast<void>(boxes));
		if (ret != APP_ERR_OK)
			return SendMxpiErrorInfo(*buffer, pluginName_, ret, "the key is taken");
		MxpiFrame frame = MxpiBufferManager::GetDeviceDataInfo(*buffer);
		if (frame.visionlist().visionvec_size() != list->visionvec_size())
			return SendMxpiErrorInfo(*buffer, pluginName_, APP_ERR_COMM_FAILURE, "the frame's pictures are others");
		return SendData(0, *buffer);
	}
	static std::vector<std::shared_ptr<void>> DefineProperties()
	{
		std::vector<std::shared_ptr<void>> properties;
		properties.push_back(std::make_shared<ElementProperty<std::string>>(
			ElementProperty<std::string>{ STRING, "label", "label", "class of the box", "frame", "NULL", "NULL" }));
		properties.push_back(std::make_shared<ElementProperty<float>>(
			ElementProperty<float>{ FLOAT, "scale", "scale", "size of the box", 1.0f, 0.0f, 4.0f }));
		properties.push_back(std::make_shared<ElementProperty<uint>>(
			ElementProperty<uint>{ UINT, "refuse", "refuse", "1: an error", 0, 0, 1 }));
		return properties;
	}
	static MxpiPortInfo DefineOutputPorts()
	{
		MxpiPortInfo info;
		std::vector<std::vector<std::string>> value = { { "metadata/object" } };
		GenerateStaticOutputPortsInfo(value, info);
		return info;
	}

private:
	std::string label_;
	float scale_ = 1;
	uint refuse_ = 0;
};

} // namespace MxPlugins

using MxPlugins::MxpiFrameBox;
namespace {
MX_PLUGIN_GENERATE(MxpiFrameBox)
}
