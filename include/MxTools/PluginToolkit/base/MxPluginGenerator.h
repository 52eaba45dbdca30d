/*
 * MX_PLUGIN_GENERATE(Class): makes an element of a class of MxPluginBase. The factory is called as the macro
 * PLUGIN_NAME says (-DPLUGIN_NAME=mxpi_sampleplugin, as the SDK's samples build).
 */
#ifndef MX_PLUGIN_GENERATOR_H
#define MX_PLUGIN_GENERATOR_H
#include <cstdio>
#include "MxTools/PluginToolkit/base/MxPluginBase.h"

namespace MxTools
{

inline std::vector<const secant_element_table *> &
SecantTables()
{
	static std::vector<const secant_element_table *> tables;
	return tables;
}

inline std::string
SecantText(char *text)
{
	std::string s = text ? text : "";
	if (text)
		SecantCalls()->release(text);
	return s;
}

inline std::string
SecantNumber(double v)
{
	char text[40];
	std::snprintf(text, sizeof text, "%.17g", v);
	return text;
}

/* A table that lives as long as the library, and what its pointers lead to. */
template <class C> class SecantElement
{
  public:
	explicit SecantElement(const char *name)
	{
		auto &p = Kept();
		p.named = C::DefineProperties();
		for (const auto &one : p.named)
			AddProperty(p, one);
		p.list.push_back({ nullptr, SECANT_ELEMENT_STRING, nullptr, 0, 0, nullptr });
		AddPorts(C::DefineInputPorts(), p.inputs, p.moreInputs);
		AddPorts(C::DefineOutputPorts(), p.outputs, p.moreOutputs);
		p.inputs.push_back(nullptr);
		p.outputs.push_back(nullptr);
		p.table = { SECANT_ELEMENT_VERSION, name, "a plugin of its own", p.list.data(), p.inputs.data(),
			p.outputs.data(), p.moreInputs, p.moreOutputs, Open, Process, Close };
		SecantTables().push_back(&p.table);
	}

  private:
	struct Strings {
		std::string name, def, help;
	};
	struct State {
		std::vector<std::shared_ptr<void>> named;
		std::vector<std::unique_ptr<Strings>> kept;
		std::vector<secant_element_property> list;
		std::vector<const char *> inputs, outputs;
		const char *moreInputs = nullptr, *moreOutputs = nullptr;
		secant_element_table table;
	};
	static State &
	Kept()
	{
		static State state;
		return state;
	}
	static const char *
	Keep(const std::string &s)
	{
		Kept().kept.emplace_back(new Strings{ s, "", "" });
		return Kept().kept.back()->name.c_str();
	}

	template <class T>
	static void
	AddNumber(State &p, const std::shared_ptr<void> &one)
	{
		auto e = std::static_pointer_cast<ElementProperty<T>>(one);
		p.kept.emplace_back(new Strings{ e->name, SecantNumber(double(e->defaultValue)), e->desc });
		const Strings &s = *p.kept.back();
		p.list.push_back({ s.name.c_str(), secant_element_type(e->type), s.def.c_str(), double(e->min), double(e->max),
			s.help.c_str() });
	}
	static void
	AddProperty(State &p, const std::shared_ptr<void> &one)
	{
		switch (*static_cast<PropertyType *>(one.get())) { /* the first member of all of them */
		case INT: AddNumber<int>(p, one); break;
		case UINT: AddNumber<unsigned>(p, one); break;
		case FLOAT: AddNumber<float>(p, one); break;
		case DOUBLE: AddNumber<double>(p, one); break;
		case LONG: AddNumber<long>(p, one); break;
		case ULONG: AddNumber<unsigned long>(p, one); break;
		default: {
			auto e = std::static_pointer_cast<ElementProperty<std::string>>(one);
			p.kept.emplace_back(new Strings{ e->name, e->defaultValue, e->desc });
			const Strings &s = *p.kept.back();
			p.list.push_back({ s.name.c_str(), SECANT_ELEMENT_STRING, s.def.c_str(), 0, 0, s.help.c_str() });
		}
		}
	}
	static void
	AddPorts(const MxpiPortInfo &info, std::vector<const char *> &always, const char *&more)
	{
		for (size_t i = 0; i < info.portDesc.size(); i++) {
			std::string words;
			for (const auto &w : info.portDesc[i])
				words += (words.empty() ? "" : "|") + w;
			if (info.types[i] == STATIC)
				always.push_back(Keep(words));
			else
				more = Keep(words);
		}
	}

	template <class T>
	static std::shared_ptr<void>
	Number(const std::string &text)
	{
		auto v = std::make_shared<T>();
		std::istringstream(text) >> *v;
		return v;
	}
	static std::shared_ptr<void>
	Value(PropertyType type, const std::string &text)
	{
		switch (type) {
		case INT: return Number<int>(text);
		case UINT: return Number<unsigned>(text);
		case FLOAT: return Number<float>(text);
		case DOUBLE: return Number<double>(text);
		case LONG: return Number<long>(text);
		case ULONG: return Number<unsigned long>(text);
		default: return std::make_shared<std::string>(text);
		}
	}

	static void *
	Open(secant_element_host *h, const secant_element_calls *calls, char *why, size_t size)
	{
		SecantCalls() = calls;
		std::unique_ptr<C> c(new C);
		c->host_ = h;
		c->pluginName_ = c->elementName_ = calls->name(h);
		c->sinkPadNum_ = size_t(calls->ports(h, 0));
		c->srcPadNum_ = size_t(calls->ports(h, 1));
		c->status_ = std::atoi(SecantText(calls->property(h, "status")).c_str());
		std::istringstream keys(SecantText(calls->property(h, "dataSource")));
		for (std::string key; std::getline(keys, key, ',');)
			c->dataSourceKeys_.push_back(key);
		for (size_t i = 0; i < c->sinkPadNum_; i++)
			if (c->dataSourceKeys_.size() <= i || c->dataSourceKeys_[i] == "auto") {
				c->dataSourceKeys_.resize(i + 1 > c->dataSourceKeys_.size() ? i + 1 : c->dataSourceKeys_.size());
				c->dataSourceKeys_[i] = SecantText(calls->upstream(h, int(i)));
			}
		c->dataSource_ = c->dataSourceKeys_.empty() ? "" : c->dataSourceKeys_[0];
		for (size_t i = 0; i < c->srcPadNum_; i++)
			c->outputDataKeys_.push_back(c->elementName_ + (c->srcPadNum_ > 1 ? "_" + std::to_string(i) : ""));
		std::map<std::string, std::shared_ptr<void>> values;
		values["dataSource"] = std::make_shared<std::string>(c->dataSource_);
		values["status"] = std::make_shared<int>(c->status_);
		for (const auto &p : Kept().list)
			if (p.name && !values.count(p.name))
				values[p.name] = Value(PropertyType(p.type), SecantText(calls->property(h, p.name)));
		APP_ERROR code = c->Init(values);
		if (code != APP_ERR_OK) {
			std::snprintf(why, size, "Init of %s:%s", c->elementName_.c_str(), GetErrorInfo(code).c_str());
			return nullptr;
		}
		return c.release();
	}
	static void
	Process(void *self, secant_frame *const *frames, int n)
	{
		std::vector<MxpiBuffer *> in;
		for (int i = 0; i < n; i++)
			in.push_back(frames[i] ? new MxpiBuffer{ SecantCalls()->hold(frames[i]), nullptr } : nullptr);
		C *c = static_cast<C *>(self);
		try {
			c->Process(in);
		} catch (const std::exception &e) {
			for (int i = 0; i < n; i++)
				if (frames[i]) {
					SecantCalls()->fail(frames[i], c->elementName_.c_str(), APP_ERR_COMM_INNER, e.what());
					for (size_t k = 0; k < c->srcPadNum_; k++)
						SecantCalls()->send(c->host_, int(k), frames[i]);
				}
		}
	}
	static void
	Close(void *self)
	{
		C *c = static_cast<C *>(self);
		c->DeInit();
		delete c;
	}
};

} // namespace MxTools

extern "C" inline __attribute__((used, visibility("default"))) const secant_element_table *
secant_element_at(int version, int i)
{
	const auto &all = MxTools::SecantTables();
	return version == SECANT_ELEMENT_VERSION && i >= 0 && size_t(i) < all.size() ? all[size_t(i)] : nullptr;
}

#define MX_PLUGIN_TEXT_(x) #x
#define MX_PLUGIN_TEXT(x) MX_PLUGIN_TEXT_(x)
#define MX_PLUGIN_JOIN_(a, b) a##b
#define MX_PLUGIN_JOIN(a, b) MX_PLUGIN_JOIN_(a, b)
#define MX_PLUGIN_GENERATE(Class) \
	static const MxTools::SecantElement<Class> MX_PLUGIN_JOIN(secantElement, __LINE__)(MX_PLUGIN_TEXT(PLUGIN_NAME));
#endif
